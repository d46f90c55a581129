"""What each server of a measurement has used so far: it only ever grows, so that two readings can be told apart."""

from __future__ import annotations

import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import redis

from sandbox.load.processes import Processes
from tests.chaos.servers import PostgreSQL, Redis

SAMPLE_SECONDS: Final = 1.0

STATEMENTS = """
    SELECT sum(calls), sum(rows), sum(total_exec_time) FROM pg_stat_statements WHERE query !~ 'pg_stat|pg_current'
"""
TRANSACTIONS = """
    SELECT xact_commit + xact_rollback, tup_inserted, tup_updated, tup_deleted
    FROM pg_stat_database WHERE datname = current_database()
"""
LOG = "SELECT wal_bytes::bigint, wal_sync FROM pg_stat_wal"
COUNTS = """
    SELECT count(*) FILTER (WHERE status <> 'in_progress'),
        coalesce(sum(extract(epoch FROM ended_at - started_at)) FILTER (WHERE status <> 'in_progress'), 0)::float,
        sum(cached_characters)::float,
        (SELECT count(*) FROM calls_turn),
        (SELECT coalesce(max(id), 0) FROM tenants_jobrun)
    FROM calls_call
"""


class Figures(defaultdict[str, float]):
    """Numbers by name; what is not there is zero."""

    def __init__(self, numbers: Mapping[str, float] | None = None) -> None:
        super().__init__(float, numbers or {})

    def __add__(self, other: Mapping[str, float]) -> Figures:
        return Figures({name: self.get(name, 0) + other.get(name, 0) for name in self.keys() | other.keys()})

    def since(self, before: Mapping[str, float], times: float = 1) -> Figures:
        """What has come to it; `before` counts so many times."""
        return self + {name: -times * value for name, value in before.items()}

    def reach(self, now: Mapping[str, float]) -> None:
        """Keep the most of each."""
        for name, value in now.items():
            self[name] = max(self[name], value)


def of_database(database: PostgreSQL, processes: Processes) -> Figures:
    """Statements, transactions, rows written, log, milliseconds of CPU; calls that are over, turns and tasks."""
    found = Figures()
    names = (
        (STATEMENTS, ("statements", "rows", "execution_ms")),
        (TRANSACTIONS, ("transactions", "inserted", "updated", "deleted")),
        (LOG, ("wal_bytes", "wal_flushes")),
        (COUNTS, ("calls", "call_seconds", "cached_characters", "turns", "tasks")),
    )
    for query, columns in names:
        [row] = database.rows(query)
        found.update({name: float(value or 0) for name, value in zip(columns, row, strict=True)})
    found["postgresql_ms"] = processes.cpu_seconds() * 1000
    return found


def of_redis(broker: Redis) -> Figures:
    with redis.Redis.from_url(broker.url) as client:
        told = client.info()
    return Figures(
        {
            "redis_commands": told["total_commands_processed"],
            "redis_bytes": told["total_net_input_bytes"] + told["total_net_output_bytes"],
            "redis_ms": 1000 * (told["used_cpu_user"] + told["used_cpu_sys"]),
        }
    )


def of_files(directory: Path, pattern: str) -> int:
    """Bytes of them."""
    return sum(path.stat().st_size for path in directory.glob(pattern) if path.is_file())


class Wires:
    """Bytes and packets by service, at the server's end, as the kernel counts them for each connection (tcp(7))."""

    _FIELDS: Final = ("bytes_sent", "bytes_received", "segs_out", "segs_in")

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._seen: dict[tuple[str, str], Figures] = {}
        self.most = Figures()  # connections at once

    def look(self) -> None:
        for name, port in self._ports.items():
            command = ["ss", "-tinOH", "state", "established", f"( sport = :{port} )"]
            lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
            self.most.reach({name: len(lines)})
            for line in lines:
                numbers = {field: int(value) for field, value in re.findall(r"(\w+):(\d+)", line)}
                figures = Figures({field: numbers.get(field, 0) for field in self._FIELDS})
                self._seen[name, " ".join(line.split()[2:4])] = figures

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look every second; what a connection does in its last one is missed."""
        over = threading.Event()

        def run() -> None:
            while not over.wait(SAMPLE_SECONDS):
                self.look()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.look()

    def total(self) -> Figures:
        """By "service field"."""
        found = Figures()
        for (name, _), figures in self._seen.items():
            for field, value in figures.items():
                found[f"{name} {field}"] += value
        return found
