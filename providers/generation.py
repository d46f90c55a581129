"""Speaks phrases ahead of the calls that need them.

What is made is kept at once, so a run that was stopped is simply run again: it makes what
is still missing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from providers import registry
from providers.phrases import Implausible, phrase_store, spoken
from providers.protocols import Failure, OnUsage, ProviderError, TextToSpeech, Voice

logger = logging.getLogger(__name__)

CONCURRENCY: Final = 3  # what ElevenLabs' smallest plan allows at once
LONGEST_SECONDS: Final = 480.0  # under Celery's soft limit
ATTEMPTS: Final = 2
LONGEST_PAUSE: Final = 30.0

OnMade = Callable[[str], None]
OnMissing = Callable[[int], None]


@dataclass(slots=True)
class Outcome:
    """What a run did; `error` is why the vendor refuses us, `reason` the last failure of any kind.

    `reasons` says of texts why they failed; of those that were not reached it says nothing.
    """

    present: int = 0
    made: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    error: ProviderError | None = None
    reason: str = ""
    reasons: dict[str, str] = field(default_factory=dict)
    ran_out_of_time: bool = False


async def make_missing(
    texts: Sequence[str],
    voice: Voice,
    on_usage: OnUsage,
    on_made: OnMade = lambda text: None,
    on_missing: OnMissing = lambda count: None,
) -> Outcome:
    """Speak and keep the fixed parts of `texts` that have no audio yet.

    `on_missing` is told first how many they are, `on_made` each one that was made.

    A vendor that asks for patience (429) gets it; one that refuses us ends the run; any
    other failure is tried once more. Never raises ProviderError.
    """
    wanted, missing = await asyncio.to_thread(_survey, texts, voice)
    on_missing(len(missing))
    run = _Run(missing, voice, on_usage, on_made)
    run.outcome.present = wanted - len(missing)
    if missing:
        async with registry.own_text_to_speech(voice.vendors[0] if voice.vendors else None) as vendor:
            await run.work(vendor)
    return run.outcome


def _survey(texts: Sequence[str], voice: Voice) -> tuple[int, list[str]]:
    store = phrase_store()
    return len(store.fixed(texts)), store.missing(texts, voice)


class _Run:
    def __init__(self, missing: Sequence[str], voice: Voice, on_usage: OnUsage, on_made: OnMade) -> None:
        self.outcome = Outcome()
        self._waiting = deque(missing)
        self._missing = missing
        self._voice = voice
        self._on_usage = on_usage
        self._on_made = on_made
        self._attempts: Counter[str] = Counter()
        self._resume_at = 0.0
        self._refusals = 0  # 429 in a row

    async def work(self, vendor: TextToSpeech) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS), asyncio.TaskGroup() as group:
                for _ in range(min(CONCURRENCY, len(self._waiting))):
                    group.create_task(self._worker(vendor))
        except TimeoutError:
            logger.warning("time is up: the next run makes the rest")
            self.outcome.ran_out_of_time = True
            self.outcome.reason = self.outcome.reason or "time was up"
        self.outcome.failed = [text for text in self._missing if text not in self.outcome.made]

    async def _worker(self, vendor: TextToSpeech) -> None:
        while self._waiting and self.outcome.error is None:
            await asyncio.sleep(max(0.0, self._resume_at - asyncio.get_running_loop().time()))
            if not self._waiting:
                return
            text = self._waiting.popleft()
            try:
                await self._make(vendor, text)
            except ProviderError as error:
                self._react(text, error)
            except Implausible as error:
                logger.warning("not kept: %s", error)
                self.outcome.reason = self.outcome.reasons[text] = str(error)
                self._try_again(text)

    async def _make(self, vendor: TextToSpeech, text: str) -> None:
        speech = vendor.speak(spoken(text, self._voice), self._voice, self._on_usage)
        pcm = b"".join([piece async for piece in speech])
        self._refusals = 0
        await asyncio.to_thread(phrase_store().keep, text, self._voice, pcm)
        self.outcome.made.append(text)
        self._on_made(text)

    def _react(self, text: str, error: ProviderError) -> None:
        logger.warning("%r is not spoken: %s", text, error)
        self.outcome.reason = self.outcome.reasons[text] = str(error)
        if error.failure is Failure.RATE_LIMITED:
            self._waiting.append(text)
            self._refusals += 1
            pause = error.retry_after if error.retry_after is not None else min(2.0**self._refusals, LONGEST_PAUSE)
            self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + pause)
        elif error.failure in (Failure.REFUSED, Failure.UNKNOWN_VOICE):
            self.outcome.error = error
        else:
            self._try_again(text)

    def _try_again(self, text: str) -> None:
        self._attempts[text] += 1
        if self._attempts[text] < ATTEMPTS:
            self._waiting.append(text)
