"""What a caller makes of the bot's audio: who speaks when, and the words that really arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sandbox.voice import Captions

SOUND = 300  # samples above are sound; a bot that is silent sends zeros
TURN_GAP = 0.7  # seconds of silence that end what somebody says
_ANSWER_GAP = 0.2  # silence before which a sound is still the old turn, not the answer


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one side said; seconds since the call began."""

    text: str
    start: float
    end: float


class Ears:
    def __init__(self, on_heard: Callable[[Utterance], None]) -> None:
        self.heard: list[Utterance] = []
        self.response_latencies: list[float] = []  # from the end of the caller's words to the bot's first sound
        self.audio = bytearray()
        self.turn_began = self.last_sound = float("-inf")
        self._on_heard = on_heard
        self._captions = Captions()
        self._first_packet: float | None = None
        self._words: list[str] = []
        self._start = self._end = 0.0
        self._waiting_since: float | None = None

    def hear(self, pcm: bytes, now: float) -> None:
        """A packet of the bot's audio, `now` seconds into the call."""
        if self._first_packet is None:
            self._first_packet = now
        self.audio += pcm
        samples = np.frombuffer(pcm[: len(pcm) & ~1], "<i2")
        if len(samples) and max(int(samples.max()), -int(samples.min())) > SOUND:
            self._hear_sound(now)
        for caption in self._captions.feed(pcm):
            if caption.is_first and self._words:
                self._understand()  # what came before was cut off
            if not self._words:
                self._start = self._first_packet + caption.start
            self._words.append(caption.text)
            self._end = self._first_packet + caption.end
            if caption.is_last:
                self._understand()
        if self._words and now - self.last_sound > TURN_GAP:
            self._understand()

    def expect_answer(self, now: float) -> None:
        """The caller has finished speaking: the next sound is the answer."""
        if now - self.last_sound > _ANSWER_GAP:
            self._waiting_since = now

    def close(self) -> None:
        """The call is over; what was being said counts as far as it came."""
        if self._words:
            self._understand()

    def _hear_sound(self, now: float) -> None:
        if now - self.last_sound > TURN_GAP:
            self.turn_began = now
        self.last_sound = now
        if self._waiting_since is not None:
            self.response_latencies.append(now - self._waiting_since)
            self._waiting_since = None

    def _understand(self) -> None:
        utterance = Utterance(" ".join(self._words), round(self._start, 2), round(self._end, 2))
        self._words = []
        self.heard.append(utterance)
        self._on_heard(utterance)
