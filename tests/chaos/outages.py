"""What a call depends on goes away while there are many: a worker, the database, the broker, the disk.

    tests/chaos outages [--calls 50] [--only killed|database|both|redis|disk]…

A worker as in production, with vendors that are stubs, on a PostgreSQL and a Redis of its own. Afterwards each call
must have its ticket and every turn, by what speech-to-text says that it heard (tests/chaos/witness.py).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import uvloop
from channels_redis.core import RedisChannelLayer

from calls.live import control_group, live_group
from sandbox.caller import End
from sandbox.load.generator import Generator, Report
from sandbox.load.worker import STUBS, OwnWorker, free_port, own_worker
from tests.chaos import witness
from tests.chaos.servers import NotHere, PostgreSQL, Redis, celery, servers

READY_SECONDS = 90.0
BEFORE_SECONDS = 20.0  # until the calls are in the middle
KILLED_SECONDS = 60.0  # until the calls of a worker that died are closed
AWAY_SECONDS = 60.0
BACK_SECONDS = 30.0  # that the calls go on afterwards
TAIL_SECONDS = 90.0  # until the last one is closed
STORED_SECONDS = 1.0  # what was heard longer ago than this outlasts the worker
SHORT_SECONDS = 8.0
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
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
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
def calling(stage: Stage, seconds: float, calls: int | None = None) -> Iterator[Callable[[], Report]]:
    """So many callers for so long; call what it yields for their report."""
    generator = Generator(stage.worker.host, stage.worker.port, calls=calls or stage.calls, seconds=seconds)
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


def killed(stage: Stage) -> None:
    """`kill -9` of the worker."""
    kill(stage, KILLED_SECONDS)


def both(stage: Stage) -> None:
    """PostgreSQL stops, and the worker dies before it is back."""
    kill(stage, KILLED_SECONDS + 20, is_away=True)  # whoever was away first lets those speak who live


def kill(stage: Stage, within: float, *, is_away: bool = False) -> None:
    with calling(stage, BEFORE_SECONDS + AWAY_SECONDS) as report:
        time.sleep(BEFORE_SECONDS)
        victim = next(row.worker for row in stage.rows() if row.status == "in_progress")
        of_it = {row.uuid for row in stage.rows() if (row.worker, row.status) == (victim, "in_progress")}
        if is_away:
            stage.database.stop()
            time.sleep(AWAY_SECONDS / 2)
        os.kill(int(victim.rpartition(":")[2]), signal.SIGKILL)
        at = time.time()
        if is_away:
            time.sleep(AWAY_SECONDS / 6)
            stage.database.start()

        def lost() -> list[Row]:
            return [row for row in stage.rows() if row.uuid in of_it]

        took = stage.until(lambda: all(row.tickets and row.status != "in_progress" for row in lost()), within)
    stage.must(took <= within, f"not all of {len(of_it)} calls were closed within {within:.0f} s")
    stage.say(f"{len(of_it)} calls were closed, the last after {took:.1f} s; callers: {dict(report().ends)}")
    stage.until(lambda: closed(stage), TAIL_SECONDS)
    stage.look(lost(), stage.heard(at - STORED_SECONDS), is_whole=False)
    words = stage.heard(at)
    late = sum(not row.heard.startswith(words.get(row.uuid, "")) for row in lost())
    stage.say(f"{late} calls lost words of the last {STORED_SECONDS:.0f} s")


def database(stage: Stage) -> None:
    """PostgreSQL stops for a minute."""
    few = max(stage.calls // 5, 1)  # hang up while it is away
    with (
        calling(stage, BEFORE_SECONDS + 5, few) as those_who_left,
        calling(stage, BEFORE_SECONDS + AWAY_SECONDS + BACK_SECONDS, stage.calls - few) as report,
    ):
        time.sleep(BEFORE_SECONDS)
        open_calls = {row.uuid for row in stage.rows() if row.status == "in_progress"}
        stage.database.stop()
        time.sleep(AWAY_SECONDS)
        waiting = stage.metric("voicebot_scribe_entries")
        stage.database.start()
        back = time.time()
        beats = "SELECT count(*) FROM calls_call WHERE status = 'in_progress' AND heartbeat_at < to_timestamp(%s)"
        took = stage.until(lambda: stage.database.rows(beats, back) == [(0,)], BACK_SECONDS)
        stage.say(f"{waiting:.0f} entries waited; every open call had written {took:.1f} s after the return")
    ends = report().ends + those_who_left().ends
    stage.say(f"callers: {dict(ends)}")  # refused: they called meanwhile, and a person took them
    stage.must(went_on(stage, ends - Counter({End.REFUSED: ends[End.REFUSED]})), "calls ended")
    took = stage.until(lambda: closed(stage), TAIL_SECONDS)
    stage.say(f"the last call was closed {took:.1f} s after the callers had gone")
    rows = stage.rows()
    given_up = sum(row.end_reason == "worker_died" for row in rows)
    stage.must(not given_up, f"{given_up} calls were given up, but lived")
    stage.must(len(open_calls & {row.uuid for row in rows}) == len(open_calls), "calls are missing")
    stage.look(rows, stage.heard(), is_whole=True)


def redis(stage: Stage) -> None:
    """Redis stops for half a minute."""
    [(tenant,)] = stage.database.rows("SELECT max(tenant_id) FROM calls_call")
    with calling(stage, BEFORE_SECONDS + AWAY_SECONDS / 2 + 60) as report:
        time.sleep(BEFORE_SECONDS)
        before = asyncio.run(seen(stage, tenant, 6))
        stage.broker.stop()
        time.sleep(AWAY_SECONDS / 2)
        stage.broker.start()
        began = time.monotonic()
        while not (after := asyncio.run(seen(stage, tenant, 3))) and time.monotonic() - began < 45:
            pass
        first = time.monotonic() - began
        while (after := asyncio.run(seen(stage, tenant, 6))) < stage.calls * 0.9 and time.monotonic() - began < 45:
            pass
        lasted = time.monotonic() - began
    stage.say(f"Live: {before} calls told of themselves before, the first {first:.0f} s, {after} {lasted:.0f} s after")
    stage.must(before >= stage.calls * 0.9 and after >= stage.calls * 0.9, "calls do not tell of themselves")
    ends = report().ends
    stage.say(f"callers: {dict(ends)}")
    stage.must(went_on(stage, ends), "calls ended, or were refused")
    stage.until(lambda: closed(stage), TAIL_SECONDS)
    stage.look(stage.rows(), stage.heard(), is_whole=True)


async def seen(stage: Stage, tenant: int, seconds: float) -> int:
    """From how many calls those who watch the company's calls hear within so long."""
    layer = RedisChannelLayer(hosts=[{"address": stage.broker.url, "socket_timeout": None}])
    channel, calls = await layer.new_channel(), set()
    await layer.group_add(live_group(tenant), channel)
    await layer.group_send(control_group(tenant), {"type": "call.watch", "tenant": tenant})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                calls.add((await layer.receive(channel)).get("call"))
    await layer.close_pools()
    return len(calls)


def disk(stage: Stage) -> None:
    """The disk of the recordings is full for a while."""
    full = stage.data / "other"
    with calling(stage, BEFORE_SECONDS * 2 + BACK_SECONDS) as report:
        time.sleep(BEFORE_SECONDS)
        with contextlib.suppress(OSError), full.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        time.sleep(BEFORE_SECONDS)
        failed = stage.metric("voicebot_failed_recordings_total")
        full.unlink()
    ends = report().ends
    told = stage.worker.said().count("is given up")
    stage.say(f"callers: {dict(ends)}; {failed:.0f} recordings failed by the metric, {told} by the log")
    stage.must(went_on(stage, ends), "calls ended, or were refused")
    stage.must(failed > 0 and told > 0, "no alarm")
    stage.until(lambda: closed(stage), TAIL_SECONDS)
    stage.look(stage.rows(), stage.heard(), is_whole=True)

    def kept() -> int:
        return int(stage.database.rows("SELECT count(*) FROM calls_call WHERE recording <> ''")[0][0])

    before, few = kept(), 3
    with calling(stage, SHORT_SECONDS, few):
        pass
    stage.until(lambda: kept() == before + few, TAIL_SECONDS)
    stage.must(kept() == before + few, f"{kept() - before} of {few} calls are recorded when there is room again")


ROUNDS: dict[str, Callable[[Stage], None]] = {
    "killed": killed,
    "database": database,
    "both": both,
    "redis": redis,
    "disk": disk,
}


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


def play(name: str, calls: int, core: int) -> list[str]:
    """What is not as it must be. Raises NotHere."""
    metrics_port = free_port()
    with servers() as (cluster, broker), data_directory(name == "disk") as data, data_directory(False) as other:
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
        }
        with own_worker(1, [core], **environment) as worker, celery(environment):
            stage = Stage(worker, cluster, broker, data, other / "witness", metrics_port, calls)
            uvloop.run(Generator(worker.host, worker.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
            began = time.monotonic()
            ROUNDS[name](stage)
            stage.say(f"{time.monotonic() - began:.0f} s")
            tracebacks = worker.said().count("Traceback")
            if stage.complaints or tracebacks:
                print(f"  {tracebacks} tracebacks in the log\n{worker.last_words()}", flush=True)
                if keep := os.environ.get("CHAOS_LOG"):
                    Path(keep).write_text(worker.said())
            return stage.complaints


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/chaos outages", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=50, help="at once (%(default)s)")
    parser.add_argument("--only", action="append", choices=ROUNDS, help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    mine, *others = sorted(os.sched_getaffinity(0))
    failed = False
    for name in chosen.only or ROUNDS:
        print(f"{name}: {ROUNDS[name].__doc__} {chosen.calls} calls.", flush=True)
        try:
            failed |= bool(play(name, chosen.calls, others[0] if others else mine))
        except NotHere as missing:
            print(f"  not run: {missing}", file=sys.stderr)
    return int(failed)
