"""The server over real sockets, with small applications."""

import asyncio
import contextvars
import logging
import socket
from uuid import UUID, uuid4

import pytest

from telephony.audiosocket import codec
from telephony.audiosocket.codec import Kind, encode
from telephony.audiosocket.events import ReceiveEvent
from telephony.audiosocket.limits import LONGEST_INBOX, Limits
from telephony.audiosocket.server import AudioSocketServer
from telephony.media import FRAME_BYTES, SILENCE
from tests.telephony.asterisk import DEADLINE, calling, connected
from tests.telephony.serving import SPEECH, Application, counted, serving
from tests.telephony.test_refusals import refused

# A call


async def test_a_call_begins_with_its_scope_and_connect(application):
    call_id = uuid4()
    async with serving(application, state={"allow_list": 1}) as server, calling(server.port, call_id):
        call = await application.call()
        await call.until_event("audiosocket.connect")
        assert call.scope["type"] == "audiosocket"
        assert call.scope["call_id"] == call_id
        assert call.scope["client"][0] == "127.0.0.1"
        assert call.scope["state"] == {"allow_list": 1}
        assert server.active_calls == 1


async def test_silence_flows_before_there_is_a_session(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        await asterisk.until_frames(5)
        assert set(asterisk.frames) == {(Kind.AUDIO, SILENCE)}


async def test_audio_goes_both_ways(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        call.session.says = SPEECH
        call.line.connect(call.session)
        asterisk.send(encode(Kind.AUDIO, SPEECH), encode(Kind.AUDIO, SPEECH[:46]))
        await call.until(lambda: call.session.heard)
        assert call.session.heard == [SPEECH + SPEECH[:46]]
        await asterisk.until(lambda frames: (Kind.AUDIO, SPEECH) in frames)


async def test_what_came_before_the_session_is_heard_first(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        early = [bytes([n]) * FRAME_BYTES for n in range(3)]
        asterisk.send(*(encode(Kind.AUDIO, pcm) for pcm in early), encode(Kind.DTMF, b"1"))
        await call.until_event("audiosocket.dtmf")
        call.line.connect(call.session)
        assert call.session.heard == [b"".join(early)]
        assert call.line.dropped_frames == 0


async def test_of_early_audio_the_last_two_seconds_are_kept(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        asterisk.send(*(encode(Kind.AUDIO, bytes([n]) * FRAME_BYTES) for n in range(130)), encode(Kind.DTMF, b"1"))
        await call.until_event("audiosocket.dtmf")
        call.line.connect(call.session)
        assert b"".join(call.session.heard) == b"".join(bytes([n]) * FRAME_BYTES for n in range(30, 130))
        assert call.line.dropped_frames == 30


async def test_wideband_audio_is_heard_at_8_khz(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        call.line.connect(call.session)
        asterisk.send(*[encode(Kind.AUDIO_16000, SPEECH * 2)] * 5, *[encode(Kind.AUDIO_44100, bytes(1764))] * 5)
        await call.until(lambda: sum(map(len, call.session.heard)) >= 3100)
        assert sum(map(len, call.session.heard)) == pytest.approx(3200, abs=80)


async def test_empty_and_odd_audio_and_unknown_kinds_are_ignored_and_counted(application):
    lengths, unknown = counted("ignored_frames", reason="length"), counted("ignored_frames", reason="unknown")
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        call.line.connect(call.session)
        asterisk.send(
            encode(Kind.AUDIO),
            encode(Kind.AUDIO, bytes(3)),
            encode(0x42, b"future"),
            codec.encode_uuid(uuid4()),
            encode(Kind.DTMF),
            encode(Kind.DTMF, b"\xff"),
            encode(Kind.AUDIO, SPEECH),
        )
        await call.until(lambda: call.session.heard)
        assert call.session.heard == [SPEECH]
        assert counted("ignored_frames", reason="length") == lengths + 2
        assert counted("ignored_frames", reason="unknown") == unknown + 4


async def test_keys_reach_the_application(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        asterisk.send(encode(Kind.DTMF, b"5"), encode(Kind.DTMF, b"#"))
        await call.until(lambda: len(call.events) == 3)
        assert [event.get("digit") for event in call.events] == [None, "5", "#"]


async def test_a_call_that_arrives_byte_by_byte_is_a_call(application):
    async with serving(application) as server, connected(server.port) as asterisk:
        call_id = uuid4()
        for byte in codec.encode_uuid(call_id) + encode(Kind.DTMF, b"7"):
            asterisk.send(bytes([byte]))
            await asyncio.sleep(0)
        call = await application.call()
        assert (await call.until_event("audiosocket.dtmf"))["digit"] == "7"
        assert call.scope["call_id"] == call_id


async def test_the_application_starts_in_an_empty_context(application):
    variable = contextvars.ContextVar[str]("variable")
    variable.set("the server's")
    seen = []

    async def look(scope, receive, send):
        seen.append(variable.get(None))

    async with serving(look) as server, calling(server.port) as asterisk:
        await asterisk.closed()
    assert seen == [None]


# Its end


@pytest.mark.parametrize(
    ("last", "reasons"),
    [(codec.HANGUP, ["hangup"]), (codec.ERROR, ["error"]), (None, ["eof", "lost"])],
)
async def test_the_application_hears_how_the_caller_went(application, last, reasons):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        if last:
            asterisk.send(last)
        else:
            asterisk.hang_up()
        assert (await call.until_event("audiosocket.hangup"))["reason"] in reasons
        await asyncio.wait_for(call.ended.wait(), DEADLINE)
        assert call.types.count("audiosocket.hangup") == 1


async def test_a_reset_connection_is_a_lost_call(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        sock = asterisk.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        asterisk.writer.transport.abort()
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "lost"


async def test_a_hangup_by_the_application_ends_without_a_reset(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        await asterisk.until_frames(1)
        await call.send({"type": "audiosocket.hangup.send"})
        asterisk.send(*[encode(Kind.AUDIO, SPEECH)] * 20)  # Asterisk talks on until it has read the end
        await asterisk.until(lambda frames: frames[-1] == (Kind.HANGUP, b""))
        asterisk.send(*[encode(Kind.AUDIO, SPEECH)] * 20)
        asterisk.hang_up()
        assert await asterisk.closed() == [Kind.AUDIO, Kind.HANGUP]
        assert not asterisk.was_reset
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "eof"
        await call.send({"type": "audiosocket.hangup.send"})  # ignored by now


async def test_an_end_that_the_other_side_ignores_is_cut_off(application):
    async with serving(application, limits=Limits(linger=0.05)) as server, calling(server.port) as asterisk:
        call = await application.call()
        await call.send({"type": "audiosocket.hangup.send"})
        await asterisk.closed()
        await asyncio.wait_for(call.ended.wait(), DEADLINE)


async def test_a_peer_that_hangs_up_and_reads_nothing_is_let_go(application):
    async with serving(application, limits=Limits(linger=0.05)) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            peer.sendall(codec.encode_uuid(uuid4()))
            await application.call()
            (connection,) = server.open
            connection.transport.write(bytes(8 * 1024 * 1024))  # more than the kernel keeps for it
            peer.sendall(codec.HANGUP)
            async with asyncio.timeout(DEADLINE):
                await connection.closed
            assert not server.closing


async def test_an_application_that_returns_hangs_up():
    async def application(scope, receive, send):
        await receive()

    async with serving(application) as server, calling(server.port) as asterisk:
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)
        asterisk.hang_up()


async def test_an_application_that_fails_hangs_up_and_is_logged_with_the_call(caplog):
    async def application(scope, receive, send):
        raise RuntimeError("oh no")

    call_id = uuid4()
    async with serving(application) as server, calling(server.port, call_id) as asterisk:
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)
    assert f"call {call_id}: its application failed" in caplog.text
    assert "oh no" in caplog.text


async def test_an_application_may_refuse(application):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        await call.send({"type": "audiosocket.refuse"})
        await asterisk.until(lambda frames: frames and frames[-1] == (Kind.ERROR, b""))


async def test_an_application_may_send_nothing_else(application):
    async with serving(application) as server, calling(server.port):
        call = await application.call()
        with pytest.raises(ValueError, match=r"audiosocket\.audio"):
            await call.send({"type": "audiosocket.audio"})


async def test_an_application_that_never_ends_is_cancelled(application, caplog):
    async with serving(application, limits=Limits(application=0.05)) as server, calling(server.port) as asterisk:
        call = await application.call()
        call.end_at = set()
        asterisk.hang_up()
        await asyncio.wait_for(call.ended.wait(), DEADLINE)
        assert call.types[-1] == "audiosocket.hangup"
    assert "was cancelled" in caplog.text


@pytest.mark.parametrize("failing", ["hear", "speak"])
async def test_a_session_that_fails_ends_its_call_and_no_other(application, caplog, failing):
    async with serving(application) as server, calling(server.port) as asterisk, calling(server.port) as neighbour:
        call = await application.call()
        setattr(call.session, failing, lambda *_: 1 / 0)
        call.line.connect(call.session)
        asterisk.send(encode(Kind.AUDIO, SPEECH))
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "error"
        seen = len(neighbour.frames)
        await neighbour.until_frames(seen + 3)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("pcm", [b"", bytes(319), bytes(640)])
async def test_a_frame_of_another_length_is_never_sent(application, caplog, pcm):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        call.session.says = pcm
        call.line.connect(call.session)
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)
        assert {len(payload) for kind, payload in asterisk.frames if kind == Kind.AUDIO} <= {320}
    assert f"speak() returned {len(pcm)} bytes" in caplog.text


async def test_a_caller_who_sends_nothing_is_hung_up_on(application):
    async with serving(application, limits=Limits(idle=0.2)) as server, calling(server.port) as asterisk:
        call = await application.call()
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "idle"
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)


async def test_a_caller_who_sends_something_is_not(application):
    async with serving(application, limits=Limits(idle=0.5)) as server, calling(server.port) as asterisk:
        call = await application.call()
        for _ in range(10):
            asterisk.send(encode(Kind.AUDIO, SPEECH))
            await asterisk.until_frames(len(asterisk.frames) + 5)  # a tenth of a second
        assert "audiosocket.hangup" not in call.types


async def test_a_flood_of_frames_ends_the_call(application, caplog):
    async with serving(application, limits=Limits(burst=50)) as server, calling(server.port) as asterisk:
        call = await application.call()
        asterisk.send(*[encode(Kind.AUDIO, SPEECH)] * 100)
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "error"
    assert "flood" in caplog.text


async def test_an_oversize_frame_ends_the_call(application, caplog):
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        asterisk.send(encode(Kind.AUDIO, bytes(65534)))
        assert (await call.until_event("audiosocket.hangup"))["reason"] == "error"
    assert "65534 bytes" in caplog.text


async def test_an_application_that_takes_no_events_loses_its_call_but_no_event():
    events: list[ReceiveEvent] = []
    begin = asyncio.Event()

    async def application(scope, receive, send):
        await begin.wait()
        while not events or events[-1]["type"] != "audiosocket.hangup":
            events.append(await receive())

    async with serving(application) as server, calling(server.port) as asterisk:
        asterisk.send(*[encode(Kind.DTMF, b"1")] * (LONGEST_INBOX + 10))
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)
        begin.set()
        await asyncio.wait([*server.calls.values()], timeout=DEADLINE)
    assert len(events) == LONGEST_INBOX + 1
    assert events[-1] == {"type": "audiosocket.hangup", "reason": "error"}


async def test_a_caller_who_does_not_read_costs_little_memory(application):
    async with serving(application) as server:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
        await asyncio.get_running_loop().sock_sendall(sock, codec.encode_uuid(uuid4()))
        call = await application.call()
        before = counted("dropped_frames", way="out")
        for _ in range(2000):
            call.line.beat()
        assert counted("dropped_frames", way="out") > before + 1000
        assert call.line.transport.get_write_buffer_size() < 8000
        sock.close()


# Draining


async def test_draining_asks_the_calls_to_end_and_answers_new_ones(application):
    async with serving(application) as server:
        port = server.port
        async with calling(port) as polite, calling(port) as slow:
            first, second = await application.call(0), await application.call(1)
            stopping = asyncio.create_task(server.stop(DEADLINE))
            for call in (first, second):
                assert (await call.until_event("audiosocket.drain"))["seconds"] == DEADLINE
            await first.send({"type": "audiosocket.hangup.send"})
            polite.hang_up()
            await asyncio.wait_for(first.ended.wait(), DEADLINE)
            await refused(server, "draining", codec.encode_uuid(uuid4()))
            assert not stopping.done()
            await second.send({"type": "audiosocket.hangup.send"})
            slow.hang_up()
            await asyncio.wait_for(stopping, DEADLINE)
        with pytest.raises(ConnectionRefusedError):  # only now is the port closed
            await asyncio.open_connection("127.0.0.1", port)


async def test_calls_that_do_not_end_in_time_are_cancelled(application, caplog):
    caplog.set_level(logging.INFO)
    async with serving(application) as server, calling(server.port) as asterisk:
        call = await application.call()
        stopping = asyncio.create_task(server.stop(0.1))
        await asterisk.until(lambda frames: (Kind.HANGUP, b"") in frames)
        asterisk.hang_up()
        await asyncio.wait_for(stopping, DEADLINE)
        assert call.ended.is_set()
    assert "cancelled 1 calls" in caplog.text


async def test_a_connection_that_somebody_else_accepted_is_served(application):
    server = AudioSocketServer(application, allowed=lambda address: True, max_calls=1)
    listener = socket.create_server(("127.0.0.1", 0))
    async with calling(listener.getsockname()[1]) as asterisk:
        server.adopt(listener.accept()[0])
        await asterisk.until_frames(2)
        await application.call()
    await server.stop(0)
    listener.close()


async def test_the_same_on_uvloop():
    """The event loop of production: a call, its audio and its end."""
    import uvloop

    def run():
        async def main():
            application = Application()
            async with serving(application) as server, calling(server.port, UUID(int=3)) as asterisk:
                call = await application.call()
                call.session.says = SPEECH
                call.line.connect(call.session)
                asterisk.send(encode(Kind.AUDIO, SPEECH), encode(Kind.DTMF, b"9"))
                await asterisk.until(lambda frames: (Kind.AUDIO, SPEECH) in frames)
                await call.until_event("audiosocket.dtmf")
                await call.send({"type": "audiosocket.hangup.send"})
                await asterisk.until(lambda frames: frames[-1] == (Kind.HANGUP, b""))
                asterisk.hang_up()
                await call.until_event("audiosocket.hangup")
                return call.session.heard

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main())

    assert await asyncio.to_thread(run) == [SPEECH]
