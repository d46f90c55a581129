"""OpenAI's chat completions, and Ollama's imitation of them.

https://platform.openai.com/docs/api-reference/chat,
https://docs.ollama.com/api/openai-compatibility. Known from the SDK: shapes of answers,
chunks and usage. Assumed: texts of errors, how much of a prompt is cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.vendors import chat, completions
from sandbox.vendors.wire import Request, Response


async def chat_completions(request: Request, response: Response, vendor: str) -> None:
    """`vendor` is "openai" or "ollama"."""
    body = await request.json()
    refusal = _refusal(request, body) or (_reasoning_refusal(body) if vendor == "openai" else None)
    await chat.serve(
        request,
        response,
        streamed=bool(body.get("stream")),
        refusal=refusal,
        make=lambda: _exchange(body, vendor),
    )


def _exchange(body: Mapping[str, Any], vendor: str) -> chat.Exchange:
    completion = completions.Completion(body)
    cached = completion.read // 2 if vendor == "openai" else 0
    if vendor == "openai":
        completion.usage |= {
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }
    return chat.Exchange(
        billed=chat.billed(
            vendor, completion.id, completion.model, read=completion.read, written=completion.written, cached=cached
        ),
        whole=completion.whole(),
        events=completions.events(completion.chunks()),
    )


def _refusal(request: Request, body: Mapping[str, Any]) -> chat.Refusal | None:
    match chat.fault(request):
        case 401:
            message = f"Incorrect API key provided: {request.key}."
            return 401, completions.error(message, "invalid_request_error", "invalid_api_key"), {}
        case 429:
            message = f"Rate limit reached for {body.get('model')} on tokens per min (TPM)."
            return 429, completions.error(message, "tokens", "rate_limit_exceeded"), {"retry-after": "1"}
        case 500:
            return 500, completions.error("The server had an error.", "server_error", None), {}
    return completions.refusal(body)


def _reasoning_refusal(body: Mapping[str, Any]) -> chat.Refusal | None:
    """Models that reason take neither a temperature nor the older name of the limit."""
    if not body["model"].startswith("gpt-5"):
        return None
    for name, code in (("temperature", "unsupported_value"), ("max_tokens", "unsupported_parameter")):
        if name in body:
            return 400, completions.error(f"Unsupported: '{name}'", "invalid_request_error", code), {}
    return None
