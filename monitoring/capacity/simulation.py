"""A busy hour, call by call: who takes each, who is refused, and what a worker or a host that dies takes with it.

The rules are those of the product: a supervisor gives a call to the least loaded of its workers, a worker takes so
many (MAX_CALLS_PER_WORKER) and refuses the next, a company and the platform have their lines (calls/admission.py).
`tests/capacity comparison` plays the same callers to a real worker and to this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heappop, heappush, heapreplace
from random import Random
from typing import Final, NamedTuple

from monitoring.capacity.traffic import Arrival

#: How long a caller stays who is told that all lines are busy, or that nobody can hear: a sentence, and a transfer.
TOLD_SECONDS: Final = 10.0


class Balance(StrEnum):
    """Who chooses the host of a call."""

    LEAST = "leastconn"
    TURNS = "roundrobin"
    RANDOM = "random"  # a hash of the connection: DNS, SO_REUSEPORT, most network load balancers


class Refused(StrEnum):
    WORKER = "full"  # no worker of the host can take it: a person does
    COMPANY = "company busy"
    PLATFORM = "platform busy"
    VENDOR = "nobody hears"


@dataclass(frozen=True, kw_only=True)
class Platform:
    hosts: int
    workers: int  # on each host
    calls_per_worker: int
    calls_per_company: int | None = None
    calls: int | None = None  # of the whole
    streams: int | None = None  # of speech-to-text
    balance: Balance = Balance.LEAST
    within: Balance = Balance.LEAST  # a host; RANDOM: as if each worker listened for itself

    @property
    def places(self) -> int:
        return self.hosts * self.workers * self.calls_per_worker


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A worker dies, and is replaced after `seconds`; or a whole host does."""

    at: float
    host: int = 0
    worker: int | None = None  # None: all of the host
    seconds: float = float("inf")


@dataclass
class Outcome:
    """What became of the calls of the hour."""

    offered: int = 0
    refused: Counter[Refused] = field(default_factory=Counter)
    dropped: int = 0  # with a worker or a host
    mean_calls: float = 0.0
    most_calls: int = 0
    most_of_worker: int = 0
    places: int = 0

    @property
    def blocked(self) -> float:
        """The share of callers who were refused."""
        return self.refused.total() / self.offered if self.offered else 0.0

    @property
    def utilisation(self) -> float:
        """The share of the places that is taken, on average."""
        return self.mean_calls / self.places if self.places else 0.0


class Simulation:
    """Plays arrivals, in their order."""

    def __init__(self, platform: Platform, losses: Iterable[Loss] = (), seed: int = 1) -> None:
        self._platform = platform
        self._random = Random(seed)  # noqa: S311
        self._loads = [[0] * platform.workers for _ in range(platform.hosts)]
        self._lives = [[0] * platform.workers for _ in range(platform.hosts)]  # how often each was replaced
        self._away_until = [[-float("inf")] * platform.workers for _ in range(platform.hosts)]
        self._ends: list[tuple[float, int, int, int, int, bool]] = []
        self._losses = sorted(losses, key=lambda loss: loss.at)
        self._next_host = 0
        self._talking = 0  # calls that hold a line
        self._of_company: Counter[int] = Counter()
        self._outcome = Outcome(places=platform.places)
        self._at = 0.0
        self._seconds = 0.0

    def play(self, arrivals: Iterable[Arrival]) -> Outcome:
        for arrival in arrivals:
            while self._losses and self._losses[0].at <= arrival.at:
                self._lose(self._losses.pop(0))
            self._pass_time(arrival.at)
            counts = arrival.at >= 0
            self._outcome.offered += counts
            refusal = self._take(arrival)
            if refusal is not None and counts:
                self._outcome.refused[refusal] += 1
        outcome = self._outcome
        outcome.mean_calls = outcome.mean_calls / self._at if self._at > 0 else 0.0
        return outcome

    def _pass_time(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            at, host, worker, life, company, is_talk = heappop(self._ends)
            self._reach(at)
            if self._lives[host][worker] == life:
                self._loads[host][worker] -= 1
                self._leave(company, is_talk)
        self._reach(now)

    def _reach(self, now: float) -> None:
        if now > 0:
            self._outcome.mean_calls += self._talking * (now - max(self._at, 0.0))
            self._outcome.most_calls = max(self._outcome.most_calls, self._talking)
        self._at = now

    def _leave(self, company: int, is_talk: bool) -> None:
        if is_talk:
            self._talking -= 1
            self._of_company[company] -= 1

    def _take(self, arrival: Arrival) -> Refused | None:
        host = self._host()
        worker = self._worker(host)
        if worker is None:
            return Refused.WORKER
        refusal = self._busy(arrival.company)
        self._loads[host][worker] += 1
        self._outcome.most_of_worker = max(self._outcome.most_of_worker, self._loads[host][worker])
        seconds = arrival.seconds
        if refusal is None:
            self._talking += 1
            self._of_company[arrival.company] += 1
        else:
            seconds = min(seconds, TOLD_SECONDS)
        life = self._lives[host][worker]
        heappush(self._ends, (arrival.at + seconds, host, worker, life, arrival.company, refusal is None))
        return refusal

    def _busy(self, company: int) -> Refused | None:
        platform = self._platform
        if platform.calls_per_company is not None and self._of_company[company] >= platform.calls_per_company:
            return Refused.COMPANY
        if platform.calls is not None and self._talking >= platform.calls:
            return Refused.PLATFORM
        if platform.streams is not None and self._talking >= platform.streams:
            return Refused.VENDOR
        return None

    def _host(self) -> int:
        platform = self._platform
        if platform.hosts == 1:
            return 0
        able = [host for host in range(platform.hosts) if min(self._away_until[host]) <= self._at]
        if not able:
            return 0
        if platform.balance is Balance.RANDOM:
            return self._random.choice(able)
        if platform.balance is Balance.TURNS:
            self._next_host += 1
            return able[self._next_host % len(able)]
        return min(able, key=self._load)

    def _load(self, host: int) -> int:
        return sum(self._loads[host])

    def _worker(self, host: int) -> int | None:
        """Who takes a call there; None: it is refused."""
        loads, away, most = self._loads[host], self._away_until[host], self._platform.calls_per_worker
        able = [worker for worker in range(self._platform.workers) if away[worker] <= self._at]
        if not able:
            return None
        if self._platform.within is Balance.RANDOM:
            worker = self._random.choice(able)
        else:
            worker = min(able, key=loads.__getitem__)
        return worker if loads[worker] < most else None

    def _lose(self, loss: Loss) -> None:
        self._pass_time(loss.at)
        workers = range(self._platform.workers) if loss.worker is None else (loss.worker,)
        for worker in workers:
            life = self._lives[loss.host][worker]
            for _, host, which, of_life, company, is_talk in self._ends:
                if (host, which, of_life) == (loss.host, worker, life):
                    self._outcome.dropped += 1
                    self._leave(company, is_talk)
            self._lives[loss.host][worker] += 1
            self._loads[loss.host][worker] = 0
            self._away_until[loss.host][worker] = loss.at + loss.seconds


class Waits(NamedTuple):
    used: float  # share of the slots
    wait: float  # share of the requests that have to
    longest: float  # seconds within which 99 % have a slot


def waits(*, rate: float, seconds: float, slots: int, requests: int = 100_000, seed: int = 1) -> Waits:
    """Play requests that queue for a slot, `rate` of them a second.

    Each takes `seconds` of a slot on average, exponentially spread; the first tenth of them is not counted.
    """
    random = Random(seed)  # noqa: S311
    free = [0.0] * slots
    at = spent = 0.0
    found = []
    for number in range(requests):
        at += random.expovariate(rate)
        begins = max(at, free[0])
        takes = random.expovariate(1 / seconds)
        heapreplace(free, begins + takes)
        spent += takes
        if number >= requests / 10:
            found.append(begins - at)
    found.sort()
    return Waits(spent / slots / at, sum(each > 0 for each in found) / len(found), found[int(len(found) * 0.99)])
