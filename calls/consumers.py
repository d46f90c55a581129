"""The Channels consumer of a call: whose it is, and what controls it.

Control only: audio flows between the scope's Line and the conversation (telephony.media).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError

from calls import services
from calls.conversation import Conversation
from calls.db import in_database
from telephony.audiosocket.events import AudioSocketScope, ReceiveEvent, SendEvent
from tenants.allowlist import AllowList
from tenants.scope import acting_for

logger = logging.getLogger(__name__)

LAYER_SECONDS = 1.0
LONGEST_LAYER_PAUSE = 30.0


def channel_of(call_uuid: object) -> str:
    """The group that takes commands for one call: {"type": "call.hangup"}, …"""
    return f"call.{call_uuid}"


class CallConsumer(AsyncConsumer):
    """One instance for each call. Begins the call, then holds the conversation beside its control."""

    async def __call__(
        self,
        scope: AudioSocketScope,
        receive: Callable[[], Awaitable[ReceiveEvent]],
        send: Callable[[SendEvent], Awaitable[None]],
    ) -> None:
        self.scope = scope
        allow_list = cast(AllowList, scope["state"]["allow_list"])
        entry = allow_list.find(scope["client"][0])
        try:
            if entry is None:
                raise services.CallRefused("its address belongs to no server")
            opening = await in_database(
                services.begin, call_uuid=scope["call_id"], entry=entry, worker=f"{socket.gethostname()}:{os.getpid()}"
            )
        except services.CallRefused as refusal:
            logger.warning("call %s from %s is refused: %s", scope["call_id"], scope["client"][0], refusal)
            return await send({"type": "audiosocket.refuse"})
        except (DatabaseError, TimeoutError) as error:
            logger.error("call %s is refused: the database does not answer (%s)", scope["call_id"], error)
            return await send({"type": "audiosocket.refuse"})

        async def hang_up() -> None:
            await send({"type": "audiosocket.hangup.send"})

        with acting_for(opening.call.tenant):
            self.conversation = Conversation(opening, scope["line"])
            control = [
                asyncio.create_task(self._take_events(receive)),
                asyncio.create_task(self._take_commands()),
            ]
            try:
                await self.conversation.hold(hang_up)
            finally:
                for task in control:
                    task.cancel()
                await asyncio.wait(control)

    # Channels' own dispatch hops to the thread-sensitive thread for every message, to
    # close database connections: there one slow query would stall every call.

    async def _take_events(self, receive: Callable[[], Awaitable[ReceiveEvent]]) -> None:
        """What comes over the wire. The wire never chooses a handler."""
        while True:
            event = await receive()
            match event["type"]:
                case "audiosocket.dtmf":
                    self.conversation.press(event["digit"])
                case "audiosocket.hangup":
                    self.conversation.caller_left(event["reason"])
                    return
                case "audiosocket.drain":
                    self.conversation.drain(settings.DRAIN_SECONDS)
                case _:
                    pass

    async def _take_commands(self) -> None:
        """What comes from the admin over the channel layer; losing Redis ends no call."""
        layer = get_channel_layer()
        pause = 1.0
        while layer is not None:
            try:
                channel = await layer.new_channel()
                await layer.group_add(channel_of(self.scope["call_id"]), channel)
                try:
                    while True:
                        self._obey(await layer.receive(channel))
                        pause = 1.0
                finally:  # the layer would keep the group for a day
                    async with asyncio.timeout(LAYER_SECONDS):
                        await layer.group_discard(channel_of(self.scope["call_id"]), channel)
            except Exception as error:
                logger.warning("call %s: the channel layer is away (%s)", self.scope["call_id"], error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_LAYER_PAUSE)

    def _obey(self, message: dict[str, Any]) -> None:
        if message["type"] == "call.hangup":
            self.conversation.caller_left("hangup")
