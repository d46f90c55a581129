"""What the database does not have yet, on disk: a worker that dies loses none of it.

Beside a call's recording lie up to two files. `UUID.json` is what no row has at this moment: the words of a caller who
is still speaking, turns that wait for their statement, and what is known of the case. `UUID.jsonl` is begun when turns
cannot be stored, and gone when all of them are: one that grows is not written again and again. Each turn has its place
in the call, so that what is told twice is stored once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Max

from calls.models import Call, Turn
from voicebot_site.threads import stand_back

logger = logging.getLogger(__name__)

_FIELDS: Final = (
    *("position", "speaker", "scene", "phrase", "text", "started_at", "ended_at", "was_interrupted"),
    *("confidence", "response_seconds", "text_to_speech_seconds"),
)
# What was transcribed a second ago is to be on disk, on a busy machine too.
NOTED_SECONDS: Final = 0.5
MOST_AT_ONCE: Final = 50  # calls that are looked at between two frames: half a millisecond

_LASTING: Final = ("scene", "known", "ending")

#: One for the process: what is forgotten is not written afterwards.
disk: Final = ThreadPoolExecutor(1, thread_name_prefix="calls-disk", initializer=stand_back)


def path_of(call: Call) -> Path:
    return Path(settings.DATA_DIR) / "in-progress" / f"{call.uuid}.jsonl"


def notes_of(call: Call) -> Path:
    return path_of(call).with_suffix(".json")


def as_fields(turn: Turn) -> dict[str, Any]:
    return {name: getattr(turn, name) for name in _FIELDS}


def keep(call: Call, turns: Sequence[Turn]) -> None:
    """Append them. For a thread; raises OSError."""
    path = path_of(call)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write("".join(json.dumps(as_fields(turn)) + "\n" for turn in turns))


def forget_turns(call: Call) -> None:
    """All that could not be stored is. Raises OSError."""
    path_of(call).unlink(missing_ok=True)


def forget(call: Call) -> None:
    """The call is closed. Raises OSError."""
    forget_turns(call)
    notes_of(call).unlink(missing_ok=True)


class Pen:
    """Writes for all calls of the process what has changed, twice a second: one hop to the thread for many."""

    def __init__(self) -> None:
        self._calls: dict[int, _Noted] = {}  # by the key of the call
        self._writing: asyncio.Task[None] | None = None

    def follow(self, call: Call, look: Callable[[], Mapping[str, Any]]) -> None:
        """From now on write what `look` tells, in the event loop: `turns`, as their fields; `heard`, those of one that
        has no end yet; `scene` and `known`, for whoever closes the call, or goes on with it; and the `ending` that the
        row does not have yet, if there is one.
        """
        self._calls[call.pk] = _Noted(call, look)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._run(), name="pen", context=Context())

    def leave(self, call: Call) -> None:
        """Write nothing more of it; the second time does nothing."""
        if self._calls.pop(call.pk, None) is not None and not self._calls and self._writing is not None:
            self._writing.cancel()
            self._writing = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(NOTED_SECONDS)
            keys = list(self._calls)
            for first in range(0, len(keys), MOST_AT_ONCE):
                await asyncio.sleep(0)  # frames are due
                some = [self._calls[key] for key in keys[first : first + MOST_AT_ONCE] if key in self._calls]
                if found := [(noted.call, news) for noted in some if (news := noted.news()) is not None]:
                    # At once, so that what is forgotten is forgotten after that.
                    loop.run_in_executor(disk, _write, found)


@dataclass(slots=True)
class _Noted:
    call: Call
    look: Callable[[], Mapping[str, Any]]
    written: Mapping[str, Any] = field(default_factory=dict)

    def news(self) -> Mapping[str, Any] | None:
        try:
            found = self.look()
        except Exception:  # of one call: those of all others are still to be written
            logger.exception("call %s: what is being said is not on disk", self.call.uuid)
            return None
        # What became a row meanwhile may stay: it is known by its place.
        is_stored = not found["turns"] and not found["heard"]
        if found == self.written or (is_stored and all(found.get(name) == self.written.get(name) for name in _LASTING)):
            return None
        self.written = found
        return found


pen: Final = Pen()


async def forgotten(call: Call) -> None:
    """The call is closed, and stored; the pen has left it."""
    try:
        await asyncio.get_running_loop().run_in_executor(disk, forget, call)
    except OSError as error:  # the night finds it
        logger.warning("call %s: notes are still on disk: %s", call.uuid, error)


def _write(found: Sequence[tuple[Call, Mapping[str, Any]]]) -> None:
    """A line over what stands there: less to do than a file that takes its place, and a `kill` does not part it."""
    for call, news in found:
        path, line = notes_of(call), json.dumps(news).encode() + b"\n"
        try:
            try:
                _put(path, line)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                _put(path, line)
        except OSError as error:  # what is said is in memory, too
            logger.warning("call %s: what is being said is not on disk: %s", call.uuid, error)


def _put(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def notes(call: Call) -> Mapping[str, Any]:
    """What the worker of a call noted last, as the pen was told it; empty: nothing. Raises OSError."""
    path = notes_of(call)
    try:
        # Behind the line stands what is left of a longer one.
        found: dict[str, Any] = json.loads(path.read_text().partition("\n")[0]) if path.exists() else {}
    except ValueError:  # the machine went down before all of it was on disk
        return {}
    return found


def replay(call: Call) -> int:
    """Store what the worker of a call left behind, in its tenant's scope; how many turns there were. Raises OSError."""
    noted = notes(call)
    turns = [*_appended(call), *noted.get("turns", ())]
    Turn.objects.bulk_create([_turn(call, fields) for fields in turns], ignore_conflicts=True)
    heard = noted.get("heard")
    if heard and not _became_a_turn(call, heard["started_at"]):
        last = call.turns.aggregate(last=Max("position"))["last"] or 0
        _turn(call, heard | {"position": last + 1}).save()
        turns.append(heard)
    return len(turns)


def _became_a_turn(call: Call, began: float) -> bool:
    """Keys have no confidence: words may be waiting beside them."""
    later = call.turns.filter(speaker=Turn.Speaker.CALLER, started_at__gte=began, confidence__isnull=False)
    return later.exists()


def _appended(call: Call) -> list[dict[str, Any]]:
    path = path_of(call)
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:  # the worker died while it wrote this one
            break
    return found


def _turn(call: Call, fields: Mapping[str, Any]) -> Turn:
    return Turn(tenant_id=call.tenant_id, call=call, **fields)
