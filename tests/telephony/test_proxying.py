"""Calls that a balancer passes on: it says whose they are, and nobody else may."""

from __future__ import annotations

import logging
import socket
from ipaddress import ip_address
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.audiosocket.codec import HANGUP, Kind, encode, encode_uuid
from telephony.audiosocket.limits import Limits
from telephony.audiosocket.proxying import LONGEST, VERSION_2, Header, NoHeader, parse, trusted
from telephony.audiosocket.server import AudioSocketServer
from tests.telephony.asterisk import calling, connected
from tests.telephony.serving import Application, counted, serving

ASTERISK = "198.51.100.7"
LINE = b"PROXY TCP4 198.51.100.7 203.0.113.1 40000 9092\r\n"


def version_2(source: str = ASTERISK, *, command: int = 0x21, family: int | None = None, more: bytes = b"") -> bytes:
    address = ip_address(source).packed
    addresses = address + bytes(len(address)) + (40000).to_bytes(2, "big") + (9092).to_bytes(2, "big") + more
    kind = family if family is not None else 0x11 if len(address) == 4 else 0x21
    return VERSION_2 + bytes([command, kind]) + len(addresses).to_bytes(2, "big") + addresses


HEADERS = {
    "version 1": (LINE, (ASTERISK, 40000)),
    "version 1, IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 9092\r\n", ("2001:db8::7", 40000)),
    "version 1, a check": (b"PROXY UNKNOWN\r\n", None),
    "version 2": (version_2(), (ASTERISK, 40000)),
    "version 2, IPv6": (version_2("2001:db8::7"), ("2001:db8::7", 40000)),
    "version 2 with more": (version_2(more=b"\x04\x00\x02\0\0"), (ASTERISK, 40000)),
    "version 2, a check": (VERSION_2 + b"\x20\0\0\0", None),
}
WRONG = {
    "a call": encode_uuid(uuid4()),
    "no port": b"PROXY TCP4 198.51.100.7 203.0.113.1 40000\r\n",
    "no address": b"PROXY TCP4 localhost 203.0.113.1 40000 9092\r\n",
    "another family's address": b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 9092\r\n",
    "a line without an end": b"PROXY " + b"x" * 101,
    "UDP": version_2(family=0x12),
    "a UNIX socket": version_2(family=0x31),
    "another version": version_2(command=0x31),
    "an address cut short": VERSION_2 + b"\x21\x11\0\4" + bytes(4),
    "too much beside it": version_2(more=bytes(LONGEST)),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_tells_who_calls(name: str) -> None:
    header, client = HEADERS[name]
    assert parse(header + HANGUP) == Header(len(header), client)
    assert {parse(header[:count]) for count in range(len(header))} == {None}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_header_is_not_waited_for(name: str) -> None:
    with pytest.raises(NoHeader):
        parse(WRONG[name])


@given(st.sampled_from([b"", b"PROXY ", VERSION_2, VERSION_2 + b"\x21\x11"]), st.binary(max_size=600))
def test_a_decision_is_made_within_the_longest_header(begin: bytes, rest: bytes) -> None:
    try:
        header = parse(begin + rest)
    except NoHeader:
        return
    assert header is not None or len(begin + rest) < LONGEST


def test_balancers_are_addresses_and_networks() -> None:
    is_trusted = trusted(["10.0.0.5", "2001:db8::/64"])
    assert is_trusted("10.0.0.5")
    assert is_trusted("::ffff:10.0.0.5")
    assert is_trusted("2001:db8::9")
    assert not is_trusted("10.0.0.6")
    assert not trusted([])("10.0.0.5")


def behind_a_balancer(application: Application, *, allowed: str = ASTERISK, limits: Limits | None = None):
    return serving(application, proxied=trusted(["127.0.0.1"]), allowed=lambda it: it == allowed, limits=limits)


@pytest.mark.parametrize("header", [LINE, version_2()])
async def test_a_call_comes_from_the_asterisk_that_the_balancer_names(header: bytes) -> None:
    application = Application()
    async with behind_a_balancer(application) as server, connected(server.port) as balancer:
        balancer.send(header, encode_uuid(uuid4()), encode(Kind.AUDIO, b"\1\2" * 160))
        call = await application.call()
        assert call.scope["client"] == (ASTERISK, 40000)
        call.line.connect(call.session)
        await call.until(lambda: call.session.heard == [b"\1\2" * 160])


async def test_a_header_that_comes_byte_by_byte_is_read(caplog: pytest.LogCaptureFixture) -> None:
    application = Application()
    async with behind_a_balancer(application) as server, connected(server.port) as balancer:
        raw: socket.socket = balancer.writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in version_2() + encode_uuid(uuid4()):
            balancer.send(bytes([byte]))
            await balancer.writer.drain()
        assert (await application.call()).scope["client"][0] == ASTERISK


async def test_a_stranger_behind_the_balancer_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async with behind_a_balancer(Application(), allowed="192.0.2.1") as server, connected(server.port) as balancer:
        balancer.send(LINE, encode_uuid(uuid4()))
        assert await balancer.closed() == [Kind.ERROR]
    assert f"refused a connection from {ASTERISK}: not_allowed" in caplog.text


async def test_a_balancer_that_says_nothing_of_the_caller_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A call that it does not send, too: whose it is would be a guess."""
    before = counted("refused_connections", reason="no_proxy_header")
    async with behind_a_balancer(Application()) as server, calling(server.port) as balancer:
        await balancer.until_frames(1)
        assert balancer.frames == [(Kind.ERROR, b"")]
    assert "refused a connection from 127.0.0.1: no_proxy_header" in caplog.text
    assert counted("refused_connections", reason="no_proxy_header") == before + 1


async def test_an_asterisk_may_not_say_that_it_is_another(caplog: pytest.LogCaptureFixture) -> None:
    application = Application()
    async with serving(application) as server, connected(server.port) as liar:
        liar.send(LINE, encode_uuid(uuid4()))
        await liar.until_frames(1)
        assert liar.frames == [(Kind.ERROR, b"")]
    assert application.calls == []
    assert "127.0.0.1: garbage" in caplog.text


async def test_a_balancer_that_never_says_it_is_given_up() -> None:
    before = counted("refused_connections", reason="silent")
    async with (
        behind_a_balancer(Application(), limits=Limits(handshake=0.1)) as server,
        connected(server.port) as balancer,
    ):
        balancer.send(LINE[:-1])
        await balancer.until_frames(1)
        assert balancer.frames == [(Kind.ERROR, b"")]
    assert counted("refused_connections", reason="silent") == before + 1


@pytest.mark.parametrize("check", [b"", VERSION_2 + b"\x20\0\0\0"])
async def test_checks_of_a_balancer_are_no_news(check: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with behind_a_balancer(Application()) as server, connected(server.port) as balancer:
        balancer.send(check)
        if not check:
            balancer.hang_up()
        assert await balancer.closed() == []
    assert caplog.text == ""


async def test_a_server_that_is_full_refuses_a_balancer_at_once() -> None:
    application = Application()
    server = AudioSocketServer(application, allowed=lambda it: True, proxied=lambda it: True, max_calls=0)
    assert server.turn_away("10.0.0.5") == "full"
    await server.stop(0)
