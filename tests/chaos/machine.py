"""What a call may suffer, and whose fault it is on a machine that others use as well."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

LATENESS_P99_MS: Final = 10.0
LATENESS_MAX_MS: Final = 60.0
MOST_FOREIGN: Final = 0.15  # of the worker's core, for lateness to be the worker's own


def busy(core: int) -> float:
    """Seconds that a core has worked since the machine began; for a hypervisor's other guests, too (proc(5): stat)."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
