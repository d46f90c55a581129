"""Writes down what happens in a call, while it happens.

The conversation only puts entries into a bounded queue; one task per call stores them
in order. A database that is away delays the entries and not the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from calls.db import however_long
from calls.models import Call, Turn
from calls.usage import record
from providers.protocols import UsageReport

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
LONGEST_RETRY_SECONDS = 5.0
# A turn, the next scene and what is said in it come together: one thread hop for all of them.
LINGER_SECONDS = 0.2


def live_group(tenant_id: int) -> str:
    """The channel group that hears of every call of a tenant."""
    return f"tenant.{tenant_id}.calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One turn; times are seconds since the call began."""

    speaker: Turn.Speaker
    text: str
    started_at: float
    ended_at: float
    phrase: str = ""
    was_interrupted: bool = False
    confidence: float | None = None
    response_seconds: float | None = None
    text_to_speech_seconds: float | None = None


class Scribe:
    """The notebook of one call."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._group = live_group(call.tenant.pk)
        self._scene = ""
        self._position = 0
        self._entries: asyncio.Queue[Callable[[], object] | dict[str, Any]] = asyncio.Queue(maxsize=5000)

    def enter(self, scene: str) -> None:
        """The conversation enters a scene of the script."""
        if scene == self._scene:
            return
        self._scene = scene
        self._put(lambda: Call.objects.filter(pk=self._call.pk).update(scene=scene))
        self.show("scene", scene=scene)

    @property
    def scene(self) -> str:
        return self._scene

    def turn(self, said: Said) -> None:
        self._position += 1
        turn = Turn(
            tenant_id=self._call.tenant_id,
            call_id=self._call.pk,
            position=self._position,
            speaker=said.speaker,
            scene=self._scene,
            phrase=said.phrase,
            text=said.text,
            started_at=round(said.started_at, 3),
            ended_at=round(said.ended_at, 3),
            was_interrupted=said.was_interrupted,
            confidence=said.confidence,
            response_seconds=said.response_seconds,
            text_to_speech_seconds=said.text_to_speech_seconds,
        )
        # Not save(): it would look up whose call this is, once a turn. It is ours.
        self._put(lambda: Turn.objects.bulk_create([turn]))
        self.show("turn", speaker=str(said.speaker), text=said.text, interrupted=said.was_interrupted)

    def usage(self, report: UsageReport) -> None:
        self._put(lambda: record(report, call_id=self._call.pk))

    def show(self, kind: str, **details: Any) -> None:
        """Tell whoever watches the tenant's calls live; they may miss it."""
        self._put({"type": "live.event", "call": str(self._call.uuid), "kind": kind, **details})

    def _put(self, entry: Callable[[], object] | dict[str, Any]) -> None:
        try:
            self._entries.put_nowait(entry)
        except asyncio.QueueFull:
            logger.error("call %s: the database is away for too long, an entry is lost", self._call.uuid)

    async def run(self) -> None:
        """Store entries, and give a sign of life, until cancelled."""
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + HEARTBEAT_SECONDS
        while True:
            # On a clock of its own: a call in which much is said is alive, too.
            if loop.time() >= beat_at:
                await self._store([lambda: Call.objects.filter(pk=self._call.pk).update(heartbeat_at=timezone.now())])
                beat_at = loop.time() + HEARTBEAT_SECONDS
            try:
                async with asyncio.timeout_at(beat_at):
                    entries = [await self._entries.get()]
            except TimeoutError:
                continue
            await asyncio.sleep(LINGER_SECONDS)
            while not self._entries.empty():
                entries.append(self._entries.get_nowait())
            await self._store([entry for entry in entries if not isinstance(entry, dict)])
            await self._publish([entry for entry in entries if isinstance(entry, dict)])
            for _ in entries:
                self._entries.task_done()

    async def flush(self, timeout: float = 30.0) -> bool:
        """Wait until everything is stored; False when the database did not come back in time."""
        try:
            async with asyncio.timeout(timeout):
                await self._entries.join()
        except TimeoutError:
            logger.error("call %s: %d entries were not stored", self._call.uuid, self._entries.qsize())
            return False
        return True

    async def _store(self, writes: list[Callable[[], object]]) -> None:
        """Make all writes, in order, each until it succeeds."""

        def make() -> None:
            while writes:
                writes[0]()
                del writes[0]

        pause = 0.2
        while writes:
            try:
                await however_long(make)
            except (InterfaceError, OperationalError) as error:
                logger.warning("call %s: not stored yet, %s", self._call.uuid, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            except Exception:  # one entry that cannot be stored must not hold up the others
                logger.exception("call %s: an entry cannot be stored", self._call.uuid)
                del writes[:1]

    async def _publish(self, events: list[dict[str, Any]]) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        with contextlib.suppress(Exception):  # nobody may be watching, Redis may be away
            async with asyncio.timeout(1):
                for event in events:
                    await layer.group_send(self._group, event)
