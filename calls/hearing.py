"""The caller's words: one stream to speech-to-text, and the utterance that grows from it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from calls.audio import CallAudio
from providers import registry
from providers.protocols import (
    OnUsage,
    ProviderError,
    SpeechEvent,
    SpeechOptions,
    SpeechStream,
    StreamEnded,
    Transcript,
    UtteranceEnded,
)

logger = logging.getLogger(__name__)

RECONNECTION_PAUSES = (0.0, 0.3, 1.0)  # seconds before each try
MOST_STREAMS = 6  # for one call; a vendor that cuts each of them is as good as none


@dataclass(slots=True)
class Utterance:
    """What the caller has said since somebody last took it; times on the call's clock."""

    start: float = 0.0
    end: float = 0.0
    has_ended: bool = False  # the vendor heard silence behind it
    confidence: float = 1.0
    _finals: list[str] = field(default_factory=list)
    _interim: str = ""

    def add(self, transcript: Transcript, offset: float) -> None:
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

    @property
    def text(self) -> str:
        return " ".join([*self._finals, self._interim]).strip()

    @property
    def is_final(self) -> bool:
        return bool(self._finals) and not self._interim

    def __bool__(self) -> bool:
        return bool(self.text)


class Hearing:
    """Keeps the stream open for the length of a call, and collects the words."""

    def __init__(
        self, audio: CallAudio, options: SpeechOptions, *, on_change: Callable[[], None], on_usage: OnUsage
    ) -> None:
        self.utterance = Utterance()
        self.error: ProviderError | None = None  # set when the caller cannot be heard any more
        self._audio = audio
        self._options = options
        self._on_change = on_change
        self._on_usage = on_usage
        self._stream: SpeechStream | None = None
        self._offset = 0.0
        self._broken: asyncio.Future[ProviderError | None]

    def take(self) -> Utterance:
        """The utterance so far; the next words begin a new one."""
        utterance, self.utterance = self.utterance, Utterance()
        return utterance

    async def run(self) -> None:
        """Connect, and connect again when the stream breaks, until cancelled or given up."""
        try:
            for _ in range(MOST_STREAMS):
                failure = await self._connect()
                if failure is not None:
                    break
                failure = await self._broken
                self._audio.listen_with(None)  # from here on it is kept for the next stream
                self._stream = None
            self.error = failure
            self._on_change()
        finally:
            self._audio.listen_with(None)
            if self._stream is not None:
                with contextlib.suppress(Exception):
                    await self._stream.close()

    async def _connect(self) -> ProviderError | None:
        """Open a stream; what went wrong when no try succeeded."""
        failure: ProviderError | None = None
        for pause in RECONNECTION_PAUSES:
            await asyncio.sleep(pause)
            self._broken = asyncio.get_running_loop().create_future()
            try:
                self._stream = await registry.speech_to_text().open(self._options, self._on_speech, self._on_usage)
            except ProviderError as error:
                logger.warning("%s: %s", self._options.tag, error)
                failure = error
            else:
                self._offset = self._audio.listen_with(self._stream.send)
                return None
        return failure

    def _on_speech(self, event: SpeechEvent) -> None:
        if isinstance(event, Transcript):
            self.utterance.add(event, self._offset)
        elif isinstance(event, UtteranceEnded):
            if self.utterance:
                self.utterance.has_ended = True
        elif isinstance(event, StreamEnded):
            if event.error is not None:
                logger.warning("%s: %s", self._options.tag, event.error)
            if not self._broken.done():
                self._broken.set_result(event.error)
        else:  # sounds like speech: no words yet, but the caller goes on and the turn is not over
            self.utterance.has_ended = False
        self._on_change()
