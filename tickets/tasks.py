"""What happens to a ticket after the call, and to what calls leave behind."""

from __future__ import annotations

import logging
from datetime import date
from typing import Final

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls import spending
from providers.protocols import ProviderError
from tenants.models import Tenant
from tenants.scope import current_tenant
from tickets import assessment, callers, retention, roi
from tickets.models import Ticket
from tickets.reports import letters
from voicebot_site.celery import TenantTask

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS: Final = 30
LAST_RETRY_SECONDS: Final = 600


@shared_task(
    base=TenantTask,
    name="tickets.summarise",
    label=_("Write the summary of a ticket"),
    bind=True,
    max_retries=6,
    soft_time_limit=50,
    time_limit=60,
)
def summarise(task: TenantTask, ticket_id: int) -> str:
    """Let a language model improve on what the ticket says; until then, and without one, that stands."""
    ticket = Ticket.objects.select_related("call", "tenant").filter(pk=ticket_id).first()
    if ticket is None or ticket.call is None:
        return gettext("no ticket of a call")
    if spending.verdict(tenant=ticket.tenant) is not None:
        return gettext("a spend limit is reached")
    try:
        answer = assessment.assess(ticket.call)
    except ProviderError as error:
        logger.warning("ticket %d keeps its first summary: %s", ticket_id, error)
        if task.request.is_eager:
            return gettext("not summarised")
        seconds = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 4**task.request.retries)
        raise task.retry(kwargs={**task.request.kwargs}, countdown=seconds, exc=error) from error
    if answer is None:
        return gettext("nobody spoke")
    improved = assessment.improve(ticket_id=ticket_id, answer=answer)
    labels = [str(Ticket._meta.get_field(name).verbose_name) for name in improved]  # type: ignore[union-attr]
    return ", ".join(labels) or gettext("nothing to improve")


@shared_task(base=TenantTask, name="tickets.count_roi", label=_("Count what the bot earned"))
def count_roi() -> int:
    """Count the tenant's days anew of which something changed; how many."""
    return roi.catch_up()


@shared_task(
    name="tickets.count_roi_of_everyone",
    label=_("Have every company's days counted"),
    soft_time_limit=50,
    time_limit=60,
)
def count_roi_of_everyone() -> int:
    """Every quarter of an hour, and so at each tenant's midnight: clocks differ by quarters."""
    tenants = Tenant.objects.values_list("pk", flat=True)
    for tenant_id in tenants:
        count_roi.delay(tenant_id=tenant_id)
    return len(tenants)


@shared_task(
    base=TenantTask,
    name="tickets.tell_caller",
    label=_("Write the ticket's number to the caller"),
    autoretry_for=(OSError,),
    retry_backoff=60,
    retry_backoff_max=600,
    max_retries=24,
    soft_time_limit=50,
    time_limit=60,
)
def tell_caller(ticket_id: int) -> bool:
    """Write to the caller which number the ticket has; whether that was to be done."""
    return callers.tell(Ticket.objects.select_related("tenant", "problem_type").get(pk=ticket_id))


@shared_task(
    base=TenantTask,
    name="tickets.weekly_report",
    label=_("Report the week"),
    soft_time_limit=280,
    time_limit=300,
)
def weekly_report(monday: str) -> int:
    """Report the week that begins on that day (2026-11-16), unless that was done; how many letters."""
    tenant = current_tenant()
    if tenant is None:
        raise RuntimeError("a week is one company's")
    return letters.send_once(tenant, date.fromisoformat(monday))


@shared_task(
    name="tickets.weekly_reports_of_everyone",
    label=_("Have every company's week reported"),
    soft_time_limit=50,
    time_limit=60,
)
def weekly_reports_of_everyone() -> int:
    """Every quarter of an hour: it is Monday morning somewhere."""
    now, due = timezone.now(), 0
    for tenant in Tenant.objects.filter(is_active=True):
        monday = letters.due_week(tenant, now)
        if monday is not None and not letters.is_sent(tenant, monday):
            weekly_report.delay(monday=monday.isoformat(), tenant_id=tenant.pk)
            due += 1
    return due


@shared_task(base=TenantTask, name="tickets.erase_old", label=_("Erase what was kept long enough"))
def erase_old() -> str:
    """Recordings, transcripts, and files that belong to no call any more. Raises NotAllErased at its end."""
    return _told(retention.erase_old())


@shared_task(name="tickets.erase_old_of_everyone", label=_("Have every company's old data erased"))
def erase_old_of_everyone() -> str:
    """Every night, also for companies that are switched off; and what files nobody owns."""
    tenants = Tenant.objects.values_list("pk", flat=True)
    for tenant_id in tenants:
        erase_old.delay(tenant_id=tenant_id)
    strays = _told(retention.erase_strays())
    return gettext("%(count)d companies; of nobody: %(erased)s") % {"count": len(tenants), "erased": strays}


def _told(erased: retention.Erased) -> str:
    """A job that leaves files behind has failed, for people to see."""
    if erased.failed:
        raise retention.NotAllErased(str(erased))
    return str(erased)
