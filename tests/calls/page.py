"""A page of the admin that holds a WebSocket, as a browser would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

DEADLINE = 10.0


class Page:
    """The WebSocket of a signed-in person; `person` None: nobody is signed in."""

    def __init__(self, path: str, *, cookie: str = "", origin: str = "http://localhost") -> None:
        from voicebot_site.asgi import application

        headers = [(b"host", b"localhost"), (b"origin", origin.encode()), (b"cookie", cookie.encode())]
        self._wire: Any = WebsocketCommunicator(application, path, headers=headers)
        self.sounds: list[bytes] = []
        self.seen: list[dict[str, Any]] = []

    @classmethod
    async def of(cls, person: User, path: str) -> Page:
        return cls(path, cookie=await sync_to_async(session_cookie)(person))

    async def open(self) -> bool:
        connected, _code = await self._wire.connect(timeout=DEADLINE)
        return bool(connected)

    async def say(self, **message: Any) -> None:
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str) -> None:
        await self._wire.send_to(text_data=text)

    async def send_sound(self, sound: bytes) -> None:
        await self._wire.send_to(bytes_data=sound)

    async def until(self, is_it: Callable[[dict[str, Any]], object], deadline: float = DEADLINE) -> dict[str, Any]:
        """The next message that it is; what comes before is in `seen`, and sound in `sounds`. Raises TimeoutError."""
        async with asyncio.timeout(deadline):
            while True:
                event = await self._wire.receive_output(timeout=deadline)
                assert event["type"] == "websocket.send", event
                if (sound := event.get("bytes")) is not None:
                    self.sounds.append(sound)
                    await self.say(type="heard")
                    continue
                message: dict[str, Any] = json.loads(event["text"])
                self.seen.append(message)
                if is_it(message):
                    return message

    async def answer(self, type_: str, **details: Any) -> dict[str, Any]:
        """Ask for something, and what the answer is."""
        await self.say(type=type_, id="1", **details)
        return await self.until(lambda message: message["type"] == "answer")

    async def closed(self, deadline: float = DEADLINE) -> int:
        """The code that the page is closed with, whatever comes before."""
        async with asyncio.timeout(deadline):
            while (event := await self._wire.receive_output(timeout=deadline))["type"] != "websocket.close":
                pass
        return int(event["code"])

    async def leave(self) -> None:
        await self._wire.disconnect(timeout=DEADLINE)


def session_cookie(person: User) -> str:
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
