"""Speech to text by Vosk, in threads of this process.

Threads, not processes: the library gives the GIL away while it decodes, so they use
the cores as processes would, and a model of up to 2 GB is in memory once.
https://alphacephei.com/vosk/
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from providers.extras import engine, model_path
from providers.protocols import Failure, OnSpeech, OnUsage, ProviderError, SpeechOptions, UsageReport
from providers.vosk.results import Hearing
from providers.vosk.stream import VoskStream
from voicebot_site.threads import stand_back

OPEN_SECONDS: Final = 3.0
SAMPLE_RATE: Final = 8000


class VoskSpeechToText:
    """Keyterms are not used: a grammar of Vosk's would let nothing else be heard."""

    def __init__(self) -> None:
        self._path: str = settings.VOSK_MODEL_PATH
        self._vosk = engine("vosk", self._path)
        self._vosk.SetLogLevel(-1)
        self._threads = ThreadPoolExecutor(os.cpu_count(), "vosk", initializer=stand_back)
        self._models: dict[str, Future[Any]] = {}

    async def open(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> VoskStream:
        """The first stream of a language loads its model, which takes seconds: it may time out, the next will not."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        path = model_path(self._path, options.language)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                model = await asyncio.shield(asyncio.wrap_future(self._model(path)))
                recognizer = await loop.run_in_executor(self._threads, self._recognizer, model)
        except TimeoutError:
            raise ProviderError("vosk", Failure.TIMEOUT, "the model is being loaded") from None
        except Exception as error:
            self._models.pop(path, None)  # the files may come
            raise ProviderError("vosk", Failure.REFUSED, f"{error}: check VOSK_MODEL_PATH") from None
        report = UsageReport(
            kind="stt",
            provider="vosk",
            model=Path(path).name or "sandbox",
            latency_seconds=loop.time() - started,
            began_at=time.monotonic(),
        )
        hearing = Hearing(recognizer, options.utterance_end_seconds)
        return VoskStream(hearing, self._threads, report, on_speech, on_usage)

    async def aclose(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _model(self, path: str) -> Future[Any]:
        if path not in self._models:
            self._models[path] = self._threads.submit(self._vosk.Model, path)
        return self._models[path]

    def _recognizer(self, model: Any) -> Any:
        recognizer = self._vosk.KaldiRecognizer(model, SAMPLE_RATE)
        recognizer.SetWords(True)
        return recognizer
