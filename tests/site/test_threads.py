from __future__ import annotations

import os
import subprocess
import sys

import pytest

PRIORITIES = """
import os, resource, sys, threading
from concurrent.futures import ThreadPoolExecutor
from voicebot_site.threads import go_first, stand_back

def priority():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

def of_a_thread():
    with ThreadPoolExecutor(1, initializer=stand_back) as thread:
        return thread.submit(priority).result()

if sys.argv[1:] == ["without the right"]:
    resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
    if os.getuid() == 0:
        os.setuid(65534)
before = priority()
print(of_a_thread() - before)
go_first()
print(priority() - before, of_a_thread() - priority())
"""

MATRICES = """
import os, voicebot_site, numpy
numpy.ones((500, 500)) @ numpy.ones((500, 500))
print(*os.listdir("/proc/self/task"))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="has no priorities by thread")


def priorities(*arguments: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", PRIORITIES, *arguments], capture_output=True, text=True, check=True, timeout=20
    )
    return [int(word) for word in done.stdout.split()]


def test_threads_are_as_they_were_where_nothing_goes_first() -> None:
    assert priorities()[0] == 0


def test_what_goes_first_has_priority_over_the_threads_that_stand_back() -> None:
    _, raised, behind = priorities()
    assert raised in (-10, 0)
    assert behind == 10


def test_without_the_right_to_more_priority_threads_have_less() -> None:
    assert priorities("without the right") == [0, 0, 10]


def test_small_matrices_are_multiplied_in_the_thread_that_asks_for_it() -> None:
    surroundings = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}

    done = subprocess.run(
        [sys.executable, "-c", MATRICES], env=surroundings, capture_output=True, text=True, check=True, timeout=60
    )

    assert len(done.stdout.split()) == 1
