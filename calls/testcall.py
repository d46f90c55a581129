"""A test call: somebody of the company talks to their bot in a browser, by voice or by keyboard.

The conversation is the one that telephone calls have; only the line is another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, cast

from channels.consumer import AsyncConsumer
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from calls import services, trial
from calls.conversation import Conversation, to_the_end
from calls.db import in_database
from calls.live import Event
from calls.models import Call, Turn
from calls.settings import CallSettings
from calls.sockets import NOT_ALLOWED, Socket
from telephony.browser import BrowserLine
from tenants.models import Tenant
from tenants.roles import may
from tenants.scope import acting_for

logger = logging.getLogger(__name__)

# At a time in one web process, which serves pages, too: of one company, and of all.
MOST_OF_A_COMPANY: Final = 4
MOST_CALLS: Final = 40
LOOK_SECONDS: Final = 0.2
RIGHTS_SECONDS: Final = 60.0  # between two looks at the person's rights
BEGIN_SECONDS: Final = 30.0
LONGEST_TEXT: Final = 300
KEYS: Final = frozenset("0123456789*#")

_running: Counter[int] = Counter()  # by tenant


def may_try(request: HttpRequest) -> bool:
    return may(request, "try", Call)


class TestCallConsumer(AsyncConsumer):
    """One instance for each test call."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        socket = Socket(scope, receive, send)
        request = await socket.admit(may_try)
        if request is None:
            return None
        tenant = cast(Tenant, request.tenant)  # type: ignore[attr-defined]
        if _running[tenant.pk] >= MOST_OF_A_COMPANY or _running.total() >= MOST_CALLS:
            await socket.send({"type": "refused", "why": "full"})
            return await socket.close()
        _running[tenant.pk] += 1
        try:
            with acting_for(tenant), translation.override(getattr(request, "LANGUAGE_CODE", "fr")):
                await TestCall(socket, request, tenant).run()
        except (services.CallRefused, DatabaseError, TimeoutError) as error:
            logger.warning("a test call is refused: %s", error)
            why = "limit" if isinstance(error, services.CallRefused) else "database"
            await socket.send({"type": "refused", "why": why})
        finally:
            _running[tenant.pk] -= 1
            await socket.close()


class TestCall:
    """One test call from its settings to its end."""

    def __init__(self, socket: Socket, request: HttpRequest, tenant: Tenant) -> None:
        self._socket = socket
        self._tenant = tenant
        self._messages = socket.messages()

    async def run(self) -> None:
        """Raises CallRefused, and DatabaseError or TimeoutError before the call has begun."""
        async with asyncio.timeout(BEGIN_SECONDS):
            wishes = await anext(self._messages, None)
        if not isinstance(wishes, dict) or wishes.get("type") != "begin":
            return
        opening = await in_database(
            services.begin_test,
            tenant=self._tenant,
            phone_number=str(wishes.get("phone", ""))[:40],
            wants_ticket=wishes.get("ticket") is True,
            is_typed=wishes.get("microphone") is not True,
            worker=f"{platform.node()}:{os.getpid()} (web)",
        )
        line = BrowserLine()
        conversation = Conversation(opening, line, Screen(self._socket, opening.settings))
        held = asyncio.create_task(conversation.hold(self._hung_up))
        taking = asyncio.create_task(self._take_input(conversation, line))
        allowed = asyncio.create_task(self._while_allowed())
        works = [taking, allowed, *map(asyncio.create_task, (self._send_sound(line), self._show(conversation)))]
        try:
            await asyncio.wait([held, taking, allowed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            conversation.caller_left("hangup")  # nothing to a call that is over
            await to_the_end(_over(held))
            line.close()
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
        await self._socket.send({"type": "ended", "url": reverse("admin:calls_call_change", args=[opening.call.pk])})

    async def _hung_up(self) -> None:
        with contextlib.suppress(Exception):  # the browser may be gone
            await self._socket.send({"type": "hungup"})

    async def _take_input(self, conversation: Conversation, line: BrowserLine) -> None:
        async for message in self._messages:
            if isinstance(message, bytes):
                line.hear(message)
                continue
            match message.get("type"):
                case "say":
                    text = " ".join(str(message.get("text", "")).split())[:LONGEST_TEXT]
                    if text:
                        conversation.read(text)
                case "key" if message.get("key") in KEYS:
                    conversation.press(message["key"])
                case "hangup":
                    return
                case _:
                    pass

    async def _while_allowed(self) -> None:
        """Ends when the person may not try the bot of this company any more; the page is told."""
        while True:
            await asyncio.sleep(RIGHTS_SECONDS)
            with contextlib.suppress(DatabaseError, TimeoutError):  # nobody can say: the call is short
                request = await self._socket.person(may_try)
                if request is None or request.tenant != self._tenant:  # type: ignore[attr-defined]
                    return await self._socket.close(NOT_ALLOWED)

    async def _send_sound(self, line: BrowserLine) -> None:
        while True:
            await self._socket.send_sound(await line.next_piece())

    async def _show(self, conversation: Conversation) -> None:
        shown: Mapping[str, Any] = {}
        while True:
            state = conversation.describe()
            if state != shown:
                shown = state
                seconds = round(conversation.audio.now, 1)
                await self._socket.send({"type": "state", "state": {**state, "seconds": seconds}})
            await asyncio.sleep(LOOK_SECONDS)


async def _over(call: asyncio.Task[None]) -> None:
    await call


class Screen:
    """Implements calls.live.Audience: all that happens, with why the caller was understood so."""

    def __init__(self, socket: Socket, settings: CallSettings) -> None:
        self._socket = socket
        self._settings = settings

    def wants(self, kind: str) -> bool:
        return True

    async def tell(self, events: Sequence[Event]) -> None:
        shown = [{**event, **self._reasons(event)} for event in events]
        with contextlib.suppress(Exception):  # the browser may be gone
            await self._socket.send({"type": "events", "events": shown})

    def _reasons(self, event: Event) -> Mapping[str, Any]:
        if event["kind"] != "turn" or event["speaker"] != Turn.Speaker.CALLER:
            return {}
        findings = trial.sentence(event["text"], self._settings).findings
        return {"findings": [asdict(finding) for finding in findings]}
