"""What the language models share: an answer as it grows, its usage, and how it is waited for.

A vendor's package asks its SDK, and tells what a chunk and an error of it mean.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from providers.protocols import Failure, Message, OnUsage, ProviderError, UsageReport
from providers.schema import fits

Chunk = TypeVar("Chunk")
Whole = TypeVar("Whole")
# A stream that the vendor has begun, and what closes it.
Opened = tuple[AsyncIterator[Chunk], Callable[[], Awaitable[Any]]]


@dataclass(frozen=True, slots=True)
class Tokens:
    """As the vendor counted them: cached ones are a part of the input, reasoning of the output."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


class Answer:
    """Text and usage of one chat completion.

    The vendor's package sets `request_id`, `tokens` and `is_complete` as it learns them.
    """

    def __init__(self, provider: str, model: str, messages: Sequence[Message]) -> None:
        self.provider = provider
        self.text = ""
        self.request_id = ""
        self.tokens: Tokens | None = None
        self.is_complete = False
        self._model = model
        self._asked = sum(len(message.content) for message in messages)
        self._begun = time.monotonic()
        self._latency: float | None = None

    def grow(self, piece: str | None) -> str:
        """Take the next piece of text; None and "" are none."""
        if piece and self._latency is None:
            self._latency = time.monotonic() - self._begun
        self.text += piece or ""
        return piece or ""

    def failed(self, failure: Failure, detail: str) -> ProviderError:
        return ProviderError(self.provider, failure, detail)

    def usage(self) -> UsageReport:
        """Tokens as the vendor counted them; where it did not, four letters are one.

        An answer that had text is never reported as free. Of a stream that was cut the
        vendor may have told the tokens so far: the larger count stands.
        """
        told = self.tokens or Tokens(0, 0)
        is_told = self.is_complete and told.input > 0 and (told.output > 0 or not self.text)
        return UsageReport(
            kind="llm",
            provider=self.provider,
            model=self._model,
            request_id=self.request_id,
            input_tokens=told.input or -(-self._asked // 4),
            output_tokens=told.output if is_told else max(told.output, -(-len(self.text) // 4)),
            cached_tokens=told.cached,
            reasoning_tokens=told.reasoning,
            latency_seconds=self._latency,
            began_at=self._begun,
            estimated=not is_told,
        )

    def decision(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The text as JSON of that shape. Raises ProviderError when it is not."""
        try:
            decision = json.loads(self.text)
        except ValueError:
            raise self.failed(Failure.GARBAGE, "an answer that is no JSON") from None
        if not isinstance(decision, dict) or not fits(decision, schema):
            raise self.failed(Failure.GARBAGE, "an answer of another shape")
        return decision


async def streamed(
    answer: Answer,
    open_stream: Callable[[], Awaitable[Opened[Chunk]]],
    add: Callable[[Answer, Chunk], str],
    meaning: Callable[[Exception], ProviderError],
    on_usage: OnUsage,
    timeout: float,
) -> AsyncIterator[str]:
    """The pieces of an answer; `timeout` bounds the whole of it.

    SDKs build their objects without checking them: whatever `add` raises for a chunk
    goes through `meaning`, as the SDK's own errors do.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    try:
        async with asyncio.timeout_at(deadline):
            chunks, close = await open_stream()
    except Exception as error:
        raise meaning(error) from None
    is_empty = True
    try:
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(chunks, None)
                if chunk is None and not answer.is_complete:
                    if is_empty:
                        raise answer.failed(Failure.GARBAGE, "a stream without an answer")
                    raise answer.failed(Failure.CUT, "the stream ended before the answer")
                piece = add(answer, chunk) if chunk is not None else ""
            except Exception as error:
                if not answer.is_complete:  # else all was said, and only the end mark is missing
                    raise meaning(error) from None
                break
            if chunk is None:
                break
            is_empty = False
            if piece:
                yield piece
        if not answer.text:
            raise answer.failed(Failure.GARBAGE, "an answer without text")
    finally:
        on_usage(answer.usage())
        with suppress(Exception):  # a broken connection may be closed with an error
            await close()


async def decided(
    answer: Answer,
    asking: Awaitable[Whole],
    add_whole: Callable[[Answer, Whole], None],
    meaning: Callable[[Exception], ProviderError],
    schema: Mapping[str, Any],
    on_usage: OnUsage,
    timeout: float,
) -> dict[str, Any]:
    """An answer that comes whole, as JSON of the shape of `schema`."""
    try:
        async with asyncio.timeout(timeout):
            whole = await asking
    except Exception as error:
        raise meaning(error) from None
    try:
        answer.is_complete = True
        add_whole(answer, whole)
    except Exception as error:
        raise meaning(error) from None
    finally:
        on_usage(answer.usage())
    return answer.decision(schema)
