"""What Vosk's Python module is, as far as the product uses it; it hears captions.

https://github.com/alphacep/vosk-api/blob/master/python/vosk/__init__.py, 0.3.45
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.vendors.recognizer import Recognizer, Result, Word

END_SECONDS = 0.5  # of silence: Kaldi's own rule for the end of an utterance


class Model:
    def __init__(self, model_path: str | None = None, model_name: str | None = None, lang: str | None = None) -> None:
        self.path = model_path or ""
        if self.path.endswith("-401"):
            raise Exception("Failed to create a model")


class KaldiRecognizer:
    def __init__(self, *args: Any) -> None:
        model, sample_rate = args
        if sample_rate != 8000:
            raise Exception("Failed to create a recognizer")
        self._path: str = model.path
        self._recognizer = Recognizer(endpointing=END_SECONDS, utterance_end=None)
        self._shows_words = False
        self._partial = ""
        self._words: list[Word] = []

    def SetWords(self, enable_words: bool) -> None:
        self._shows_words = enable_words

    def AcceptWaveform(self, data: bytes) -> int:
        """1 at the end of an utterance, whose Result is ready then."""
        if self._path.endswith("-500") or (self._path.endswith("-drop") and self._recognizer.seconds > 1):
            raise Exception("Failed to process waveform")
        has_ended = False
        for event in self._recognizer.hear(data):
            if not isinstance(event, Result):
                continue
            if event.is_final:
                self._words += event.words
                self._partial = ""
                has_ended = has_ended or (event.ends_speech and bool(self._words))
            else:
                self._partial = _plain(event.words)
        return int(has_ended)

    def PartialResult(self) -> str:
        return self._told({"partial": " ".join(filter(None, [_plain(self._words), self._partial]))})

    def Result(self) -> str:
        words, self._words = self._words, []
        told: dict[str, Any] = {"text": _plain(words)}
        if self._shows_words and words:
            told["result"] = [
                {"word": _plain([word]), "start": word.start, "end": word.end, "conf": word.confidence}
                for word in words
            ]
        return self._told(told)

    def FinalResult(self) -> str:
        for event in self._recognizer.end():
            if isinstance(event, Result):
                self._words += event.words
        return self.Result()

    def _told(self, value: dict[str, Any]) -> str:
        if self._path.endswith("-garbage"):
            return "<html>"
        return json.dumps(value, ensure_ascii=False, indent=2)


def SetLogLevel(level: int) -> None:
    pass


def _plain(words: tuple[Word, ...] | list[Word]) -> str:
    """Small letters without marks, as Vosk's models write."""
    return " ".join(word.text.lower().strip(".,;:!?…«» ") for word in words).strip()
