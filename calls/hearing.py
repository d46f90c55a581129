"""The caller's words: one stream to speech-to-text, and the utterance that grows from it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from calls.audio import CallAudio
from providers.failover import FailoverSpeechToText
from providers.protocols import (
    Choice,
    Failure,
    OnUsage,
    ProviderError,
    SpeechEvent,
    SpeechOptions,
    SpeechStream,
    StreamEnded,
    Transcript,
    UtteranceEnded,
)
from voicebot_site.threads import stand_back

SAME_WORD_SECONDS = 0.1  # by how much two recognitions of a word's end differ

logger = logging.getLogger(__name__)

Value = TypeVar("Value")


@dataclass(slots=True)
class Utterance:
    """What the caller has said since somebody last took it; times on the call's clock."""

    start: float = 0.0
    end: float = 0.0
    has_ended: bool = False  # the vendor heard silence behind it
    confidence: float = 1.0
    _finals: list[str] = field(default_factory=list)
    _interim: str = ""

    def add(self, transcript: Transcript, offset: float) -> bool:
        """Take what a vendor heard; whether it changes anything. Of silence they tell twice a second, too."""
        ends_words = transcript.ends_speech and bool(self.text) and not self.has_ended
        if not (transcript.text or self._interim or ends_words):
            return False
        if transcript.text:
            if not self.text:
                self.start = offset + transcript.start
            self.end = offset + transcript.end
            self.has_ended = False
            self.confidence = min(self.confidence, transcript.confidence)
        if transcript.is_final:
            if transcript.text:
                self._finals.append(transcript.text)
            self._interim = ""
        else:
            self._interim = transcript.text
        if transcript.ends_speech and self.text:
            self.has_ended = True
        return True

    @property
    def text(self) -> str:
        return " ".join([*self._finals, self._interim]).strip()

    @property
    def is_final(self) -> bool:
        return bool(self._finals) and not self._interim

    def __bool__(self) -> bool:
        return bool(self.text)


_thread = ThreadPoolExecutor(1, thread_name_prefix="understanding", initializer=stand_back)


class Hearing:
    """Keeps the stream open for the length of a call, and collects the words."""

    def __init__(
        self,
        audio: CallAudio,
        options: SpeechOptions,
        vendors: Sequence[Choice] | None,
        *,
        on_change: Callable[[], None],
        on_usage: OnUsage,
    ) -> None:
        """`vendors` in order of preference; none: the platform's. None: nobody listens, words are typed."""
        self.utterance = Utterance()
        self.error: ProviderError | None = None  # set when the caller cannot be heard any more
        self._audio = audio
        self._options = options
        self._vendors = None if vendors is None else FailoverSpeechToText(vendors)
        self._on_change = on_change
        self._on_usage = on_usage
        self._stream: SpeechStream | None = None
        self._expected: Sequence[str] = ()
        self._offset = 0.0
        self._taken_until = 0.0
        self._ended = asyncio.get_running_loop().create_future()

    def take(self) -> Utterance:
        """The utterance so far; the next words begin a new one."""
        utterance, self.utterance = self.utterance, Utterance()
        self._taken_until = max(self._taken_until, utterance.end)
        return utterance

    async def make_sense(self, understand: Callable[[str], Value], text: str) -> Value:
        """What `understand` makes of words, in a thread.

        An address takes milliseconds, and the frames of all calls wait for the event loop.
        """
        return await asyncio.get_running_loop().run_in_executor(_thread, understand, text)

    def read(self, text: str) -> None:
        """Take words that were typed as if they had been spoken just now."""
        now = self._audio.now
        self.utterance.add(Transcript(text, is_final=True, ends_speech=True, start=now, end=now), 0.0)
        self._on_change()

    def expect(self, terms: Sequence[str]) -> None:
        """Words that are likelier than others from now on; none: the tenant's keywords, as in the beginning."""
        self._expected = terms
        if self._stream is not None:
            self._stream.expect(terms)

    async def run(self) -> None:
        """Connect, and listen until cancelled or no vendor is left."""
        try:
            if self._vendors is None:
                await self._ended
                return
            self._stream = await self._vendors.open(self._options, self._on_speech, self._on_usage)
            self._stream.expect(self._expected)
            self._offset = self._audio.listen_with(self._stream.send)
            self.error = await self._ended
        except ProviderError as error:
            self.error = error
        except Exception as error:  # whatever a vendor's SDK comes up with: the call must not be deaf and not know it
            logger.exception("%s: listening failed", self._options.tag)
            self.error = ProviderError("speech to text", Failure.GARBAGE, type(error).__name__)
        finally:
            self._audio.listen_with(None)
            if self._stream is not None:
                with contextlib.suppress(Exception):
                    await self._stream.close()
                self._stream = None  # it holds us
        self._on_change()

    async def deaf(self) -> None:
        """Instead of `run`, for who is not listened to: no vendor is asked."""
        self._audio.listen_with(lambda pcm: None)

    def _without_taken(self, heard: Transcript) -> Transcript:
        """Words that were taken before they were final come again with what followed, later or from the next stream."""
        until = self._taken_until - self._offset
        if not heard.words:  # nobody knows where each of them ends
            return replace(heard, text="") if heard.end <= until + SAME_WORD_SECONDS else heard
        # By its middle: where a word ends is seen better once it is followed by another.
        new = tuple(word for word in heard.words if word.start + word.end > 2 * until)
        if len(new) == len(heard.words):
            return heard
        return replace(
            heard, text=" ".join(word.text for word in new), start=new[0].start if new else heard.start, words=new
        )

    def _on_speech(self, event: SpeechEvent) -> None:
        if isinstance(event, Transcript):
            if not self.utterance.add(self._without_taken(event), self._offset):
                return
        elif isinstance(event, UtteranceEnded):
            if self.utterance:
                self.utterance.has_ended = True
        elif isinstance(event, StreamEnded):
            if not self._ended.done():
                self._ended.set_result(event.error)
        else:  # sounds like speech: no words yet, but the caller goes on and the turn is not over
            self.utterance.has_ended = False
        self._on_change()
