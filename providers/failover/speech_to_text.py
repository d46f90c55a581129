"""A stream of speech that outlives the streams of its vendors.

The caller's audio is kept from the last final words on. When a vendor's stream breaks,
another is opened and hears that audio first, so that no word is lost and none comes twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from providers import registry
from providers.failover.candidates import Candidates, asking
from providers.protocols import (
    BYTES_PER_SECOND,
    Choice,
    Failure,
    OnSpeech,
    OnUsage,
    ProviderError,
    SpeechEvent,
    SpeechOptions,
    SpeechStream,
    StreamEnded,
    Transcript,
)
from providers.registry import Vendor

logger = logging.getLogger(__name__)

OPEN_SECONDS: Final = 3.0  # for each vendor, while the greeting plays
REOPEN_SECONDS: Final = 1.0  # for each vendor, while the caller waits
MOST_STREAMS: Final = 8  # of one call
STEADY_SECONDS: Final = 3.0  # a stream that lived so long was cut by accident
KEPT_SECONDS: Final = 15.0  # of the caller's audio


class FailoverSpeechToText:
    """Implements providers.protocols.SpeechToText."""

    def __init__(self, choices: Sequence[Choice] = ()) -> None:
        """`choices` in order of preference; by default the platform's."""
        self._choices = choices

    async def open(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> SpeechStream:
        """Connect to the first vendor that answers within 3 s. Raises ProviderError."""
        stream = _FailoverStream(registry.vendors("stt", self._choices), options, on_speech, on_usage)
        await stream.connect()
        return stream


class _FailoverStream:
    """A SpeechStream. Its clock begins with the first audio it is sent, whoever hears it."""

    def __init__(
        self, vendors: Sequence[Vendor], options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage
    ) -> None:
        self._vendors = vendors
        self._options = options
        self._on_speech = on_speech
        self._on_usage = on_usage
        self._kept = _Kept()
        self._expected: Sequence[str] = ()
        self._inner: _Inner | None = None
        self._streams = 0
        self._closing = False
        self._reopening: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self._open(self._vendors, OPEN_SECONDS)

    # --- SpeechStream ---

    def send(self, pcm: bytes) -> None:
        self._kept.add(pcm)
        if self._inner is not None:
            self._inner.stream.send(pcm)

    def expect(self, terms: Sequence[str]) -> None:
        self._expected = terms
        if self._inner is not None:
            self._inner.stream.expect(terms)

    async def close(self) -> None:
        self._closing = True
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.wait([self._reopening])
        if self._inner is None:
            self._on_speech(StreamEnded(None))
        else:
            await self._inner.stream.close()
            del self._inner.stream  # which holds it
            self._inner = None

    # --- The vendors' streams ---

    async def _open(self, vendors: Sequence[Vendor], seconds: float) -> None:
        candidates = Candidates(vendors)
        for vendor in candidates:
            inner = _Inner(vendor, self)
            try:
                async with asking(vendor, seconds):
                    inner.stream = await vendor.client.open(self._options, inner.on_speech, self._on_usage)
                    if inner.error is not None:
                        raise inner.error
            except ProviderError as failure:
                logger.warning("%s: %s", self._options.tag, failure)
                candidates.failed(vendor, failure)
            else:
                self._streams += 1
                inner.offset = self._kept.start
                self._inner = inner
                inner.stream.expect(self._expected)
                for pcm in self._kept.pieces:
                    inner.stream.send(pcm)
                return
        raise candidates.error("stt")

    def heard(self, inner: _Inner, event: SpeechEvent) -> None:
        """What a vendor's stream tells; one that was given up tells nothing."""
        if inner is not self._inner:
            return
        if isinstance(event, StreamEnded):
            self._lost(inner, event.error)
            return
        if isinstance(event, Transcript):
            inner.vendor.breaker.succeeded()
            event = event.shifted(inner.offset)
            if event.is_final:
                self._kept.forget_until(event.end)
        else:
            event = replace(event, at=event.at + inner.offset)
        self._on_speech(event)

    def _lost(self, inner: _Inner, error: ProviderError | None) -> None:
        if self._closing:
            self._on_speech(StreamEnded(None))
            return
        error = error or ProviderError(inner.vendor.choice.provider, Failure.CUT, "it closed the stream")
        logger.warning("%s: %s", self._options.tag, error)
        inner.vendor.breaker.failed(error)
        self._inner = None
        if error.failure is Failure.TIMEOUT:
            self._expected = ()  # what was too much for it, perhaps: the next one must not fall silent, too
        others = [vendor for vendor in self._vendors if vendor is not inner.vendor]
        is_accident = error.failure is Failure.CUT and inner.age >= STEADY_SECONDS
        vendors = [inner.vendor, *others] if is_accident else [*others, inner.vendor]
        self._reopening = asyncio.get_running_loop().create_task(self._reopen(vendors, error))

    async def _reopen(self, vendors: Sequence[Vendor], error: ProviderError) -> None:
        if self._streams >= MOST_STREAMS:
            self._on_speech(StreamEnded(error))
            return
        try:
            await self._open(vendors, REOPEN_SECONDS)
        except ProviderError as failure:
            self._on_speech(StreamEnded(failure))
        except Exception as bug:  # else the call would be deaf, and not know it
            logger.exception("%s: no other stream could be opened", self._options.tag)
            self._inner = None
            self._on_speech(StreamEnded(ProviderError("stt", Failure.GARBAGE, type(bug).__name__)))


class _Inner:
    """The stream of one vendor."""

    stream: SpeechStream

    def __init__(self, vendor: Vendor, outer: _FailoverStream) -> None:
        self.vendor = vendor
        self.offset = 0.0  # on the outer clock, where its own begins
        self.error: ProviderError | None = None  # of one that ended before it was used
        self._outer = outer
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    @property
    def age(self) -> float:
        return self._loop.time() - self._began

    def on_speech(self, event: SpeechEvent) -> None:
        if isinstance(event, StreamEnded):
            self.error = event.error
        self._outer.heard(self, event)


class _Kept:
    """The caller's latest audio, on the stream's clock."""

    def __init__(self) -> None:
        self.start = 0.0
        self.pieces: deque[bytes] = deque()
        self._bytes = 0

    def add(self, pcm: bytes) -> None:
        self.pieces.append(pcm)
        self._bytes += len(pcm)
        if self._bytes > KEPT_SECONDS * BYTES_PER_SECOND:
            self.forget_until(self.start + self._bytes / BYTES_PER_SECOND - KEPT_SECONDS)

    def forget_until(self, end: float) -> None:
        """Whole pieces only: the last word's sound may be within one."""
        while self.pieces and (seconds := len(self.pieces[0]) / BYTES_PER_SECOND) <= end - self.start:
            self._bytes -= len(self.pieces.popleft())
            self.start += seconds
