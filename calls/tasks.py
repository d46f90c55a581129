from __future__ import annotations

from datetime import date

from celery import shared_task

from calls import pricing, services
from voicebot_site.celery import TenantTask


@shared_task(name="calls.close_abandoned", soft_time_limit=50, time_limit=60)
def close_abandoned() -> int:
    """Every 20 s: calls whose worker died become dropped calls with a ticket."""
    return services.close_abandoned()


@shared_task(base=TenantTask, name="calls.reprice", time_limit=3600)
def reprice(*, since: str, until: str) -> int:
    """Price the tenant's usage again, from one day (2026-11-20) to another; how many usages that changed."""
    found = pricing.reprice(since=date.fromisoformat(since), until=date.fromisoformat(until))
    return sum(difference.usages for difference in found)
