"""What was said while the database was away, on disk: a worker that dies before it is back loses none of it.

One file per call beside its recording, begun when an entry cannot be stored and gone when all of them are. Turns
only: each has its place in the call, so that what is told twice is stored once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.conf import settings

from calls.models import Call, Turn

_FIELDS: Final = (
    *("position", "speaker", "scene", "phrase", "text", "started_at", "ended_at", "was_interrupted"),
    *("confidence", "response_seconds", "text_to_speech_seconds"),
)


def path_of(call: Call) -> Path:
    return Path(settings.DATA_DIR) / "in-progress" / f"{call.uuid}.jsonl"


def keep(call: Call, turns: Sequence[Turn]) -> None:
    """Append them. For a thread; raises OSError."""
    path = path_of(call)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({name: getattr(turn, name) for name in _FIELDS}) + "\n" for turn in turns]
    with path.open("a") as file:
        file.write("".join(lines))


def forget(call: Call) -> None:
    """All of it is stored. Raises OSError."""
    path_of(call).unlink(missing_ok=True)


def replay(call: Call) -> int:
    """Store what the worker of a call left behind, in its tenant's scope; how many turns there were. Raises OSError."""
    path = path_of(call)
    if not path.exists():
        return 0
    turns = []
    for line in path.read_text().splitlines():
        try:
            turns.append(Turn(tenant_id=call.tenant_id, call=call, **json.loads(line)))
        except ValueError:  # the worker died while it wrote this one
            break
    Turn.objects.bulk_create(turns, ignore_conflicts=True)
    return len(turns)
