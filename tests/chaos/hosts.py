"""One of two hosts behind HAProxy goes, while callers come and go (docs/examples/haproxy.cfg).

    tests/chaos hosts [--calls 30] [--only stopped|killed|frozen]…

Both are a supervisor with its worker, on one database. Nobody else's call may notice, and whoever calls meanwhile is
answered by the other one.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

from sandbox.caller import End
from tests.chaos import balancer as balancers
from tests.chaos import stage as stages
from tests.chaos.balancer import Balancer
from tests.chaos.deploy import show_lateness
from tests.chaos.servers import Service
from tests.chaos.stage import TAIL_SECONDS, Stage, calling, closed, perform, staged

BEFORE_SECONDS: Final = 15.0
SECONDS: Final = 45.0  # of callers in all
PATIENCE_SECONDS: Final = 8.0  # of callers
SPREAD_SECONDS: Final = 3.0
LAME_DUCK_SECONDS: Final = 4.0
DRAIN_SECONDS: Final = 20.0
UP_SECONDS: Final = 60.0
MOMENT_CALLS: Final = 2  # who dialled while it died
STORED_SECONDS: Final = 1.0  # what was heard longer ago than this outlasts the worker


@dataclass(frozen=True)
class Hosts:
    """The stage's worker is on host one; what happens, happens to host two."""

    stage: Stage
    balancer: Balancer
    two: Service

    def lose(self, how: Callable[[], object], within: float, *, keeps_calls: bool = False) -> None:
        """Have host two go in the middle of calls; the balancer must have seen it `within` so many seconds."""
        stage, at = self.stage, ("127.0.0.1", self.balancer.port)
        with calling(stage, SECONDS, longest=PATIENCE_SECONDS, spread=SPREAD_SECONDS, at=at) as report:
            time.sleep(BEFORE_SECONDS)
            seen, began = self.balancer.seen(), time.time()
            ones = tuple(f":{pid}" for pid in stage.worker.workers())
            twos = {row.uuid for row in stage.rows() if row.status == "in_progress" and not row.worker.endswith(ones)}
            how()
            took = stage.until(lambda: self.balancer.up() == {"one"}, within)
            since = self.balancer.seen()["two"]  # who stands still is connected to until then
        calls = [host.connections for host in seen.values()]
        stage.say(f"calls of one and two: {calls}; two is down after {took:.1f} s")
        stage.must(took <= within, f"the balancer has not seen it within {within:.0f} s")
        stage.must(all(calls), "a host had no calls")
        show_lateness(stage, "before", report(), 0.0, began)
        show_lateness(stage, "afterwards", report(), began, inf)
        ends, gone_over = report().ends, self.balancer.seen()["two"].redispatches
        stage.say(f"callers: {dict(ends)}; {gone_over} connections went to one instead")
        cut = ends.total() - ends[End.CALLER_HANGUP] - ends[End.BOT_HANGUP]
        most = 0 if keeps_calls else max(seen["two"].connections, since.connections) + MOMENT_CALLS
        stage.must(cut <= most, f"{cut} calls were cut off or refused, {most} at most may be")
        stage.until(lambda: closed(stage), TAIL_SECONDS)
        rows, lost = stage.rows(), set() if keeps_calls else twos
        others = [row for row in rows if row.uuid not in lost]
        stage.must(all(row.status != "dropped" for row in others), "calls of the other host were dropped")
        stage.look(others, stage.heard(), is_whole=True)
        if lost:
            stage.look([row for row in rows if row.uuid in lost], stage.heard(began - STORED_SECONDS), is_whole=False)


def stopped(hosts: Hosts) -> None:
    """SIGTERM to a host, as for its maintenance."""
    hosts.lose(hosts.two.stop, LAME_DUCK_SECONDS, keeps_calls=True)


def killed(hosts: Hosts) -> None:
    """`kill -9` of all of a host."""
    hosts.lose(hosts.two.kill, 3)


def frozen(hosts: Hosts) -> None:
    """A host stands still, its connections open."""
    hosts.lose(lambda: hosts.two.signal(signal.SIGSTOP), 5)


ROUNDS: Final = {"stopped": stopped, "killed": killed, "frozen": frozen}


def play(name: str, calls: int, cores: list[int]) -> list[str]:
    """What is not as it must be. Raises NotHere."""
    one, two = balancers.HOSTS.values()
    changed = {
        "AUDIOSOCKET_PROXIES": balancers.ADDRESS,
        "LAME_DUCK_SECONDS": str(LAME_DUCK_SECONDS),
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
        "MOST_LATENESS_SECONDS": "5",
    }
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-hosts-")))
        balancer = Balancer(directory)
        stage = stack.enter_context(
            staged(
                calls,
                cores,
                drain_seconds=DRAIN_SECONDS,
                host=one,
                port=balancer.hosts_port,
                metrics_port=balancer.metrics_port,
                changed=changed,
            )
        )
        command = ("django", "runaudiosocket", "--host", two, "--port", str(balancer.hosts_port), "--workers", "1")
        other = Service(command, {**stage.environment, "METRICS_HOST": two}, directory)
        os.sched_setaffinity(stack.enter_context(other.running()), cores)
        stack.enter_context(balancer.running())
        took = stage.until(lambda: balancer.up() == set(balancers.HOSTS), UP_SECONDS)
        stage.must(took <= UP_SECONDS, "the hosts are not up")
        return perform(stage, lambda stage: ROUNDS[name](Hosts(stage, balancer, other)))


def main(arguments: list[str]) -> int:
    return stages.main("hosts: one of two behind a balancer goes", ROUNDS, play, arguments)
