"""What the conversation asks of vendors: three small protocols and what they exchange.

Audio is 8 kHz mono signed 16-bit little-endian PCM in `bytes`; times are seconds as
`float` on the audio clock of the stream. One object per process and vendor holds the
warm connections; it is shared by all calls and safe to use from one event loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal, Protocol

BYTES_PER_SECOND: Final = 16_000  # of audio


class Failure(StrEnum):
    """Why a vendor did not answer."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # credentials, quota, a model that no longer exists
    UNKNOWN_VOICE = "unknown_voice"  # the one that was asked for: deleted, or mistyped
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    SERVER = "server"
    CUT = "cut"  # the stream broke off in the middle
    GARBAGE = "garbage"  # an answer that is none


class ProviderError(Exception):
    """A vendor failed. Every error of an SDK becomes one of these; no key is in its text."""

    def __init__(
        self,
        provider: str,
        failure: Failure,
        detail: str = "",
        *,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{provider}: {failure}{f' ({detail})' if detail else ''}")
        self.provider = provider
        self.failure = failure
        self.retry_after = retry_after  # seconds
        self.status = status  # of HTTP, where there was one


Kind = Literal["stt", "llm", "tts"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A vendor of one kind, as a company or the settings chose it. Empty: what the settings say."""

    provider: str  # a key of settings.PROVIDERS, or the dotted path of a class
    model: str = ""
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """Units of one vendor call, as the vendor counted them (`estimated`: it did not say).

    Cached tokens are a part of the input tokens, reasoning tokens of the output tokens.
    `credits` is what ElevenLabs takes off the account's quota; prices are per character.
    """

    kind: str  # "stt", "llm", "tts"
    provider: str
    model: str
    request_id: str = ""
    audio_seconds: Decimal = Decimal(0)
    characters: int = 0
    credits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    latency_seconds: float | None = None
    estimated: bool = False
    began_at: float | None = field(default=None, compare=False)  # time.monotonic() of the request


OnUsage = Callable[[UsageReport], None]

# --- Speech to text -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to make sounds like speech."""

    at: float


@dataclass(frozen=True, slots=True)
class Word:
    """One of a transcript, written as it is there."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words. An interim one is replaced by the next; a final one is not.

    `ends_speech`: the vendor heard the endpointing silence behind the last word.
    `words` are those of the text, in order; none where the vendor does not tell their times.
    """

    text: str
    is_final: bool
    ends_speech: bool
    start: float
    end: float
    confidence: float = 1.0
    words: tuple[Word, ...] = field(default=(), compare=False)

    def shifted(self, seconds: float) -> Transcript:
        """The same on a clock that began so much earlier."""
        words = tuple(Word(word.text, word.start + seconds, word.end + seconds) for word in self.words)
        return replace(self, start=self.start + seconds, end=self.end + seconds, words=words)


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """A longer silence after words (Deepgram's UtteranceEnd)."""

    at: float


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """No more events will come; `error` is None when it was asked to end."""

    error: ProviderError | None


SpeechEvent = SpeechStarted | Transcript | UtteranceEnded | StreamEnded
OnSpeech = Callable[[SpeechEvent], None]


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    language: str  # "fr", "en"
    keyterms: Mapping[str, int] = field(default_factory=dict)  # word -> boost 0..4
    endpointing_seconds: float = 0.3
    utterance_end_seconds: float = 1.0
    tag: str = ""


class SpeechStream(Protocol):
    """One caller's speech on its way to the vendor."""

    def send(self, pcm: bytes) -> None:
        """Take audio of any length, at once; never blocks. Bounded: the oldest is dropped."""

    def expect(self, terms: Sequence[str]) -> None:
        """Listen for these, the likeliest first, instead of the options' keyterms; for none, for those again.

        Never blocks. As many as the vendor takes; one that takes none in a stream goes on as it was.
        """

    async def close(self) -> None:
        """Flush, report the usage, end with StreamEnded. Takes at most 2 s; never raises."""


class SpeechToText(Protocol):
    async def open(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> SpeechStream:
        """Connect. `on_speech` is called in the event loop and must only enqueue.

        Raises ProviderError; gives up after 3 s.
        """


# --- Language model -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    role: str  # "system", "user", "assistant"
    content: str


class LanguageModel(Protocol):
    def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        """Pieces of the answer as they come. Raises ProviderError; `timeout` bounds the whole."""

    async def decide(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        on_usage: OnUsage,
        *,
        max_tokens: int = 200,
        timeout: float = 4.0,
    ) -> dict[str, Any]:
        """An answer that has the shape of `schema` (JSON Schema, all fields required).

        Raises ProviderError, also when the answer has not that shape.
        """


# --- Text to speech ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks; part of a cached phrase's address."""

    language: str
    voice_id: str = ""  # at the first of `vendors`; empty: the platform's voice for the language
    speed: float = 1.0
    pronunciations: tuple[tuple[str, str], ...] = ()  # (written, spoken): for the phrase store, not for vendors
    vendors: tuple[Choice, ...] = ()  # in order of preference; empty: the platform's


class TextToSpeech(Protocol):
    def address(self, voice: Voice) -> str:
        """What, besides the text, decides how it sounds: vendor, model, voice and settings."""

    def speak(self, text: str, voice: Voice, on_usage: OnUsage, *, timeout: float = 10.0) -> AsyncIterator[bytes]:
        """Audio as it comes, in pieces of any even length. Raises ProviderError.

        `timeout` bounds each wait for the next piece. Closing the iterator stops the vendor.
        """
