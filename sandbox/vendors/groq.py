"""Groq's chat completions, whole and streamed. https://console.groq.com/docs/api-reference

Known from the SDK: shapes of answers, chunks and usage. Assumed: texts of errors.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.vendors import answers
from sandbox.vendors.wire import GARBAGE, SLOW_SECONDS, BadRequest, Request, Response, delay, ledger
from sandbox.vendors.words import count_tokens

DECOMMISSIONED = {"llama-3.1-70b-versatile", "llama-3.3-70b-versatile", "llama-3.1-8b-instant"}


async def chat_completions(request: Request, response: Response) -> None:
    body = await request.json()
    if request.asks_for("hang"):
        return await request.hang()
    if request.asks_for("slow"):
        await asyncio.sleep(SLOW_SECONDS)
    if refusal := _refusal(request, body):
        status, error, headers = refusal
        return await response.json(status, {"error": error}, headers)
    streamed = bool(body.get("stream"))
    if request.asks_for("garbage") and not streamed:
        return await response.garbage()
    completion = _Completion(body)
    await asyncio.sleep(delay("LLM"))
    ledger.append(
        {
            "vendor": "groq",
            "request_id": completion.request_id,
            "model": completion.model,
            "input_tokens": completion.usage["prompt_tokens"],
            "output_tokens": completion.usage["completion_tokens"],
        }
    )
    if streamed:
        return await _stream(request, response, completion)
    if request.asks_for("drop"):
        await response.start(200, "application/json")
        return await response.write(b'{"id": "chatcmpl-')
    return await response.json(200, completion.whole(), {"x-request-id": completion.request_id})


async def _stream(request: Request, response: Response, completion: _Completion) -> None:
    await response.start(200, "text/event-stream", {"x-request-id": completion.request_id})
    chunks = completion.chunks()
    for number, chunk in enumerate(chunks):
        if request.asks_for("garbage"):
            return await response.end(b"data: " + GARBAGE + b"\n\n")
        if request.asks_for("drop") and number == len(chunks) // 2:
            return None
        await response.write(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")
    return await response.end(b"data: [DONE]\n\n")


class _Completion:
    def __init__(self, body: Mapping[str, Any]) -> None:
        messages = body["messages"]
        wanted = body.get("response_format") or {}
        match wanted.get("type"):
            case "json_schema":
                self.text = answers.fill(wanted["json_schema"]["schema"], messages)
            case "json_object":
                self.text = json.dumps({"reply": answers.reply(messages)}, ensure_ascii=False)
            case _:
                self.text = answers.reply(messages)
        self.model: str = body["model"]
        self.request_id = f"req_{uuid.uuid4().hex[:26]}"
        self._id = f"chatcmpl-{uuid.uuid4()}"
        self._shows_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        read = sum(
            3 + count_tokens(text) for role in {m["role"] for m in messages} for text in answers.text_of(messages, role)
        )
        written = count_tokens(self.text)
        self.usage = {
            "queue_time": 0.01,
            "prompt_tokens": read,
            "prompt_time": 0.002,
            "completion_tokens": written,
            "completion_time": written / 500,
            "total_tokens": read + written,
            "total_time": 0.002 + written / 500,
        }

    def whole(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": self.text}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return self._head("chat.completion", [choice]) | {"usage": self.usage, "x_groq": {"id": self.request_id}}

    def chunks(self) -> list[dict[str, Any]]:
        first = self._chunk({"role": "assistant", "content": ""}) | {"x_groq": {"id": self.request_id}}
        pieces = [self._chunk({"content": piece}) for piece in re.findall(r"\s*\S+", self.text)]
        last = self._chunk({}, "stop") | {"x_groq": {"id": self.request_id, "usage": self.usage}}
        usage = [self._head("chat.completion.chunk", []) | {"usage": self.usage}] if self._shows_usage else []
        return [first, *pieces, last, *usage]

    def _chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._head("chat.completion.chunk", [choice])

    def _head(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
            "system_fingerprint": "fp_sandbox",
            "choices": choices,
        }


def _refusal(request: Request, body: Mapping[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]] | None:
    """Status, error and headers, if the key or the request do not do."""
    if not request.key or request.asks_for("401"):
        return 401, _error("Invalid API Key", "invalid_request_error", "invalid_api_key"), {}
    if request.asks_for("429"):
        message = f"Rate limit reached for model `{body.get('model')}`. Please try again in 1.1s."
        headers = {"retry-after": "1", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1.1s"}
        return 429, _error(message, "tokens", "rate_limit_exceeded"), headers
    if request.asks_for("500"):
        return 500, _error("Internal Server Error", "internal_server_error", None), {}
    if not body.get("model") or not body.get("messages"):
        raise BadRequest("'model' and 'messages' must be given")
    if body["model"] in DECOMMISSIONED:
        message = f"The model `{body['model']}` has been decommissioned and is no longer supported."
        return 400, _error(message, "invalid_request_error", "model_decommissioned"), {}
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    if wanted.get("strict") and (path := _loose_object(wanted.get("schema", {}), "schema")):
        message = f"invalid JSON schema for response_format: {path}: every property must be required, no other allowed"
        return 400, _error(message, "invalid_request_error", None), {}
    return None


def _loose_object(schema: Mapping[str, Any], path: str) -> str | None:
    """Where a strict schema leaves something open; Groq refuses such a schema."""
    properties = schema.get("properties", {})
    if properties and (set(schema.get("required", [])) != set(properties) or schema.get("additionalProperties", True)):
        return path
    inner = {**properties, **({"items": schema["items"]} if "items" in schema else {})}
    return next((found for name, spec in inner.items() if (found := _loose_object(spec, f"{path}.{name}"))), None)


def _error(message: str, kind: str, code: str | None) -> dict[str, Any]:
    return {"message": message, "type": kind, "code": code}
