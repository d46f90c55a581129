"""What is told once a minute: whoever knocks again and again fills no disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final


class OncePerMinute:
    """Lets each source, with a reason, be logged once a minute, and a thousand of them at most."""

    _MOST: Final = 1000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = 0
        self._seen: set[str] = set()

    def __call__(self, source: str) -> bool:
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, set()
        if source in self._seen or len(self._seen) >= self._MOST:
            return False
        self._seen.add(source)
        return True
