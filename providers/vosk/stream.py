"""One caller's audio on its way to a recogniser in a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from decimal import Decimal
from typing import Final

from providers import wire
from providers.outgoing import Outgoing
from providers.protocols import (
    BYTES_PER_SECOND,
    Failure,
    OnSpeech,
    OnUsage,
    ProviderError,
    SpeechEvent,
    StreamEnded,
    UsageReport,
)
from providers.vosk.results import Hearing

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 3.0  # for a chunk: longer means that this machine cannot follow
CLOSE_SECONDS: Final = 1.5


class VoskStream:
    """A SpeechStream. One task hands the chunks to the thread, one after the other."""

    def __init__(
        self, hearing: Hearing, threads: Executor, report: UsageReport, on_speech: OnSpeech, on_usage: OnUsage
    ) -> None:
        self._hearing = hearing
        self._threads = threads
        self._report = report
        self._on_speech = on_speech
        self._on_usage = on_usage
        self._waiting = Outgoing()
        self._heard = 0  # bytes
        self._closing = self._ended = False
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._worker = self._loop.create_task(self._work())

    def send(self, pcm: bytes) -> None:
        if self._closing or self._ended:
            return
        if self._waiting.add(pcm):
            self._wake.set()

    def expect(self, terms: Sequence[str]) -> None:
        """A grammar of Vosk's would let nothing else be heard."""

    async def close(self) -> None:
        if not (self._closing or self._ended):
            self._closing = True
            self._waiting.finish()
            self._wake.set()
        await asyncio.wait({self._worker}, timeout=CLOSE_SECONDS)
        if not self._worker.done():
            self._worker.cancel()
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        error: ProviderError | None = None
        try:
            while not (self._closing and not self._waiting):
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    chunk = self._waiting.take()
                    events = await self._in_thread(self._hearing.hear, chunk)
                    self._heard += len(chunk)
                    self._tell(events)
            self._tell(await self._in_thread(self._hearing.end))
        except TimeoutError:
            error = ProviderError("vosk", Failure.TIMEOUT, "this machine cannot follow")
        except (ValueError, TypeError, LookupError) as failure:
            error = wire.from_exception("vosk", failure)
        except Exception as failure:  # all that the library ever raises
            error = ProviderError("vosk", Failure.SERVER, str(failure)[:200])
        finally:
            self._end(error)

    async def _in_thread(self, hear: Callable[..., list[SpeechEvent]], *chunk: bytes) -> list[SpeechEvent]:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._loop.run_in_executor(self._threads, hear, *chunk)

    def _tell(self, events: list[SpeechEvent]) -> None:
        for event in events:
            try:
                self._on_speech(event)
            except Exception:  # whoever listens must not end the stream
                logger.exception("vosk: a listener failed on %s", type(event).__name__)

    def _end(self, error: ProviderError | None) -> None:
        self._ended = True
        if dropped := self._waiting.dropped_bytes:
            seconds = dropped / BYTES_PER_SECOND
            logger.warning("vosk: %.1f s of audio dropped: too many calls for this machine", seconds)
        try:
            self._on_usage(replace(self._report, audio_seconds=Decimal(self._heard) / BYTES_PER_SECOND))
        finally:
            self._tell([StreamEnded(None if self._closing else error)])
