"""A language model behind chat completions, over server-sent events.

https://platform.openai.com/docs/api-reference/chat,
https://docs.ollama.com/api/openai-compatibility
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx2
from django.conf import settings
from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from providers import wire
from providers.chat import Answer, Opened, decided, streamed
from providers.openai.answer import add, add_whole
from providers.protocols import Failure, Message, OnUsage, ProviderError
from providers.schema import strict

CONNECT_SECONDS: Final = 2.0
TEMPERATURE: Final = 0.2
# Reasoning counts against the limit of the answer: without room for it there is no answer.
REASONING_TOKENS: Final = 300


class OpenAICompatibleLanguageModel:
    """A server of one's own; its address is what /v1/chat/completions is below."""

    provider = "ollama"

    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._key, url = wire.account(self.provider, api_key)
        self._model: str = model or self._configured_model()
        self._client = AsyncOpenAI(
            api_key=self._key,
            base_url=url.removesuffix("/v1") + "/v1",
            max_retries=0,  # the SDK would wait up to a minute, with a caller on the line
            http_client=httpx2.AsyncClient(**wire.warm(httpx2)),
        )
        self._completions = self._client.chat.completions  # imported when first asked for

    def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        async def open_stream() -> Opened[ChatCompletionChunk]:
            chunks = await self._completions.create(
                stream=True,
                stream_options={"include_usage": True},
                **self._parameters(messages, max_tokens, timeout),
            )
            return chunks, chunks.close

        answer = Answer(self.provider, self._model, messages)
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
        answer = Answer(self.provider, self._model, messages)
        return await decided(answer, asking, add_whole, self._error, schema, on_usage, timeout)

    async def aclose(self) -> None:
        await self._client.close()

    def _configured_model(self) -> str:
        return settings.OLLAMA_MODEL

    def _parameters(self, messages: Sequence[Message], max_tokens: int, timeout: float) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "timeout": httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            **self._limits(max_tokens),
        }

    def _limits(self, max_tokens: int) -> dict[str, Any]:
        """The older name of the limit: Ollama does not know the newer one."""
        if "gpt-oss" in self._model:  # others refuse an effort
            return {
                "max_tokens": max_tokens + REASONING_TOKENS,
                "temperature": TEMPERATURE,
                "reasoning_effort": "low",
            }
        return {"max_tokens": max_tokens, "temperature": TEMPERATURE}

    def _error(self, error: Exception) -> ProviderError:
        if isinstance(error, APIStatusError):
            if error.code == "insufficient_quota":  # a 429 that no waiting ends
                return ProviderError(self.provider, Failure.REFUSED, "insufficient_quota")
            detail = f"{error.code or ''} {error.message}".strip()
            return wire.from_status(self.provider, error.status_code, error.response.headers, detail, secret=self._key)
        if isinstance(error, APIConnectionError) and error.__cause__ is not None:
            return wire.from_exception(self.provider, error.__cause__)
        if isinstance(error, APIError):  # an error told in the middle of the stream
            return ProviderError(self.provider, Failure.SERVER, wire.redacted(error.message, self._key))
        return wire.from_exception(self.provider, error)


class OpenAILanguageModel(OpenAICompatibleLanguageModel):
    """OpenAI's own models."""

    provider = "openai"

    def _configured_model(self) -> str:
        return settings.OPENAI_MODEL

    def _limits(self, max_tokens: int) -> dict[str, Any]:
        """Models that reason take no temperature, and as little reasoning as they know."""
        if not re.match(r"gpt-5(?!.*-chat)|o\d", self._model):
            return {"max_completion_tokens": max_tokens, "temperature": TEMPERATURE}
        if self._model.startswith("gpt-5."):
            return {"max_completion_tokens": max_tokens, "reasoning_effort": "none"}
        effort = "minimal" if self._model.startswith("gpt-5") else "low"
        return {"max_completion_tokens": max_tokens + REASONING_TOKENS, "reasoning_effort": effort}
