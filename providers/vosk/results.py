"""What a recogniser's results mean. https://alphacephei.com/vosk/"""

from __future__ import annotations

import json
from typing import Any

from providers.protocols import BYTES_PER_SECOND, SpeechEvent, SpeechStarted, Transcript, UtteranceEnded, Word


class Hearing:
    """A recogniser of Vosk's, and the audio clock. For one thread at a time.

    What it is given or gives may be anything: ValueError, TypeError and LookupError are
    raised for what is no result of Vosk's, and whatever the engine itself raises.
    """

    def __init__(self, recognizer: Any, utterance_end_seconds: float) -> None:
        self._recognizer = recognizer
        self._utterance_end = utterance_end_seconds
        self._partial = ""
        self._began = 0.0
        self._last_end: float | None = None  # of an utterance whose longer silence was not told
        self.seconds = 0.0

    def hear(self, pcm: bytes) -> list[SpeechEvent]:
        """Take 8 kHz PCM: about 20 to 200 ms of CPU for a second of it, according to the model."""
        has_ended = self._recognizer.AcceptWaveform(pcm)
        self.seconds += len(pcm) / BYTES_PER_SECOND
        return self._final(self._recognizer.Result()) if has_ended else self._interim()

    def end(self) -> list[SpeechEvent]:
        return self._final(self._recognizer.FinalResult())

    def _interim(self) -> list[SpeechEvent]:
        text = json.loads(self._recognizer.PartialResult())["partial"]
        if text and text != self._partial:
            events: list[SpeechEvent] = []
            if not self._partial:
                self._began = self.seconds
                events.append(SpeechStarted(self.seconds))
            self._partial, self._last_end = text, None
            return [*events, Transcript(text, False, False, self._began, self.seconds)]
        if not self._partial and self._last_end is not None and self.seconds - self._last_end >= self._utterance_end:
            at, self._last_end = self._last_end, None
            return [UtteranceEnded(at)]
        return []

    def _final(self, raw: str) -> list[SpeechEvent]:
        result = json.loads(raw)
        text, words, had_started = result["text"], result.get("result", []), bool(self._partial)
        self._partial = ""
        if not text:
            return []
        start = words[0]["start"] if words else self._began
        end = words[-1]["end"] if words else self.seconds
        confidence = sum(word["conf"] for word in words) / len(words) if words else 1.0
        self._last_end = end
        started: list[SpeechEvent] = [] if had_started else [SpeechStarted(start)]
        timed = tuple(Word(word["word"], word["start"], word["end"]) for word in words)
        return [*started, Transcript(text, True, True, start, end, confidence, timed)]
