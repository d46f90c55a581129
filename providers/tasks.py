"""Phrases are spoken ahead, out of sight of the calls."""

from __future__ import annotations

from celery import shared_task

from providers import services
from tenants.models import Tenant
from tenants.scope import current_tenant
from voicebot_site.celery import TenantTask


@shared_task(base=TenantTask, name="providers.refresh_phrases")
def refresh_phrases() -> str:
    """Speak what is missing of the tenant's phrases."""
    tenant = current_tenant()
    if tenant is None:
        raise RuntimeError("phrases belong to one tenant")
    outcome = services.refresh_phrases(tenant=tenant)
    return f"{len(outcome.made)} made, {outcome.present} present, {len(outcome.failed)} failed"


@shared_task(name="providers.refresh_phrases_of_everyone", time_limit=60)
def refresh_phrases_of_everyone() -> int:
    """Every night: what an outage or a rate limit left out."""
    tenants = Tenant.objects.filter(is_active=True).values_list("pk", flat=True)
    for tenant_id in tenants:
        refresh_phrases.delay(tenant_id=tenant_id)
    return len(tenants)
