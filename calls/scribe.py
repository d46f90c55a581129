"""Writes down what happens in a call, while it happens.

The conversation only puts entries into a bounded queue; one task per call stores them
in order. A database that is away delays the entries and not the call; what it does not
have yet is on disk (`calls/journal.py`), in case the worker dies before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError

from calls import journal
from calls.db import gathering, written
from calls.live import Audience, Event
from calls.models import Call, Turn
from calls.pulse import pulse
from calls.usage import record
from monitoring import logs, metrics, tracing
from providers.protocols import UsageReport

logger = logging.getLogger(__name__)

LONGEST_RETRY_SECONDS = 5.0
# What is not stored within that is kept on disk meanwhile.
PROMPT_SECONDS = 0.5


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

    def __init__(self, call: Call, audience: Audience, known: Callable[[], dict[str, Any]] = dict[str, Any]) -> None:
        """`known`: of the case, as plain values."""
        self._call = call
        self._audience = audience
        self._known = known
        self.trace = tracing.begin(call)
        self._scene = ""
        self._position = 0
        self._waiting = 0  # entries that are not stored yet
        self._is_over = False
        self._unstored: dict[int, Turn] = {}  # by position
        self._kept = 0  # the last position that is on disk
        self._is_away = False  # the database, or too slow, when it was last asked
        self._keeping: set[asyncio.Future[None]] = set()
        self._entries: asyncio.Queue[Turn | Callable[[], object] | Event] = asyncio.Queue(maxsize=5000)

    def enter(self, scene: str) -> None:
        """The conversation enters a scene of the script."""
        if scene == self._scene:
            return
        self._scene, known = scene, self._known()
        self._put(lambda: Call.objects.filter(pk=self._call.pk).update(scene=scene, known=known))

    @property
    def scene(self) -> str:
        return self._scene

    def turn(self, said: Said) -> None:
        self._position += 1
        # The call, and not its key: whose it is would be looked up, once a turn.
        turn = Turn(tenant_id=self._call.tenant_id, call=self._call, **self._fields(said, self._position))
        self._unstored[turn.position] = turn
        self._put(turn)
        if self._is_away:
            self._keep()
        if self.trace is not None:
            self.trace.turn(said, self._scene)
        logs.conversation.info("%s %s", logs.CALLER if said.speaker == Turn.Speaker.CALLER else logs.BOT, said.text)
        if self._audience.wants("turn"):
            self.show("turn", **as_dict(turn))

    def _fields(self, said: Said, position: int) -> dict[str, Any]:
        return {
            "position": position,
            "speaker": said.speaker,
            "scene": self._scene,
            "phrase": said.phrase,
            "text": said.text,
            "started_at": round(said.started_at, 3),
            "ended_at": round(said.ended_at, 3),
            "was_interrupted": said.was_interrupted,
            "confidence": said.confidence,
            "response_seconds": said.response_seconds,
            "text_to_speech_seconds": said.text_to_speech_seconds,
        }

    def usage(self, report: UsageReport) -> None:
        self._put(lambda: record(report, call=self._call))
        if self.trace is not None:
            self.trace.vendor(report)

    def show(self, kind: str, **details: Any) -> None:
        """Tell whoever watches the call; they may miss it."""
        if self._audience.wants(kind):
            self._put({"kind": kind, **details})

    def _put(self, entry: Turn | Callable[[], object] | Event) -> None:
        try:
            self._entries.put_nowait(entry)
            if not self._is_over:
                self._waiting += 1
                metrics.scribe_entries.inc()
        except asyncio.QueueFull:
            logger.error("call %s: the database is away for too long, an entry is lost", self._call.uuid)

    def _insert(self, turn: Turn) -> None:
        try:
            turn.save(force_insert=True)
        except IntegrityError as error:  # the commit arrived, its answer did not; or the journal was replayed
            logger.warning("call %s: turn %d is there already: %s", self._call.uuid, turn.position, error)
            # From notes it may have been taken before its end.
            Turn.objects.filter(call=self._call, position=turn.position).update(**journal.as_fields(turn))

    def noted(self, unfinished: Said | None) -> dict[str, Any]:
        """What the database does not have yet (calls.journal.Pen); `unfinished`: words that are no turn yet."""
        waiting = [turn for position, turn in list(self._unstored.items()) if position > self._kept]
        return {
            "turns": [journal.as_fields(turn) for turn in waiting],
            "scene": self._scene,
            "known": self._known(),
            # Its place is the next one, unless the bot's turn ends first.
            "heard": self._fields(unfinished, self._position + 1) if unfinished else None,
        }

    def _keep(self) -> None:
        """On disk, what waits and is not there yet."""
        self._is_away = True
        turns = [turn for position, turn in list(self._unstored.items()) if position > self._kept]
        if not turns:
            return
        self._kept = turns[-1].position
        keeping = asyncio.get_running_loop().run_in_executor(journal.disk, self._keep_now, turns)
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)

    def _keep_now(self, turns: list[Turn]) -> None:
        try:
            journal.keep(self._call, turns)
        except OSError as error:  # the entries are in memory, too
            logger.error("call %s: turns are not on disk: %s", self._call.uuid, error)

    async def _forget(self) -> None:
        """The database is back, and has it all."""
        self._is_away = False
        if self._keeping:
            await asyncio.wait(self._keeping)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().run_in_executor(journal.disk, journal.forget_turns, self._call)

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
            turns = [entry for entry in entries if isinstance(entry, Turn)]
            await self._store(turns, [entry for entry in entries if not isinstance(entry, Turn | dict)])
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
            logger.error("call %s: %d entries were not stored", self._call.uuid, self._waiting)
            return False
        return True

    async def _store(self, turns: list[Turn], writes: list[Callable[[], object]]) -> None:
        """Store the turns and make all writes, in order, each until it succeeds."""
        alone = list(turns)  # those that were not stored together with others'

        def make() -> None:
            while alone:
                self._insert(alone[0])
                del alone[0]
            for turn in turns:
                self._unstored.pop(turn.position, None)
            while writes:
                writes[0]()
                del writes[0]

        pause = 0.2
        while alone or writes:
            try:
                await self._written(make, alone)
            except (InterfaceError, OperationalError) as error:
                logger.warning("call %s: not stored yet, %s", self._call.uuid, error)
                self._keep()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            except Exception:  # one entry that cannot be stored must not hold up the others
                logger.exception("call %s: an entry cannot be stored", self._call.uuid)
                del (alone or writes)[:1]
        if self._is_away and self._entries.empty():
            await self._forget()

    async def _written(self, make: Callable[[], None], turns: list[Turn]) -> None:
        storing = written(make, turns)
        try:
            await asyncio.wait([storing], timeout=PROMPT_SECONDS)
            if not storing.done():  # many calls wait for few threads
                self._keep()
            await storing
        finally:
            storing.cancel()
