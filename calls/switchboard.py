"""What colleagues ask of the calls that this process holds, over the channel layer.

One channel takes it for all of them. A channel for each call would be two groups to join and leave in Redis, three
tasks that wait, and with every call that ends, as channels-redis cancels, a connection to Redis and a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context, copy_context
from typing import Any, Final, NamedTuple

from channels.layers import BaseChannelLayer, get_channel_layer

from calls.live import control_group

logger = logging.getLogger(__name__)

LAYER_SECONDS: Final = 2.0
LONGEST_PAUSE: Final = 30.0
REJOIN_SECONDS: Final = 3600.0  # the layer forgets a member after a day

Command = dict[str, Any]


Obey = Callable[[Command], Coroutine[Any, Any, None]]


class _Extension(NamedTuple):
    obey: Obey
    context: Context  # of the call: its tenant


class Switchboard:
    """In the groups of the tenants that have calls here, while there are calls. Losing Redis ends none."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, _Extension]] = {}  # by tenant, by UUID
        self._tenants_changed = asyncio.Event()
        self._layer: BaseChannelLayer | None = None
        self._channel = ""
        self._working: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()  # those before it, which may take their time

    @contextlib.contextmanager
    def connected(
        self, tenant_id: int, uuid: str, obey: Callable[[Command], Coroutine[Any, Any, None]]
    ) -> Iterator[None]:
        """In this block the call takes commands."""
        calls = self._calls.setdefault(tenant_id, {})
        calls[uuid] = _Extension(obey, copy_context())
        self._tenants_changed.set()
        if self._working is None:
            self._working = asyncio.get_running_loop().create_task(self._work(), name="switchboard", context=Context())
        try:
            yield
        finally:
            del calls[uuid]
            if not calls:
                del self._calls[tenant_id]
                self._tenants_changed.set()
            if not self._calls:
                self._working.cancel()
                self._leaving.add(self._working)
                self._working.add_done_callback(self._leaving.discard)
                self._working = None

    async def _work(self) -> None:
        if leaving := [task for task in self._leaving if not task.done()]:  # they would take us out of the groups again
            await asyncio.wait(leaving)
        self._tenants_changed = asyncio.Event()  # one of this event loop
        pause = 1.0
        while (layer := get_channel_layer()) is not None:
            began = asyncio.get_running_loop().time()
            try:
                if layer is not self._layer:
                    self._layer, self._channel = layer, await layer.new_channel()
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._join(layer))
                    both.create_task(self._receive(layer))
            except Exception as error:
                if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                    pause = 1.0
                logger.warning("calls cannot be watched or steered, the channel layer is away: %s", _cause(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _join(self, layer: BaseChannelLayer) -> None:
        joined: dict[int, float] = {}
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._tenants_changed.clear()
                for tenant_id in set(self._calls) | set(joined):
                    if tenant_id not in self._calls:
                        await layer.group_discard(control_group(tenant_id), self._channel)
                        del joined[tenant_id]
                    elif joined.get(tenant_id, float("-inf")) < loop.time() - REJOIN_SECONDS:
                        await layer.group_add(control_group(tenant_id), self._channel)
                        joined[tenant_id] = loop.time()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REJOIN_SECONDS):
                        await self._tenants_changed.wait()
        finally:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LAYER_SECONDS):
                    for tenant_id in joined:
                        await layer.group_discard(control_group(tenant_id), self._channel)

    async def _receive(self, layer: BaseChannelLayer) -> None:
        loop = asyncio.get_running_loop()
        while True:
            command = await layer.receive(self._channel)
            for extension in self._meant(command):
                try:
                    await loop.create_task(extension.obey(command), context=extension.context)
                except Exception:
                    logger.exception("a call failed on %s", command["type"])

    def _meant(self, command: Command) -> list[_Extension]:
        calls = self._calls.get(command.get("tenant", 0), {})
        if "call" not in command:
            return list(calls.values())
        return [calls[command["call"]]] if command["call"] in calls else []


def _cause(error: BaseException) -> BaseException:
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


switchboard: Final = Switchboard()
