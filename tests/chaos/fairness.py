"""One company has many more callers than lines: what do the callers of another notice of it, on the same worker?

    tests/chaos fairness [--calls 30] [--seconds 20] [--rounds 3] [--callers 200]

With and without the flood in turn. Fails when a call of the other company is lost, when its answers take a tenth
longer, or when a frame is later than it may be; what was measured while others kept the core busy is no verdict.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
import uvloop

from sandbox.load.generator import Generator, Report
from tests.chaos.machine import LATENESS_MAX_MS, LATENESS_P99_MS, MOST_FOREIGN, busy
from tests.chaos.servers import ROOT, NotHere
from tests.chaos.stage import Stage, staged

LIMITED: Final = "127.0.0.3"  # of the company that has too few lines; the other's calls come from 127.0.0.1
LINES: Final = 5
PATIENCE_SECONDS: Final = 12.0  # of the other company's callers: new ones come all the time
SPREAD_SECONDS: Final = 4.0
BEFORE_SECONDS: Final = 8.0  # until the flood is at its height
SETTLE_SECONDS: Final = 15.0  # what a flood leaves behind has ended by then
MOST_SLOWER: Final = 1.10
FRAME_MS: Final = 20.0  # sound comes in frames: less is no difference


@dataclass(frozen=True, kw_only=True)
class Round:
    is_flooded: bool
    calls: Report  # of the company that is not
    flood: Mapping[str, int]  # how calls of the one that is have ended
    cpu: float  # share of the worker's core that it used itself
    foreign: float  # and others did

    @property
    def is_doubtful(self) -> bool:
        return self.foreign > MOST_FOREIGN


def play(stage: Stage, core: int, seconds: int, callers: int) -> Round:
    """The calls of one company; those of the other for the whole of them, if there are `callers` of it."""
    host, port = stage.worker.host, stage.worker.port
    command = [sys.executable, "-m", "tests.chaos", "flood", str(port), str(callers), str(seconds + BEFORE_SECONDS * 2)]
    flood = None
    if callers:
        flood = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.nice(5))
        time.sleep(BEFORE_SECONDS)
    try:
        cpu, used, began = stage.worker.cpu_seconds(), busy(core), time.monotonic()
        generator = Generator(
            host, port, calls=stage.calls, seconds=seconds, longest=PATIENCE_SECONDS, spread=SPREAD_SECONDS
        )
        report = uvloop.run(generator.run())
        cpu, used = stage.worker.cpu_seconds() - cpu, busy(core) - used
        lasted = time.monotonic() - began
        said = flood.communicate(timeout=60)[0] if flood else "{}"
    finally:
        if flood:
            flood.kill()
            flood.wait()
    return Round(
        is_flooded=bool(callers),
        calls=report,
        flood=json.loads(said),
        cpu=cpu / lasted,
        foreign=max(used - cpu, 0.0) / lasted,
    )


def quantiles(rounds: list[Round], name: str) -> tuple[float, float]:
    """p50 and p95 in milliseconds, of all these rounds; without end where nothing was answered."""
    times = np.concatenate([getattr(one.calls, name) for one in rounds]) * 1000
    p50, p95 = np.percentile(times, [50, 95]) if len(times) else (inf, inf)
    return float(p50), float(p95)


def show(one: Round) -> None:
    figures = one.calls.as_json()
    cells = ["flood" if one.is_flooded else "none", str(figures["calls_completed"]), str(figures["calls_failed"])]
    cells += [f"{figures[f'frame_lateness_{name}_ms']:.1f}" for name in ("p50", "p99", "max")]
    cells += [f"{each:.0f}" for name in ("latencies", "greetings") for each in quantiles([one], name)]
    cells += [f"{one.cpu:.0%}", f"{one.foreign:.0%}", ", ".join(f"{how} {n}" for how, n in one.flood.items())]
    print("| " + " | ".join(cells) + " |", flush=True)


def compare(rounds: list[Round]) -> list[str]:
    """What the flood did to the others; of what may be the machine's there is no saying."""
    quiet, flooded = ([one for one in rounds if one.is_flooded is wanted] for wanted in (False, True))
    found = []
    if lost := sum(one.calls.as_json()["calls_failed"] or 0 for one in flooded):
        found.append(f"{lost} calls were lost")
    if not all(len(one.calls.latencies) and len(one.calls.greetings) for one in rounds):
        return [*found, "there are rounds without an answer"]
    doubtful = sum(one.is_doubtful for one in rounds)
    slower = []
    for name, what in (("latencies", "answers"), ("greetings", "the first words")):
        for percent, before, after in zip((50, 95), quantiles(quiet, name), quantiles(flooded, name), strict=True):
            print(f"{what}, p{percent}: {before:.0f} ms, then {after:.0f} ms ({after / before - 1:+.1%})", flush=True)
            if after > before * MOST_SLOWER and after > before + FRAME_MS:
                slower.append(f"{what} take {after / before - 1:.0%} longer (p{percent})")
    for one in flooded:
        p99, highest = (one.calls.as_json()[f"frame_lateness_{name}_ms"] or 0 for name in ("p99", "max"))
        if p99 > LATENESS_P99_MS or highest > LATENESS_MAX_MS:
            slower.append(f"frames are late: p99 {p99} ms, max {highest} ms")
    if slower and doubtful:
        print(f"  ?? {'; '.join(slower)}, but others used too much of the core in {doubtful} rounds", flush=True)
        return found
    return found + slower


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/chaos fairness", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=30, help="at once, of the company that is not flooded")
    parser.add_argument("--seconds", type=int, default=20, help="of each round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind (%(default)s)")
    parser.add_argument("--callers", type=int, default=200, help=f"of the company that has {LINES} lines")
    chosen = parser.parse_args(arguments)
    mine, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine})
    core = others[0] if others else mine
    rounds = []
    try:
        with staged(chosen.calls, [core]) as stage:
            stage.database.rows("UPDATE tenants_tenant SET max_calls = %s WHERE slug = 'acme' RETURNING id", LINES)
            print("| | ended well | lost | late p50 | p99 | max ms | answer p50 | p95 ms |", end="")
            print(" first words p50 | p95 ms | CPU | others | the flood's calls |")
            print("| --- " * 13 + "|", flush=True)
            for number in range(2 * chosen.rounds + 1):  # the first fills caches, and does not count
                one = play(stage, core, chosen.seconds, chosen.callers if number and number % 2 == 0 else 0)
                if number:
                    show(one)
                    rounds.append(one)
                time.sleep(SETTLE_SECONDS)
    except NotHere as missing:
        print(f"  not run: {missing}", file=sys.stderr)
        return 0
    found = compare(rounds)
    for problem in found:
        print(f"  !! {problem}", flush=True)
    return int(bool(found))


def flood(arguments: list[str]) -> int:
    """In a process of its own: callers who call again at once, or a second after they were refused."""
    port, callers, seconds = int(arguments[0]), int(arguments[1]), float(arguments[2])
    generator = Generator("127.0.0.1", port, calls=callers, seconds=seconds, source=LIMITED)
    ends = uvloop.run(generator.run()).ends
    print(json.dumps({str(how): number for how, number in ends.most_common()}))
    return 0
