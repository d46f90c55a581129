"""How many calls at once: of a tenant, and of the platform.

A worker that is full refuses the connection, and the dialplan's fallback takes the call.
Here the call is taken, told that all lines are busy, and sent where the company wants:
that costs a few seconds of cached speech; nobody listens, and no model is asked.

Whoever floods us would still take the places and the time of a worker from all others: so there is
an end to how many callers of a company are told. Further ones are refused as by a worker that is full.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Final, Literal

from django.conf import settings
from django.utils import timezone

from calls.models import Call
from monitoring import metrics
from tenants.models import Tenant
from tenants.scope import EVERYONE, acting_for

Limit = Literal["tenant", "platform"]

#: The scene of a call that is turned away, from its first moment on.
BUSY: Final = "busy"

# A call that gives no sign of life for so long is over (heartbeats come every 10 s).
ALIVE: Final = timedelta(seconds=30)


class Crowd:
    """How many callers of each company a process has told lately: ten at once, then one a second.

    For threads.
    """

    AT_ONCE: Final = 10
    PER_SECOND: Final = 1.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._told: dict[int, tuple[float, float]] = {}  # how many, less those forgotten since; and when that was

    def is_full(self, tenant_id: int) -> bool:
        with self._lock:
            return self._lately(tenant_id) > self.AT_ONCE - 1

    def add(self, tenant_id: int) -> None:
        with self._lock:
            self._told[tenant_id] = self._lately(tenant_id) + 1, self._clock()

    def _lately(self, tenant_id: int) -> float:
        told, at = self._told.get(tenant_id, (0.0, 0.0))
        return max(told - (self._clock() - at) * self.PER_SECOND, 0.0)


crowd: Final = Crowd()


def exceeded(tenant: Tenant, instead_of: Call | None = None) -> Limit | None:
    """The limit that one call more would exceed, in the tenant's scope; or one in the place of another that was cut.

    Calls that begin in the same instant do not see each other, and may exceed it by one or two.
    """
    found: Limit | None = None
    if tenant.max_calls is not None and _calls(instead_of) >= tenant.max_calls:
        found = "tenant"
    elif settings.MAX_CALLS:
        with acting_for(EVERYONE):
            found = "platform" if _calls(instead_of) >= settings.MAX_CALLS else None
    if found is not None:
        metrics.busy_calls.labels(found).inc()
        crowd.add(tenant.pk)
    return found


def _calls(instead_of: Call | None) -> int:
    """Those that hold a line: else callers who are turned away would keep the next ones out, without end."""
    alive = Call.objects.filter(status=Call.Status.IN_PROGRESS, heartbeat_at__gt=timezone.now() - ALIVE, is_test=False)
    if instead_of is not None:
        alive = alive.exclude(pk=instead_of.pk)
    # Who goes on with a call has its line.
    return alive.filter(resumed_by=None).exclude(scene=BUSY).count()
