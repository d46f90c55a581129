"""A vendor that fails is left alone for a while, by all calls of the process at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from monitoring import metrics
from providers.protocols import Failure, ProviderError

logger = logging.getLogger(__name__)

FAILURES: Final = 3  # in a row, until the vendor is left alone
PAUSE: Final = 20.0  # seconds; then one call tries it
REFUSED_PAUSE: Final = 60.0  # a wrong key does not become right by itself
RATE_LIMITED_PAUSE: Final = 5.0  # unless the vendor says how long
LONGEST_PAUSE: Final = 300.0
PROBE_SECONDS: Final = 10.0  # a probe of which nothing was heard is over
_HOPELESS: Final = (None, 401, 402, 403, 404)  # the others may be the fault of one request


class CircuitBreaker:
    """Closed: the vendor is asked. Open: it is not. After a pause, half open: one call probes it.

    `allows` reserves the probe, so whoever asks it must report `succeeded`, `failed` or
    `abandoned`.
    """

    def __init__(self, kind: str, provider: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._gauge = metrics.open_circuits.labels(kind, provider)
        self._kind, self._provider = kind, provider
        self._name = f"{provider} ({kind})"
        self._clock = clock
        self._failures = 0  # in a row
        self._open_until: float | None = None
        self._probe_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the vendor is left alone, or is only being probed."""
        return self._open_until is not None

    def allows(self) -> bool:
        """Whether the vendor may be asked now."""
        now = self._clock()
        if self._open_until is None:
            return True
        if now < max(self._open_until, self._probe_until):
            return False
        self._probe_until = now + PROBE_SECONDS
        return True

    def succeeded(self) -> None:
        self._failures = 0
        if self._open_until is not None:
            logger.info("%s answers again", self._name)
            self._close()

    def failed(self, error: ProviderError) -> None:
        metrics.vendor_failures.labels(self._kind, self._provider, error.failure.value).inc()
        metrics.errors.labels(error.failure.value, self._provider).inc()
        if error.failure is Failure.UNKNOWN_VOICE:  # one company's; the vendor speaks with all others
            self.abandoned()
            return
        self._failures += 1
        pause = self._pause(error)
        if pause is None:
            return
        if self._open_until is None:
            self._gauge.inc()
        self._open_until = self._clock() + min(pause, LONGEST_PAUSE)
        self._probe_until = 0.0
        logger.warning("%s is left alone for %.0f s: %s", self._name, pause, error)

    def abandoned(self) -> None:
        """Nobody waits for the answer any more: it told nothing about the vendor."""
        self._probe_until = 0.0

    def forget(self) -> None:
        """It will not be used again."""
        if self._open_until is not None:
            self._close()

    def _pause(self, error: ProviderError) -> float | None:
        """Seconds for which the vendor is left alone; None: it is not."""
        if error.failure is Failure.RATE_LIMITED:
            return RATE_LIMITED_PAUSE if error.retry_after is None else error.retry_after
        if error.failure is Failure.REFUSED and error.status in _HOPELESS:
            return REFUSED_PAUSE
        return PAUSE if self._failures >= FAILURES or self.is_open else None

    def _close(self) -> None:
        self._open_until = None
        self._probe_until = 0.0
        self._gauge.dec()
