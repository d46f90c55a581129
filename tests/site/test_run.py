"""`make test` says what it did not run, and why."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def run(*parts: str, **environment: str) -> tuple[int, list[str]]:
    """Exit status and lines of tests/run.py."""
    done = subprocess.run(
        [sys.executable, str(Path(settings.BASE_DIR, "tests", "run.py")), *parts],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_a_server_that_is_away_is_named_and_is_no_failure():
    status, lines = run(
        "postgresql",
        "redis",
        TEST_DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing",
        TEST_REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert status == 0
    assert lines[-2].startswith("not run  postgresql  PostgreSQL: connection ")
    assert lines[-1].startswith("not run  redis       Redis: Error 111")


def test_an_asterisk_that_cannot_run_is_a_failure_only_where_it_is_required(tmp_path: Path):
    reason = f"asterisk    no Asterisk lab in {tmp_path}: set ASTERISK_LAB to its folder"
    assert run("asterisk", ASTERISK_LAB=str(tmp_path), REQUIRE_ASTERISK="")[1][-1] == f"not run  {reason}"
    status, lines = run("asterisk", ASTERISK_LAB=str(tmp_path), REQUIRE_ASTERISK="1")
    assert (status, lines[-1]) == (1, f"FAILED   {reason}")


def test_a_part_that_would_begin_too_late_is_named_and_is_no_failure():
    status, lines = run("lint", BEGIN_SECONDS="0")
    assert (status, lines[-1]) == (0, "not run  lint        0 s had passed (BEGIN_SECONDS): run it by itself")


def test_a_test_that_would_begin_too_late_is_left_out():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/understanding/test_attempts.py"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"BEGIN_BEFORE": "1.0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert re.fullmatch(r"\d+ skipped in .*", done.stdout.splitlines()[-1])


def test_an_unknown_part_is_refused():
    status, lines = run("postgres")
    assert (status, lines[-1]) == (
        2,
        "no such part: postgres; there are lint, embedded, realtime, postgresql, "
        "redis, prometheus, browser, haproxy, asterisk",
    )
