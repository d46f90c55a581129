"""Chat completions, whole and streamed: the shapes that OpenAI, Groq and Ollama have in common."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.vendors import answers, chat
from sandbox.vendors.wire import BadRequest
from sandbox.vendors.words import count_tokens


class Completion:
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
        self.id = f"chatcmpl-{uuid.uuid4()}"
        self.shows_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self.read = chat.read_tokens(messages)
        self.written = count_tokens(self.text)
        self.usage: dict[str, Any] = {
            "prompt_tokens": self.read,
            "completion_tokens": self.written,
            "total_tokens": self.read + self.written,
        }

    def whole(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": self.text}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return self._head("chat.completion", [choice]) | {"usage": self.usage}

    def chunks(self) -> list[dict[str, Any]]:
        """The first with the role, one for each word, the last with the reason; then the usage, if wanted."""
        first = self._chunk({"role": "assistant", "content": ""})
        words = [self._chunk({"content": piece}) for piece in chat.pieces(self.text)]
        usage = [self._head("chat.completion.chunk", []) | {"usage": self.usage}] if self.shows_usage else []
        return [first, *words, self._chunk({}, "stop"), *usage]

    def _chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._head("chat.completion.chunk", [choice])

    def _head(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
            "system_fingerprint": "fp_sandbox",
            "choices": choices,
        }


def events(chunks: list[dict[str, Any]]) -> list[bytes]:
    return [*(chat.event(chunk) for chunk in chunks), b"data: [DONE]\n\n"]


def refusal(body: Mapping[str, Any]) -> chat.Refusal | None:
    """Refuse a strict schema that leaves something open. Raises BadRequest for what is no request."""
    if not body.get("model") or not body.get("messages"):
        raise BadRequest("'model' and 'messages' must be given")
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    if wanted.get("strict") and (path := chat.loose_object(wanted.get("schema", {}))):
        message = f"invalid JSON schema for response_format: {path}: every property must be required, no other allowed"
        return 400, error(message, "invalid_request_error", None), {}
    return None


def error(message: str, kind: str, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": code}}
