"""The Live page's end of the wire: one WebSocket of one person who watches their company's calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, ParamSpec, TypeVar, cast
from uuid import UUID

from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from calls import overview
from calls.db import in_database
from calls.live import LAYER_SECONDS, control_group, live_group, watch
from calls.models import Call
from calls.sockets import NOT_ALLOWED, Socket, until_one_ends
from tenants import audit
from tenants.models import AuditEntry, Tenant
from tenants.privacy import hiding, mask
from tenants.roles import may, sees_masked
from tenants.scope import acting_for

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

KEEP_UP_SECONDS: Final = 10.0  # between two looks at the rights, and at the database
GONE_SECONDS: Final = 45.0  # without a word from the browser
BATCH_SECONDS: Final = 0.1
MOST_WAITING: Final = 1000
MOST_UNHEARD: Final = 15  # pieces of sound on their way to a slow browser: 3 s
LONGEST_LINE: Final = 300
LONGEST_PAUSE: Final = 15.0

STEERING: Final = {
    "hangup": gettext_noop("hung up"),
    "transfer": gettext_noop("handed over"),
    "say": gettext_noop("had the bot say a line"),
}


class LiveConsumer(AsyncConsumer):
    """One instance for each open Live page."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        socket = Socket(scope, receive, send)
        try:
            request = await socket.admit(may_watch)
            if request is not None:
                tenant = cast(Tenant, request.tenant)  # type: ignore[attr-defined]
                with acting_for(tenant):
                    await Monitor(socket, request, tenant).run()
        except (DatabaseError, TimeoutError) as error:
            logger.warning("a Live page is cut off: the database does not answer (%s)", error)
        finally:
            await socket.close(1011)


def may_watch(request: HttpRequest) -> bool:
    return may(request, "view", Call)


class Refused(Exception):
    """What the page asked for is not done; the text is a word that the page knows."""


class Monitor:
    """Follows the calls of a tenant, and does what its person may do with them."""

    def __init__(self, socket: Socket, request: HttpRequest, tenant: Tenant) -> None:
        self._socket = socket
        self._request = request
        self._tenant = tenant
        self._layer = get_channel_layer()
        self._channel = ""  # while the channel layer is there
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._number = 0
        self._listening = ""
        self._unheard = 0
        self._heard_of = asyncio.get_running_loop().time()

    @property
    def _may_listen(self) -> bool:
        return may(self._request, "listen", Call)

    async def run(self) -> None:
        """Until the browser is gone, or its person may not watch any more."""
        try:
            await until_one_ends(self._take_requests(), self._follow(), self._tell(), self._keep_up())
        finally:
            with contextlib.suppress(Exception):
                await self._stop_listening()

    # To the browser.

    async def _tell(self) -> None:
        """Events in batches, numbered: a page that misses one asks for everything."""
        while True:
            events = [await self._events.get()]
            await asyncio.sleep(BATCH_SECONDS)
            while not self._events.empty():
                events.append(self._events.get_nowait())
            self._number += 1
            await self._socket.send({"type": "events", "number": self._number, "events": events})

    async def _keep_up(self) -> None:
        """What is so whatever was missed: the rights, the calls that go on, and that they are watched."""
        loop = asyncio.get_running_loop()
        while loop.time() - self._heard_of < GONE_SECONDS:
            request = await self._socket.person(may_watch)
            if request is None or request.tenant != self._tenant:  # type: ignore[attr-defined]
                await self._socket.close(NOT_ALLOWED)
                return
            self._request = request
            if self._listening and not self._may_listen:
                await self._stop_listening()
            with contextlib.suppress(Exception):  # _follow says when the layer is away
                await self._ask_calls()
            await self._send_calls()
            await asyncio.sleep(KEEP_UP_SECONDS)

    async def _ask_calls(self) -> None:
        """Have calls go on telling, and the one that is listened to go on sending."""
        if not self._channel:
            return
        async with asyncio.timeout(LAYER_SECONDS):
            await watch(self._tenant.pk)
            if self._listening:
                await self._send_to_call(self._listening, {"type": "call.listen"})

    async def _read(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """From the database, as the person's role of now sees it."""
        with hiding(sees_masked(self._request)):
            return await in_database(function, *args, **kwargs)

    async def _send_calls(self) -> None:
        rows = await self._read(overview.calls, masked=not self._may_listen)
        await self._socket.send({"type": "calls", "calls": rows, "layer": bool(self._channel)})

    # From the calls.

    async def _follow(self) -> None:
        """Events of calls, over the channel layer. Without it the page still shows what the database knows."""
        pause = 1.0
        while self._layer is not None:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(live_group(self._tenant.pk), channel)
                self._channel, pause = channel, 1.0
                try:
                    await self._ask_calls()
                    await self._send_calls()
                    while True:
                        await self._take_message(await self._layer.receive(channel))
                finally:
                    self._channel = ""
                    async with asyncio.timeout(LAYER_SECONDS):
                        await self._layer.group_discard(live_group(self._tenant.pk), channel)
            except DatabaseError:
                raise
            except Exception as error:
                logger.warning("a Live page: the channel layer is away (%s)", error)
                await self._socket.send({"type": "layer", "layer": False})
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        await asyncio.Event().wait()

    async def _take_message(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "live.events":
                event = {"call": message["call"], "state": message["state"], "events": message["events"]}
                if not self._may_listen:
                    event = _masked(event)
                if self._events.full():  # the number that is missing has the page ask for everything
                    self._number += 1
                    self._events.get_nowait()
                self._events.put_nowait(event)
            case "live.answer":
                why = message.get("why", "")
                await self._socket.send({"type": "answer", "id": message["id"], "done": message["done"], "why": why})
            case "live.sound" if message["call"] == self._listening and self._unheard < MOST_UNHEARD:
                self._unheard += 1
                await self._socket.send_sound(message["sound"])
            case _:
                pass

    # From the browser.

    async def _take_requests(self) -> None:
        async for message in self._socket.messages():
            self._heard_of = asyncio.get_running_loop().time()
            if isinstance(message, bytes):
                continue
            try:
                await self._take_request(message)
            except Refused as refusal:
                await self._socket.send(
                    {"type": "answer", "id": str(message.get("id", ""))[:40], "done": False, "why": str(refusal)}
                )

    async def _take_request(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "calls":
                await self._send_calls()
            case "turns":
                uuid = uuid_of(message)
                turns = await self._read(overview.turns, uuid)
                await self._socket.send({"type": "turns", "call": str(uuid), "turns": turns})
            case "targets":
                await self._socket.send({"type": "targets", "targets": await self._read(overview.targets)})
            case "heard":
                self._unheard = max(0, self._unheard - 1)
            case "listen":
                await self._listen(uuid_of(message), message)
            case "unlisten":
                await self._stop_listening()
            case "hangup" | "transfer" | "say":
                await self._steer(uuid_of(message), message)
            case _:
                pass  # «ping» says only that the browser is there

    async def _listen(self, uuid: UUID, message: dict[str, Any]) -> None:
        await self._stop_listening()
        await in_database(self._check, uuid, "listen", AuditEntry.Action.LISTEN, gettext_noop("live"))
        self._listening, self._unheard = str(uuid), 0
        await self._command(uuid, {"type": "call.listen"}, message)

    async def _stop_listening(self) -> None:
        uuid, self._listening = self._listening, ""
        if uuid and self._channel:
            async with asyncio.timeout(LAYER_SECONDS):
                await self._send_to_call(uuid, {"type": "call.unlisten"})

    async def _steer(self, uuid: UUID, message: dict[str, Any]) -> None:
        kind, command = str(message["type"]), {"type": f"call.{message['type']}"}
        if kind == "say":
            command["text"] = " ".join(str(message.get("text", "")).split())
            if not 0 < len(command["text"]) <= LONGEST_LINE:
                raise Refused("length")
        if kind == "transfer":
            command["extension"] = str(message.get("extension", ""))
            free = [row["extension"] for row in await in_database(overview.targets) if row["free"]]
            if command["extension"] not in free:
                raise Refused("target")
        await in_database(self._check, uuid, "steer", AuditEntry.Action.DO, STEERING[kind])
        await self._command(uuid, command, message)

    def _check(self, uuid: UUID, action: str, entry: AuditEntry.Action, detail: str) -> None:
        """Whether the person may do it with this call, now; it is written down. In a database thread."""
        if not may(self._request, action, Call):
            raise Refused("role")
        call = overview.running().filter(uuid=uuid).first()
        if call is None:
            raise Refused("over")
        if not self._channel:
            raise Refused("layer")
        audit.record(action=entry, row=call, request=self._request, detail=detail)

    async def _command(self, uuid: UUID, command: dict[str, Any], message: dict[str, Any]) -> None:
        """The call itself answers; a page that hears nothing says so."""
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await self._send_to_call(str(uuid), command | {"id": str(message.get("id", ""))[:40]})
        except Exception as error:
            raise Refused("layer") from error

    async def _send_to_call(self, uuid: str, command: dict[str, Any]) -> None:
        if self._layer is not None:
            whose = {"tenant": self._tenant.pk, "call": uuid, "reply": self._channel}
            await self._layer.group_send(control_group(self._tenant.pk), {**whose, **command})


def uuid_of(message: dict[str, Any]) -> UUID:
    try:
        return UUID(str(message.get("call", "")))
    except ValueError:
        raise Refused("over") from None


def _masked(event: dict[str, Any]) -> dict[str, Any]:
    """What is published of a call, for somebody who sees numbers masked: they stand in what is said, too."""
    state, events = _texts_masked(event["state"]), [_texts_masked(one) for one in event["events"]]
    return {**event, "state": state, "events": events}


def _texts_masked(values: dict[str, Any]) -> dict[str, Any]:
    return {key: mask(value) if isinstance(value, str) else value for key, value in values.items()}
