"""An answer as it grows, and what it used."""

from __future__ import annotations

import time
from collections.abc import Sequence

from groq.types import CompletionUsage
from groq.types.chat import ChatCompletion, ChatCompletionChunk

from providers.protocols import Failure, Message, ProviderError, UsageReport


class Answer:
    """Text and usage of one chat completion.

    The SDK builds its objects without checking them: `add` and `add_whole` raise
    AttributeError, TypeError or LookupError for what is no answer of Groq's.
    """

    def __init__(self, model: str, messages: Sequence[Message]) -> None:
        self._model = model
        self._asked = sum(len(message.content) for message in messages)
        self._begun = time.monotonic()
        self._latency: float | None = None
        self._request_id = ""
        self._usage: CompletionUsage | None = None
        self._chunks = 0
        self.text = ""
        self.is_complete = False

    def add(self, chunk: ChatCompletionChunk) -> str:
        """Take the next chunk of a stream; the text that it brings, perhaps none."""
        self._chunks += 1
        if chunk.x_groq is not None:
            self._request_id = chunk.x_groq.id or self._request_id
            self._usage = chunk.x_groq.usage or self._usage
            if chunk.x_groq.error:
                raise ProviderError("groq", Failure.SERVER, "an error in the stream")
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.is_complete = self.is_complete or choice.finish_reason is not None
        return self._grow(choice.delta.content)

    def add_whole(self, completion: ChatCompletion) -> None:
        """Take an answer that was not streamed."""
        self._usage = completion.usage
        self._request_id = (completion.x_groq.id if completion.x_groq else None) or completion.id
        self._grow(completion.choices[0].message.content)

    def _grow(self, piece: str | None) -> str:
        if piece and self._latency is None:
            self._latency = time.monotonic() - self._begun
        self.text += piece or ""
        return piece or ""

    def broken_off(self) -> ProviderError:
        """The stream ended before the answer did."""
        if self._chunks:
            return ProviderError("groq", Failure.CUT, "the stream ended before the answer")
        return ProviderError("groq", Failure.GARBAGE, "a stream without an answer")

    def usage(self) -> UsageReport:
        """Tokens as Groq counted them; where it did not, four letters are one."""
        usage = self._usage
        if usage is None or (self.text and not usage.completion_tokens):
            return UsageReport(
                kind="llm",
                provider="groq",
                model=self._model,
                request_id=self._request_id,
                input_tokens=-(-self._asked // 4),
                output_tokens=-(-len(self.text) // 4),
                latency_seconds=self._latency,
                estimated=True,
            )
        asked, answered = usage.prompt_tokens_details, usage.completion_tokens_details
        return UsageReport(
            kind="llm",
            provider="groq",
            model=self._model,
            request_id=self._request_id,
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cached_tokens=(asked.cached_tokens if asked else 0) or 0,
            reasoning_tokens=(answered.reasoning_tokens if answered else 0) or 0,
            latency_seconds=self._latency,
        )
