"""The priority of an event loop over the threads beside it. Linux alone has priorities by thread: sched(7)."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Final

NICENESS: Final = 10
LOWEST: Final = 19

_first: int | None = None


def go_first() -> None:
    """Let the current thread go before those that stand back; where this user may, before other processes, too.

    Otherwise a frame is late by the 3 ms that the scheduler gives each thread at a time. Without that right it is
    they that go down, and other processes of their control group may keep them, and whoever waits for the
    interpreter's lock that they hold, from running.
    """
    global _first
    if sys.platform == "linux":
        _first = threading.get_native_id()
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, _first, os.getpriority(os.PRIO_PROCESS, _first) - NICENESS)


def stand_back() -> None:
    """Put the current thread behind the one that goes first, if there is one."""
    if sys.platform == "linux" and _first is not None:
        behind = os.getpriority(os.PRIO_PROCESS, _first) + NICENESS
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(behind, LOWEST))
