"""Anthropic's messages, whole and streamed. https://platform.claude.com/docs/en/api/messages

Known from the SDK: shapes of messages, events and usage. Assumed: texts of errors, how
much of a prompt is cached.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.vendors import answers, chat
from sandbox.vendors.wire import BadRequest, Request, Response
from sandbox.vendors.words import count_tokens


async def messages(request: Request, response: Response) -> None:
    body = await request.json()
    await chat.serve(
        request,
        response,
        streamed=bool(body.get("stream")),
        refusal=_refusal(request, body),
        make=lambda: _exchange(body),
    )


def _exchange(body: Mapping[str, Any]) -> chat.Exchange:
    asked = [*body["messages"], {"role": "system", "content": body.get("system", "")}]
    wanted = _format(body)
    text = answers.fill(wanted["schema"], asked) if wanted else answers.reply(asked)
    read, written = chat.read_tokens(asked), count_tokens(text)
    cached = read // 3
    message: dict[str, Any] = {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": read - cached,  # beside the cached ones, not with them
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    }
    end: dict[str, Any] = {"stop_reason": "end_turn", "stop_sequence": None}
    usage = message["usage"] | {"output_tokens": written}
    whole = message | end | {"content": [{"type": "text", "text": text}], "usage": usage}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in chat.pieces(text)
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": written}},
        {"type": "message_stop"},
    ]
    return chat.Exchange(
        billed=chat.billed("anthropic", message["id"], body["model"], read=read, written=written, cached=cached),
        whole=whole,
        events=[chat.event(one, one["type"]) for one in told],
        headers={"request-id": f"req_{uuid.uuid4().hex[:24]}"},
    )


def _refusal(request: Request, body: Mapping[str, Any]) -> chat.Refusal | None:
    match chat.fault(request):
        case 401:
            return 401, _error("authentication_error", "invalid x-api-key"), {}
        case 429:
            message = "This request would exceed your organization's rate limit."
            return 429, _error("rate_limit_error", message), {"retry-after": "1"}
        case 500:
            return 500, _error("api_error", "Internal server error"), {}
    if not body.get("model") or not body.get("messages") or not body.get("max_tokens"):
        raise BadRequest("'model', 'messages' and 'max_tokens' must be given")
    if any(message["role"] == "system" for message in body["messages"]):
        return 400, _error("invalid_request_error", 'messages: Unexpected role "system".'), {}
    if path := chat.loose_object((_format(body) or {}).get("schema", {})):
        message = f"output_config.format.schema: {path}: 'additionalProperties' must be false"
        return 400, _error("invalid_request_error", message), {}
    return None


def _format(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """How the answer is to be given, if as JSON."""
    return (body.get("output_config") or {}).get("format")


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}
