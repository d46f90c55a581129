"""A caller's audio on its way to a recogniser, in messages of about 100 ms."""

from __future__ import annotations

from collections import deque
from typing import Final

from providers.protocols import BYTES_PER_SECOND

# A message costs the same whatever its size. Audio comes 100 ms at a time, now and then a frame less: what waited
# for the next would be heard 100 ms later.
LEAST: Final = BYTES_PER_SECOND * 8 // 100
MOST: Final = BYTES_PER_SECOND // 5
LONGEST: Final = 20 * BYTES_PER_SECOND


class Outgoing:
    """The latest 20 s: for a recogniser that is slower, the oldest is lost."""

    def __init__(self) -> None:
        self.dropped_bytes = 0
        self._rest = b""
        self._messages: deque[bytes] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(self, pcm: bytes) -> bool:
        """Whether there is something to send now."""
        if self._rest:
            pcm, self._rest = self._rest + pcm, b""
        for at in range(0, len(pcm), MOST):
            message = pcm[at : at + MOST]
            if len(message) < LEAST:
                self._rest = message
            else:
                self.put(message)
        return bool(self._messages)

    def finish(self) -> None:
        """The caller is gone: what was too short for a message is one now."""
        if self._rest:
            self.put(self._rest)
            self._rest = b""

    def put(self, message: bytes) -> None:
        """Add it as it is."""
        self._messages.append(message)
        self._bytes += len(message)
        while self._bytes > LONGEST:
            self.dropped_bytes += len(self.take())

    def take(self) -> bytes:
        """The next message. Raises IndexError when there is none."""
        message = self._messages.popleft()
        self._bytes -= len(message)
        return message
