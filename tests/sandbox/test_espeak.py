from __future__ import annotations

import subprocess
import sys

from django.conf import settings

MANY_AT_ONCE = """
import threading
from sandbox.espeak import engine

barrier, engines = threading.Barrier(8), []

def start():
    barrier.wait()
    engines.append(engine())

threads = [threading.Thread(target=start) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(engines), len(set(map(id, engines))))
"""


def test_threads_that_want_it_at_once_share_one_engine():
    """In a process of its own: two starts beside each other crash it."""
    done = subprocess.run(
        [sys.executable, "-c", MANY_AT_ONCE],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == "8 1\n"
