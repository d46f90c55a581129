"""What the emulated language models share: faults, the order of things, and how much was used."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.vendors import answers
from sandbox.vendors.wire import GARBAGE, SLOW_SECONDS, Request, Response, delay, ledger
from sandbox.vendors.words import count_tokens

Refusal = tuple[int, dict[str, Any], dict[str, str]]  # status, body, headers


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer in the vendor's shapes."""

    billed: dict[str, Any]  # goes into the ledger
    whole: dict[str, Any]
    events: list[bytes]  # server-sent
    headers: dict[str, str] = field(default_factory=dict)


async def serve(
    request: Request, response: Response, *, streamed: bool, refusal: Refusal | None, make: Callable[[], Exchange]
) -> None:
    """Answer a request that was read, with the faults that its key asks for."""
    if request.asks_for("hang"):
        return await request.hang()
    if request.asks_for("slow"):
        await asyncio.sleep(SLOW_SECONDS)
    if refusal:
        status, body, headers = refusal
        return await response.json(status, body, headers)
    if request.asks_for("garbage") and not streamed:
        return await response.garbage()
    exchange = make()
    await asyncio.sleep(delay("LLM"))
    ledger.append(exchange.billed)
    if streamed:
        return await _stream(request, response, exchange)
    if request.asks_for("drop") or request.asks_for("stall"):
        await response.start(200, "application/json")
        await response.write(b'{"id": "chatcmpl-')
        return await request.hang() if request.asks_for("stall") else None
    return await response.json(200, exchange.whole, exchange.headers)


async def _stream(request: Request, response: Response, exchange: Exchange) -> None:
    await response.start(200, "text/event-stream", exchange.headers)
    for number, event in enumerate(exchange.events):
        if request.asks_for("garbage"):
            return await response.end(b"event: message\ndata: " + GARBAGE + b"\n\n")
        if number == len(exchange.events) // 2:
            if request.asks_for("drop"):
                return None
            if request.asks_for("stall"):
                return await request.hang()
        await response.write(event)
    return await response.end()


def fault(request: Request) -> int | None:
    """The status that the key asks for; no key at all is a wrong one."""
    if not request.key:
        return 401
    return next((status for status in (401, 429, 500) if request.asks_for(str(status))), None)


def event(value: Any, name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def pieces(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def read_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    roles = {message["role"] for message in messages}
    return sum(3 + count_tokens(text) for role in roles for text in answers.text_of(messages, role))


def billed(
    vendor: str, request_id: str, model: str, *, read: int, written: int, cached: int = 0, reasoning: int = 0
) -> dict[str, Any]:
    """The ledger's entry: cached tokens are part of those read, reasoning of those written."""
    return {
        "vendor": vendor,
        "request_id": request_id,
        "model": model,
        "input_tokens": read,
        "output_tokens": written,
        "cached_tokens": cached,
        "reasoning_tokens": reasoning,
    }


def loose_object(schema: Mapping[str, Any], path: str = "schema") -> str | None:
    """Where a strict schema leaves something open; vendors refuse such a schema."""
    properties = schema.get("properties", {})
    if properties and (set(schema.get("required", [])) != set(properties) or schema.get("additionalProperties", True)):
        return path
    inner = {**properties, **({"items": schema["items"]} if "items" in schema else {})}
    return next((found for name, spec in inner.items() if (found := loose_object(spec, f"{path}.{name}"))), None)
