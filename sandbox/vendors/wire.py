"""A request and its answer over plain ASGI, and the ways in which a vendor misbehaves on request.

The key chooses the fault, so that an unchanged SDK can meet every one of them:

    …-401 …-429 …-500   refused with that status
    …-slow              answers 2 s late
    …-drop              breaks the connection off in the middle
    …-stall             says nothing more from the middle on
    …-error             tells of an error of its own in the middle
    …-hang              takes the request and never answers
    …-garbage           answers what is no answer

    …-regional          speech to text: lets nobody change keyterms in the stream

    …-first-FAULT       only at the first request with this key
    …-after3-FAULT      only from the fourth on
    …-words-FAULT       speech to text: the middle is when the caller has begun to say something
    …-final-FAULT       speech to text: the middle is when the caller has said something
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, MutableMapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

SLOW_SECONDS = 2.0
HANG_SECONDS = 60.0
GARBAGE = b"<html>502 Bad Gateway</html>"
RETRY_AFTER = "1"  # seconds, of a 429
MAX_BODY = 1_000_000
KEYS = ("xi-api-key", "x-api-key", "x-goog-api-key", "authorization")  # where vendors want theirs

# What the vendors would bill, newest last; /sandbox/ledger shows it.
ledger: deque[dict[str, Any]] = deque(maxlen=10_000)


_requests: Counter[str] = Counter()  # by key


def _count(key: str) -> int:
    """The number of this request, from 1; only keys that ask for it are counted."""
    if not re.search(r"-(first|after\d)", key):
        return 1
    _requests[key] += 1
    return _requests[key]


def delay(name: str) -> float:
    """Seconds that SANDBOX_STT_DELAY, SANDBOX_LLM_DELAY or SANDBOX_TTS_DELAY add to each answer."""
    return float(os.environ.get(f"SANDBOX_{name}_DELAY", "0"))


class BadRequest(Exception):
    """What the client sent cannot be read."""


class Request:
    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope.get("method", "GET")
        self.path: str = scope["path"]
        self.extensions: dict[str, Any] = scope.get("extensions") or {}
        self.query: dict[str, list[str]] = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        self.headers: dict[str, str] = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.key = next((self.headers[name] for name in KEYS if name in self.headers), "").rpartition(" ")[2]
        self.content_type = self.headers.get("content-type", "")
        self.number = _count(self.key)
        self._receive = receive

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    def asks_for(self, fault: str) -> bool:
        """Whether the key has this suffix, and it applies to this request."""
        for suffix in self.key.split("-")[1:]:
            if suffix == fault:
                return True
            if suffix == "first" and self.number > 1:
                return False
            if (spared := re.fullmatch(r"after(\d+)", suffix)) and self.number <= int(spared[1]):
                return False
        return False

    async def body(self, limit: int = MAX_BODY) -> bytes:
        """Raises BadRequest when it is larger than `limit` bytes."""
        body = b""
        more = True
        while more:
            event = await self._receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
            if len(body) > limit:
                raise BadRequest("the body is too large")
        return body

    async def form(self, limit: int) -> list[tuple[str, str, bytes]]:
        """(name, type, content) of each part of multipart/form-data. Raises BadRequest."""
        head = f"Content-Type: {self.content_type}\r\n\r\n".encode("latin-1")
        message = BytesParser(policy=HTTP).parsebytes(head + await self.body(limit))
        if not message.is_multipart():
            raise BadRequest("the body is no multipart form")
        return [
            (str(part.get_param("name", header="content-disposition")), part.get_content_type(), content)
            for part in message.walk()
            if isinstance(content := part.get_payload(decode=True), bytes)
        ]

    async def json(self) -> dict[str, Any]:
        """The body. Raises BadRequest when it is no JSON object or larger than 1 MB."""
        body = await self.body()
        try:
            value = json.loads(body)
        except ValueError:
            raise BadRequest("the body is not JSON") from None
        if not isinstance(value, dict):
            raise BadRequest("the body is not a JSON object")
        return value

    async def hang(self) -> None:
        """Until the client has gone."""
        try:
            async with asyncio.timeout(HANG_SECONDS):
                while (await self._receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
                    pass
        except TimeoutError:
            pass


class Response:
    def __init__(self, send: Send) -> None:
        self._send = send

    async def start(self, status: int, content_type: str, headers: dict[str, str] | None = None) -> None:
        fields = {"content-type": content_type} | (headers or {})
        pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self, body: bytes = b"") -> None:
        await self._send({"type": "http.response.body", "body": body})

    async def json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        await self.start(status, "application/json", headers)
        await self.end(json.dumps(value, ensure_ascii=False).encode())

    async def garbage(self) -> None:
        await self.start(200, "text/html")
        await self.end(GARBAGE)
