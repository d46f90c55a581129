"""A worker that is late takes no more calls: better a few refused than everybody's sound in pieces."""

from __future__ import annotations

from typing import Final

FINE: Final = 0.5  # of what is too late
MEASURES_TO_BEGIN: Final = 2  # one alone may be a hiccup of the machine
MEASURES_TO_END: Final = 3


class LoadShedding:
    """Told once a second how late frames were; says whether to take no new calls."""

    def __init__(self, most_seconds: float) -> None:
        """`most_seconds`: how late frames may be, p99 of a second."""
        self.is_on = False
        self._most_seconds = most_seconds
        self._in_a_row = 0  # measures that speak for a change

    def measured(self, p99_seconds: float) -> None:
        for_change = p99_seconds < FINE * self._most_seconds if self.is_on else p99_seconds > self._most_seconds
        self._in_a_row = self._in_a_row + 1 if for_change else 0
        if self._in_a_row >= (MEASURES_TO_END if self.is_on else MEASURES_TO_BEGIN):
            self.is_on, self._in_a_row = not self.is_on, 0
