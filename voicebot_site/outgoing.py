"""Tasks on their way to the broker, which may be away, or hang: whoever starts one does not wait for it."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from kombu.exceptions import OperationalError

from voicebot_site.threads import stand_back

logger = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000
AGAIN_SECONDS: Final = 5.0
LAST_SECONDS: Final = 3.0  # at the end of the process; after 5 s the supervisor takes a worker for hung


class Outgoing:
    """One thread gives tasks to the broker, in order. While it is away they wait for it.

    Each that is lost, because too many wait or the process ends, is in the log.
    """

    def __init__(self, *, most_waiting: int = MOST_WAITING, again_seconds: float = AGAIN_SECONDS) -> None:
        self._most_waiting = most_waiting
        self._again_seconds = again_seconds
        self._waiting: deque[tuple[str, Callable[[], object]]] = deque()  # the first one is being given
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, task: str, give: Callable[[], object]) -> None:
        """Have `give` called soon, and again while it raises OperationalError; `task` is its name in the log.

        Never blocks.
        """
        with self._changed:
            if len(self._waiting) >= self._most_waiting:
                logger.error("%s is not started: %d tasks wait for the broker", task, len(self._waiting))
                return
            self._waiting.append((task, give))
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="outgoing", daemon=True)
                self._thread.start()

    def finish(self, seconds: float = LAST_SECONDS) -> None:
        """Wait so long for what has not gone out."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting, seconds):
                for task, _ in self._waiting:
                    logger.error("%s is not started: the process ends, and the broker is away", task)

    def _work(self) -> None:
        stand_back()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                task, give = self._waiting[0]
            while not self._is_settled(task, give):
                time.sleep(self._again_seconds)
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def _is_settled(self, task: str, give: Callable[[], object]) -> bool:
        try:
            give()
        except OperationalError as error:
            logger.warning("the broker is away, %d tasks wait for it: %s", len(self._waiting), error)
            return False
        except Exception:
            logger.exception("%s is not started", task)
        return True


outgoing: Final = Outgoing()
atexit.register(outgoing.finish)
