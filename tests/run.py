"""Run the linters and every part of the suite that this machine can run.

    tests/run.py [lint] [embedded] [realtime] [postgresql] [redis] [prometheus] [browser] [haproxy] [asterisk]

Without a name, all of them.

The last lines say of each part whether it passed, failed or could not run, and why.
Whether a server is there is found out by connecting to it:

    TEST_DATABASE_URL   default postgres://postgres@127.0.0.1:5432/postgres
    TEST_REDIS_URL      default redis://127.0.0.1:6379/9
    ASTERISK_LAB        default ../shared/asterisk_lab
    REQUIRE_ASTERISK=1  Asterisk that cannot run is a failure (CI, once it has set the lab up)
    BEGIN_SECONDS       no part begins later than that, no test a minute and a half later, and what did not is
                        named: a slow machine with an end to its time (CI) has a verdict on what it ran
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.asterisk import lab  # noqa: E402
from tests.postgresql import application_url  # noqa: E402

DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
# Only what a test needs of its surroundings: a key or a database of the person who
# runs the suite must not get into it.
BEGUN = time.monotonic()
LATEST = float(os.environ.get("BEGIN_SECONDS") or "inf")
LATEST_TEST = LATEST + 90
DEADLINE = time.time() + LATEST_TEST  # as the tests themselves can tell it
TESTS_FAILED = 1  # pytest's exit status; others are no verdict
AHEAD = -10  # niceness
# Markers with a part of their own.
OWN = ("asterisk", "browser", "haproxy", "prometheus", "realtime", "redis")
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "CI", "TERM", "ASTERISK_LAB", "REQUIRE_ASTERISK")


@dataclass
class Outcome:
    name: str
    word: str  # "passed", "FAILED", "not run"
    detail: str


def run(log: TextIO, command: list[str], environment: Mapping[str, str], *, ahead: bool = False) -> tuple[int, str]:
    """Run it, its output copied to `log` as it comes; return the exit status and pytest's closing line.

    What goes `ahead` is not held up by what runs beside it, where this user may give it priority.
    """
    print("\n$", *(f"{name}={value}" for name, value in environment.items()), *command, file=log, flush=True)
    surroundings = {name: os.environ[name] for name in KEPT if name in os.environ}
    closing = ""
    with subprocess.Popen(
        [str(ROOT / ".venv" / "bin" / command[0]), *command[1:]],
        cwd=ROOT,
        env=surroundings | {"PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        if ahead:
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, process.pid, AHEAD)
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            log.flush()
            if re.search(r"\d+ \w+.* in \d+\.\d+s", line):
                closing = line.strip("= \n")
    return process.returncode, closing


def lint(log: TextIO) -> tuple[bool, str]:
    failed = [
        " ".join(command)
        for command in (
            ["ruff", "check", "."],
            ["ruff", "format", "--check", "."],
            ["mypy", "."],
            ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
            ["python", "manage.py", "check"],
        )
        if run(log, command, {})[0] != 0
    ]
    return not failed, ", ".join(failed)


def suite(
    markers: str,
    processes: int,
    paths: Callable[[], list[str]],
    *,
    environment: Mapping[str, str] = MappingProxyType({}),
    ahead: bool = False,
) -> Callable[[TextIO], tuple[bool, str]]:
    """Calls wait for audio most of the time, and queries for PostgreSQL: more processes than cores pay."""

    def part(log: TextIO) -> tuple[bool, str]:
        chosen = ["-m", markers, *paths()]
        command = ["pytest", "-n", str(processes), "--dist=worksteal", "--durations=5", "--durations-min=10", *chosen]
        status, closing = run(log, command, {**environment, "BEGIN_BEFORE": str(DEADLINE)}, ahead=ahead)
        if time.time() > DEADLINE:
            closing = f"{closing}; what had not begun after {LATEST_TEST:.0f} s was left out (BEGIN_SECONDS)"
        elif status == TESTS_FAILED:
            # Calls in real time suffer on a busy machine: what failed gets it for itself, once, and that is said.
            status, alone = run(log, ["pytest", "--last-failed", *chosen], environment, ahead=ahead)
            closing = f"{closing}; what failed, again and alone: {alone}"
        return status == 0, closing or f"pytest ended with status {status}"

    return part


def of(marker: str) -> Callable[[], list[str]]:
    """The files of a marker, by their folder or their words: each process reads all that it is given, for seconds."""

    def paths() -> list[str]:
        files = (ROOT / "tests").rglob("test_*.py")
        return sorted(str(file) for file in files if marker in file.parts or f"mark.{marker}" in file.read_text())

    return paths


def most() -> list[str]:
    return ["--ignore=tests/asterisk", "--ignore=tests/browser"]


def embedded(log: TextIO) -> tuple[bool, str]:
    """What reaches the database runs once: on PostgreSQL where there is one, here where there is none."""
    markers = f"not ({' or '.join((*OWN, 'postgres'))})"
    return suite(markers if no_postgresql() else f"{markers} and (long or not database)", 3, most)(log)


def postgresql(log: TextIO) -> tuple[bool, str]:
    """As a role like production's: a superuser would pass row-level security."""
    markers = f"(database or postgres) and not ({' or '.join((*OWN, 'long'))})"
    return suite(markers, 4, most, environment={"DATABASE_URL": application_url(DATABASE_URL)})(log)


def with_redis(log: TextIO) -> tuple[bool, str]:
    """A worker's jobs need PostgreSQL as well; without, that one test is skipped."""
    other = {} if no_postgresql() else {"POSTGRES_URL": application_url(DATABASE_URL)}
    return suite("redis", 1, of("redis"), environment={"REDIS_URL": REDIS_URL} | other)(log)


def no_postgresql() -> str:
    """Why there is no PostgreSQL to test with; empty when there is."""
    try:
        with psycopg.connect(DATABASE_URL, connect_timeout=3, autocommit=True) as connection:
            row = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return "" if row.fetchone() == (True,) else "its user may not create databases"
    except psycopg.Error as error:
        return f"PostgreSQL: {' '.join(str(error).split())}"


def no_redis() -> str:
    """Why there is no Redis to test with; empty when there is."""
    try:
        with redis.Redis.from_url(REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis: {error}"
    return ""


def no_prometheus() -> str:
    """Why there is no Prometheus to ask, nor the Redis that its product needs; empty when there is."""
    if missing := [name for name in ("prometheus", "promtool") if shutil.which(name) is None]:
        return f"{' and '.join(missing)} not found: apt-get install prometheus"
    return no_redis()


def no_chromium() -> str:
    """Why there is no browser to walk with; empty when there is."""
    return "" if shutil.which("chromium") else "chromium not found: apt-get install chromium"


def no_haproxy() -> str:
    """Why there is no balancer to put before hosts; empty when there is."""
    return "" if shutil.which("haproxy") else "haproxy not found: apt-get install haproxy"


def always() -> str:
    return ""


@dataclass
class Part:
    missing: Callable[[], str]  # why it cannot run; empty when it can
    run: Callable[[TextIO], tuple[bool, str]]  # has it passed, and what is there to say


PARTS = {
    "lint": Part(always, lint),
    "embedded": Part(always, embedded),
    "realtime": Part(always, suite("realtime", 4, of("realtime"), ahead=True)),
    "postgresql": Part(no_postgresql, postgresql),
    "redis": Part(no_redis, with_redis),
    "prometheus": Part(
        no_prometheus, suite("prometheus", 1, of("prometheus"), environment={"TEST_REDIS_URL": REDIS_URL}, ahead=True)
    ),
    "browser": Part(no_chromium, suite("browser", 1, of("browser"))),
    "haproxy": Part(no_haproxy, suite("haproxy", 1, of("haproxy"), ahead=True)),
    "asterisk": Part(lab.missing, suite("asterisk", 8, of("asterisk"), ahead=True)),
}


def outcome(name: str, log: TextIO) -> Outcome:
    part = PARTS[name]
    if reason := part.missing():
        required = name == "asterisk" and lab.required()
        return Outcome(name, "FAILED" if required else "not run", reason)
    started = time.monotonic()
    if started - BEGUN > LATEST:
        return Outcome(name, "not run", f"{LATEST:.0f} s had passed (BEGIN_SECONDS): run it by itself")
    passed, detail = part.run(log)
    seconds = f"{time.monotonic() - started:.0f} s"
    return Outcome(name, "passed" if passed else "FAILED", f"{seconds}{detail and ', '}{detail}")


# Each lane runs beside the others: one that computes, one of calls in real time, one of all the rest.
LANES = (("embedded", "postgresql"), ("realtime", "haproxy", "redis"), ("lint", "prometheus", "browser"))
# Then it goes alone: without a core to spare an Asterisk loses words of its calls.
LAST = "asterisk"


def outcomes(names: list[str]) -> list[Outcome]:
    """Run the parts. The first lane is seen while it runs, each other one when it has ended."""
    lanes = [[name for name in lane if name in names] for lane in LANES]
    logs: list[TextIO] = [sys.stdout, *(io.StringIO() for _ in lanes[1:])]
    lanes = sorted(lanes, key=bool, reverse=True)  # none is chosen: the next one is seen
    with ThreadPoolExecutor(len(lanes)) as threads:
        runs = [
            threads.submit(lambda lane, log: [outcome(name, log) for name in lane], lane, log)
            for lane, log in zip(lanes, logs, strict=True)
        ]
    for log in logs:
        if isinstance(log, io.StringIO) and log.getvalue():
            print(log.getvalue())
    done = [each for run in runs for each in run.result()]
    return [*done, outcome(LAST, sys.stdout)] if LAST in names else done


def main() -> int:
    names = sys.argv[1:] or list(PARTS)
    if unknown := set(names) - PARTS.keys():
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    done = sorted(outcomes(names), key=lambda each: names.index(each.name))
    print()
    for each in done:
        print(f"{each.word:8} {each.name:11} {each.detail}")
    return int(any(each.word == "FAILED" for each in done))


if __name__ == "__main__":
    sys.exit(main())
