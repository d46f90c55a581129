"""What a call depends on goes away while there are many: a worker, the database, the broker, the disk; and what it does
not depend on: another worker, background jobs, the web.

    tests/chaos outages [--calls 50] [--only killed|database|both|redis|disk|neighbour|celery|web]…

A worker as in production, with vendors that are stubs, on a PostgreSQL and a Redis of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable

from channels_redis.core import RedisChannelLayer
from redis import Redis as Broker

from calls.live import control_group, live_group
from sandbox.caller import End
from sandbox.load.worker import free_port
from tests.chaos import stage as stages
from tests.chaos.servers import Service
from tests.chaos.stage import TAIL_SECONDS, Row, Stage, calling, closed, perform, staged, went_on

BEFORE_SECONDS = 20.0  # until the calls are in the middle
KILLED_SECONDS = 60.0  # until the calls of a worker that died are closed
AWAY_SECONDS = 60.0
BACK_SECONDS = 30.0  # that the calls go on afterwards
STORED_SECONDS = 1.0  # what was heard longer ago than this outlasts the worker
SHORT_SECONDS = 8.0


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


def neighbour(stage: Stage) -> None:
    """`kill -9` of one of two workers: the calls of the other one do not notice."""
    with calling(stage, BEFORE_SECONDS + BACK_SECONDS) as report:
        time.sleep(BEFORE_SECONDS)
        before = stage.worker.workers()
        talking = [row for row in stage.rows() if row.status == "in_progress"]
        victim = min(row.worker for row in talking)
        of_it = {row.uuid for row in talking if row.worker == victim}
        of_others = {row.uuid for row in talking} - of_it
        os.kill(int(victim.rpartition(":")[2]), signal.SIGKILL)

        def is_replaced() -> bool:
            is_started = bool(stage.worker.workers() - before)
            return is_started and stage.metric("voicebot_ready_workers") == len(before)

        took = stage.until(is_replaced, KILLED_SECONDS)
        stage.say(f"{len(of_it)} calls were cut, {len(of_others)} are another's; a new worker after {took:.1f} s")
    stage.must(bool(of_it and of_others), "the calls were all on one worker")
    stage.must(took <= KILLED_SECONDS, "no new worker")
    ends = report().ends
    stage.say(f"callers: {dict(ends)}")
    cut = ends - Counter({end: ends[end] for end in (End.CALLER_HANGUP, End.BOT_HANGUP)})
    stage.must(cut.total() == len(of_it), f"{cut.total()} calls were cut or refused")
    stage.until(lambda: closed(stage), TAIL_SECONDS)
    rows = stage.rows()
    dropped = {row.uuid for row in rows if row.status == "dropped"}
    stage.must(dropped == of_it, f"{len(dropped)} calls are closed as dropped")
    stage.look([row for row in rows if row.uuid not in of_it], stage.heard(), is_whole=True)


def celery(stage: Stage) -> None:
    """The worker of background jobs and their clock die, and are back half a minute later."""
    outside(stage, stage.celery)
    with Broker.from_url(stage.broker.url) as broker:
        took = stage.until(lambda: not broker.llen("celery") + broker.llen("bulk"), TAIL_SECONDS)
    stage.must(took <= TAIL_SECONDS, "jobs still wait")
    stage.say(f"{took:.1f} s later no job waited any more")


def web(stage: Stage) -> None:
    """The web process dies, and is back half a minute later."""
    port = free_port()
    command = ("daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "voicebot_site.asgi:application")

    def is_up() -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
            return True
        return False

    service = Service(command, stage.environment, stage.data)
    with service.running():
        stage.must(stage.until(is_up, BACK_SECONDS) <= BACK_SECONDS, "the web did not start")
        outside(stage, service)
        stage.must(stage.until(is_up, BACK_SECONDS) <= BACK_SECONDS, "the web is not back")


def outside(stage: Stage, service: Service) -> None:
    """What is killed and started again is of no concern to calls, those that begin meanwhile included."""
    with calling(
        stage, BEFORE_SECONDS + BACK_SECONDS + SHORT_SECONDS, longest=SHORT_SECONDS * 2, spread=SHORT_SECONDS
    ) as report:
        time.sleep(BEFORE_SECONDS)
        service.kill()
        time.sleep(BACK_SECONDS)
        service.start()
    ends = report().ends
    stage.say(f"callers: {dict(ends)}")
    stage.must(ends.keys() <= {End.CALLER_HANGUP, End.BOT_HANGUP}, "calls were cut or refused")
    stage.until(lambda: closed(stage), TAIL_SECONDS)
    stage.look(stage.rows(), stage.heard(), is_whole=True)


ROUNDS: dict[str, Callable[[Stage], None]] = {
    "killed": killed,
    "database": database,
    "both": both,
    "redis": redis,
    "disk": disk,
    "neighbour": neighbour,
    "celery": celery,
    "web": web,
}


def play(name: str, calls: int, cores: list[int]) -> list[str]:
    """What is not as it must be. Raises NotHere."""
    with staged(calls, cores[:1], workers=2 if name == "neighbour" else 1, small_disk=name == "disk") as stage:
        return perform(stage, ROUNDS[name])


def main(arguments: list[str]) -> int:
    return stages.main("outages: take away what calls depend on", ROUNDS, play, arguments)
