from __future__ import annotations

import time
from datetime import date
from typing import Final

from celery import shared_task
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from calls import abandoned, pricing, selftest
from tenants.models import ConnectionTest
from voicebot_site.celery import TenantTask

WATCHED: Final = "calls.close_abandoned.watched"  # since when, until when
TO_SPEAK_SECONDS: Final = 15.0


@shared_task(name="calls.close_abandoned", label=_("Close calls whose worker died"), soft_time_limit=50, time_limit=60)
def close_abandoned() -> int:
    """Every 10 s: calls whose worker died become dropped calls with a ticket.

    Who comes back after a while, the database's or its own, first lets those speak who live: nobody could.
    """
    now = time.time()
    since, last = cache.get(WATCHED) or (0.0, now)
    if now - last > abandoned.ABANDONED_AFTER.total_seconds():
        since = now
    cache.set(WATCHED, (since, now), None)
    return abandoned.close_abandoned() if now - since >= TO_SPEAK_SECONDS else 0


@shared_task(base=TenantTask, name="calls.reprice", label=_("Price usage again"), soft_time_limit=780, time_limit=840)
def reprice(*, since: str, until: str) -> int:
    """Price the tenant's usage again, from one day (2026-11-20) to another; how many usages that changed."""
    found = pricing.reprice(since=date.fromisoformat(since), until=date.fromisoformat(until))
    return sum(difference.usages for difference in found)


@shared_task(
    base=TenantTask,
    name="calls.test_connection",
    label=_("Test the connection of an Asterisk server"),
    soft_time_limit=140,
    time_limit=150,
)
def test_connection(*, test_id: int) -> str:
    """Make the steps of a self-test that somebody began."""
    return selftest.run(ConnectionTest.objects.select_related("server", "server__tenant").get(pk=test_id))
