"""Signs of life of the calls that a process holds: one statement for all of a company, every ten seconds.

A call that gives none is closed as abandoned (calls.abandoned.close_abandoned).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from typing import Final

from django.db.models import F
from django.utils import timezone

from calls.db import however_long
from calls.models import Call
from tenants.models import Tenant
from tenants.scope import acting_for

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 2.0  # when the database did not let us


class Pulse:
    """Beats while there are calls."""

    def __init__(self) -> None:
        self._calls: dict[int, Tenant] = {}  # by the key of the call
        self._beating: asyncio.Task[None] | None = None

    @contextmanager
    def of(self, call: Call) -> Iterator[None]:
        """The call is alive in this block."""
        self._calls[call.pk] = call.tenant
        if self._beating is None:
            # In an empty context: it acts for all whose calls there are, one after the other.
            self._beating = asyncio.get_running_loop().create_task(self._run(), name="pulse", context=Context())
        try:
            yield
        finally:
            del self._calls[call.pk]
            if not self._calls:
                self._beating.cancel()
                self._beating = None

    async def _run(self) -> None:
        pause = HEARTBEAT_SECONDS
        while True:
            await asyncio.sleep(pause)
            calls: defaultdict[Tenant, list[int]] = defaultdict(list)
            for key, tenant in self._calls.items():
                calls[tenant].append(key)
            is_done = await however_long(partial(_beat, calls))
            pause = HEARTBEAT_SECONDS if is_done else RETRY_SECONDS


def _beat(calls: dict[Tenant, list[int]]) -> bool:
    """Whether all of them were written; what keeps one company's from it costs the others nothing."""
    is_done = True
    for tenant, keys in calls.items():
        try:
            with acting_for(tenant):
                # No change that a copy of the call must follow.
                Call.objects.filter(pk__in=keys).update(heartbeat_at=timezone.now(), updated_at=F("updated_at"))
        except Exception as error:  # whatever it is, the calls live
            logger.warning("%d calls of %s could give no sign of life: %s", len(keys), tenant.slug, error)
            is_done = False
    return is_done


pulse: Final = Pulse()
