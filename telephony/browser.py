"""A call's audio to and from a browser: another transport than AudioSocket, for the same sessions."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from telephony.audiosocket.metronome import Metronome
from telephony.media import FRAME_BYTES, MediaSession

PIECE_FRAMES: Final = 3  # that go to the browser together
MOST_PIECES: Final = 50  # that wait for a slow one; then the oldest is lost
MOST_AHEAD_BYTES: Final = 50 * FRAME_BYTES  # more than a second of speech ahead of time is a flood


class BrowserLine:
    """Implements telephony.media.Line. Sound goes out with `next_piece`, and comes in with `hear`."""

    def __init__(self) -> None:
        """Needs a running event loop. It runs until `close`."""
        self.late_frames = 0
        self.dropped_frames = 0
        self._session: MediaSession | None = None
        self._room = MOST_AHEAD_BYTES
        self._piece = bytearray()
        self._pieces: deque[bytes] = deque(maxlen=MOST_PIECES)
        self._is_ready = asyncio.Event()
        self._metronome = Metronome(asyncio.get_running_loop().call_later)

    def connect(self, session: MediaSession) -> None:
        self._session = session
        self._metronome.add(self)

    def close(self) -> None:
        self._metronome.remove(self)

    def hear(self, pcm: bytes) -> None:
        """The caller's audio, 8 kHz PCM; what is no whole sample or comes too fast is dropped, and counted."""
        if self._session is None or len(pcm) % 2 or len(pcm) > self._room:
            self.dropped_frames += max(1, len(pcm) // FRAME_BYTES)
            return
        self._room -= len(pcm)
        self._session.hear(pcm)

    async def next_piece(self) -> bytes:
        """The next 60 ms of what the bot says, silence included."""
        while not self._pieces:
            self._is_ready.clear()
            await self._is_ready.wait()
        return self._pieces.popleft()

    # The metronome's side.

    def beat(self) -> None:
        if self._session is None:
            return
        self._room = min(self._room + FRAME_BYTES, MOST_AHEAD_BYTES)
        self._piece += self._session.speak()
        if len(self._piece) >= PIECE_FRAMES * FRAME_BYTES:
            self._pieces.append(bytes(self._piece))
            self._piece.clear()
            self._is_ready.set()

    def skip(self, frames: int) -> None:
        self._room = min(self._room + frames * FRAME_BYTES, MOST_AHEAD_BYTES)
        if self._session is not None:
            self._session.skip(frames)
