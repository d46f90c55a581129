"""Vendors inside the process that cost next to nothing, for load tests.

Selected by SPEECH_TO_TEXT, LANGUAGE_MODEL and TEXT_TO_SPEECH; `providers/protocols.py`
says what each must do. What is left to measure is the product.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import cycle
from typing import Any

import numpy as np

from providers.protocols import (
    Message,
    OnSpeech,
    OnUsage,
    SpeechOptions,
    SpeechStarted,
    SpeechStream,
    StreamEnded,
    Transcript,
    UsageReport,
    Voice,
)
from sandbox.vendors import answers

SAMPLE_RATE = 8000
PROVIDER = "stub"
# What the caller is taken to have said, one after the other and again from the beginning.
ANSWERS = {
    "fr": ("Ma box internet ne marche plus depuis ce matin.", "Oui.", "C'est fait.", "Non, toujours pas.", "Oui."),
    "en": ("My internet box has not worked since this morning.", "Yes.", "It is done.", "No, still not.", "Yes."),
}
_SHORTEST_SPEECH = 0.1  # seconds of sound
_CHARACTERS_PER_SECOND = 30  # twice as fast as people: more turns in less time


def is_loud(pcm: bytes) -> bool:
    """Whether any of every eighth sample is beyond ±512: 0.2 µs for 20 ms."""
    return bool(pcm[1::16].strip(b"\x00\x01\xfe\xff"))


class StubSpeechToText:
    async def open(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> SpeechStream:
        return _StubStream(options, on_speech, on_usage)


class _StubStream:
    """Takes any sound for speech, and its end for the next answer of the list."""

    def __init__(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> None:
        self._endpointing = options.endpointing_seconds
        self._answers = cycle(ANSWERS.get(options.language, ANSWERS["fr"]))
        self._on_speech, self._on_usage = on_speech, on_usage
        self._now = 0.0
        self._sound = 0.0  # seconds of it in this utterance
        self._began = self._last_sound = 0.0

    def send(self, pcm: bytes) -> None:
        self._now += len(pcm) / (2 * SAMPLE_RATE)
        if is_loud(pcm):
            if not self._sound:
                self._began = self._now
                self._on_speech(SpeechStarted(self._now))
            self._sound += len(pcm) / (2 * SAMPLE_RATE)
            self._last_sound = self._now
        elif self._sound and self._now - self._last_sound >= self._endpointing:
            if self._sound >= _SHORTEST_SPEECH:
                self._on_speech(
                    Transcript(
                        next(self._answers), is_final=True, ends_speech=True, start=self._began, end=self._last_sound
                    )
                )
            self._sound = 0.0

    def expect(self, terms: Sequence[str]) -> None:
        pass

    async def close(self) -> None:
        self._on_usage(_usage("stt", audio_seconds=Decimal(self._now).quantize(Decimal("0.001"))))
        self._on_speech(StreamEnded(None))


class StubLanguageModel:
    async def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        on_usage(_usage("llm", input_tokens=1, output_tokens=1))
        yield answers.reply(_as_dicts(messages))

    async def decide(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        on_usage: OnUsage,
        *,
        max_tokens: int = 200,
        timeout: float = 4.0,
    ) -> dict[str, Any]:
        on_usage(_usage("llm", input_tokens=1, output_tokens=1))
        answer: dict[str, Any] = json.loads(answers.fill(schema, _as_dicts(messages)))
        return answer


class StubTextToSpeech:
    def address(self, voice: Voice) -> str:
        return f"{PROVIDER}/{voice.language}/{voice.speed}"

    async def speak(self, text: str, voice: Voice, on_usage: OnUsage, *, timeout: float = 10.0) -> AsyncIterator[bytes]:
        on_usage(_usage("tts", characters=len(text)))
        yield murmur(max(1, round(len(text) / _CHARACTERS_PER_SECOND * 2)))


@lru_cache(maxsize=128)
def murmur(half_seconds: int) -> bytes:
    """A tone that swells four times a second, as syllables do."""
    time = np.arange(half_seconds * SAMPLE_RATE // 2) / SAMPLE_RATE
    swell = 0.6 - 0.4 * np.cos(2 * np.pi * 4 * time)
    pcm: bytes = (6000 * swell * np.sin(2 * np.pi * 180 * time)).astype("<i2").tobytes()
    return pcm


def _usage(kind: str, **units: Any) -> UsageReport:
    return UsageReport(kind=kind, provider=PROVIDER, model=PROVIDER, **units)


def _as_dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]
