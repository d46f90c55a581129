"""A language model that is the first of several to answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, TypeVar

from providers import registry
from providers.failover.candidates import Candidates, asking
from providers.protocols import Choice, Message, OnUsage, ProviderError
from providers.registry import Vendor

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

TOTAL_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 1.5  # for a vendor behind whom there is another


class FailoverLanguageModel:
    """Implements providers.protocols.LanguageModel; `timeout` bounds all vendors together."""

    def __init__(self, choices: Sequence[Choice] = ()) -> None:
        """`choices` in order of preference; by default the platform's."""
        self._choices = choices

    async def decide(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        on_usage: OnUsage,
        *,
        max_tokens: int = 200,
        timeout: float = TOTAL_SECONDS,
    ) -> dict[str, Any]:
        async def decide(vendor: Vendor, seconds: float) -> dict[str, Any]:
            answer: dict[str, Any] = await vendor.client.decide(
                messages, schema, on_usage, max_tokens=max_tokens, timeout=seconds
            )
            return answer

        return await self._first(decide, timeout)

    async def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = TOTAL_SECONDS
    ) -> AsyncGenerator[str, None]:
        """Another vendor is asked until one begins to answer; an answer that is cut raises ProviderError.

        What was said of it cannot be unsaid, and another model would not go on as this one began.
        """
        deadline = asyncio.get_running_loop().time() + timeout

        async def begin(vendor: Vendor, seconds: float) -> tuple[Vendor, AsyncGenerator[str, None], str]:
            remaining = deadline - asyncio.get_running_loop().time()
            pieces = vendor.client.stream(messages, on_usage, max_tokens=max_tokens, timeout=remaining)
            try:
                return vendor, pieces, await anext(pieces)
            except BaseException:
                await pieces.aclose()
                raise

        vendor, pieces, piece = await self._first(begin, timeout)
        async with aclosing(pieces):
            yield piece
            while True:
                async with asking(vendor, deadline - asyncio.get_running_loop().time()):
                    following = await anext(pieces, None)
                if following is None:
                    return
                yield following

    async def _first(self, ask: Callable[[Vendor, float], Awaitable[Result]], timeout: float) -> Result:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        candidates = Candidates(registry.vendors("llm", self._choices))
        for vendor in candidates:
            remaining = deadline - loop.time()
            if remaining <= 0:
                vendor.breaker.abandoned()
                break
            seconds = remaining if candidates.are_exhausted else min(ANSWER_SECONDS, remaining)
            try:
                async with asking(vendor, seconds):
                    result = await ask(vendor, seconds)
            except ProviderError as failure:
                logger.warning("%s", failure)
                candidates.failed(vendor, failure)
            else:
                vendor.breaker.succeeded()
                return result
        raise candidates.error("llm")
