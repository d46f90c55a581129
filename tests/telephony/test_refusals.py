"""Who is refused, and how little that costs."""

import asyncio
from uuid import uuid4

import pytest

from telephony.audiosocket import codec
from telephony.audiosocket.codec import Kind, encode
from telephony.audiosocket.limits import Limits
from tests.telephony.asterisk import DEADLINE, calling, connected
from tests.telephony.serving import SPEECH, counted, serving


async def refused(server, reason, *frames):
    before = counted("refused_connections", reason=reason)
    async with connected(server.port) as asterisk:
        asterisk.send(*frames)
        await asterisk.until_frames(1)
        asterisk.hang_up()
        assert await asterisk.closed() == [Kind.ERROR]
    assert counted("refused_connections", reason=reason) == before + 1


async def test_a_stranger_is_refused_before_anything_is_read(application, caplog):
    asked = []

    def allowed(address):
        asked.append(address)
        return False

    async with serving(application, allowed=allowed) as server:
        for _ in range(3):
            await refused(server, "not_allowed")
        assert asked == ["127.0.0.1"] * 3
    assert application.calls == []
    assert caplog.text.count("refused a connection from 127.0.0.1: not_allowed") == 1


async def test_one_reason_of_a_source_does_not_hide_another_in_the_log(application, caplog):
    may = False
    async with serving(application, allowed=lambda address: may) as server:
        await refused(server, "not_allowed")
        may = True
        for _ in range(2):
            await refused(server, "garbage", bytes(5000))
    assert caplog.text.count("refused a connection from 127.0.0.1: not_allowed") == 1
    assert caplog.text.count("refused a connection from 127.0.0.1: garbage") == 1


async def test_a_call_too_many_is_refused(application):
    async with serving(application, max_calls=1) as server:
        async with calling(server.port) as asterisk:
            call = await application.call()
            await refused(server, "full", codec.encode_uuid(uuid4()))
            asterisk.hang_up()
            await asyncio.wait_for(call.ended.wait(), DEADLINE)
        async with calling(server.port):
            await application.call(1)


async def test_a_second_connection_for_the_same_call_is_refused(application):
    call_id = uuid4()
    async with serving(application) as server, calling(server.port, call_id) as asterisk:
        await application.call()
        await refused(server, "duplicate", codec.encode_uuid(call_id))
        seen = len(asterisk.frames)
        await asterisk.until_frames(seen + 3)
        assert len(application.calls) == 1


@pytest.mark.parametrize("sent", [b"", b"\x01\x00\x10" + bytes(9), b"GE"])
async def test_whoever_does_not_say_in_time_which_call_it_is_is_refused(application, sent):
    async with serving(application, limits=Limits(handshake=0.1)) as server:
        await refused(server, "silent", sent)


async def test_a_slow_handshake_does_not_extend_its_time(application):
    async with serving(application, limits=Limits(handshake=0.3)) as server, connected(server.port) as asterisk:
        for byte in codec.encode_uuid(uuid4()):
            asterisk.send(bytes([byte]))
            await asyncio.sleep(0.05)
            if asterisk.frames:
                break
        assert asterisk.frames == [(Kind.ERROR, b"")]


@pytest.mark.parametrize("sent", [b"SSH-2.0-x\r\n", b"\x00\x00\x00", encode(Kind.AUDIO, SPEECH), bytes(5000)])
async def test_garbage_is_refused(application, sent):
    async with serving(application) as server:
        await refused(server, "garbage", sent)


@pytest.mark.parametrize(
    ("sent", "kind"), [(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http"), (b"\x16\x03\x01\x02\x00\x01\x00", "tls")]
)
async def test_scanners_are_counted_and_closed(application, sent, kind, caplog):
    before = counted("scanners", kind=kind)
    async with serving(application) as server:
        for _ in range(2):
            async with connected(server.port) as scanner:
                scanner.send(sent)
                assert await scanner.closed() == []
    assert counted("scanners", kind=kind) == before + 2
    assert caplog.text.count(f"spoke {kind.upper()}") == 1
