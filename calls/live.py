"""What a call tells those who watch it at the Live page, and takes from them: the worker's side.

A call says that it began and that it ended. All else it tells only while somebody
watches: whoever does says so to all calls of the tenant, again and again. Facts are in
the database before they are told; whoever misses an event reads them there.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Sequence
from typing import Any, Final, Protocol

from channels.layers import get_channel_layer

from calls.audio import CallAudio
from calls.listening import Listeners
from calls.models import Call

WATCH_SECONDS: Final = 25.0  # until those who say nothing more are taken for gone
LOOK_SECONDS: Final = 0.5  # between two looks at what is no event: interim words, the mood
LAYER_SECONDS: Final = 1.0
ALWAYS: Final = frozenset({"started", "ended"})
TOLD: Final = ALWAYS | {"turn", "unsaid"}

Event = dict[str, Any]  # plain values; "kind" says which it is


def live_group(tenant_id: int) -> str:
    """The channel group of those who watch a tenant's calls: {"type": "live.events", …}"""
    return f"tenant.{tenant_id}.calls"


def control_group(tenant_id: int) -> str:
    """The channel group of the processes that hold a tenant's calls.

    {"type": "call.watch", "tenant": 1} is for all of them; what else there is names its "call".
    """
    return f"tenant.{tenant_id}.control"


async def watch(tenant_id: int) -> None:
    """Have the tenant's calls tell for the next WATCH_SECONDS. Raises what the channel layer raises."""
    if (layer := get_channel_layer()) is not None:
        await layer.group_send(control_group(tenant_id), {"type": "call.watch", "tenant": tenant_id})


class Audience(Protocol):
    """Who hears of a call's events."""

    def wants(self, kind: str) -> bool: ...

    async def tell(self, events: Sequence[Event]) -> None:
        """Bounded, and never raises."""


class Steered(Protocol):
    """A conversation, as colleagues see and steer it."""

    @property
    def audio(self) -> CallAudio: ...

    def describe(self) -> dict[str, Any]:
        """How it stands now; plain values."""

    def dismiss(self) -> None:
        """Hang up at once."""

    def hand_over(self, extension: str) -> bool:
        """Hand the caller over, when what is being said is over; False: the conversation has ended."""

    def interject(self, text: str) -> bool:
        """Say this as soon as nobody speaks; False: too much waits already."""


class Onlookers:
    """The people who watch one call, listen in and step in, over the channel layer."""

    def __init__(self, call: Call, conversation: Steered) -> None:
        self._call = call
        self._conversation: Steered = weakref.proxy(conversation)  # which holds us
        self._listeners = Listeners(str(call.uuid), conversation.audio)
        self._watched_until = 0.0
        self._looking: asyncio.Task[None] | None = None
        self._told: dict[str, Any] = {}

    def wants(self, kind: str) -> bool:
        return kind in ALWAYS or (self._is_watched and kind in TOLD)

    async def tell(self, events: Sequence[Event]) -> None:
        state = self._told = self._conversation.describe()
        message = {
            "type": "live.events",
            "call": str(self._call.uuid),
            "state": state | {"seconds": round(self._conversation.audio.now, 1)},
            "events": list(events),
        }
        layer = get_channel_layer()
        with contextlib.suppress(Exception):  # Redis may be away: the call goes on
            async with asyncio.timeout(LAYER_SECONDS):
                if layer is not None:
                    await layer.group_send(live_group(self._call.tenant.pk), message)

    async def obey(self, command: dict[str, Any]) -> None:
        """Do what a message asks for, and answer it if it says whom to."""
        refusal = "busy"
        match command["type"]:
            case "call.watch":
                self._watch()
                return
            case "call.unlisten":
                self._listeners.remove(command["reply"])
                return
            case "call.listen":
                is_done = self._listeners.add(command["reply"])
            case "call.say":
                is_done = self._conversation.interject(command["text"])
            case "call.transfer":
                is_done, refusal = self._conversation.hand_over(command["extension"]), "over"
            case "call.hangup":
                is_done = True
                self._conversation.dismiss()
            case _:
                return
        layer = get_channel_layer()
        if layer is not None and "reply" in command:
            why = "" if is_done else refusal
            answer = {"type": "live.answer", "id": command.get("id", ""), "done": is_done, "why": why}
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LAYER_SECONDS):
                    await layer.send(command["reply"], answer)

    def close(self) -> None:
        """The call is over."""
        self._listeners.close()
        if self._looking is not None:
            self._looking.cancel()

    @property
    def _is_watched(self) -> bool:
        return asyncio.get_running_loop().time() < self._watched_until

    def _watch(self) -> None:
        self._watched_until = asyncio.get_running_loop().time() + WATCH_SECONDS
        self._told = {}  # whoever is new has not heard how it stands
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._is_watched:
            if self._conversation.describe() != self._told:
                await self.tell([])
            await asyncio.sleep(LOOK_SECONDS)
