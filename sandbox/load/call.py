"""One call of a load test: as cheap as a call can be, and exact about when frames come."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
import uuid
from array import array
from collections.abc import Sequence
from itertools import cycle
from typing import Final

from sandbox.caller import FRAME_BYTES, End, Kind
from sandbox.ears import TURN_GAP
from sandbox.stubs import is_loud

# socket(7): the kernel notes when a packet came, so that our own lateness is not the bot's.
SO_TIMESTAMPNS: Final = 35
PATIENCE = 5.0  # seconds without an answer, until the caller speaks all the same
_AUDIO_HEADER = bytes([Kind.AUDIO]) + FRAME_BYTES.to_bytes(2, "big")
_SILENCE = _AUDIO_HEADER + bytes(FRAME_BYTES)
_ENDS: dict[int, End] = {Kind.HANGUP: End.BOT_HANGUP, Kind.ERROR: End.REFUSED}
_UUID_HEADER = bytes([Kind.UUID, 0, 16])


def framed(pcm: bytes) -> list[bytes]:
    """Audio as it goes over the line."""
    return [
        _AUDIO_HEADER + pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for at in range(0, len(pcm), FRAME_BYTES)
    ]


class LoadCall:
    """Whenever the bot has answered and is silent, the caller says the next thing, and at last the first one again.

    Times are of the system's clock, in seconds: the kernel's time stamps are.
    """

    def __init__(self, connection: socket.socket, speeches: Sequence[list[bytes]]) -> None:
        self.arrivals = array("d")  # of the bot's frames
        self.response_latencies: list[float] = []
        self.greeted_after: float | None = None  # from the connection to the bot's first sound
        self.frames_sent = 0
        self.over: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._socket = connection
        self._speeches = cycle(speeches)
        self._speech: list[bytes] = []  # that is said
        self._next = -1  # frame of the speech; -1: silence
        self._asked: float | None = None  # the caller has finished speaking, and waits since then
        self._has_answered = False
        self._began = self._last_sound = time.time()
        self._rest = b""
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        connection.send(_UUID_HEADER + uuid.uuid4().bytes)
        asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    def tick(self, now: float) -> None:
        """Send a frame; called every 20 ms."""
        frame = _SILENCE
        if self._next >= 0:
            frame = self._speech[self._next]
            self._next += 1
            if self._next == len(self._speech):
                self._next, self._asked, self._has_answered = -1, now, False
        elif now - self._last_sound >= TURN_GAP and (
            self._has_answered or now - (self._asked or self._began) >= PATIENCE
        ):
            self._speech, self._next = next(self._speeches), 0
        self.frames_sent += 1
        try:
            self._socket.send(frame)
        except OSError:  # also when it would block: Asterisk gives the call up then
            self.end(End.LOST)

    def end(self, how: End) -> None:
        if not self.over.done():
            self.over.set_result(how)
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        try:
            data, ancillary, _, _ = self._socket.recvmsg(65536, 64)
        except BlockingIOError:
            return
        except OSError:
            self.end(End.LOST)
            return
        if not data:
            self.end(End.EOF)
            return
        seconds, nanoseconds = struct.unpack("qq", ancillary[0][2]) if ancillary else (time.time(), 0)
        now = seconds + nanoseconds / 1e9
        data = self._rest + data
        at = 0
        while len(data) >= at + 3 and not self.over.done():
            end = at + 3 + (data[at + 1] << 8 | data[at + 2])
            if len(data) < end:
                break
            self._take(data[at], data[at + 3 : end], now)
            at = end
        self._rest = data[at:]

    def _take(self, kind: int, payload: bytes, now: float) -> None:
        if kind != Kind.AUDIO:
            self.end(_ENDS.get(kind, End.PROTOCOL_ERROR))
            return
        self.arrivals.append(now)
        if is_loud(payload):
            self._last_sound = now
            if self.greeted_after is None:
                self.greeted_after = now - self._began
            if self._next < 0 and not self._has_answered:
                self._has_answered = True
                if self._asked is not None:
                    self.response_latencies.append(now - self._asked)
