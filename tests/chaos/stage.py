"""What a round of chaos is played on: the product as in production, on servers of its own, and its callers.

Afterwards each call must have its ticket and every turn, by what speech-to-text says that it heard (witness.py).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import MappingProxyType

import psycopg
import uvloop

from sandbox.caller import End
from sandbox.load.generator import Generator, Report
from sandbox.load.worker import STUBS, OwnWorker, free_port, own_worker
from tests.chaos import witness
from tests.chaos.servers import NotHere, PostgreSQL, Redis, Service, celery, servers

READY_SECONDS = 90.0
TAIL_SECONDS = 90.0  # until the last call is closed
DISK_MB = 48
CALLS = """
    SELECT call.uuid::text, call.status, call.end_reason, call.worker,
        count(DISTINCT ticket.id), count(DISTINCT turn.id),
        coalesce(max(turn.position), 0), coalesce(string_agg(turn.text, ' ' ORDER BY turn.position)
            FILTER (WHERE turn.speaker = 'caller'), '')
    FROM calls_call call LEFT JOIN calls_turn turn ON turn.call_id = call.id
        LEFT JOIN tickets_ticket ticket ON ticket.call_id = call.id
    GROUP BY call.id
"""


@dataclass(frozen=True)
class Row:
    """A call as the database has it."""

    uuid: str
    status: str
    end_reason: str
    worker: str
    tickets: int
    turns: int
    last_position: int
    heard: str


@dataclass
class Stage:
    worker: OwnWorker
    database: PostgreSQL
    broker: Redis
    celery: Service
    environment: Mapping[str, str]
    data: Path
    witness: Path
    metrics_port: int
    calls: int
    complaints: list[str] = field(default_factory=list)

    def rows(self) -> list[Row]:
        return [Row(*row) for row in self.database.rows(CALLS)]

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def must(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.complaints.append(otherwise)
            self.say(f"!! {otherwise}")

    def until(self, found: Callable[[], bool], seconds: float) -> float:
        """How long it took; more than `seconds` when it did not come to it."""
        began = time.monotonic()
        while (lasted := time.monotonic() - began) <= seconds:
            with contextlib.suppress(psycopg.OperationalError):
                if found():
                    return lasted
            time.sleep(0.25)
        return lasted

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://{self.worker.host}:{self.metrics_port}/metrics", timeout=10) as answer:
            found = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", answer.read().decode(), re.MULTILINE)
        return sum(map(float, found))

    def heard(self, before: float = float("inf")) -> dict[str, str]:
        """What speech-to-text told of each call until then."""
        found: dict[str, list[str]] = {}
        for line in witness.told(self.witness):
            if "heard" in line and line["at"] < before:
                found.setdefault(line["call"], []).append(line["heard"])
        return {call: " ".join(texts) for call, texts in found.items()}

    def look(self, rows: list[Row], heard: dict[str, str], *, is_whole: bool) -> None:
        """Each call is closed, with one ticket and its turns."""
        self.must(all(row.status != "in_progress" for row in rows), "calls are still open")
        without = sum(row.tickets != 1 for row in rows)
        self.must(not without, f"{without} calls have not one ticket")
        holes = sum(row.turns != row.last_position for row in rows)
        self.must(not holes, f"{holes} calls miss a turn, or have one twice")
        missing = [
            (row.heard, words)
            for row in rows
            if not row.heard.startswith(words := heard.get(row.uuid, "")) or (is_whole and row.heard != words)
        ]
        self.must(not missing, f"{len(missing)} calls miss words: {missing[:2]}")
        self.say(f"{len(rows)} calls, {sum(row.turns for row in rows)} turns: {dict(Counter(r.status for r in rows))}")


@contextmanager
def calling(
    stage: Stage,
    seconds: float,
    calls: int | None = None,
    *,
    longest: float = inf,
    spread: float = 0.0,
    at: tuple[str, int] | None = None,
) -> Iterator[Callable[[], Report]]:
    """So many callers for so long, who hang up after `longest`, more or less; call what it yields for their report.

    `at`: a balancer, which they call instead of the worker.
    """
    host, port = at or (stage.worker.host, stage.worker.port)
    generator = Generator(host, port, calls=calls or stage.calls, seconds=seconds, longest=longest, spread=spread)
    found: list[Report] = []
    thread = threading.Thread(target=lambda: found.append(uvloop.run(generator.run())), daemon=True)

    def report() -> Report:
        thread.join()
        return found[0]

    thread.start()
    yield report
    thread.join()


def went_on(stage: Stage, ends: Counter[End]) -> bool:
    """Whether each caller's call lasted until he hung up; else he would have called again.

    One who hears nothing at that moment counts as lost: of a machine that is busy with other things, too.
    """
    return ends.total() - ends[End.BOT_HANGUP] <= stage.calls


def closed(stage: Stage) -> bool:
    return all(row.status != "in_progress" for row in stage.rows())


@contextmanager
def data_directory(is_small: bool) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="chaos-data-") as name:
        if not is_small:
            yield Path(name)
            return
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", name], check=False)
        if mounted.returncode:
            raise NotHere("a small disk cannot be mounted: that needs root")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


@contextmanager
def staged(
    calls: int,
    cores: Sequence[int],
    *,
    workers: int = 1,
    small_disk: bool = False,
    code: Path | None = None,
    drain_seconds: float = 2,
    host: str = "127.0.0.1",
    port: int = 0,
    metrics_port: int = 0,
    changed: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stage]:
    """Ready for that many calls, of workers that run `code`; `changed` in their environment. Raises NotHere."""
    metrics_port = metrics_port or free_port()
    with servers() as (cluster, broker), data_directory(small_disk) as data, data_directory(False) as other:
        environment = STUBS | {
            "DATABASE_URL": cluster.url,
            "REDIS_URL": broker.url,
            "SECRET_KEY": "c" * 50,
            "DEBUG": "1",
            "DATA_DIR": str(data),
            "SPEECH_TO_TEXT": "tests.chaos.witness.WitnessSpeechToText",
            "CHAOS_WITNESS": str(other / "witness"),
            "METRICS_PORT": str(metrics_port),
            "LOG_LEVEL": "WARNING",
            "METRICS_HOST": host,
            **changed,
        }
        jobs = celery(environment, other)
        own = own_worker(workers, cores, environment, code=code, drain_seconds=drain_seconds, host=host, port=port)
        with own as worker, jobs.running():
            uvloop.run(Generator(worker.host, worker.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
            told = other / "witness"
            yield Stage(worker, cluster, broker, jobs, environment, data, told, metrics_port, calls)


def perform(stage: Stage, round: Callable[[Stage], None]) -> list[str]:
    """What is not as it must be."""
    began = time.monotonic()
    round(stage)
    stage.say(f"{time.monotonic() - began:.0f} s")
    tracebacks = stage.worker.said().count("Traceback")
    if stage.complaints or tracebacks:
        print(f"  {tracebacks} tracebacks in the log\n{stage.worker.last_words()}", flush=True)
        if keep := os.environ.get("CHAOS_LOG"):
            Path(keep).write_text(stage.worker.said())
    return stage.complaints


def main(
    what: str,
    rounds: Mapping[str, Callable[..., None]],
    play: Callable[[str, int, list[int]], list[str]],
    arguments: list[str],
) -> int:
    """`play` gets the name of a round, the number of calls, and the cores that are not ours."""
    parser = argparse.ArgumentParser(prog=f"tests/chaos {what.partition(':')[0]}", description=what)
    parser.add_argument("--calls", type=int, default=50, help="at once (%(default)s)")
    parser.add_argument("--only", action="append", choices=rounds, help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    mine, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine})  # callers and servers; the workers have the rest
    failed = False
    for name in chosen.only or rounds:
        print(f"{name}: {rounds[name].__doc__} {chosen.calls} calls.", flush=True)
        try:
            failed |= bool(play(name, chosen.calls, others or [mine]))
        except NotHere as missing:
            print(f"  not run: {missing}", file=sys.stderr)
    return int(failed)
