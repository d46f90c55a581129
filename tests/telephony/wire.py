"""What must hold whatever bytes come over the wire, however TCP cuts them. For `test_hostile.py` and `make fuzz`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from telephony.audiosocket import codec
from telephony.audiosocket.codec import Kind
from telephony.audiosocket.limits import Limits
from telephony.audiosocket.protocol import AudioSocketProtocol, State
from telephony.audiosocket.server import AudioSocketServer
from telephony.media import SILENCE

LONGEST: Final = 2000
LIMITS: Final = Limits(payload=LONGEST, burst=200)
# What a fuzzer would need long to find by itself.
SEEDS: Final = (
    b"\x01\x00\x10" + bytes(16) + b"\x10\x01\x40" + bytes(320) + b"\x03\x00\x01" + b"5" + b"\x00\x00\x00",
    b"\x01\x00\x10" + bytes(16) + b"\x12\x02\x80" + bytes(640) + b"\x15\x00\x03abc\xff\x00\x00",
    b"\x01\x00\x10" + bytes(16) + b"\x10\xff\xff" + bytes(40),
    b"\x01\x00\x10" + bytes(16) + b"\x10\xff\xff" + bytes(5000),
    bytes(5000),
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 9092\r\n\x01\x00\x10" + bytes(16) + b"\x10\x01\x40" + bytes(320),
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0f" + bytes(12) + b"\x04\0\0" + b"\x01\x00\x10" + bytes(16),
)
BALANCER: Final = "192.0.2.9"


def cut(data: bytes) -> Iterator[bytes]:
    """The rest of `data`, in pieces that its first byte chooses."""
    random, at = Random(data[:1]), 1
    while at < len(data):
        size = random.choice((1, 2, 3, 19, 323, 700, 4096, 65536))
        yield data[at : at + size]
        at += size


def check_decoder(data: bytes) -> None:
    """The decoder finds the frames that a simple reading of the whole finds, and no others."""
    stream = data[1:]
    expected: list[tuple[int, bytes]] = []
    at, is_too_long = 0, False
    while len(stream) - at >= codec.HEADER_BYTES and not is_too_long:
        length = int.from_bytes(stream[at + 1 : at + 3], "big")
        is_too_long = length > LONGEST
        if is_too_long or len(stream) - at - codec.HEADER_BYTES < length:
            break
        expected.append((stream[at], stream[at + 3 : at + 3 + length]))
        at += codec.HEADER_BYTES + length
    decoder, found = codec.Decoder(LONGEST), []
    try:
        for piece in cut(data):
            while piece:
                room = decoder.buffer()
                assert len(room) > 0
                taken, piece = piece[: len(room)], piece[len(room) :]
                room[: len(taken)] = taken
                decoder.received(len(taken))
                found += decoder.frames()
        assert is_too_long or decoder.pending == stream[at:]
    except codec.FrameTooLong:
        assert is_too_long
    assert found == expected


class Wire:
    """The kernel's side of a connection."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.written = b""
        self.is_closed = self.is_paused = False

    def get_extra_info(self, name: str) -> Any:
        return (self._source, 5060) if name == "peername" else None

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def close(self) -> None:
        self.is_closed = True

    abort = close


class Session:
    def __init__(self) -> None:
        self.heard = 0

    def hear(self, pcm: bytes) -> None:
        assert len(pcm) % 2 == 0
        self.heard += len(pcm)

    def skip(self, frames: int) -> None:
        pass

    def speak(self) -> bytes:
        return SILENCE


class Bench:
    """A server without a socket, for many connections one after the other. Needs a running event loop."""

    def __init__(self) -> None:
        self._server = AudioSocketServer(
            self._application, allowed=lambda address: True, proxied=lambda address: address == BALANCER, max_calls=5
        )
        self._server.may_log = lambda source: False  # type: ignore[assignment]
        self._events: list[Any] = []
        self._session = Session()

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        scope["line"].connect(self._session)
        while not self._events or self._events[-1]["type"] != "audiosocket.hangup":
            self._events.append(await receive())

    async def check_connection(self, data: bytes) -> None:
        """A connection ends as one must end, and leaves nothing behind. An odd first byte: a balancer makes it."""
        self._events, self._session = [], Session()
        wire = Wire(BALANCER if data[:1] and data[0] & 1 else "192.0.2.1")
        connection = AudioSocketProtocol(self._server, LIMITS)
        connection.connection_made(wire)  # type: ignore[arg-type]
        for number, piece in enumerate(cut(data)):
            while piece and not (wire.is_closed or wire.is_paused):
                room = connection.get_buffer(-1)
                assert len(room) > 0
                taken, piece = piece[: len(room)], piece[len(room) :]
                room[: len(taken)] = taken
                connection.buffer_updated(len(taken))
            if number == 0:
                await asyncio.sleep(0)  # the application begins
        if connection.state is State.TALKING:
            connection.beat()
        task = next(iter(self._server.calls.values()), None)
        connection.connection_lost(None)
        if task is not None:
            await asyncio.wait([task], timeout=5)
            await asyncio.sleep(0)
            assert task.done()
            task.result()
        self._check_end(connection, wire, was_call=task is not None)

    def _check_end(self, connection: AudioSocketProtocol, wire: Wire, *, was_call: bool) -> None:
        server = self._server
        assert connection.state is State.CLOSED
        assert [*server.open, *server.opening, *server.closing, *server.calls] == []
        assert len(server.metronome) == 0
        kinds = [kind for kind, _ in codec.Decoder().feed(wire.written)]
        assert all(kind == Kind.AUDIO for kind in kinds[:-1])
        assert set(kinds[-1:]) <= {Kind.AUDIO, Kind.HANGUP, Kind.ERROR}
        assert self._session.heard <= 2 * (LIMITS.burst * 320 + LONGEST)
        if was_call:
            types = [event["type"] for event in self._events]
            assert types[0] == "audiosocket.connect"
            assert types[-1] == "audiosocket.hangup"
            assert set(types[1:-1]) <= {"audiosocket.dtmf"}
            assert all(event["digit"] in "0123456789*#ABCD" for event in self._events[1:-1])

    async def aclose(self) -> None:
        await self._server.stop(0)
