"""One connection of an Asterisk: from its UUID frame to the last byte.

    OPENING ──UUID──► TALKING ──► CLOSING ──► CLOSED
       └──────refused────────────────┘

A balancer says before the UUID whom it connects (proxying.py).
While CLOSING our last word is sent, and input is thrown away until the other side closes.

Audio takes the short way, from the socket to the MediaSession and back, in plain calls.
The ASGI application gets control only. Nothing here waits, and a call's socket is read
always, on the beat: Asterisk drops a call whose frames it cannot get rid of.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from enum import Enum
from typing import TYPE_CHECKING, Literal, cast
from uuid import UUID

from monitoring import metrics
from telephony.audiosocket import codec, proxying
from telephony.audiosocket.codec import AUDIO_BYTES, AUDIO_HEADER, Kind, Opening
from telephony.audiosocket.events import AudioSocketScope, HangupReason, ReceiveEvent, SendEvent
from telephony.audiosocket.inlet import Inlet
from telephony.audiosocket.instance import Instance
from telephony.audiosocket.limits import (
    IDLE_LOOKS,
    MOST_CLOSING,
    MOST_UNWANTED,
    SEND_BUFFER,
    UNSENT_LIMIT,
    FrameCount,
    Limits,
)
from telephony.audiosocket.reading import BEATS, Reader, leading_audio
from telephony.media import FRAME_BYTES, SILENCE, MediaSession

if TYPE_CHECKING:
    from telephony.audiosocket.server import AudioSocketServer

logger = logging.getLogger(__name__)

Refusal = Literal[
    "not_allowed", "full", "overloaded", "draining", "no_proxy_header", "silent", "garbage", "duplicate", "application"
]


class State(Enum):
    OPENING = 0
    TALKING = 1
    CLOSING = 2
    CLOSED = 3


class AudioSocketProtocol(asyncio.BufferedProtocol):
    """A connection, which is the `Line` of its call."""

    transport: asyncio.Transport

    def __init__(self, server: AudioSocketServer, limits: Limits) -> None:
        self.state, self._is_over = State.OPENING, False
        self.call_id: UUID | None = None
        self.client = ("", 0)
        self._is_introduced = True  # `client` is whoever calls, and not a balancer
        self.late_frames = 0
        self._server = server
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._decoder = codec.Decoder(limits.payload)
        self._inlet = Inlet()
        self._session: MediaSession | None = None
        self._writable = True
        self._reader: Reader | None = None
        self._beats_to_read = BEATS
        self._instance: Instance | None = None  # of the application
        self._is_gone = False  # the caller, and the application was told so
        self._timer: asyncio.TimerHandle | None = None  # of what the state waits for
        self._frames = FrameCount(limits.burst)
        self._unwanted = 0  # bytes, since it ended
        self.closed = self._loop.create_future()

    # asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.client = (str(peer[0]), int(peer[1])) if peer else ("", 0)
        if (refusal := self._server.turn_away(self.client[0])) is not None:
            self._refuse(refusal)
            return
        self._is_introduced = not self._server.is_proxy(self.client[0])
        self._server.open.add(self)
        self._server.opening[self] = None
        self.transport.set_write_buffer_limits(high=UNSENT_LIMIT)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._timer = self._loop.call_later(self._limits.handshake, self.give_up)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._decoder.buffer()

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_over:
            self._throw_away(nbytes)
            return
        self._decoder.received(nbytes)
        if self.state is State.OPENING and not (self._knows_client() and self._is_call()):
            return
        try:
            for kind, payload in self._decoder.frames():
                self._take(kind, payload)
                if self.state is State.CLOSING:
                    return
            self._inlet.pass_on()
        except codec.FrameTooLong as error:
            self._cut_off("too_long", str(error))
        except Exception:
            self._failed("hearing")

    def eof_received(self) -> bool:
        self._gone("eof")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone("lost")
        self.state, self._is_over = State.CLOSED, True
        self._stop_waiting()
        self._server.closing.discard(self)
        self.closed.set_result(None)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True

    # Frames of the other side

    def _knows_client(self) -> bool:
        """Whether it is known who calls; whom a balancer names is met as if he had come himself."""
        if self._is_introduced:
            return True
        try:
            header = proxying.parse(self._decoder.pending)
        except proxying.NoHeader:
            self._refuse("no_proxy_header")
            return False
        if header is None:
            return False
        if header.client is None:  # a check of the balancer's
            self._close()
            return False
        self._decoder.skip(header.length)
        self.client, self._is_introduced = header.client, True
        if not self._server.allows(self.client[0]):
            self._refuse("not_allowed")
            return False
        return True

    def _is_call(self) -> bool:
        """Whether a UUID frame begins here; anything else is refused as soon as it shows."""
        opening = codec.recognise(self._decoder.pending)
        match opening:
            case Opening.CALL:
                return True
            case Opening.HTTP | Opening.TLS:
                metrics.scanners.labels(kind=opening.value).inc()
                if self._server.may_log(f"{self.client[0]} {opening.name}"):
                    logger.warning("%s spoke %s to the AudioSocket port", self.client[0], opening.name)
                self._close()
            case Opening.GARBAGE:
                self._refuse("garbage")
            case None:
                pass
        return False

    def _take(self, kind: int, payload: bytes) -> None:
        self._frames.count += 1
        if self._frames.left < 0:
            self._cut_off("flood", "a flood of frames")
        elif kind in codec.SAMPLE_RATES:
            self._frames.count += self._inlet.take(kind, payload)
        else:
            self._inlet.pass_on()  # what came before it
            self._obey(kind, payload)

    def _obey(self, kind: int, payload: bytes) -> None:
        if kind == Kind.UUID and self.state is State.OPENING:
            self._begin(UUID(bytes=payload))
        elif kind == Kind.DTMF and len(payload) == 1 and payload in codec.KEYS:
            self._tell({"type": "audiosocket.dtmf", "digit": payload.decode("ascii")})
        elif kind == Kind.HANGUP:
            self._gone("hangup")
        elif kind == Kind.ERROR:
            self._gone("error")
        else:
            metrics.ignored_frames.labels(reason="unknown").inc()

    # Line

    def connect(self, session: MediaSession) -> None:
        if self.state is not State.TALKING:
            return
        self._session = session
        self._inlet.connect(session)

    @property
    def dropped_frames(self) -> int:
        return self._inlet.dropped_frames

    def beat(self) -> None:
        self._beats_to_read -= 1
        if not self._beats_to_read:
            self._beats_to_read = BEATS
            self._read()  # first: a caller's frame that is here is not late
            if self._is_over:
                return
        session = self._session
        try:
            pcm = SILENCE if session is None else session.speak()
            if len(pcm) != FRAME_BYTES:
                raise ValueError(f"speak() returned {len(pcm)} bytes instead of {FRAME_BYTES}")
        except Exception:
            self._failed("speaking")
            return
        if self._writable:
            self.transport.write(AUDIO_HEADER + pcm)
        else:
            metrics.dropped_frames.labels(way="out").inc()

    def _read(self) -> None:
        if self._reader is None:
            return
        try:
            data = self._reader.read()
        except OSError:
            self._gone("lost")
            return
        if data is None:
            self._gone("eof")
            return
        at = 0
        if not self._decoder.waiting:
            # Who sends too much of it is met on the long way.
            frames = leading_audio(data, self._frames.left)
            self._inlet.take_all(frames)
            self._frames.count += len(frames)
            at = len(frames) * AUDIO_BYTES
        if at < len(data):
            codec.pour(data[at:], self._decoder.buffer, self.buffer_updated)
            return
        try:
            self._inlet.pass_on()
        except Exception:
            self._failed("hearing")

    def skip(self, frames: int) -> None:
        if self._session is not None:
            self._session.skip(frames)

    # The call

    def _begin(self, call_id: UUID) -> None:
        if self._server.draining or call_id in self._server.calls:
            self._refuse("draining" if self._server.draining else "duplicate")
            return
        self.state, self.call_id = State.TALKING, call_id
        self._server.opening.pop(self, None)
        self._watch()
        self._reader = Reader.of(self.transport)
        self._server.metronome.add(self)
        scope: AudioSocketScope = {
            "type": "audiosocket",
            "asgi": {"version": "3.0"},
            "call_id": call_id,
            "client": self.client,
            "line": self,
            "state": self._server.state.copy(),
        }
        # Registered before it can run.
        instance = self._instance = Instance(self._server.application, scope, self._send, self._limits.application)
        self._server.calls[call_id] = instance.task
        metrics.active_calls.inc()
        instance.task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        if self.call_id is not None:
            del self._server.calls[self.call_id]
        metrics.active_calls.dec()

    async def _send(self, event: SendEvent) -> None:
        match event["type"]:
            case "audiosocket.hangup.send":
                self._say_last(codec.HANGUP)
            case "audiosocket.refuse":
                if self.state is State.TALKING:
                    metrics.refused_connections.labels(reason="application").inc()
                self._say_last(codec.ERROR)
            case _:
                raise ValueError(f"{event['type']!r} is not an event that an AudioSocket application sends")

    def drain(self, seconds: float) -> None:
        """Ask the application to end within so long."""
        if self.state is State.TALKING:
            self._tell({"type": "audiosocket.drain", "seconds": seconds})

    def _tell(self, event: ReceiveEvent) -> None:
        if self._is_gone or self._instance is None or self._instance.tell(event):
            return
        logger.error("call %s: hung up, its application takes no events", self.call_id)
        self._gone("error")

    def _watch(self) -> None:
        """Ten times in an idle limit: is the other side still there, and not too much?"""
        self._stop_waiting()
        if self._frames.look() == IDLE_LOOKS:
            logger.warning("call %s: hung up, no frame for %g s", self.call_id, self._limits.idle)
            self._gone("idle")
            return
        self._timer = self._loop.call_later(self._limits.idle / IDLE_LOOKS, self._watch)

    # The end

    def give_up(self) -> None:
        """It does not say which call it is."""
        self._refuse("silent")

    def _refuse(self, reason: Refusal) -> None:
        metrics.refused_connections.labels(reason=reason).inc()
        if self._server.may_log(f"{self.client[0]} {reason}"):
            logger.warning("refused a connection from %s: %s", self.client[0] or "nowhere", reason)
        self._say_last(codec.ERROR)
        if reason == "not_allowed":  # a stranger is not waited for
            self.transport.close()

    def _cut_off(self, reason: str, what: str) -> None:
        metrics.cut_calls.labels(reason=reason).inc()
        if self._server.may_log(f"{self.client[0]} {reason} in a call"):
            logger.warning("call %s: hung up on %s from %s", self.call_id, what, self.client[0])
        self._gone("error")

    def _failed(self, doing: str) -> None:
        logger.exception("call %s: its session failed in %s", self.call_id, doing)
        self._gone("error")

    def _gone(self, reason: HangupReason) -> None:
        """The caller is gone, or as good as. The application is told once."""
        if self._is_gone:
            return
        self._is_gone = True
        if self._instance is not None:
            self._instance.end(reason)
        if reason in ("idle", "error"):
            self._say_last(codec.HANGUP)
        else:
            self._close()

    def _say_last(self, frame: bytes) -> None:
        """Send a last frame, and wait until the other side closes.

        Closing at once, with input unread, would make TCP reset the connection, and
        Asterisk take a proper end for a failure.
        """
        if self._is_over:
            return
        self._end_audio()
        if not self.transport.is_closing():
            self.transport.write(frame)
        if len(self._server.closing) > MOST_CLOSING:
            self.transport.close()

    def _throw_away(self, count: int) -> None:
        self._unwanted += count
        if self._unwanted > MOST_UNWANTED and not self.transport.is_closing():
            self.transport.pause_reading()

    def _close(self) -> None:
        self._end_audio()
        self.transport.close()

    def _end_audio(self) -> None:
        self.state, self._is_over = State.CLOSING, True
        self._stop_waiting()
        self._timer = self._loop.call_later(self._limits.linger, self.transport.abort)
        self._server.metronome.remove(self)
        self._server.open.discard(self)
        self._server.opening.pop(self, None)
        self._server.closing.add(self)
        self._session = None
        self._inlet.close()
        self._decoder.clear()  # what comes now is read into its buffer, and is not looked at
        if self._reader is not None:
            self._reader.give_back()
            self._reader = None

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
