"""A WebSocket of the admin: who is there, and words and sound both ways."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import cache
from typing import Any, Final

from django.contrib import admin
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse

from calls.db import in_database
from tenants.models import Tenant

LONGEST_TEXT: Final = 4096
LONGEST_SOUND: Final = 16_000  # a second of 8 kHz PCM
MOST_PER_SECOND: Final = 100  # messages of a browser; speech at 20 ms is 50
NOT_ALLOWED: Final = 4403  # close codes, for the page to explain
TOO_MUCH: Final = 4429


class _Door(BaseHandler):
    """The middleware that every page goes through, and behind it nothing."""

    def _get_response(self, request: HttpRequest) -> HttpResponse:
        request.is_inside = True  # type: ignore[attr-defined]
        return HttpResponse()


@cache
def _door() -> _Door:
    door = _Door()
    door.load_middleware()
    return door


def visitor(scope: dict[str, Any]) -> HttpRequest | None:
    """The request of somebody whom a page of the admin would let in, with `user` and `tenant`; in a database thread.

    None: signed out, shut out by any middleware, or staff who act for no company.
    """
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    request: HttpRequest = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, io.BytesIO())
    request.resolver_match = None
    _door().get_response(request)
    if not getattr(request, "is_inside", False) or not admin.site.has_permission(request):
        return None
    return request if isinstance(getattr(request, "tenant", None), Tenant) else None


class Socket:
    """One WebSocket. Words are JSON objects; what else comes is sound."""

    def __init__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_closed = False

    async def admit(self, allowed: Callable[[HttpRequest], bool]) -> HttpRequest | None:
        """Accept the connection of a person who is `allowed`; None: closed, and the page is told why."""
        await self._receive()  # websocket.connect
        await self._send({"type": "websocket.accept"})  # a refusal without it has no reason
        request = await self.person(allowed)
        if request is None:
            await self.close(NOT_ALLOWED)
        return request

    async def person(self, allowed: Callable[[HttpRequest], bool]) -> HttpRequest | None:
        """Who is there now: asked again while the connection lasts, as a page would with every click."""

        def look() -> HttpRequest | None:
            request = visitor(self._scope)
            return request if request is not None and allowed(request) else None

        return await in_database(look)

    async def messages(self) -> AsyncIterator[dict[str, Any] | bytes]:
        """What the browser sends, until it is gone; one that sends too much is cut off."""
        loop = asyncio.get_running_loop()
        second, count = 0, 0
        while (event := await self._receive())["type"] == "websocket.receive":
            text, sound = event.get("text"), event.get("bytes")
            count = count + 1 if int(loop.time()) == second else 1
            second = int(loop.time())
            message: Any = sound
            if text is not None:
                try:
                    message = json.loads(text) if len(text) <= LONGEST_TEXT else None
                except (ValueError, RecursionError):  # no JSON, or nested for mischief
                    message = None
            if count > MOST_PER_SECOND or not isinstance(message, dict | bytes) or len(message) > LONGEST_SOUND:
                await self.close(TOO_MUCH)
                return
            yield message

    async def send(self, message: dict[str, Any]) -> None:
        if not self._is_closed:
            await self._send({"type": "websocket.send", "text": json.dumps(message)})

    async def send_sound(self, sound: bytes) -> None:
        if not self._is_closed:
            await self._send({"type": "websocket.send", "bytes": sound})

    async def close(self, code: int = 1000) -> None:
        if not self._is_closed:
            self._is_closed = True
            with contextlib.suppress(Exception):  # it is gone already
                await self._send({"type": "websocket.close", "code": code})


async def until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until the first ends, and cancel the others. Raises what that one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            if not task.done():
                task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
