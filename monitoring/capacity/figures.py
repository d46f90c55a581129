"""What a call takes of each resource, and what a unit of it has: figures.toml, or an operator's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self, TypeVar

FIGURES: Final = Path(__file__).with_name("figures.toml")


class FiguresWrong(ValueError):
    """The file lacks something, or has what nobody knows; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one resource: `idle` each second even when nobody calls, for each call, and for each second of a call."""

    idle: float = 0.0
    call: float = 0.0
    second: float = 0.0
    source: str

    def rate(self, calls: float, per_second: float) -> float:
        """What so many calls at once, of which so many begin in a second, take in a second."""
        return self.idle + self.call * per_second + self.second * calls

    def most_calls(self, capacity: float, mean_seconds: float) -> float:
        """How many calls at once take all of a capacity, in the same unit a second."""
        of_each = self.call / mean_seconds + self.second
        return (capacity - self.idle) / of_each if of_each else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """To a vendor or a task process: for each call and second of it, each in flight for `takes` seconds."""

    call: float = 0.0
    second: float = 0.0
    takes: float
    source: str

    def rate(self, calls: float, per_second: float) -> float:
        return self.call * per_second + self.second * calls

    def load(self, calls: float, per_second: float) -> float:
        """How many are in flight on average, by Little's law."""
        return self.rate(calls, per_second) * self.takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Has:
    """What one unit of a resource has: `value`, of which a plan uses `share`."""

    value: float
    share: float = 1.0
    source: str

    @property
    def usable(self) -> float:
        return self.value * self.share


@dataclass(frozen=True, slots=True)
class Figures:
    costs: Mapping[str, Cost]
    requests: Mapping[str, Requests]
    units: Mapping[str, Has]

    @classmethod
    def load(cls, path: Path = FIGURES) -> Self:
        """Read the file. Raises FiguresWrong, and OSError."""
        try:
            told = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise FiguresWrong(f"{path.name}: {error}") from None
        return cls(
            _tables(told, "cost", Cost, COSTS),
            _tables(told, "requests", Requests, REQUESTS),
            _tables(told, "unit", Has, UNITS),
        )


#: What a plan asks for; units of measurement are figures.toml's.
COSTS: Final = frozenset({
    "worker_cpu_ms", "worker_memory_mb", "worker_descriptors",
    "database_cpu_ms", "statements", "transactions", "log_flushes", "log_bytes", "kept_bytes",
    "redis_cpu_ms", "redis_commands", "redis_bytes", "watched_redis_cpu_ms",
    "task_cpu_ms", "web_cpu_ms", "asterisk_cpu_ms",
    "to_worker_bits", "from_worker_bits", "to_ears_bits", "from_ears_bits", "recorded_bytes",
})  # fmt: skip
REQUESTS: Final = frozenset({"language_model", "text_to_speech", "task"})
UNITS: Final = frozenset({
    "calls_per_worker", "worker_core_ms", "worker_connections", "worker_start_seconds",
    "database_core_ms", "database_cores", "database_connections", "other_connections", "log_flushes",
    "redis_core_ms", "web_core_ms", "task_slots",
    "network_bits", "disk_bytes", "descriptors", "streams", "language_model_requests", "text_to_speech_requests",
})  # fmt: skip


Kind = TypeVar("Kind", Cost, Requests, Has)


def _tables(told: Mapping[str, Any], section: str, kind: type[Kind], names: frozenset[str]) -> dict[str, Kind]:
    found = told.get(section, {})
    if missing := names - found.keys():
        raise FiguresWrong(f"[{section}.{min(missing)}] is missing")
    if unknown := found.keys() - names:
        raise FiguresWrong(f"[{section}.{min(unknown)}] is known to no plan")
    allowed = {field.name for field in fields(kind)}
    for name, table in found.items():
        if wrong := table.keys() - allowed:
            raise FiguresWrong(f"[{section}.{name}]: {min(wrong)} is not one of {', '.join(sorted(allowed))}")
        if any(not isinstance(value, int | float) or value < 0 for key, value in table.items() if key != "source"):
            raise FiguresWrong(f"[{section}.{name}]: numbers from 0 up are wanted")
        if not table.get("source"):
            raise FiguresWrong(f"[{section}.{name}]: its source is missing")
    return {name: kind(**table) for name, table in found.items()}
