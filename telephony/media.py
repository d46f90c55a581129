"""Where a transport meets a call: 8 kHz mono signed 16-bit little-endian PCM both ways.

Nothing here knows AudioSocket: a WebSocket or a browser is another transport.
Audio is handed over by plain calls in the event loop, never through ASGI events.
"""

from __future__ import annotations

from typing import Protocol

SAMPLE_RATE = 8000
FRAME_SECONDS = 0.02
FRAME_BYTES = 320
SILENCE = bytes(FRAME_BYTES)


class MediaSession(Protocol):
    """The call's side: hears the caller, speaks when the metronome asks."""

    def hear(self, pcm: bytes) -> None:
        """Caller's audio as it arrives, any even length. Must return at once."""

    def speak(self) -> bytes:
        """The next FRAME_BYTES to play, SILENCE when nothing is said. Called every 20 ms."""

    def skip(self, frames: int) -> None:
        """A stall cost so many frames' time: nothing was played, and nothing will be for it."""


class Line(Protocol):
    """The transport's side, in the ASGI scope as `scope["line"]`."""

    late_frames: int  # sent more than 20 ms after their time

    @property
    def dropped_frames(self) -> int:
        """Of the caller, that came before the session and did not fit."""

    def connect(self, session: MediaSession) -> None:
        """From now on audio flows; what the caller said before is delivered first."""
