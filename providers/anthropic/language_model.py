"""A language model at Anthropic, over server-sent events.

https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx2
from anthropic import APIConnectionError, APIError, APIStatusError, AsyncAnthropic
from anthropic.types import RawMessageStreamEvent
from django.conf import settings

from providers import wire
from providers.anthropic.answer import add, add_whole
from providers.chat import Answer, Opened, decided, streamed
from providers.protocols import Failure, Message, OnUsage, ProviderError
from providers.schema import strict

CONNECT_SECONDS: Final = 2.0


class AnthropicLanguageModel:
    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._key, url = wire.account("anthropic", api_key)
        self._model: str = model or settings.ANTHROPIC_MODEL
        self._client = AsyncAnthropic(
            api_key=self._key,
            base_url=url,
            max_retries=0,  # the SDK would wait up to a minute, with a caller on the line
            http_client=httpx2.AsyncClient(**wire.warm(httpx2)),
        )
        self._messages = self._client.messages  # imported when first asked for

    def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        async def open_stream() -> Opened[RawMessageStreamEvent]:
            events = await self._messages.create(stream=True, **self._parameters(messages, max_tokens, timeout))
            return events, events.close

        answer = Answer("anthropic", self._model, messages)
        return streamed(answer, open_stream, add, self._error, on_usage, timeout)

    async def decide(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        on_usage: OnUsage,
        *,
        max_tokens: int = 200,
        timeout: float = 4.0,
    ) -> dict[str, Any]:
        asking = self._messages.create(
            output_config={"format": {"type": "json_schema", "schema": strict(schema)}},
            **self._parameters(messages, max_tokens, timeout),
        )
        answer = Answer("anthropic", self._model, messages)
        return await decided(answer, asking, add_whole, self._error, schema, on_usage, timeout)

    async def aclose(self) -> None:
        await self._client.close()

    def _parameters(self, messages: Sequence[Message], max_tokens: int, timeout: float) -> dict[str, Any]:
        """Without a temperature: the newer models refuse one."""
        parameters: dict[str, Any] = {
            "model": self._model,
            "max_tokens": max_tokens,
            "messages": [{"role": m.role, "content": m.content} for m in messages if m.role != "system"],
            "thinking": {"type": "disabled"},
            "timeout": httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        }
        if system := "\n\n".join(m.content for m in messages if m.role == "system"):
            parameters["system"] = system
        return parameters

    def _error(self, error: Exception) -> ProviderError:
        if isinstance(error, APIStatusError):
            if error.status_code < 400:  # told in the middle of the stream, whose status was 200
                failure = Failure.RATE_LIMITED if error.type == "rate_limit_error" else Failure.SERVER
                detail = wire.redacted(f"{error.type or ''} {error.api_message or ''}".strip(), self._key)
                return ProviderError("anthropic", failure, detail)
            return wire.from_status(
                "anthropic", error.status_code, error.response.headers, error.message, secret=self._key
            )
        if isinstance(error, APIConnectionError) and error.__cause__ is not None:
            return wire.from_exception("anthropic", error.__cause__)
        if isinstance(error, APIError):
            return ProviderError("anthropic", Failure.SERVER, wire.redacted(error.message, self._key))
        return wire.from_exception("anthropic", error)
