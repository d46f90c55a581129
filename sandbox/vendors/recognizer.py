"""Speech recognition without a model: hears energy, reads captions, keeps the audio clock.

No sockets, no vendor: audio goes in, events come out, at the times at which a real
recogniser would find them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.voice import SAMPLE_RATE, Captions

BLOCK_SECONDS = 0.02
_BLOCK_BYTES = round(SAMPLE_RATE * BLOCK_SECONDS) * 2
_ONSET_BLOCKS = 3  # of sound in a row, until it is speech
_INTERIM_SECONDS = 1.0
_LONGEST_RESULT = 5.0  # seconds; longer speech is finalised in parts
_LATE_CAPTION_SECONDS = 1.0  # how long the end of speech waits for words that are still on their way

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    at: float


@dataclass(frozen=True, slots=True)
class Result:
    words: tuple[Word, ...]
    start: float
    end: float
    is_final: bool = False
    ends_speech: bool = False
    from_finalize: bool = False


@dataclass(frozen=True, slots=True)
class UtteranceEnd:
    last_word_end: float


Event = SpeechStarted | Result | UtteranceEnd


class Recognizer:
    """`endpointing` and `utterance_end` are seconds of silence; None: not reported."""

    def __init__(self, *, endpointing: float | None, utterance_end: float | None) -> None:
        self.seconds = 0.0  # of audio heard
        self._endpointing = endpointing
        self._utterance_end = utterance_end
        self._captions = Captions()
        self._ear = _Ear()
        self._rest = b""
        self._words: list[Word] = []
        self._text_goes_on = False  # the last caption was not the last of its text
        self._result_start = 0.0
        self._last_word_end: float | None = None  # of an utterance whose end was not reported
        self._is_speech = False
        self._next_interim = _INTERIM_SECONDS

    def hear(self, pcm: bytes) -> list[Event]:
        """Take 8 kHz PCM of any length."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % _BLOCK_BYTES
        self._rest = pcm[whole:]
        events: list[Event] = []
        for at in range(0, whole, _BLOCK_BYTES):
            events += self._hear_block(pcm[at : at + _BLOCK_BYTES])
        return events

    def finalize(self) -> list[Event]:
        """Give what was heard so far as final (Deepgram's Finalize)."""
        self._is_speech = False
        return [self._final(ends_speech=True, from_finalize=True)]

    def end(self) -> list[Event]:
        """No more audio comes."""
        return [self._final(ends_speech=True)] if self._words or self._is_speech else []

    def _hear_block(self, block: bytes) -> list[Event]:
        events: list[Event] = []
        self.seconds += BLOCK_SECONDS
        for caption in self._captions.feed(block):
            words = caption.text.split()
            length = (caption.end - caption.start) / max(1, len(words))
            self._words += [
                Word(
                    text,
                    start=caption.start + number * length,
                    end=caption.start + (number + 1) * length,
                    confidence=min(0.999, 0.6 + 0.4 * caption.confidence),
                )
                for number, text in enumerate(words)
            ]
            self._text_goes_on = not caption.is_last
            self._last_word_end = caption.end
            events.append(self._result())
        self._ear.hear(block)
        if self._ear.sound_blocks == _ONSET_BLOCKS and not self._is_speech:
            self._is_speech = True
            events.append(SpeechStarted(max(0.0, self.seconds - _ONSET_BLOCKS * BLOCK_SECONDS)))
        return events + self._what_silence_means()

    def _what_silence_means(self) -> list[Event]:
        events: list[Event] = []
        silence = self._ear.silent_blocks * BLOCK_SECONDS
        words_are_coming = (self._captions.is_receiving or self._text_goes_on) and silence < _LATE_CAPTION_SECONDS
        if self._is_speech and self._endpointing is not None and silence >= self._endpointing and not words_are_coming:
            self._is_speech = False
            events.append(self._final(ends_speech=True))
        elif self._words and self.seconds - self._words[0].start > _LONGEST_RESULT:
            events.append(self._final(ends_speech=False))
        if (
            self._utterance_end is not None
            and self._last_word_end is not None
            and min(silence, self.seconds - self._last_word_end) >= self._utterance_end
        ):
            events.append(UtteranceEnd(self._last_word_end))
            self._last_word_end = None
        if self.seconds >= self._next_interim:
            self._next_interim += _INTERIM_SECONDS
            if not self._words:
                events.append(self._result())
        return events

    def _result(self) -> Result:
        return Result(tuple(self._words), self._result_start, self.seconds)

    def _final(self, *, ends_speech: bool, from_finalize: bool = False) -> Result:
        result = Result(tuple(self._words), self._result_start, self.seconds, True, ends_speech, from_finalize)
        self._words, self._result_start = [], self.seconds
        if ends_speech:
            self._text_goes_on = False
        return result


class _Ear:
    """Energy of the speech band against a floor that follows the line's noise."""

    def __init__(self) -> None:
        self.sound_blocks = 0  # in a row, up to now
        self.silent_blocks = 0
        self._floor = 40.0
        self._before: Samples = np.zeros(len(_BELOW_CAPTIONS) - 1, np.float32)

    def hear(self, block: bytes) -> None:
        samples = np.frombuffer(block, "<i2").astype(np.float32)
        speech = np.convolve(np.concatenate([self._before, samples]), _BELOW_CAPTIONS, "valid")
        self._before = samples[-len(self._before) :]
        loudness = float(np.sqrt(speech @ speech / len(speech)))
        self._floor = min(loudness, self._floor * 1.005)
        if loudness > max(120.0, 3.0 * min(self._floor, 600.0)):
            self.sound_blocks, self.silent_blocks = self.sound_blocks + 1, 0
        else:
            self.sound_blocks, self.silent_blocks = 0, self.silent_blocks + 1


def _design_low_pass() -> Samples:
    response = np.sinc(2 * 2200 / SAMPLE_RATE * np.arange(-12, 13)) * np.hamming(25)
    low_pass: Samples = (response / response.sum()).astype(np.float32)
    return low_pass


_BELOW_CAPTIONS = _design_low_pass()
