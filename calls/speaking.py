"""The bot's voice: a phrase becomes a playback, from the store or from the vendor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from calls.audio import CallAudio, Playback
from calls.settings import Spoken
from monitoring import metrics
from providers import registry
from providers.phrases import phrase_store
from providers.protocols import Failure, OnUsage, ProviderError, Voice
from providers.segments import Segment, segments

logger = logging.getLogger(__name__)

FRAMES_PER_LETTER = 3.3  # about 15 letters a second


class Speech:
    """One phrase being said."""

    def __init__(self, phrase: Spoken, playback: Playback, text: str) -> None:
        self.phrase = phrase
        self.playback = playback
        self.text = text  # all of it
        self.error: ProviderError | None = None
        self.synthesis_seconds: float | None = None  # until the vendor's first audio, if it was asked
        self._parts: list[tuple[str, int]] = []  # text, and the frame that it begins at
        self._task: asyncio.Task[None] | None = None

    def begin_part(self, text: str) -> None:
        self._parts.append((text, self.playback.frames_fed))

    @property
    def is_over(self) -> bool:
        return self.playback.is_over

    @property
    def heard(self) -> str:
        """As much of it as was played, to the word."""
        if not self._parts:  # cut off before anybody was asked to speak
            return ""
        played, heard = self.playback.frames_played, ""
        text, start = self._parts[-1]
        end = self.playback.frames_fed
        if not self.playback.is_complete or self.error is not None:  # there is more of it than has come
            end = max(end, start + round(len(text) * FRAMES_PER_LETTER))
        ends = [start for _, start in self._parts[1:]] + [end]
        for (text, start), end in zip(self._parts, ends, strict=True):
            if played >= end:
                heard += text
            elif played > start:
                words = text.split(" ")
                heard += " ".join(words[: round(len(words) * (played - start) / (end - start))])
        return heard.strip()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def feed_with(self, task: asyncio.Task[None]) -> None:
        self._task = task


class Speaking:
    """Says phrases in one voice on one call; `is_cached_only`: without asking any vendor."""

    def __init__(
        self,
        audio: CallAudio,
        voice: Voice,
        *,
        on_change: Callable[[], None],
        on_usage: OnUsage,
        is_cached_only: bool = False,
    ) -> None:
        self._audio = audio
        self._voice = voice
        self._is_cached_only = is_cached_only
        self.cached_characters = 0  # said without asking a vendor
        speakers = voice.vendors or registry.defaults("tts")
        self._is_elevenlabs = bool(speakers) and speakers[0].provider == "elevenlabs"
        self._on_change = on_change
        self._on_usage = on_usage

    def start(self, phrase: Spoken, values: Mapping[str, str]) -> Speech:
        """Begin to say a phrase; what is cached sounds from the next frame on."""
        playback = Playback(interruptible=phrase.interruptible)
        parts = segments(phrase.text, values)
        speech = Speech(phrase, playback, "".join(part.text for part in parts).strip())
        self._audio.play(playback)
        # In a task only when it must be: a cached phrase is complete before the next frame.
        while parts and self._say_cached(speech, parts[0]):
            parts.pop(0)
        if parts and self._is_cached_only:
            speech.error = ProviderError("no vendor", Failure.REFUSED, "a spend limit is reached")
            self._say_what_is_cached(speech, parts[1:] if parts[0].is_value else [])
            playback.complete()
        elif parts:
            speech.feed_with(asyncio.get_running_loop().create_task(self._synthesise(speech, parts)))
        else:
            playback.complete()
        return speech

    def follow(self, phrase: Spoken, sentences: AsyncGenerator[str, None]) -> Speech:
        """Begin to say what is still being written; nothing of it is kept."""
        speech = Speech(phrase, Playback(interruptible=phrase.interruptible), "")
        self._audio.play(speech.playback)
        speech.feed_with(asyncio.get_running_loop().create_task(self._follow(speech, sentences)))
        return speech

    async def _follow(self, speech: Speech, sentences: AsyncGenerator[str, None]) -> None:
        try:
            async with aclosing(sentences):
                async for sentence in sentences:
                    speech.text = f"{speech.text} {sentence}".strip()
                    await self._voice_parts(speech, [Segment(f"{sentence} ", is_value=True)])
                    if speech.error is not None:
                        break
        finally:
            speech.playback.complete()
            self._on_change()

    async def _synthesise(self, speech: Speech, parts: list[Segment]) -> None:
        try:
            await self._voice_parts(speech, parts)
        finally:
            speech.playback.complete()
            self._on_change()

    async def _voice_parts(self, speech: Speech, parts: list[Segment]) -> None:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            while parts:
                part, has_begun = parts.pop(0), False
                if self._say_cached(speech, part):
                    continue
                async for pcm in phrase_store().stream(part.text, self._voice, self._on_usage, keep=not part.is_value):
                    if not has_begun:
                        has_begun = True
                        speech.begin_part(part.text)
                    if speech.synthesis_seconds is None:
                        speech.synthesis_seconds = loop.time() - asked
                    speech.playback.feed(pcm)
        except Exception as error:  # whatever it is, the caller has not heard it
            if not isinstance(error, ProviderError):
                logger.exception("a phrase is not said")
                error = ProviderError("store", Failure.GARBAGE, type(error).__name__)
            speech.error = error
            self._say_what_is_cached(speech, parts)

    def _say_what_is_cached(self, speech: Speech, parts: list[Segment]) -> None:
        """Without a voice a name is left out, and what stands around it is said all the same."""
        for part in parts:
            if not self._say_cached(speech, part):
                return

    def _say_cached(self, speech: Speech, part: Segment) -> bool:
        """Whether the part is in memory, and is played."""
        if (pcm := phrase_store().cached(part.text, self._voice)) is None:
            return False
        speech.begin_part(part.text)
        speech.playback.feed(pcm)
        self.cached_characters += phrase_store().characters(part.text, self._voice)
        if self._is_elevenlabs:
            metrics.elevenlabs_requests.labels("cache_hit").inc()
        return True
