"""Writes down what happens in a call, while it happens.

The conversation only puts entries into a bounded queue; one task per call stores them
in order. A database that is away delays the entries and not the call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError

from calls.db import gathering, written
from calls.live import Audience, Event
from calls.models import Call, Turn
from calls.pulse import pulse
from calls.usage import record
from monitoring import logs, metrics, tracing
from providers.protocols import UsageReport

logger = logging.getLogger(__name__)

LONGEST_RETRY_SECONDS = 5.0


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


def as_dict(turn: Turn) -> dict[str, Any]:
    """A turn for those who watch; times in seconds since the call began."""
    return {
        "position": turn.position,
        "speaker": str(turn.speaker),
        "scene": turn.scene,
        "phrase": turn.phrase,
        "text": turn.text,
        "started_at": turn.started_at,
        "interrupted": turn.was_interrupted,
        "confidence": turn.confidence,
        "response_seconds": turn.response_seconds,
        "text_to_speech_seconds": turn.text_to_speech_seconds,
    }


class Scribe:
    """The notebook of one call."""

    def __init__(self, call: Call, audience: Audience) -> None:
        self._call = call
        self._audience = audience
        self.trace = tracing.begin(call)
        self._scene = ""
        self._position = 0
        self._waiting = 0  # entries that are not stored yet
        self._is_over = False
        self._entries: asyncio.Queue[Callable[[], object] | Event] = asyncio.Queue(maxsize=5000)

    def enter(self, scene: str) -> None:
        """The conversation enters a scene of the script."""
        if scene == self._scene:
            return
        self._scene = scene
        self._put(lambda: Call.objects.filter(pk=self._call.pk).update(scene=scene))

    @property
    def scene(self) -> str:
        return self._scene

    def turn(self, said: Said) -> None:
        self._position += 1
        turn = Turn(
            tenant_id=self._call.tenant_id,
            call=self._call,  # and not its key: whose it is would be looked up, once a turn
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
        self._put(lambda: turn.save(force_insert=True))
        if self.trace is not None:
            self.trace.turn(said, self._scene)
        logs.conversation.info("%s %s", logs.CALLER if said.speaker == Turn.Speaker.CALLER else logs.BOT, said.text)
        if self._audience.wants("turn"):
            self.show("turn", **as_dict(turn))

    def usage(self, report: UsageReport) -> None:
        self._put(lambda: record(report, call=self._call))
        if self.trace is not None:
            self.trace.vendor(report)

    def show(self, kind: str, **details: Any) -> None:
        """Tell whoever watches the call; they may miss it."""
        if self._audience.wants(kind):
            self._put({"kind": kind, **details})

    def _put(self, entry: Callable[[], object] | Event) -> None:
        try:
            self._entries.put_nowait(entry)
            if not self._is_over:
                self._waiting += 1
                metrics.scribe_entries.inc()
        except asyncio.QueueFull:
            logger.error("call %s: the database is away for too long, an entry is lost", self._call.uuid)

    async def run(self) -> None:
        """Store entries, and give a sign of life, until cancelled."""
        try:
            with pulse.of(self._call):
                await self._run()
        finally:
            metrics.scribe_entries.dec(self._waiting)
            self._is_over = True

    async def _run(self) -> None:
        while True:
            entries = [await self._entries.get()]
            # A turn, the next scene and what is said in it come together.
            await gathering()
            while not self._entries.empty():
                entries.append(self._entries.get_nowait())
            await self._store([entry for entry in entries if not isinstance(entry, dict)])
            if events := [entry for entry in entries if isinstance(entry, dict)]:
                await self._audience.tell(events)
            for _ in entries:
                self._entries.task_done()
            self._waiting -= len(entries)
            metrics.scribe_entries.dec(len(entries))

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
                await written(make)
            except (InterfaceError, OperationalError) as error:
                logger.warning("call %s: not stored yet, %s", self._call.uuid, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            except Exception:  # one entry that cannot be stored must not hold up the others
                logger.exception("call %s: an entry cannot be stored", self._call.uuid)
                del writes[:1]
