"""What a process and its descendants use of the machine."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path


class Processes:
    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seconds: dict[int, float] = {}  # of each process, kept when it has ended

    def members(self) -> list[int]:
        """The process and its descendants; empty when it has ended."""
        return _tree(self._pid)

    def cpu_seconds(self) -> float:
        """CPU time that they have used since this was first asked, and before; exact to the nanosecond."""
        for pid in self.members():
            clock = ~pid << 3 | 2  # clock_getcpuclockid(3): the scheduler's clock of another process
            try:
                self._seconds[pid] = time.clock_gettime(clock)
            except OSError:
                continue  # it has just ended
        return sum(self._seconds.values())

    def waited_seconds(self) -> float:
        """Time that their threads were ready to run and had no CPU (proc(5): schedstat)."""
        waited = 0
        for pid in self.members():
            for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    waited += int(task.read_text().split()[1])
        return waited / 1e9

    def memory(self) -> int:
        """Bytes that they have in memory, what they share counted by its share (proc(5): smaps_rollup)."""
        kilobytes = 0
        for pid in self.members():
            with contextlib.suppress(OSError):
                kilobytes += int(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("\nPss:")[2].split()[0])
        return kilobytes * 1024

    def descriptors(self) -> int:
        """Open files and sockets."""
        found = 0
        for pid in self.members():
            with contextlib.suppress(OSError):
                found += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return found


def _tree(pid: int) -> list[int]:
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return [pid, *(descendant for child in children for descendant in _tree(child))]
