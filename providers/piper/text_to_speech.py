"""Text to speech by Piper, in threads of this process: sentence by sentence.

https://github.com/OHF-Voice/piper1-gpl/blob/main/docs/API_PYTHON.md
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.conf import settings

from providers.extras import engine, extra, model_path
from providers.protocols import Failure, OnUsage, ProviderError, UsageReport, Voice
from voicebot_site.threads import stand_back

with extra("piper"):
    import soxr

SAMPLE_RATE: Final = 8000


class PiperTextToSpeech:
    """The voice is the file of the language; `voice_id` is not used."""

    def __init__(self) -> None:
        self._path: str = settings.PIPER_VOICE_PATH
        self._piper = engine("piper", self._path)
        self._threads = ThreadPoolExecutor(os.cpu_count(), "piper", initializer=stand_back)
        self._voices: dict[str, Future[Any]] = {}

    def address(self, voice: Voice) -> str:
        return f"piper/{self._name(voice)}/{voice.language}/{voice.speed}"

    async def speak(self, text: str, voice: Voice, on_usage: OnUsage, *, timeout: float = 10.0) -> AsyncIterator[bytes]:
        """A sentence cannot be broken off: closing stops after the one that is being spoken."""
        began = time.monotonic()
        loaded = await self._load(voice.language, timeout)
        sentences = self._sentences(loaded, text, voice.speed)
        latency: float | None = None
        try:
            while pcm := await self._next(sentences, timeout):
                if latency is None:
                    latency = time.monotonic() - began
                yield pcm
            if latency is None:
                raise ProviderError("piper", Failure.GARBAGE, "an answer without audio")
        finally:
            on_usage(
                UsageReport(
                    kind="tts",
                    provider="piper",
                    model=self._name(voice),
                    characters=len(text),
                    latency_seconds=latency,
                    began_at=began,
                )
            )

    async def aclose(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _name(self, voice: Voice) -> str:
        return Path(model_path(self._path, voice.language)).stem or "sandbox"

    async def _load(self, language: str, timeout: float) -> Any:
        path = model_path(self._path, language) or language  # the sandbox's voices are called so
        if path not in self._voices:
            self._voices[path] = self._threads.submit(self._piper.PiperVoice.load, path)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(asyncio.wrap_future(self._voices[path]))
        except TimeoutError:
            raise ProviderError("piper", Failure.TIMEOUT, "the voice is being loaded") from None
        except Exception as error:
            self._voices.pop(path, None)  # the files may come
            detail = f"{type(error).__name__}: check PIPER_VOICE_PATH"
            raise ProviderError("piper", Failure.REFUSED, detail) from None

    def _sentences(self, loaded: Any, text: str, speed: float) -> Iterator[bytes]:
        config = self._piper.SynthesisConfig(length_scale=1 / speed)
        for chunk in loaded.synthesize(text, syn_config=config):
            if pcm := _at_8_khz(chunk.audio_int16_bytes, chunk.sample_rate):
                yield pcm

    async def _next(self, sentences: Iterator[bytes], timeout: float) -> bytes:
        """The next sentence; b"" after the last."""
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.get_running_loop().run_in_executor(self._threads, next, sentences, b"")
        except TimeoutError:
            raise ProviderError("piper", Failure.TIMEOUT, f"no sentence within {timeout:.1f} s") from None
        except Exception as error:
            raise ProviderError("piper", Failure.SERVER, type(error).__name__) from None


def _at_8_khz(pcm: bytes, sample_rate: int) -> bytes:
    if sample_rate == SAMPLE_RATE:
        return pcm
    resampled: bytes = soxr.resample(np.frombuffer(pcm, "<i2"), sample_rate, SAMPLE_RATE).tobytes()
    return resampled
