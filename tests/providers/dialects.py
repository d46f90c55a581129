"""How each vendor of language models writes what it streams, and a server that says what the test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Dialect:
    """How a vendor tells a stream of «Oui», an end, and usage."""

    text: Callable[[str], Any]
    end: Callable[[dict[str, Any] | None], list[Any]]
    usage: dict[str, Any]
    error: Any
    whole: Callable[[str | None, dict[str, Any] | None], Any]

    def stream(self, text: str, usage: dict[str, Any] | None) -> list[Any]:
        return [self.text(text), *self.end(usage)]


def chunk(text: str | None, finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish_reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def chat_whole(text: str | None, usage: dict[str, Any] | None) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c1", "choices": [choice], "usage": usage}


def claude(text: str | None, usage: dict[str, Any] | None) -> dict[str, Any]:
    content = [] if text is None else [{"type": "text", "text": text}]
    usage = usage or {"input_tokens": 0, "output_tokens": 0}
    return {"id": "c1", "type": "message", "role": "assistant", "content": content, "usage": usage}


def candidate(text: str | None, finish: str | None = None, usage: dict[str, Any] | None = None) -> dict[str, Any]:
    parts = [] if text is None else [{"text": "hm", "thought": True}, {"text": text}]
    ending = {"finishReason": finish} if finish else {}
    told = {"usageMetadata": usage} if usage else {}
    return {"candidates": [{"content": {"parts": parts, "role": "model"}} | ending], "responseId": "c1"} | told


OPENAI = Dialect(
    text=chunk,
    end=lambda usage: [chunk(None, "stop"), {"id": "c1", "choices": [], "usage": usage}],
    usage={
        "prompt_tokens": 40,
        "completion_tokens": 12,
        "total_tokens": 52,
        "prompt_tokens_details": {"cached_tokens": 32},
        "completion_tokens_details": {"reasoning_tokens": 5},
    },
    error={"error": {"message": "over capacity"}},
    whole=chat_whole,
)
DIALECTS = {
    "openai": OPENAI,
    "ollama": OPENAI,
    "anthropic": Dialect(
        text=lambda text: {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        end=lambda usage: [
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn"},
                "usage": usage or {"output_tokens": 0},
            },
            {"type": "message_stop"},
        ],
        usage={
            "input_tokens": 5,
            "cache_read_input_tokens": 32,
            "cache_creation_input_tokens": 3,
            "output_tokens": 12,
            "output_tokens_details": {"thinking_tokens": 5},
        },
        error={"type": "error", "error": {"type": "overloaded_error", "message": "over capacity"}},
        whole=claude,
    ),
    "gemini": Dialect(
        text=candidate,
        end=lambda usage: [candidate(None, "STOP", usage)],
        usage={
            "promptTokenCount": 40,
            "cachedContentTokenCount": 32,
            "candidatesTokenCount": 7,
            "thoughtsTokenCount": 5,
            "totalTokenCount": 52,
        },
        error={"error": {"code": 503, "message": "over capacity", "status": "UNAVAILABLE"}},
        whole=lambda text, usage: candidate(text, "STOP", usage),
    ),
}


def server_sent(event: Any) -> bytes:
    """With a name where the vendor gives one: Gemini's SDK takes such a line for JSON."""
    name = event.get("type") if isinstance(event, dict) else None
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(event)}\n\n".encode()


class Server:
    """Answers with the given events or the given whole, and notes the request."""

    def __init__(self, *events: Any, whole: Any = None, hangs: bool = False) -> None:
        kind = "application/json" if whole is not None else "text/event-stream"
        self._head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n".encode()
        if whole is not None:
            self._body = json.dumps(whole).encode()
        else:
            self._body = b"".join(server_sent(event) for event in events)
        self._hangs = hangs
        self.head = ""
        self.request: dict[str, Any] = {}
        self.gone = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(self.head.partition("content-length:")[2].split()[0])
        self.request = json.loads(await reader.readexactly(length))
        writer.write(self._head + self._body)
        await writer.drain()
        if self._hangs:
            await reader.read()  # until the client has gone
            self.gone.set()
