"""Erlang's formulas: how often all lines are taken, and how long who waits for one waits.

Loads are in erlangs: how many there would be at once if none were refused. Calls arrive independently of each other;
B holds whatever the distribution of their lengths, C for exponential ones.
https://en.wikipedia.org/wiki/Erlang_(unit)
"""

from __future__ import annotations

from math import log


def blocked(lines: int, load: float) -> float:
    """The share of callers who find all lines taken, and go away (Erlang B)."""
    share = 1.0
    for line in range(1, lines + 1):
        share = load * share / (line + load * share)
    return share


def lines_for(load: float, share: float) -> int:
    """The fewest lines with which at most that share is blocked."""
    lines, now = 0, 1.0
    while now > share:
        lines += 1
        now = load * now / (lines + load * now)
    return lines


def load_of(lines: int, share: float) -> float:
    """The most erlangs of which so many lines block at most that share."""
    low, high = 0.0, lines / (1 - share)  # as many as are carried when no line is ever free
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if blocked(lines, middle) <= share else (low, middle)
    return low


def waiting(slots: int, load: float) -> float:
    """The share of requests that have to wait for a slot (Erlang C); 1 where they never catch up."""
    if load >= slots:
        return 1.0
    share = blocked(slots, load)
    return slots * share / (slots - load * (1 - share))


def wait(slots: int, load: float, seconds: float, share: float = 0.99) -> float:
    """Seconds within which so many of the requests have a slot, each of which takes `seconds` of it on average."""
    if load >= slots:
        return float("inf")
    late = waiting(slots, load)
    return max(0.0, log(late / (1 - share)) * seconds / (slots - load)) if late else 0.0


def queue_load_of(slots: int, share: float = 0.01) -> float:
    """The most erlangs of which at most that share has to wait for one of the slots."""
    low, high = 0.0, float(slots)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if waiting(slots, middle) <= share else (low, middle)
    return low


def slots_for(load: float, share: float = 0.01) -> int:
    """The fewest slots with which at most that share has to wait."""
    slots = int(load) + 1
    while waiting(slots, load) > share:
        slots += 1
    return slots
