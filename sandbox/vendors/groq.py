"""Groq's chat completions. https://console.groq.com/docs/api-reference

Known from the SDK: shapes of answers, chunks and usage. Assumed: texts of errors.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.vendors import chat, completions
from sandbox.vendors.wire import Request, Response

DECOMMISSIONED = {"llama-3.1-70b-versatile", "llama-3.3-70b-versatile", "llama-3.1-8b-instant"}


async def chat_completions(request: Request, response: Response) -> None:
    body = await request.json()
    await chat.serve(
        request,
        response,
        streamed=bool(body.get("stream")),
        refusal=_refusal(request, body),
        make=lambda: _exchange(body),
    )


def _exchange(body: Mapping[str, Any]) -> chat.Exchange:
    completion = completions.Completion(body)
    request_id = f"req_{uuid.uuid4().hex[:26]}"
    seconds = completion.written / 500
    completion.usage |= {
        "queue_time": 0.01,
        "prompt_time": 0.002,
        "completion_time": seconds,
        "total_time": 0.002 + seconds,
    }
    first, *rest = completion.chunks()
    last = next(chunk for chunk in rest if chunk["choices"] and chunk["choices"][0]["finish_reason"])
    first["x_groq"] = {"id": request_id}
    last["x_groq"] = {"id": request_id, "usage": completion.usage}
    return chat.Exchange(
        billed=chat.billed("groq", request_id, completion.model, read=completion.read, written=completion.written),
        whole=completion.whole() | {"x_groq": {"id": request_id}},
        events=completions.events([first, *rest]),
        headers={"x-request-id": request_id},
    )


def _refusal(request: Request, body: Mapping[str, Any]) -> chat.Refusal | None:
    """Status, error and headers, if the key or the request do not do."""
    match chat.fault(request):
        case 401:
            return 401, completions.error("Invalid API Key", "invalid_request_error", "invalid_api_key"), {}
        case 429:
            message = f"Rate limit reached for model `{body.get('model')}`. Please try again in 1.1s."
            headers = {"retry-after": "1", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1.1s"}
            return 429, completions.error(message, "tokens", "rate_limit_exceeded"), headers
        case 500:
            return 500, completions.error("Internal Server Error", "internal_server_error", None), {}
    if body.get("model") in DECOMMISSIONED:
        message = f"The model `{body['model']}` has been decommissioned and is no longer supported."
        return 400, completions.error(message, "invalid_request_error", "model_decommissioned"), {}
    return completions.refusal(body)
