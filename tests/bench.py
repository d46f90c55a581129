"""What a call costs: the media path and a whole worker beside a bare echo, then conversations; how soon the bot
answers; a million calls counted.

    tests/bench.py [--calls 100] [--seconds 20] [--rounds 3]

The whole worker is measured at 200, 400 and 600 calls, where asbench is (ASBENCH).

The last needs PostgreSQL: DATABASE_URL says which server, and a database is made there and dropped again.
Each run is a line of .bench/history.jsonl; the table at the end has the earlier runs of as many
calls on the same machine beside it. docs/benchmarks.md tells what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
HISTORY = ROOT / ".bench" / "history.jsonl"
# What the product is held to, at so many calls on one core.
TARGET_CALLS = 100
# What does not depend on the number of calls. Answers: from the end of what the caller says to their first frame.
OTHER_TARGETS = {"roi_seconds": 60.0, "answer to yes_or_no, p95 ms": 450.0, "answer to description, p95 ms": 900.0}
FULL = (200, 400, 600)
# Of a whole worker on one core, with speech-to-text over websockets.
FULL_TARGETS: dict[str, dict[int, float]] = {
    "cpu_ms_per_call_second": {200: 1.5},
    "ratio_to_echo": {400: 2.5},
    "frame_lateness_p99_ms": dict.fromkeys(FULL, 10.0),
    "frame_lateness_max_ms": dict.fromkeys(FULL, 60.0),
    "split_frames": dict.fromkeys(FULL, 0.0),
    "calls_lost": dict.fromkeys(FULL, 0.0),
}
TARGETS = {"cpu_ms_per_call_second": 2.0, "frame_lateness_p99_ms": 10.0, "frame_lateness_max_ms": 60.0}


def measure(*command: str, **environment: str) -> Any:
    """Run a command of manage.py; what its last line says. Raises CalledProcessError."""
    print("\n$ manage.py", *command, flush=True)
    last = ""
    with subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return json.loads(last)


def count_a_million() -> dict[str, Any] | None:
    """What bench_roi says of a database of its own; None without PostgreSQL."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        print("\nbench_roi: skipped, DATABASE_URL names no PostgreSQL")
        return None
    name = f"bench_{os.getpid()}"
    own = {"DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl(), "DEBUG": "1", "SECRET_KEY": "b" * 50}
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
            subprocess.run(migrate, cwd=ROOT, env=os.environ | own, check=True)
            counted: dict[str, Any] = measure("bench_roi", "--skip-checks", **own)
            return counted
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def measure_turns() -> dict[str, Any]:
    """What bench_turns says of 20 calls, in an embedded database of its own."""
    with TemporaryDirectory() as directory:
        turns: dict[str, Any] = measure("bench_turns", "--calls", "20", DATABASE_URL="", DATA_DIR=directory)
    return turns


def measure_full(seconds: int, rounds: int) -> list[dict[str, Any]]:
    """What bench_worker says of each size; nothing without asbench."""
    size = [word for calls in FULL for word in ("--calls", str(calls))] + ["--seconds", str(seconds)]
    try:
        found: list[dict[str, Any]] = measure("bench_worker", *size, "--rounds", str(rounds))
    except subprocess.CalledProcessError:
        print("\nbench_worker: skipped, see above")
        return []
    return found


def machine() -> str:
    """Processor and cores: figures of two machines are not compared."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    name = model[1] if model else platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"


def commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def run(calls: int, seconds: int, rounds: int) -> dict[str, Any]:
    load = os.getloadavg()[0]
    size = ("--calls", str(calls), "--seconds", str(seconds))
    media = measure("bench_media", *size, "--rounds", str(rounds))
    conversations = [measure("loadtest", *size) for _ in range(rounds)]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "load_before": round(load, 2),
        "calls": calls,
        "media": media,
        "conversations": conversations,
        "full": measure_full(seconds, rounds),
        "turns": measure_turns(),
        "roi": count_a_million(),
    }


def figures(entry: dict[str, Any]) -> dict[str, float | None]:
    """The best of each figure: what else the machine does only ever adds."""
    media, conversations = entry["media"], entry["conversations"]
    echo = media["cpu_ms_per_call_second"] / media["ratio_to_echo"]
    found: dict[str, float | None] = {"media path, times a bare echo": media["ratio_to_echo"]}
    for name in (*TARGETS, "response_latency_p50_ms", "response_latency_p95_ms"):
        values = [each[name] for each in conversations if each[name] is not None]
        found[name] = min(values, default=None)
    if (cpu := found["cpu_ms_per_call_second"]) is not None:
        found["conversation, times a bare echo"] = round(cpu / echo, 2)
    if roi := entry.get("roi"):
        found["roi_seconds"] = roi["roi_seconds"]
    for full in entry.get("full", []):
        for name in FULL_TARGETS:
            found[f"{full['calls']} calls: {name}"] = full[name]
    for kind, times in entry.get("turns", {}).items():
        found[f"answer to {kind}, p95 ms"] = times["p95_ms"]
    found["calls_failed"] = sum(each["calls_failed"] for each in conversations)
    return found


def earlier(entry: dict[str, Any]) -> list[dict[str, float | None]]:
    if not HISTORY.exists():
        return []
    entries = [json.loads(line) for line in HISTORY.read_text().splitlines()]
    alike = [each for each in entries if all(each[name] == entry[name] for name in ("machine", "calls"))]
    return [figures(each) for each in alike]


def show(entry: dict[str, Any], before: list[dict[str, float | None]]) -> None:
    print(f"\n{entry['calls']} calls, {entry['machine']}, load {entry['load_before']} before the run")
    print(f"{'':40}{'now':>10}{'target':>10}{f'median of {len(before)}':>14}")
    for name, value in figures(entry).items():
        past = [known for each in before if (known := each.get(name)) is not None]
        target = TARGETS.get(name) if entry["calls"] == TARGET_CALLS else None
        target = OTHER_TARGETS.get(name, target)
        if (full := re.fullmatch(r"(\d+) calls: (\w+)", name)) is not None:
            target = FULL_TARGETS[full[2]].get(int(full[1]))
        cells = (value, target, round(median(past), 2) if past else None)
        now, wanted, usual = ("" if cell is None else f"{cell:g}" for cell in cells)
        print(f"{name:40}{now:>10}{wanted:>10}{usual:>14}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a call costs, and remember it.")
    parser.add_argument("--calls", type=int, default=100, help="at once (%(default)s)")
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of everything (%(default)s)")
    arguments = parser.parse_args()
    entry = run(arguments.calls, arguments.seconds, arguments.rounds)
    before = earlier(entry)
    HISTORY.parent.mkdir(exist_ok=True)
    with HISTORY.open("a") as file:
        file.write(json.dumps(entry) + "\n")
    show(entry, before)


if __name__ == "__main__":
    main()
