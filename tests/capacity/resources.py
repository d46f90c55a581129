"""What a call takes of each resource, measured: the figures of monitoring/capacity/figures.toml.

    tests/capacity resources [--calls 20] [--seconds 60]

A worker as in production on a PostgreSQL, a Redis and a Celery of its own, and each vendor emulated in a process of
its own, behind its real client. Calls of two lengths tell apart what each call takes and what each second of it does;
what runs without any call is measured first, and taken off.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import uvloop
from channels_redis.core import RedisChannelLayer

from calls.live import control_group, live_group
from sandbox.load.generator import Generator
from sandbox.load.processes import Processes
from sandbox.load.worker import STUBS, OwnWorker, free_port, own_worker
from sandbox.stubs import ANSWERS
from tests.capacity.meters import Figures, Wires, of_database, of_files, of_redis
from tests.chaos.servers import ROOT, PostgreSQL, Redis, celery, servers

READY_SECONDS: Final = 90.0
WARM_UP_SECONDS: Final = 45.0  # phrases are spoken for the first time
IDLE_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 3.0
QUIET_LOOKS: Final = 5  # a summary waits for what comes late
SHORT_SECONDS: Final = 10.0
WATCH_SECONDS: Final = 10.0
ANNOUNCED: Final = 300
VENDORS: Final = {"deepgram": "STT", "groq": "LLM", "elevenlabs": "TTS"}
DELAYS: Final = {"SANDBOX_LLM_DELAY": "0.4", "SANDBOX_TTS_DELAY": "0.3"}  # about what clouds take
AT_WORK: Final = """
    SELECT (SELECT count(*) FROM calls_call WHERE status = 'in_progress'),
        (SELECT count(*) FROM tenants_jobrun WHERE state = 'running'),
        (SELECT count(*) FROM tenants_jobrun WHERE name = 'tickets.summarise')
"""
MEASURED: Final = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_utility=off", "fsync=on")


@dataclass
class Stage:
    worker: OwnWorker
    database: PostgreSQL
    broker: Redis
    data: Path
    vendors: dict[str, int]  # ports
    celery: Processes
    calls: int
    postgresql: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.postgresql = Processes(self.database.pid)

    def reading(self) -> Figures:
        found = of_database(self.database, self.postgresql) + of_redis(self.broker)
        found["celery_ms"] = self.celery.cpu_seconds() * 1000
        found["worker_ms"] = self.worker.cpu_seconds() * 1000
        found["recorded_bytes"] = of_files(self.data / "media", "recordings/**/*.wav")
        for vendor, port in self.vendors.items():
            for use in _asked(f"http://127.0.0.1:{port}/sandbox/ledger"):
                found[f"{vendor} requests"] += 1
                for unit in ("characters", "audio_seconds", "seconds"):
                    found[f"{vendor} {unit}"] += use.get(unit) or 0
        return found

    def settle(self) -> None:
        """Until every call is closed, and its tasks are done."""
        deadline, quiet, before = time.monotonic() + SETTLE_SECONDS, 0, -1
        while time.monotonic() < deadline and quiet < QUIET_LOOKS:
            time.sleep(LOOK_SECONDS)
            [(open_calls, running, done)] = self.database.rows(AT_WORK)
            quiet = quiet + 1 if done == before and not open_calls + running else 0
            before = done

    def stretch(self, seconds: float, longest: float, watchers: int = 0) -> tuple[Figures, float]:
        """What calls, each of at most `longest` seconds, took in so long, and how long it took until they had gone."""
        before, began = self.reading(), time.monotonic()
        wires = Wires(
            {"calls": self.worker.port, "database": self.database.port, "redis": self.broker.port, **self.vendors}
        )
        wires.look()
        before = before + wires.total()
        with wires.watched(), watching(self, watchers), Extremes(self.worker) as most:
            generator = Generator(
                self.worker.host,
                self.worker.port,
                calls=self.calls,
                seconds=seconds,
                lines=ANSWERS["fr"],
                longest=longest,
            )
            report = uvloop.run(generator.run())
        self.settle()
        found = (self.reading() + wires.total()).since(before)
        found.update({f"most {name}": value for name, value in (wires.most + most.most).items()})
        print(f"  {dict(report.ends)}, load {os.getloadavg()[0]:.1f}", flush=True)
        return found, time.monotonic() - began


class Extremes:
    """The most memory, descriptors and threads that a worker has while it is looked at."""

    def __init__(self, worker: OwnWorker) -> None:
        self.most = Figures()
        self._processes = worker.processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def look(self) -> Figures:
        now = Figures({"memory": self._processes.memory(), "descriptors": self._processes.descriptors()})
        self.most.reach(now)
        return now

    def _run(self) -> None:
        while not self._over.wait(2):
            self.look()

    def __enter__(self) -> Extremes:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def watching(stage: Stage, people: int) -> Iterator[None]:
    """So many Live pages of the company are open, each of which hears all of its calls."""

    async def look(tenant: int) -> None:
        layer = RedisChannelLayer(hosts=[{"address": stage.broker.url, "socket_timeout": None}])

        async def page() -> None:
            channel = await layer.new_channel()
            await layer.group_add(live_group(tenant), channel)
            try:
                while True:
                    await layer.group_send(control_group(tenant), {"type": "call.watch", "tenant": tenant})
                    try:
                        async with asyncio.timeout(WATCH_SECONDS):
                            while True:
                                await layer.receive(channel)
                    except TimeoutError:
                        pass
            finally:
                await layer.group_discard(live_group(tenant), channel)

        pages = asyncio.gather(*(page() for _ in range(people)))
        over.add_done_callback(lambda _: pages.cancel())
        try:
            await pages
        except asyncio.CancelledError:
            await layer.close_pools()

    if not people:
        yield
        return
    [(tenant,)] = stage.database.rows("SELECT max(tenant_id) FROM calls_call")
    loop = asyncio.new_event_loop()
    over: asyncio.Future[None] = loop.create_future()
    thread = threading.Thread(target=lambda: loop.run_until_complete(look(tenant)))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set_result, None)
        thread.join()
        loop.close()


def _asked(url: str) -> list[dict[str, float]]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: list[dict[str, float]] = json.load(answer)
    return found


@contextmanager
def emulators() -> Iterator[dict[str, int]]:
    """A process for each vendor; its port."""
    ports = {vendor: free_port() for vendor in VENDORS}
    with ExitStack() as stack:
        for port in ports.values():
            command = [sys.executable, "manage.py", "sandbox", "--port", str(port)]
            process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | DELAYS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield ports


def of_the_web(stage: Stage, environment: dict[str, str]) -> Figures:
    """What the announcement of a call and the question for its result take, together."""
    [(tenant, server)] = stage.database.rows(
        "SELECT tenant.slug, server.name FROM tenants_asteriskserver server"
        " JOIN tenants_tenant tenant ON tenant.id = server.tenant_id ORDER BY server.id LIMIT 1"
    )
    dialplan = subprocess.run(
        [sys.executable, "manage.py", "dialplan", tenant, server],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    token = re.findall(r"Bearer ([\w-]+)", dialplan)[0]
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-v", "0", "-p", str(port), "voicebot_site.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stderr=subprocess.DEVNULL)
    web, url = Processes(process.pid), f"http://127.0.0.1:{port}/api/v1/calls"
    try:
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
            deadline = time.monotonic() + READY_SECONDS
            while True:
                try:
                    client.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.TransportError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
            for number in range(ANNOUNCED + 20):
                if number == 20:
                    before, spent = of_database(stage.database, stage.postgresql), web.cpu_seconds()
                call = uuid4()
                answer = client.post(
                    f"{url}/announce", data={"uuid": str(call), "number": "+33612345678", "name": "Pierre"}
                )
                answer.raise_for_status()
                client.get(f"{url}/{call}/result")
        found = of_database(stage.database, stage.postgresql).since(before)
        found["web_ms"] = (web.cpu_seconds() - spent) * 1000
    finally:
        process.terminate()
        process.wait()
    return Figures({name: value / ANNOUNCED for name, value in found.items()})


def kept(stage: Stage, environment: dict[str, str], calls: int = 20_000) -> float:
    """Bytes of tables and indexes that a call leaves behind, by as many of them in one go."""
    size = "SELECT pg_database_size(current_database())"
    [(before,)] = stage.database.rows(size)
    subprocess.run(
        [sys.executable, "manage.py", "seed_load", "--calls", str(calls)],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    [(after,)] = stage.database.rows(size)
    return float(after - before) / calls


def two_parts(short: Figures, long: Figures) -> dict[str, tuple[float, float]]:
    """(for each call, for each second of it): the line through calls of two lengths."""
    (a, seconds_a), (b, seconds_b) = ((each["calls"], each["call_seconds"]) for each in (short, long))
    lengths = seconds_a / a, seconds_b / b
    found = {}
    for name in short.keys() | long.keys():
        per_call = short[name] / a, long[name] / b
        slope = (per_call[1] - per_call[0]) / (lengths[1] - lengths[0])
        found[name] = (per_call[0] - slope * lengths[0], slope)
    return found


def show(title: str, found: Figures) -> None:
    calls, seconds = max(found["calls"], 1), max(found["call_seconds"], 1)
    print(f"{title}: {calls:.0f} calls of {seconds / calls:.1f} s", flush=True)
    for name, value in sorted(found.items()):
        print(f"    {name:28}{value:16.0f}{value / calls:14.2f} a call{value / seconds:14.3f} a second of it")


def measure(stage: Stage, seconds: float, environment: dict[str, str]) -> None:
    uvloop.run(Generator(stage.worker.host, stage.worker.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
    print("Nobody calls yet:", Extremes(stage.worker).look(), flush=True)
    stage.stretch(WARM_UP_SECONDS, 60)
    before, began = stage.reading(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    idle, lasted = stage.reading().since(before), time.monotonic() - began
    print("Each second without a call:")
    for name, value in sorted(idle.items()):
        print(f"    {name:28}{value / lasted:14.3f}")
    del idle["wal_bytes"]  # a checkpoint or a vacuum more or less is most of it
    measured = {}
    for title, longest, watchers in (
        ("short", SHORT_SECONDS, 0),
        ("long", seconds, 0),
        ("one watches", seconds, 1),
        ("ten watch", seconds, 10),
    ):
        found, took = stage.stretch(seconds, longest, watchers)
        found = found.since(idle, took / lasted)
        show(title, found)
        measured[title] = found
    print("For each call, and for each second of it:")
    for name, (call, second) in sorted(two_parts(measured["short"], measured["long"]).items()):
        print(f"    {name:28}{call:14.3f}{second:14.4f}")
    print("To announce a call and to ask for its result:")
    for name, value in sorted(of_the_web(stage, environment).items()):
        print(f"    {name:28}{value:14.3f}")
    print(f"Tables and indexes: {kept(stage, environment):.0f} bytes a call")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/capacity resources", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=20, help="at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of each stretch (%(default)s)")
    parser.add_argument("--stubs", action="store_true", help="no emulated vendors: many more calls at once")
    chosen = parser.parse_args(arguments)
    _, *others = sorted(os.sched_getaffinity(0))
    with servers(*MEASURED) as (database, broker), emulators() as vendors, tempfile.TemporaryDirectory() as directory:
        environment = {
            "DATABASE_URL": database.url,
            "REDIS_URL": broker.url,
            "SECRET_KEY": "c" * 50,
            "DEBUG": "1",
            "DATA_DIR": directory,
            "LOG_LEVEL": "WARNING",
            "SPEECH_TO_TEXT": "deepgram",
            "LANGUAGE_MODEL": "groq",
            "TEXT_TO_SPEECH": "elevenlabs",
            **{f"{vendor.upper()}_URL": f"http://127.0.0.1:{port}/{vendor}" for vendor, port in vendors.items()},
        }
        database.run("CREATE EXTENSION pg_stat_statements")
        if chosen.stubs:
            environment |= STUBS
        with (
            own_worker(1, others[:1] or [0], environment) as worker,
            celery(environment, Path(directory)).running() as tasks,
        ):
            stage = Stage(worker, database, broker, Path(directory), vendors, Processes(tasks), chosen.calls)
            measure(stage, chosen.seconds, environment)
            if said := worker.last_words():
                print(f"The worker complained:\n{said}")
    return 0
