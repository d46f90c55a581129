"""Callers of a busy hour: when they call, whom, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log, sqrt
from random import Random
from typing import Final, NamedTuple

HOUR: Final = 3600.0
#: Before the hour, so that it begins with the calls that are in progress then; in mean lengths of a call.
LEAD: Final = 6.0


class Arrival(NamedTuple):
    at: float  # seconds into the hour; negative: before it
    seconds: float  # that the caller would stay
    company: int


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Poisson arrivals, with a peak in the middle of the hour; lengths are lognormal, or drawn from a sample."""

    calls: float  # in the hour, the peak aside
    mean_seconds: float
    deviation: float = 1.0  # of a length, over its mean: 1 is what call centres see, 0 that all are alike
    companies: int = 1
    skew: float = 0.0  # 0: all have as many callers; 1: the second half as many as the first, the third a third …
    peak: float = 1.0  # times as many callers …
    peak_minutes: float = 0.0  # … for so long
    sample: Sequence[float] = ()

    @property
    def rate(self) -> float:
        """Calls a second, the peak aside."""
        return self.calls / HOUR

    @property
    def load(self) -> float:
        """Erlangs, the peak aside."""
        return self.rate * self.mean_seconds

    def arrivals(self, random: Random, until: float = HOUR) -> Iterator[Arrival]:
        weights = list(accumulate((number + 1) ** -self.skew for number in range(self.companies)))
        numbers = range(self.companies)
        spread = sqrt(log(1 + self.deviation**2))
        centre = log(self.mean_seconds) - spread**2 / 2
        half = self.peak_minutes * 30
        highest = self.rate * max(self.peak, 1)
        at = -LEAD * self.mean_seconds
        while (at := at + random.expovariate(highest)) < until:
            rate = self.rate * (self.peak if abs(at - HOUR / 2) < half else 1)
            if random.random() * highest < rate:
                seconds = random.choice(self.sample) if self.sample else random.lognormvariate(centre, spread)
                company = random.choices(numbers, cum_weights=weights)[0] if self.companies > 1 else 0
                yield Arrival(at, seconds, company)
