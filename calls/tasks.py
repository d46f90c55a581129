from __future__ import annotations

from datetime import date

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from calls import pricing, selftest, services
from tenants.models import ConnectionTest
from voicebot_site.celery import TenantTask


@shared_task(name="calls.close_abandoned", label=_("Close calls whose worker died"), soft_time_limit=50, time_limit=60)
def close_abandoned() -> int:
    """Every 20 s: calls whose worker died become dropped calls with a ticket."""
    return services.close_abandoned()


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
