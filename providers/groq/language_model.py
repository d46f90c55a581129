"""A language model at Groq, over server-sent events.

https://console.groq.com/docs/api-reference
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx
from django.conf import settings
from groq import APIConnectionError, APIError, APIStatusError, AsyncGroq
from groq.types.chat import ChatCompletionChunk

from providers import wire
from providers.chat import Answer, Opened, decided, streamed
from providers.groq.answer import add, add_whole
from providers.protocols import Failure, Message, OnUsage, ProviderError
from providers.schema import strict

CONNECT_SECONDS: Final = 2.0
TEMPERATURE: Final = 0.2
# Reasoning counts against the limit of the answer: without room for it there is no answer.
REASONING_TOKENS: Final = 300


class GroqLanguageModel:
    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._key, url = wire.account("groq", api_key)
        self._model: str = model or settings.GROQ_MODEL
        self._reasons = "gpt-oss" in self._model
        self._client = AsyncGroq(
            api_key=self._key,
            base_url=url,
            max_retries=0,  # the SDK would wait up to a minute, with a caller on the line
            http_client=wire.http_client(),
        )
        self._completions = self._client.chat.completions  # imported when first asked for

    def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        async def open_stream() -> Opened[ChatCompletionChunk]:
            chunks = await self._completions.create(stream=True, **self._parameters(messages, max_tokens, timeout))
            return chunks, chunks.close

        answer = Answer("groq", self._model, messages)
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
        shape: Any = {"name": "decision", "strict": True, "schema": strict(schema)}
        asking = self._completions.create(
            response_format={"type": "json_schema", "json_schema": shape},
            **self._parameters(messages, max_tokens, timeout),
        )
        answer = Answer("groq", self._model, messages)
        return await decided(answer, asking, add_whole, self._error, schema, on_usage, timeout)

    async def aclose(self) -> None:
        await self._client.close()

    def _parameters(self, messages: Sequence[Message], max_tokens: int, timeout: float) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": TEMPERATURE,
            "max_completion_tokens": max_tokens,
            "timeout": httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        }
        if self._reasons:
            parameters["max_completion_tokens"] += REASONING_TOKENS
            parameters["reasoning_effort"] = "low"
            parameters["include_reasoning"] = False
        return parameters

    def _error(self, error: Exception) -> ProviderError:
        if isinstance(error, APIStatusError):
            if _code(error) == "json_validate_failed":  # the model's fault, told as a 400
                return ProviderError("groq", Failure.GARBAGE, "an answer of another shape")
            detail = f"{_code(error)} {error.message}".strip()
            return wire.from_status("groq", error.status_code, error.response.headers, detail, secret=self._key)
        if isinstance(error, APIConnectionError) and error.__cause__ is not None:
            return wire.from_exception("groq", error.__cause__)
        if isinstance(error, APIError):  # an error told in the middle of the stream
            return ProviderError("groq", Failure.SERVER, wire.redacted(error.message, self._key))
        return wire.from_exception("groq", error)


def _code(error: APIStatusError) -> str:
    body = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    return str(inner.get("code") or "") if isinstance(inner, dict) else ""
