"""One /metrics port for a service of several processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest

from monitoring import serving
from monitoring.metrics import OTHER, Bounded

COUNTING = """
import sys
from monitoring import metrics
metrics.barge_ins.inc(int(sys.argv[1]))
metrics.errors.labels("a", "b").inc()
metrics.response_seconds.observe(0.5)
metrics.active_calls.inc(3)
print("counted", flush=True)
sys.stdin.read()
"""


class Process:
    """Counts, and lives on until it is ended."""

    def __init__(self, number: int) -> None:
        command = [sys.executable, "-c", COUNTING, str(number)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"counted\n"

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def scrape() -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(serving._Sums())
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.chdir(settings.BASE_DIR)
    return tmp_path


@pytest.fixture
def begin(directory: Path) -> Iterator[Callable[[int], Process]]:
    begun: list[Process] = []

    def begin(number: int) -> Process:
        begun.append(Process(number))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()


def test_what_processes_counted_is_added_up_and_outlives_them(begin: Callable[[int], Process]) -> None:
    first, second, _ = begin(2), begin(5), begin(1)
    before = scrape()
    assert before["voicebot_barge_ins_total"] == 8
    assert before['voicebot_response_seconds_bucket{le="0.6"}'] == 3
    assert before.pop("voicebot_active_calls") == 9
    first.kill()
    second.kill()
    after = scrape()
    assert after.pop("voicebot_active_calls") == 3
    assert after == before


def test_processes_that_come_and_go_leave_no_files(directory: Path, begin: Callable[[int], Process]) -> None:
    for _ in range(3):
        begin(1).kill()
    assert scrape()["voicebot_barge_ins_total"] == 3
    assert not [path for path in directory.iterdir() if re.search(r"_\d+\.db", path.name)]
    assert scrape()["voicebot_barge_ins_total"] == 3


def test_the_directory_is_the_parents_and_not_a_forks(tmp_path: Path) -> None:
    serving._remove(str(tmp_path), os.getpid() + 1)
    assert tmp_path.exists()


def test_a_label_that_companies_fill_has_an_end() -> None:
    bounded = Bounded(2)
    assert [bounded(value) for value in ("a", "b", "c", "a", "d")] == ["a", "b", OTHER, "a", OTHER]
