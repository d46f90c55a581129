"""A caller's audio on its way from the frames to the session."""

from __future__ import annotations

from monitoring import metrics
from telephony.audiosocket.codec import SAMPLE_RATES, Kind
from telephony.audiosocket.limits import EARLY_BYTES
from telephony.audiosocket.resampling import Downsampler
from telephony.media import FRAME_BYTES, MediaSession


class Inlet:
    """Gathers what a reading brought, at 8 kHz, and keeps what came before there was a session."""

    def __init__(self) -> None:
        self.dropped_frames = 0
        self._downsamplers: dict[int, Downsampler] = {}
        self._pieces: list[bytes] = []  # of this reading
        self._early = bytearray()
        self._session: MediaSession | None = None

    def take(self, kind: int, pcm: bytes) -> int:
        """Take a frame's payload; how many frames of 20 ms it is worth beyond one. What is no audio is counted."""
        if not pcm or len(pcm) & 1:
            metrics.ignored_frames.labels(reason="length").inc()
            return 0
        if kind != Kind.AUDIO:
            if kind not in self._downsamplers:
                self._downsamplers[kind] = Downsampler(SAMPLE_RATES[kind])
            pcm = self._downsamplers[kind](pcm)
        self._pieces.append(pcm)
        return len(pcm) // (FRAME_BYTES + 1)

    def take_all(self, frames: list[bytes]) -> None:
        """Take whole frames of 8 kHz; they are the first of their reading."""
        self._pieces = frames

    def pass_on(self) -> None:
        """All in one piece: the session tells holes by how much comes at a time. Raises what it raises."""
        if not self._pieces:
            return
        pcm = b"".join(self._pieces)
        self._pieces.clear()
        if self._session is not None:
            self._session.hear(pcm)
            return
        self._early += pcm
        if (frames := (len(self._early) - EARLY_BYTES) // FRAME_BYTES) > 0:
            del self._early[: frames * FRAME_BYTES]
            self.dropped_frames += frames
            metrics.dropped_frames.labels(way="in").inc(frames)

    def connect(self, session: MediaSession) -> None:
        self._session = session
        session.skip(len(self._early) // FRAME_BYTES)  # the call began when its audio did
        if self._early:
            session.hear(bytes(self._early))
            self._early.clear()

    def close(self) -> None:
        self._session = None
        self._pieces.clear()
        self._early.clear()
