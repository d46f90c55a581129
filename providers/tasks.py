"""Phrases are spoken ahead, out of sight of the calls."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers import services
from providers.protocols import ProviderError
from providers.words import explained
from tenants.jobs import Incomplete
from tenants.models import Tenant
from tenants.scope import current_tenant
from voicebot_site.celery import TenantTask

RESUME_SECONDS: Final = 60
MOST_RESUMED: Final = 10


@shared_task(base=TenantTask, name="providers.refresh_phrases", label=_("Speak phrases ahead"))
def refresh_phrases(resumed: int = 0) -> str:
    """Speak what is missing of the tenant's phrases; goes on later where a vendor let it wait too long."""
    tenant = current_tenant()
    if tenant is None:
        raise RuntimeError("phrases belong to one tenant")
    outcome = services.refresh_phrases(tenant=tenant)
    goes_on = outcome.ran_out_of_time and resumed < MOST_RESUMED
    if goes_on:
        again = {"tenant_id": tenant.pk, "resumed": resumed + 1}
        refresh_phrases.apply_async(kwargs=again, countdown=RESUME_SECONDS)
    counts = {"made": len(outcome.made), "present": outcome.present, "failed": len(outcome.failed)}
    told = gettext("%(made)d phrases made, %(present)d there already, %(failed)d not made") % counts
    if outcome.failed and not goes_on:
        return Incomplete(f"{told}. {explained(outcome.reason)}".strip())
    return told


@shared_task(
    name="providers.refresh_phrases_of_everyone", label=_("Tend the phrase store"), soft_time_limit=780, time_limit=840
)
def refresh_phrases_of_everyone() -> int:
    """Every night: bad files and orphans out, then what an outage or a rate limit left out."""
    services.tend_phrases()
    tenants = Tenant.objects.filter(is_active=True).values_list("pk", flat=True)
    for tenant_id in tenants:
        refresh_phrases.delay(tenant_id=tenant_id)
    return len(tenants)


@shared_task(
    name="providers.forget_voice",
    label=_("Have a voice forgotten by its vendor"),
    autoretry_for=(ProviderError,),
    retry_backoff=60,
    retry_backoff_max=600,
    max_retries=150,
)
def forget_voice(voice_id: str) -> None:
    """A consent was taken back: the vendor forgets the voice too, tried for a day."""
    from providers.elevenlabs.cloning import delete_voice  # its SDK takes a second, which every command would pay

    delete_voice(voice_id)
