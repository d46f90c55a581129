"""The Channels consumer of a call: whose it is, and what controls it.

Control only: audio flows between the scope's Line and the conversation (telephony.media).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable
from typing import cast
from uuid import UUID

from channels.consumer import AsyncConsumer
from django.db import DatabaseError

from calls import services
from calls.conversation import Conversation
from calls.db import PATIENCE_SECONDS, in_database
from calls.switchboard import switchboard
from monitoring import logs
from monitoring.once import OncePerMinute
from telephony.audiosocket.events import AudioSocketScope, ReceiveEvent, SendEvent
from tenants.allowlist import AllowList
from tenants.scope import acting_for

logger = logging.getLogger(__name__)

MOST_BEGUN = 10_000

_begun: dict[UUID, None] = {}  # calls of this process: who plays one again does not get to the database
_may_log = OncePerMinute()  # each source for each reason: who dials again and again fills no disk


class CallConsumer(AsyncConsumer):
    """One instance for each call. Begins the call, then holds the conversation beside its control."""

    async def __call__(
        self,
        scope: AudioSocketScope,
        receive: Callable[[], Awaitable[ReceiveEvent]],
        send: Callable[[SendEvent], Awaitable[None]],
    ) -> None:
        self.scope = scope
        logs.current_call.set(str(scope["call_id"]))
        allow_list = cast(AllowList, scope["state"]["allow_list"])
        entry = allow_list.find(scope["client"][0])
        try:
            if entry is None:
                raise services.CallRefused("its address belongs to no server")
            if scope["call_id"] in _begun:
                raise services.CallRefused("this UUID has been used")
            opening = await in_database(
                services.begin,
                call_uuid=scope["call_id"],
                entry=entry,
                worker=f"{socket.gethostname()}:{os.getpid()}",
                until=time.monotonic() + PATIENCE_SECONDS,
            )
        except services.CallRefused as refusal:
            if _may_log(f"{scope['client'][0]} {refusal}"):
                logger.warning("call %s from %s is refused: %s", scope["call_id"], scope["client"][0], refusal)
            return await send({"type": "audiosocket.refuse"})
        except (DatabaseError, TimeoutError) as error:
            logger.error("call %s is refused: the database does not answer (%s)", scope["call_id"], error)
            return await send({"type": "audiosocket.refuse"})

        _begun[scope["call_id"]] = None
        if len(_begun) > MOST_BEGUN:
            del _begun[next(iter(_begun))]

        async def hang_up() -> None:
            await send({"type": "audiosocket.hangup.send"})

        with acting_for(opening.call.tenant):
            self.conversation = Conversation(opening, scope["line"])
            obey = self.conversation.onlookers.obey
            with switchboard.connected(self.conversation.tenant_id, str(scope["call_id"]), obey):
                taking = asyncio.create_task(self._take_events(receive))
                try:
                    await self.conversation.hold(hang_up)
                finally:
                    taking.cancel()
                    await asyncio.wait([taking])

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
                    self.conversation.drain(event["seconds"])
                case _:
                    pass
