"""Attacks on the AudioSocket port of a real worker, and how its calls fare beside them.

    tests/chaos [--calls 30] [--seconds 12] [--attack NAME]…

For each attack: as many simulated calls as without it, in the same worker, whose vendors are stubs. Fails when a call
is lost, or a frame is later than it may be; lateness while others kept the worker's core busy is measured again, and
then is no verdict. docs/benchmarks.md has figures.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import django
import uvloop

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")
django.setup()

from sandbox.load.generator import Generator, Report  # noqa: E402
from sandbox.load.worker import OwnWorker, free_port, own_worker  # noqa: E402
from tests.chaos import deploy, fairness, hosts, outages, soak  # noqa: E402
from tests.chaos.attacks import ATTACKS, FRIEND, STRANGER  # noqa: E402
from tests.chaos.machine import LATENESS_MAX_MS, LATENESS_P99_MS, MOST_FOREIGN, busy  # noqa: E402

QUIET = "none"
READY_SECONDS = 60.0
RAMP_SECONDS = 2.0
TRIES = 3
SETTLE_SECONDS = 4.0  # the calls of the round before have all ended at once, and leave work behind
COUNTED = re.compile(
    r'^voicebot_(refused_connections|scanners|ignored_frames|cut_calls)_total\{\w+="(\w+)"\} ([\d.e+]+)$', re.MULTILINE
)


@dataclass(frozen=True, kw_only=True)
class Round:
    attack: str
    calls: Report
    cpu_seconds: float
    memory_mb: float  # afterwards
    tried: Mapping[str, int]  # by the attacker
    counted: Mapping[str, int]  # by the worker
    lines: int  # about the attackers in its log
    foreign: float  # share of the worker's core that others used

    @property
    def figures(self) -> dict[str, float | int | None]:
        found = self.calls.as_json()
        return {name: found[name] for name in found if name.startswith(("calls", "frame"))}

    @property
    def lost(self) -> str:
        failed = self.figures["calls_failed"]
        return f"{failed} calls were lost" if failed else ""

    @property
    def late(self) -> str:
        p99, highest = (self.figures[f"frame_lateness_{name}_ms"] or 0 for name in ("p99", "max"))
        if p99 <= LATENESS_P99_MS and highest <= LATENESS_MAX_MS:
            return ""
        return f"frames are late: p99 {p99} ms, max {highest} ms"

    @property
    def is_doubtful(self) -> bool:
        return self.foreign > MOST_FOREIGN


@dataclass(frozen=True)
class Look:
    """What can be seen of a worker at a moment."""

    counted: Counter[str]
    lines: int
    cpu_seconds: float
    core_seconds: float
    at: float


class Watch:
    def __init__(self, worker: OwnWorker, metrics_port: int, core: int) -> None:
        self.worker = worker
        self._metrics_port = metrics_port
        self._core = core

    def look(self) -> Look:
        lines = sum(any(source in line for source in (FRIEND, STRANGER)) for line in self.worker.said().splitlines())
        counted, cpu = count(self._metrics_port), self.worker.cpu_seconds()
        return Look(counted, lines, cpu, busy(self._core), time.monotonic())


def play(watch: Watch, attack: str, calls: int, seconds: int) -> Round:
    """The calls, and the attack beside them from their first moment on."""
    time.sleep(SETTLE_SECONDS)
    worker, before = watch.worker, watch.look()
    command = [sys.executable, "-m", "tests.chaos.attacks", attack, str(worker.port), str(seconds + RAMP_SECONDS)]
    attacker = None
    if attack != QUIET:
        attacker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        report = uvloop.run(Generator(worker.host, worker.port, calls=calls, seconds=seconds).run())
        said = attacker.communicate(timeout=60)[0] if attacker else ""
    finally:
        if attacker:
            attacker.kill()
            attacker.wait()
    after = watch.look()
    cpu = after.cpu_seconds - before.cpu_seconds
    of_others = after.core_seconds - before.core_seconds - cpu
    return Round(
        attack=attack,
        calls=report,
        cpu_seconds=cpu,
        memory_mb=worker.memory() / 1e6,
        tried=json.loads(said.splitlines()[-1]) if said else {},
        counted=after.counted - before.counted,
        lines=after.lines - before.lines,
        foreign=max(of_others, 0.0) / (after.at - before.at),
    )


def count(metrics_port: int) -> Counter[str]:
    """What the worker has refused and ignored so far, by reason."""
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=10) as answer:
        found = COUNTED.findall(answer.read().decode())
    return Counter({reason: int(float(number)) for _, reason, number in found})


def show(done: Round) -> None:
    figures = done.figures
    cells = [done.attack, str(done.tried.get("connections", "")), str(figures["calls_failed"])]
    cells += [f"{figures[f'frame_lateness_{name}_ms']:.1f}" for name in ("p50", "p99", "max")]
    cells += [f"{done.cpu_seconds:.1f}", f"{done.foreign:.0%}", f"{done.memory_mb:.0f}", str(done.lines)]
    told = ", ".join(f"{name} {number}" for name, number in sorted(done.counted.items()))
    print("| " + " | ".join([*cells, told or "nothing"]) + " |", flush=True)


def verdict(watch: Watch, attack: str, calls: int, seconds: int) -> bool:
    """Whether the calls did not suffer; of lateness that may be the machine's there is no saying."""
    for _ in range(TRIES):
        done = play(watch, attack, calls, seconds)
        show(done)
        if done.lost or (done.late and not done.is_doubtful):
            print(f"  !! {done.attack}: {done.lost or done.late}", flush=True)
            return False
        if not done.late:
            return True
    print(f"  ?? {done.attack}: {done.late}, but others used {done.foreign:.0%} of the core", flush=True)
    return True


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and workers end, too
    others = {
        "outages": outages.main,
        "deploy": deploy.main,
        "fairness": fairness.main,
        "flood": fairness.flood,
        "soak": soak.main,
        "hosts": hosts.main,
    }
    if sys.argv[1:] and sys.argv[1] in others:
        return others[sys.argv[1]](sys.argv[2:])
    parser = argparse.ArgumentParser(description="Attack a worker, and measure what its calls notice of it.")
    parser.add_argument("--calls", type=int, default=30, help="legitimate ones at once (%(default)s)")
    parser.add_argument("--seconds", type=int, default=12, help="of each attack (%(default)s)")
    parser.add_argument("--attack", action="append", choices=ATTACKS, help="only this one; may be repeated")
    arguments = parser.parse_args()
    rounds = [QUIET, *(arguments.attack or ATTACKS), QUIET]
    mine, *rest = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine})
    core = rest[0] if rest else mine
    metrics_port = free_port()
    with own_worker(1, [core], {"LOG_LEVEL": "WARNING", "METRICS_PORT": str(metrics_port)}) as worker:
        uvloop.run(Generator(worker.host, worker.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
        watch = Watch(worker, metrics_port, core)
        print("| attack | connections | calls lost | late p50 | p99 | max ms | CPU s | others | MB | log | counted |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        passed = [verdict(watch, attack, arguments.calls, arguments.seconds) for attack in rounds]
    return int(not all(passed))


if __name__ == "__main__":
    sys.exit(main())
