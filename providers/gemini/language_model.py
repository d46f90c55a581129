"""A language model at Google, over server-sent events.

https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/structured-output
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

import httpx2
from django.conf import settings
from google.genai import Client
from google.genai.errors import APIError
from google.genai.types import (
    Content,
    GenerateContentConfig,
    GenerateContentResponse,
    HttpOptions,
    Part,
    ThinkingConfig,
    ThinkingLevel,
)

from providers import wire
from providers.chat import Answer, Opened, decided, streamed
from providers.gemini.answer import add, add_whole
from providers.protocols import Message, OnUsage, ProviderError
from providers.schema import strict

# Thoughts count against the limit of the answer: without room for them there is no answer.
THOUGHT_TOKENS: Final = 300
# The SDK's stream cannot be closed: who breaks off needs the response behind it, or its
# connection is lost to the pool and Google goes on answering.
_begun: ContextVar[list[httpx2.Response]] = ContextVar("begun")


class GeminiLanguageModel:
    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._key, url = wire.account("gemini", api_key)
        self._model: str = model or settings.GEMINI_MODEL
        self._http = httpx2.AsyncClient(**wire.warm(httpx2), event_hooks={"response": [_note]})
        self._client = Client(
            api_key=self._key,
            vertexai=False,
            http_options=HttpOptions(
                base_url=url,
                # No timeout of the SDK's: it would tell Google, which refuses less than 10 s.
                httpx_async_client=self._http,
                # Never used; the SDK would make one, and a TLS context for it.
                httpx_client=httpx2.Client(verify=wire.tls_context()),
            ),
        )

    def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        async def open_stream() -> Opened[GenerateContentResponse]:
            begun: list[httpx2.Response] = []

            async def close() -> None:
                for response in begun:
                    await response.aclose()

            context = _begun.set(begun)
            try:
                chunks = await self._client.aio.models.generate_content_stream(
                    model=self._model, contents=_contents(messages), config=self._config(messages, max_tokens)
                )
                # It asks only when it is asked, and a refusal is no beginning of an answer.
                first = await anext(chunks, None)
            except BaseException:
                await close()
                raise
            finally:
                _begun.reset(context)
            return _following(first, chunks), close

        answer = Answer("gemini", self._model, messages)
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
        config = self._config(messages, max_tokens)
        config.response_mime_type = "application/json"
        config.response_json_schema = strict(schema)
        asking = self._client.aio.models.generate_content(
            model=self._model, contents=_contents(messages), config=config
        )
        answer = Answer("gemini", self._model, messages)
        return await decided(answer, asking, add_whole, self._error, schema, on_usage, timeout)

    async def aclose(self) -> None:
        await self._http.aclose()

    def _config(self, messages: Sequence[Message], max_tokens: int) -> GenerateContentConfig:
        """Without a temperature: Google advises against another than its own since Gemini 3."""
        if self._model.startswith("gemini-2"):
            thinking = ThinkingConfig(thinking_budget=0)
        else:
            thinking = ThinkingConfig(thinking_level=ThinkingLevel.LOW)  # the newest refuse less
            max_tokens += THOUGHT_TOKENS
        system = "\n\n".join(message.content for message in messages if message.role == "system")
        return GenerateContentConfig(
            system_instruction=system or None, max_output_tokens=max_tokens, thinking_config=thinking
        )

    def _error(self, error: Exception) -> ProviderError:
        if not isinstance(error, APIError):
            return wire.from_exception("gemini", error)
        headers = dict(getattr(error.response, "headers", None) or {})
        if "retry-after" not in headers and (seconds := _retry_delay(error.details)):
            headers["retry-after"] = seconds
        detail = f"{error.status or ''} {error.message or ''}".strip()
        return wire.from_status("gemini", error.code or 0, headers, detail, secret=self._key)


async def _note(response: httpx2.Response) -> None:
    if (begun := _begun.get(None)) is not None:
        begun.append(response)


async def _following(
    first: GenerateContentResponse | None, rest: AsyncIterator[GenerateContentResponse]
) -> AsyncIterator[GenerateContentResponse]:
    if first is not None:
        yield first
        async for chunk in rest:
            yield chunk


def _contents(messages: Sequence[Message]) -> list[Any]:
    return [
        Content(role="model" if message.role == "assistant" else "user", parts=[Part(text=message.content)])
        for message in messages
        if message.role != "system"
    ]


def _retry_delay(details: Any) -> str:
    """Seconds of the google.rpc.RetryInfo in an error, which stands in place of a Retry-After header."""
    found = re.search(r"'retryDelay': '(\d+(?:\.\d+)?)s'", str(details))
    return found[1] if found else ""
