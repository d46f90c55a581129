"""A voice that goes on with another vendor's when the first one breaks off.

Where a vendor breaks off in the middle of a sentence, the next one says the rest. Nobody
tells at which word the sound ended, so it is estimated: by the length of the sound and the
pace of that vendor, learned from what it said whole. The rest begins at the first mark of
punctuation near that place, else at the next word: a word that was begun is not said
again, and at worst one is left out.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Final, cast

from providers import registry
from providers.failover.candidates import Candidates, asking
from providers.protocols import BYTES_PER_SECOND, Failure, OnUsage, ProviderError, Voice
from providers.registry import Vendor
from providers.segments import says_something

logger = logging.getLogger(__name__)

FIRST_AUDIO_SECONDS: Final = 1.5  # for each vendor
NEXT_AUDIO_SECONDS: Final = 1.5  # between two pieces
TOTAL_SECONDS: Final = 3.0  # until the first audio, over all vendors
CHARACTERS_PER_SECOND: Final = 15.0  # of a vendor that has not spoken yet
_NEAR: Final = 8  # characters: so far from the estimate a mark of punctuation is the likelier place
_MARK: Final = re.compile(r"[,;:.!?…]+\s+")
_WORD: Final = re.compile(r"\s+")


class FailoverTextToSpeech:
    """Speaks with the first of the voice's vendors that answers."""

    def __init__(self) -> None:
        self._pace: dict[str, float] = {}  # provider -> characters per second

    async def speak(
        self,
        text: str,
        voice: Voice,
        on_usage: OnUsage,
        *,
        on_speaker: Callable[[Vendor, Voice], None] = lambda vendor, voice: None,
    ) -> AsyncIterator[bytes]:
        """Audio as it comes; `on_speaker` is called when another vendor begins to speak, or another voice.

        A vendor that does not know the voice speaks with its own of the language.

        Raises ProviderError when no vendor is left; what came until then was part of the text.
        """
        loop = asyncio.get_running_loop()
        begin_by: float | None = loop.time() + TOTAL_SECONDS
        candidates = Candidates(registry.vendors("tts", voice.vendors))
        for vendor in candidates:
            remaining = TOTAL_SECONDS if begin_by is None else begin_by - loop.time()
            if remaining <= 0:
                vendor.breaker.abandoned()
                break
            said = 0  # bytes
            pieces = self._pieces(
                vendor, text, for_vendor(voice, vendor), on_usage, min(FIRST_AUDIO_SECONDS, remaining)
            )
            try:
                async with aclosing(pieces):
                    async for piece in pieces:
                        if not said:
                            on_speaker(vendor, voice)
                        said += len(piece)
                        begin_by = None
                        yield piece
            except ProviderError as failure:
                logger.warning("%s", failure)
                if failure.failure is Failure.UNKNOWN_VOICE:
                    voice = replace(voice, voice_id="")
                candidates.failed(vendor, failure, again=not said or candidates.are_exhausted)
                text = rest_of(text, said / BYTES_PER_SECOND * self._pace_of(vendor) * voice.speed)
                if not says_something(text):
                    return
            else:
                if said:
                    self._pace[vendor.choice.provider] = len(text) / (said / BYTES_PER_SECOND) / voice.speed
                return
        raise candidates.error("tts")

    def _pace_of(self, vendor: Vendor) -> float:
        return self._pace.get(vendor.choice.provider, CHARACTERS_PER_SECOND)

    async def _pieces(
        self, vendor: Vendor, text: str, voice: Voice, on_usage: OnUsage, first_seconds: float
    ) -> AsyncGenerator[bytes, None]:
        """What one vendor says, with a bound for each wait."""
        speech = cast(AsyncGenerator[bytes, None], vendor.client.speak(text, voice, on_usage))
        seconds = first_seconds
        async with aclosing(speech):
            while True:
                async with asking(vendor, seconds):
                    piece = await anext(speech, None)
                if piece is None:
                    vendor.breaker.succeeded()
                    return
                seconds = NEXT_AUDIO_SECONDS
                yield piece


def for_vendor(voice: Voice, vendor: Vendor) -> Voice:
    """The voice at one of its vendors: its id means something to the first one's provider only."""
    if not voice.vendors or vendor.choice.provider == voice.vendors[0].provider:
        return voice
    return replace(voice, voice_id="")


def rest_of(text: str, said: float) -> str:
    """What is left of a text of which about `said` characters were spoken."""
    if said <= 0:
        return text
    if said >= len(text):
        return ""
    near = [match.end() for match in _MARK.finditer(text) if abs(match.start() - said) <= _NEAR]
    if near:
        return text[min(near, key=lambda end: abs(end - said)) :]
    word = _WORD.search(text, round(said))
    return text[word.end() :] if word else ""
