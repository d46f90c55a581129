"""What a connection may do, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telephony.audiosocket.codec import HEADER_BYTES
from telephony.media import FRAME_BYTES, SAMPLE_RATE

# What the caller said before there was a session.
EARLY_BYTES: Final = 2 * SAMPLE_RATE * 2
# Of events that the application has not taken; a call has a few dozen.
LONGEST_INBOX: Final = 256
# Bytes the kernel, and then we, keep for a peer that does not read: speech of a second ago
# is of no use to anybody.
SEND_BUFFER: Final = 16 * 1024
UNSENT_LIMIT: Final = 10 * (HEADER_BYTES + FRAME_BYTES)
# Of connections that we have ended and the other side has not closed yet.
MOST_CLOSING: Final = 1000
# Bytes that one of these may send before we read no more: of 8 kHz, eight seconds. No Asterisk sends them.
MOST_UNWANTED: Final = 128 * 1024
# How often in an idle limit one looks whether frames come, and how many.
IDLE_LOOKS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection may do. Times in seconds."""

    handshake: float = 2.0  # until the UUID frame is there
    idle: float = 60.0  # without any frame; a caller on hold may send none for a while
    linger: float = 2.0  # until the other side closes what we have ended
    application: float = 10.0  # for the application to end once the caller is gone
    payload: int = 16 * 1024  # 20 ms at 192 kHz are 7680 bytes
    burst: int = 1000  # frames of 20 ms from one look to the next


class FrameCount:
    """How many frames have come, and how many more may until the next look."""

    def __init__(self, burst: int) -> None:
        self.count = 0
        self._burst = burst
        self._allowed = burst
        self._seen = 0
        self._idle_looks = 0

    @property
    def left(self) -> int:
        """Negative in a flood."""
        return self._allowed - self.count

    def look(self) -> int:
        """Look; for how many times in a row no frame had come."""
        self._idle_looks = self._idle_looks + 1 if self.count == self._seen else 0
        self._seen, self._allowed = self.count, self.count + self._burst
        return self._idle_looks
