"""What goes on behind the screens of a company."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants import audit, sessions
from tenants.models import IdempotentAnswer, Tenant, Tombstone
from tenants.scope import acting_for, current_tenant
from tenants.sync import TOMBSTONES_KEPT
from tenants.webhooks import delivery
from voicebot_site.celery import TenantTask

#: A worker gives itself to one company for so long, then others have their turn.
TURN_SECONDS: Final = 10.0


@shared_task(
    base=TenantTask,
    name="tenants.deliver_webhooks",
    label=_("Deliver webhooks"),
    bind=True,
    comes_in_masses=True,
    waits_once=True,
    soft_time_limit=90,
    time_limit=120,
)
def deliver_webhooks(task: TenantTask) -> int:
    """Send what is due of the tenant's webhooks, for one turn; what is left waits behind those of others."""
    sent = delivery.deliver_due(seconds=TURN_SECONDS)
    if (tenant := current_tenant()) is not None and delivery.is_due():
        task.delay(tenant_id=tenant.pk)
    return sent


@shared_task(name="tenants.sweep_webhooks", label=_("Deliver webhooks that wait"), soft_time_limit=50, time_limit=60)
def sweep_webhooks() -> int:
    """Every 15 s: what is due again, and what a worker that died or a broker that was away left behind."""
    tenants = delivery.sweep()
    for tenant_id in tenants:
        deliver_webhooks.delay(tenant_id=tenant_id)
    return len(tenants)


@shared_task(name="tenants.forget_webhooks", label=_("Forget webhooks that have arrived"))
def forget_webhooks() -> int:
    """Every day: deliveries that were settled a month ago."""
    return delivery.forget_settled()


@shared_task(name="tenants.forget_old_audit", label=_("Forget old audit entries"))
def forget_old_audit() -> int:
    """Every day: entries of the audit log that are older than AUDIT_DAYS, of each tenant in turn."""
    forgotten = 0
    for tenant in Tenant.objects.all():
        with acting_for(tenant):
            forgotten += audit.forget_old()
    return forgotten


@shared_task(name="tenants.forget_ended_sessions", label=_("Forget ended sessions"))
def forget_ended_sessions() -> int:
    """Every day: browsers' sessions that have ended."""
    return sessions.forget_ended()


@shared_task(name="tenants.forget_what_was_told", label=_("Forget old answers and deletions"))
def forget_what_was_told() -> int:
    """Every day: answers and deletions that other systems may not ask for any more, of each tenant in turn."""
    answered = timezone.now() - IdempotentAnswer.KEPT
    deleted = timezone.now() - TOMBSTONES_KEPT
    forgotten = 0
    for tenant in Tenant.objects.all():
        with acting_for(tenant):
            forgotten += IdempotentAnswer.objects.filter(created_at__lt=answered).delete()[0]
            forgotten += Tombstone.objects.filter(deleted_at__lt=deleted).delete()[0]
    return forgotten
