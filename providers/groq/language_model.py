"""A language model at Groq, over server-sent events.

https://console.groq.com/docs/api-reference
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import httpx
from django.conf import settings
from groq import APIConnectionError, APIError, APIStatusError, AsyncGroq

from providers import wire
from providers.groq.answer import Answer
from providers.protocols import Failure, Message, OnUsage, ProviderError
from providers.schema import fits, strict

CONNECT_SECONDS: Final = 2.0
TEMPERATURE: Final = 0.2
# Reasoning counts against the limit of the answer: without room for it there is no answer.
REASONING_TOKENS: Final = 300


class GroqLanguageModel:
    def __init__(self) -> None:
        vendor = settings.VENDORS["groq"]
        self._key: str = vendor["api_key"]
        self._model: str = settings.GROQ_MODEL
        self._reasons = "gpt-oss" in self._model
        self._client = AsyncGroq(
            api_key=self._key,
            base_url=vendor["url"],
            max_retries=0,  # the SDK would wait up to a minute, with a caller on the line
            http_client=wire.http_client(),
        )

    async def stream(
        self, messages: Sequence[Message], on_usage: OnUsage, *, max_tokens: int = 200, timeout: float = 4.0
    ) -> AsyncIterator[str]:
        answer = Answer(self._model, messages)
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                chunks = await self._client.chat.completions.create(
                    stream=True, **self._parameters(messages, max_tokens, timeout)
                )
        except Exception as error:
            raise self._error(error) from None
        try:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(chunks, None)
                    if chunk is None and not answer.is_complete:
                        raise answer.broken_off()
                    piece = answer.add(chunk) if chunk is not None else ""
                except Exception as error:
                    if not answer.is_complete:  # else all was said, and only the end mark is missing
                        raise self._error(error) from None
                    break
                if chunk is None:
                    break
                if piece:
                    yield piece
            if not answer.text:
                raise ProviderError("groq", Failure.GARBAGE, "an answer without text")
        finally:
            on_usage(answer.usage())
            with suppress(Exception):  # a broken connection may be closed with an error
                await chunks.close()

    async def decide(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        on_usage: OnUsage,
        *,
        max_tokens: int = 200,
        timeout: float = 4.0,
    ) -> dict[str, Any]:
        answer = Answer(self._model, messages)
        shape: Any = {"name": "decision", "strict": True, "schema": strict(schema)}
        try:
            async with asyncio.timeout(timeout):
                completion = await self._client.chat.completions.create(
                    response_format={"type": "json_schema", "json_schema": shape},
                    **self._parameters(messages, max_tokens, timeout),
                )
        except Exception as error:
            raise self._error(error) from None
        try:
            answer.add_whole(completion)
        except Exception as error:
            raise self._error(error) from None
        finally:
            on_usage(answer.usage())
        try:
            decision = json.loads(answer.text)
        except ValueError:
            raise ProviderError("groq", Failure.GARBAGE, "an answer that is no JSON") from None
        if not isinstance(decision, dict) or not fits(decision, schema):
            raise ProviderError("groq", Failure.GARBAGE, "an answer of another shape")
        return decision

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
