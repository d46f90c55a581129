"""The same callers, to a real worker and to the plan's simulation.

    tests/capacity comparison [--load 60] [--limit 40] [--workers 1] [--mean-seconds 10] [--seconds 120] [--kill]

More callers come than there are places; with --kill, a worker dies in the middle. What share is refused, what share
is cut off, and how many calls there are, must be alike.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from random import Random
from typing import Final, NamedTuple

import uvloop

from monitoring.capacity import erlang
from monitoring.capacity.figures import Figures
from monitoring.capacity.simulation import Loss, Outcome, Platform, Simulation
from monitoring.capacity.traffic import HOUR, Arrival, Traffic
from sandbox.caller import End
from sandbox.load.arrivals import Callers, Played
from sandbox.load.worker import OwnWorker, own_worker

READY_SECONDS: Final = 60.0
MOST_APART: Final = 0.03  # of all callers, between the refused ones of both


class Seen(NamedTuple):
    """What a run came to, its lead not counted."""

    callers: int
    refused: float
    cut_off: float
    mean_calls: float
    most_calls: int


def reality(played: Sequence[Played]) -> Seen:
    counted = [each for each in played if each.arrival.at >= 0]
    until = max(each.began for each in counted)
    talks = [each for each in played if each.end is not End.REFUSED]
    seconds = sum(max(min(each.ended, until) - max(each.began, 0.0), 0.0) for each in talks)
    steps = sorted([(each.began, 1) for each in talks] + [(each.ended, -1) for each in talks])
    now = most = 0
    for at, step in steps:
        now += step
        most = max(most, now) if at >= 0 else most
    refused = sum(each.end is End.REFUSED for each in counted)
    cut_off = sum(each.end in (End.EOF, End.LOST) for each in played)
    return Seen(len(counted), refused / len(counted), cut_off / len(counted), seconds / until, most)


def simulated(outcome: Outcome) -> Seen:
    cut_off = outcome.dropped / outcome.offered
    return Seen(outcome.offered, outcome.blocked, cut_off, outcome.mean_calls, outcome.most_calls)


def arrivals(load: float, mean_seconds: float, seconds: float, seed: int = 1) -> list[Arrival]:
    traffic = Traffic(calls=load / mean_seconds * HOUR, mean_seconds=mean_seconds)
    return list(traffic.arrivals(Random(seed), seconds))


@contextmanager
def killing(worker: OwnWorker, after: float) -> Iterator[None]:
    """One of its processes that take calls, in so many seconds."""

    def kill() -> None:
        _, first, *_ = worker.processes.members()  # the supervisor is before them
        os.kill(first, signal.SIGKILL)

    timer = threading.Timer(after, kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/capacity comparison", description=__doc__.partition("\n")[0])
    parser.add_argument("--load", type=float, default=60, help="erlangs (%(default)s)")
    parser.add_argument("--limit", type=int, default=40, help="calls of a worker (%(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--mean-seconds", type=float, default=10, help="length of a call (%(default)s)")
    parser.add_argument("--seconds", type=float, default=120, help="that count (%(default)s)")
    parser.add_argument("--kill", action="store_true", help="a worker in the middle; it is replaced")
    chosen = parser.parse_args(arguments)
    middle = chosen.seconds / 2
    callers = arrivals(chosen.load, chosen.mean_seconds, chosen.seconds)
    mine, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine})
    with own_worker(chosen.workers, others or [mine], {"MAX_CALLS_PER_WORKER": str(chosen.limit)}) as worker:
        generator = Callers(worker.host, worker.port)
        uvloop.run(generator.wait_until_ready(READY_SECONDS))
        with killing(worker, middle - callers[0].at) if chosen.kill else nullcontext():
            played = uvloop.run(generator.play(callers))
        if said := worker.last_words():
            print(f"The worker complained:\n{said}")
    platform = Platform(hosts=1, workers=chosen.workers, calls_per_worker=chosen.limit)
    restart = Figures.load().units["worker_start_seconds"].value
    losses = [Loss(at=middle, worker=0, seconds=restart)] if chosen.kill else []
    real, model = reality(played), simulated(Simulation(platform, losses).play(callers))
    lines = chosen.limit * chosen.workers
    formula = erlang.blocked(lines, chosen.load)
    print(f"{chosen.load:g} erlangs on {lines} places, load {os.getloadavg()[0]:.1f}")
    print(f"{'':24}{'real':>10}{'simulated':>12}{'Erlang B':>12}")
    print(f"{'callers':24}{real.callers:10}{model.callers:12}")
    print(f"{'refused':24}{real.refused:10.1%}{model.refused:12.1%}{formula:12.1%}")
    print(f"{'cut off':24}{real.cut_off:10.1%}{model.cut_off:12.1%}")
    print(
        f"{'calls at once, mean':24}{real.mean_calls:10.1f}{model.mean_calls:12.1f}{chosen.load * (1 - formula):12.1f}"
    )
    print(f"{'calls at once, most':24}{real.most_calls:10}{model.most_calls:12}{lines:12}")
    return int(max(abs(real.refused - model.refused), abs(real.cut_off - model.cut_off)) > MOST_APART)
