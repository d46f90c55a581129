"""What a worker under test did, told by itself into a file: words that speech-to-text gave it, and how its loop fared.

The worker is given this module as its SPEECH_TO_TEXT; CHAOS_WITNESS names the file, of one JSON object a line. What
was written is the kernel's, so that it outlasts a `kill -9`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from providers.protocols import OnSpeech, OnUsage, SpeechEvent, SpeechOptions, SpeechStream, Transcript
from sandbox.stubs import StubSpeechToText

RELEASE: Final = "this"
TICK_SECONDS: Final = 0.02
STALL_SECONDS: Final = 0.05
COUNT_SECONDS: Final = 10.0

_looking: asyncio.Task[None] | None = None


def _tell(**what: Any) -> None:
    line = json.dumps({"at": time.time(), "pid": os.getpid(), **what}) + "\n"
    with open(os.environ["CHAOS_WITNESS"], "a") as file:
        file.write(line)


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class WitnessSpeechToText(StubSpeechToText):
    async def open(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> SpeechStream:
        global _looking
        if _looking is None:
            _looking = asyncio.create_task(_look())

        call = options.tag.removeprefix("call-")
        _tell(taken_by=RELEASE, call=call)

        def hear(event: SpeechEvent) -> None:
            if isinstance(event, Transcript):
                _tell(heard=event.text, call=call)
            on_speech(event)

        return await super().open(options, hear, on_usage)


async def _look() -> None:
    """Tell when the loop stood still, and what there is of everything."""
    loop, counted_at = asyncio.get_running_loop(), 0.0
    due, waited = loop.time() + TICK_SECONDS, _without_cpu()
    while True:
        await asyncio.sleep(due - loop.time())
        late, before, waited = loop.time() - due, waited, _without_cpu()
        if late > STALL_SECONDS:
            _tell(stall=round(late, 4), without_cpu=round(min(waited - before, late), 4))
        if loop.time() - counted_at > COUNT_SECONDS:
            counted_at = loop.time()
            _tell(**_counts())
        due = loop.time() + TICK_SECONDS


def _counts() -> dict[str, Any]:
    """Of the tasks only, and the calls among them: to list all objects would be the stall that is looked for."""
    tasks = asyncio.all_tasks()
    names = Counter(getattr(task.get_coro(), "__qualname__", "") for task in tasks)
    return {"tasks": len(tasks), "calls": names["Scribe.run"], "names": dict(names.most_common())}


def _without_cpu() -> float:
    """Seconds that threads of this process were ready to run and others ran (proc(5): schedstat)."""
    waited = 0
    for path in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended
            waited += int((path / "schedstat").read_text().split()[1])
    return waited / 1e9
