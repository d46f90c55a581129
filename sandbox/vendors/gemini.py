"""Gemini's generateContent, whole and streamed. https://ai.google.dev/api/generate-content

Known from the SDK: shapes of answers and usage. Assumed: texts of errors, how much is
cached and thought.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.vendors import answers, chat
from sandbox.vendors.wire import BadRequest, Request, Response
from sandbox.vendors.words import count_tokens

THOUGHTS = 7  # tokens, whatever is asked
SHORTEST_DEADLINE = 10.0
_ROLES = {"model": "assistant", "user": "user"}


async def generate_content(request: Request, response: Response, model: str, *, streamed: bool) -> None:
    body = await request.json()
    await chat.serve(
        request,
        response,
        streamed=streamed,
        refusal=_refusal(request, model, body),
        make=lambda: _exchange(model, body),
    )


def _exchange(model: str, body: Mapping[str, Any]) -> chat.Exchange:
    asked = [{"role": _ROLES[content.get("role", "user")], "content": content["parts"]} for content in body["contents"]]
    asked.append({"role": "system", "content": (body.get("systemInstruction") or {}).get("parts", [])})
    schema = _settings(body).get("responseJsonSchema")
    text = answers.fill(schema, asked) if schema else answers.reply(asked)
    read, request_id = chat.read_tokens(asked), uuid.uuid4().hex[:22]
    cached = read // 4

    def response(piece: str, written: int, finish: str | None) -> dict[str, Any]:
        candidate = {"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}
        return {
            "candidates": [candidate | ({"finishReason": finish} if finish else {})],
            "usageMetadata": {
                "promptTokenCount": read,
                "cachedContentTokenCount": cached,
                "candidatesTokenCount": written,
                "thoughtsTokenCount": THOUGHTS,
                "totalTokenCount": read + written + THOUGHTS,
            },
            "modelVersion": model,
            "responseId": request_id,
        }

    written = count_tokens(text)
    pieces, so_far, events = chat.pieces(text), "", []
    for number, piece in enumerate(pieces, start=1):
        so_far += piece
        is_last = number == len(pieces)
        events.append(chat.event(response(piece, count_tokens(so_far), "STOP" if is_last else None)))
    return chat.Exchange(
        billed=chat.billed(
            "gemini", request_id, model, read=read, written=written + THOUGHTS, cached=cached, reasoning=THOUGHTS
        ),
        whole=response(text, written, "STOP"),
        events=events,
    )


def _refusal(request: Request, model: str, body: Mapping[str, Any]) -> chat.Refusal | None:
    match chat.fault(request):
        case 401:
            return _error(401, "UNAUTHENTICATED", "API key not valid. Please pass a valid API key.")
        case 429:
            delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}
            return _error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", delay)
        case 500:
            return _error(500, "INTERNAL", "An internal error has occurred.")
    if not body.get("contents"):
        raise BadRequest("'contents' must be given")
    if float(request.headers.get("x-server-timeout", SHORTEST_DEADLINE)) < SHORTEST_DEADLINE:
        return _error(400, "INVALID_ARGUMENT", "Manually set deadline is too short. Minimum allowed deadline is 10s.")
    if (_settings(body).get("thinkingConfig") or {}).get("thinking_level") == "MINIMAL":  # the SDK's spelling
        return _error(400, "INVALID_ARGUMENT", f"Thinking level MINIMAL is not supported for {model}.")
    return None


def _settings(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body.get("generationConfig") or {}


def _error(code: int, status: str, message: str, *details: dict[str, str]) -> chat.Refusal:
    return code, {"error": {"code": code, "message": message, "status": status, "details": list(details)}}, {}
