"""AudioSocket's frames, without I/O.

A frame is a kind (one byte), the payload's length (two bytes, big-endian) and the payload:
https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/ and Asterisk's
`include/asterisk/res_audiosocket.h`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

HEADER_BYTES: Final = 3
LONGEST_PAYLOAD: Final = 0xFFFF


class Kind(IntEnum):
    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03  # one ASCII byte, at the key's end
    AUDIO = 0x10  # 8 kHz; the kinds below are the same at higher rates (Asterisk 20.17, 22.7 and later)
    AUDIO_12000 = 0x11
    AUDIO_16000 = 0x12
    AUDIO_24000 = 0x13
    AUDIO_32000 = 0x14
    AUDIO_44100 = 0x15
    AUDIO_48000 = 0x16
    AUDIO_96000 = 0x17
    AUDIO_192000 = 0x18
    ERROR = 0xFF


SAMPLE_RATES: Final[Mapping[int, int]] = MappingProxyType(
    {
        Kind.AUDIO: 8000,
        Kind.AUDIO_12000: 12000,
        Kind.AUDIO_16000: 16000,
        Kind.AUDIO_24000: 24000,
        Kind.AUDIO_32000: 32000,
        Kind.AUDIO_44100: 44100,
        Kind.AUDIO_48000: 48000,
        Kind.AUDIO_96000: 96000,
        Kind.AUDIO_192000: 192000,
    }
)
"""Samples per second of each kind of audio; all are mono signed 16-bit little-endian."""


def encode(kind: int, payload: bytes = b"") -> bytes:
    """The frame, to be written at once. Raises ValueError: a payload is at most 65535 bytes."""
    if len(payload) > LONGEST_PAYLOAD:
        raise ValueError(f"payload of {len(payload)} bytes: a frame carries at most {LONGEST_PAYLOAD}")
    return bytes((kind, len(payload) >> 8, len(payload) & 0xFF)) + payload


def encode_uuid(call_id: UUID) -> bytes:
    return encode(Kind.UUID, call_id.bytes)


HANGUP: Final = encode(Kind.HANGUP)
ERROR: Final = encode(Kind.ERROR)
KEYS: Final = frozenset(bytes([key]) for key in b"0123456789*#ABCD")  # of a telephone, as DTMF payloads
AUDIO_HEADER: Final = b"\x10\x01\x40"  # of 320 bytes, 20 ms at 8 kHz: nearly every frame there is
AUDIO_BYTES: Final = len(AUDIO_HEADER) + 320


class FrameTooLong(ValueError):
    """A header announced more than is accepted."""

    def __init__(self, kind: int, length: int) -> None:
        super().__init__(f"a frame of kind {kind:#04x} with {length} bytes")


class Decoder:
    """Gets frames back out of the pieces that TCP delivers.

    The bytes are received straight into `buffer()` (asyncio.BufferedProtocol); `feed`
    is the same for those who have them already.
    """

    def __init__(self, longest: int = LONGEST_PAYLOAD) -> None:
        self._longest = longest
        self._store = bytearray(4096)
        self._view = memoryview(self._store)
        self.waiting = 0  # bytes that are no frame yet

    def buffer(self) -> memoryview:
        """Where the next bytes go; never empty."""
        return self._view[self.waiting :]

    def received(self, count: int) -> None:
        """`count` bytes were put into `buffer()`. Call `frames` before the next `buffer`."""
        self.waiting += count

    @property
    def pending(self) -> bytes:
        """What was received and is not yet a frame."""
        return bytes(self._view[: self.waiting])

    def clear(self) -> None:
        """Forget what is no frame yet."""
        self.waiting = 0

    def skip(self, count: int) -> None:
        """Forget the first `count` bytes of what is no frame yet."""
        self._store[: self.waiting - count] = self._store[count : self.waiting]
        self.waiting -= count

    def frames(self) -> list[tuple[int, bytes]]:
        """The (kind, payload) of each frame that is whole now. Raises FrameTooLong, once those before it were given."""
        used, view, store = self.waiting, self._view, self._store
        if used == AUDIO_BYTES and store.startswith(AUDIO_HEADER):
            self.waiting = 0
            return [(Kind.AUDIO, bytes(view[HEADER_BYTES:AUDIO_BYTES]))]
        frames: list[tuple[int, bytes]] = []
        start = 0
        while used - start >= HEADER_BYTES:
            kind, length = store[start], store[start + 1] << 8 | store[start + 2]
            if length > self._longest:
                if frames:  # they came first
                    break
                raise FrameTooLong(kind, length)
            end = start + HEADER_BYTES + length
            if end > used:
                if end - start > len(store):
                    self._grow(end - start)
                break
            frames.append((kind, bytes(view[start + HEADER_BYTES : end])))
            start = end
        if start:
            self._store[: used - start] = store[start:used]
            self.waiting = used - start
        return frames

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes and return the frames that are whole now. Raises FrameTooLong."""
        frames: list[tuple[int, bytes]] = []

        def received(count: int) -> None:
            self.received(count)
            frames.extend(self.frames())

        pour(data, self.buffer, received)
        return frames

    def _grow(self, size: int) -> None:
        # A buffer that somebody looks at cannot be resized.
        self._store = self._store.ljust(size, b"\0")
        self._view = memoryview(self._store)


def pour(data: bytes, buffer: Callable[[], memoryview], received: Callable[[int], None]) -> None:
    """Put bytes into each `buffer`, then tell `received` how many: as a transport does with what it reads."""
    while data:
        room = buffer()
        piece, data = data[: len(room)], data[len(room) :]
        room[: len(piece)] = piece
        received(len(piece))


class Opening(Enum):
    """What the first bytes of a connection say that it is."""

    CALL = "call"
    HTTP = "http"
    TLS = "tls"
    GARBAGE = "garbage"


_METHODS: Final = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"CONNECT ", b"PRI * ")
_OPENINGS: Final[Mapping[bytes, Opening]] = MappingProxyType(
    {b"\x01\x00\x10": Opening.CALL, b"\x16\x03": Opening.TLS, **dict.fromkeys(_METHODS, Opening.HTTP)}
)


def recognise(first: bytes) -> Opening | None:
    """What a connection is that begins like this; None while it may still become several things."""
    for prefix, opening in _OPENINGS.items():
        if first.startswith(prefix):
            return opening
    if any(prefix.startswith(first) for prefix in _OPENINGS):
        return None
    return Opening.GARBAGE
