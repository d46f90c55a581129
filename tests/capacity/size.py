"""How a worker grows with its calls: memory, descriptors and threads; and how soon it takes the first.

    tests/capacity size [--calls 50 100 200] [--seconds 15]

One worker for all of them, with stub vendors, as for `manage.py loadtest`.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Final

import uvloop

from sandbox.load.generator import WARM_UP_SECONDS, Generator
from sandbox.load.processes import Processes
from sandbox.load.worker import own_worker
from tests.capacity.resources import Extremes

READY_SECONDS: Final = 60.0


def threads(processes: Processes) -> int:
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in processes.members())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/capacity size", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[50, 100, 200], help="at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=15, help="to hold them for (%(default)s)")
    chosen = parser.parse_args(arguments)
    mine, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine})
    with own_worker(1, others[:1] or [mine]) as worker:
        began = time.monotonic()
        uvloop.run(Generator(worker.host, worker.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
        print(f"It took calls within {time.monotonic() - began - WARM_UP_SECONDS:.1f} s")
        print(f"{'calls':>6}{'memory, MB':>12}{'descriptors':>13}{'threads':>9}")
        for calls in (0, *chosen.calls):
            with Extremes(worker) as seen:
                seen.look()
                if calls:
                    generator = Generator(worker.host, worker.port, calls=calls, seconds=chosen.seconds)
                    uvloop.run(generator.run())
            most = seen.most
            print(
                f"{calls:6}{most['memory'] / 1e6:12.1f}{most['descriptors']:13.0f}{threads(worker.processes):9}",
                flush=True,
            )
    return 0
