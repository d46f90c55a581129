"""Whoever may reach the port and means harm: calls go on, and nothing is spent on him without end.

Whole attacks on a whole worker, with calls beside them, are `make chaos`.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.audiosocket.codec import Kind, encode
from telephony.audiosocket.limits import MOST_UNWANTED, Limits
from telephony.audiosocket.protocol import AudioSocketProtocol
from tests.chaos.attacks import ATTACKS, Target
from tests.telephony.asterisk import DEADLINE, calling, connected
from tests.telephony.serving import Application, counted, serving
from tests.telephony.wire import SEEDS, Bench, check_decoder

ATTACK_SECONDS = 0.25

# The first byte says how the rest is cut.
_frames = st.builds(
    lambda kind, payload, length: bytes((kind, *(length or len(payload)).to_bytes(2, "big"))) + payload,
    st.sampled_from([0x00, 0x01, 0x03, 0x10, 0x12, 0x18, 0x42, 0xFF]),
    st.binary(max_size=400),
    st.none() | st.integers(0, 0xFFFF),
)
_streams = st.lists(_frames | st.binary(max_size=30), max_size=8).map(b"".join)
streams = st.builds(
    lambda how, call, rest: bytes([how]) + call + rest,
    st.integers(0, 255),
    st.sampled_from([b"", SEEDS[0][:19]]),
    _streams,
)


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_call_goes_on_during_an_attack(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """The same attackers as `make chaos`; here it is only asked whether everybody survives."""
    limits = Limits(handshake=0.2, linger=0.2, application=0.2)
    async with serving(Application(), max_calls=20, limits=limits) as server, calling(server.port) as asterisk:
        await asterisk.until_frames(1)
        attack = asyncio.ensure_future(ATTACKS[name](Target("127.0.0.1", server.port, per_second=200)))
        await asterisk.until_frames(1 + round(ATTACK_SECONDS / 0.02))
        assert not attack.done()
        attack.cancel()
        await asyncio.wait([attack])
        await asterisk.until_frames(len(asterisk.frames) + 2)
        assert {kind for kind, _ in asterisk.frames} == {Kind.AUDIO}
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_the_decoder_finds_the_frames_that_there_are() -> None:
    for how, seed in product(range(20), SEEDS):
        check_decoder(bytes([how]) + seed * 3)


def test_a_connection_ends_well_whatever_comes() -> None:
    """What `make fuzz` tries with a million inputs."""
    with asyncio.Runner() as runner:

        async def make() -> Bench:
            return Bench()

        bench = runner.run(make())

        @settings(deadline=None, max_examples=50)
        @given(streams)
        def check(data: bytes) -> None:
            runner.run(bench.check_connection(data))

        for how, seed in product(range(20), SEEDS):
            runner.run(bench.check_connection(bytes([how]) + seed))
        check()
        runner.run(bench.aclose())


async def test_silent_connections_keep_no_call_out() -> None:
    application = Application()
    silent = counted("refused_connections", reason="silent")
    async with serving(application, max_calls=5) as server, AsyncExitStack() as stack:
        talking = await stack.enter_async_context(calling(server.port))
        await application.call(0)
        mute = [await stack.enter_async_context(connected(server.port)) for _ in range(4)]
        await application.call(0)
        async with asyncio.timeout(DEADLINE):
            while len(server.opening) < len(mute):  # noqa: ASYNC110  the server tells nobody
                await asyncio.sleep(0.005)
        await stack.enter_async_context(calling(server.port))
        await application.call(1)
        assert counted("refused_connections", reason="silent") == silent + 1
        await mute[0].until(lambda frames: frames == [(Kind.ERROR, b"")])  # it was silent for longest
        await talking.until_frames(len(talking.frames) + 2)


async def test_garbage_that_fills_the_buffer_is_refused_like_any(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Application()) as server, connected(server.port) as asterisk:
        asterisk.send(bytes(50_000))
        await asterisk.until_frames(1)
        asterisk.hang_up()
        assert await asterisk.closed() == [Kind.ERROR]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_audio_faster_than_time_ends_the_call(caplog: pytest.LogCaptureFixture) -> None:
    """Else an Asterisk could have vendors hear, and be paid for, an hour in a minute."""
    application = Application()
    async with serving(application, limits=Limits(burst=50)) as server, calling(server.port) as asterisk:
        call = await application.call()
        asterisk.send(*[encode(Kind.AUDIO, bytes(320 * 20))] * 4)
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "error"
    assert "flood" in caplog.text


async def test_many_bad_calls_are_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    application = Application()
    async with serving(application) as server:
        for number in range(3):
            async with calling(server.port, uuid4()) as asterisk:
                asterisk.send(encode(Kind.AUDIO, bytes(65535)))
                await (await application.call(number)).until_event("audiosocket.hangup")
    assert caplog.text.count("hung up on") == 1


async def test_whoever_talks_on_after_the_end_is_not_read_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line takes gigabytes a second: reading them would cost the calls their core."""
    read = 0
    throw_away = AudioSocketProtocol._throw_away

    def count(self: AudioSocketProtocol, number: int) -> None:
        nonlocal read
        read += number
        throw_away(self, number)

    monkeypatch.setattr(AudioSocketProtocol, "_throw_away", count)
    async with serving(Application(), limits=Limits(linger=0.2)) as server, connected(server.port) as flooder:
        flooder.send(bytes(50_000_000))
        await flooder.closed()
    assert read <= MOST_UNWANTED + 2 * 4096
