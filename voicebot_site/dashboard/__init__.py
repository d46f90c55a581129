"""The admin's first page: how it stands today, and the last 30 days beside the 30 before.

The figures are those of docs/roi.md: days that are counted, and today as far as it has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls import spending
from calls.admin import STATUS_COLOURS
from calls.models import Call, SpendLimit, Usage
from calls.spending import Level
from calls.templatetags.calls import euros, percent
from providers.words import explained, vendor_of
from tenants.models import AsteriskServer, PhraseRun, Tenant, VendorKey
from tenants.roles import may
from tenants.scope import current_tenant
from tickets.admin import STATUS_COLOURS as TICKET_COLOURS
from tickets.models import TO_WORK_ON, RoiDay, Ticket
from voicebot_site import first_steps
from voicebot_site.dashboard import company, platform
from voicebot_site.dashboard.periods import Periods, rows

ROWS = 8


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above the cards that asks for attention; `link` may be empty."""

    text: str
    link: str
    colour: str


@dataclass(frozen=True, slots=True)
class Now:
    """How it stands at this moment: a number and the rows behind it."""

    title: str | Promise
    value: str
    link: str
    icon: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: what templates/admin/index.html shows of the company acted for,
    or of the platform.
    """
    context = context | {"title": _("Dashboard"), "notices": _notices(request)}
    tenant = current_tenant()
    if tenant is None:
        return context | platform.overview()
    calls = list(Call.objects.filter(is_test=False).select_related("customer", "problem_type")[:ROWS])
    tickets = Ticket.objects.filter(status__in=TO_WORK_ON).select_related("problem_type")[:ROWS]
    return context | {
        "notices": [*_failures(request, calls), *context["notices"]],
        "first_steps": first_steps.progress(request),
        "last_calls": [(call, STATUS_COLOURS[Call.Status(call.status)]) for call in calls],
        "open_tickets": [(ticket, TICKET_COLOURS[Ticket.Status(ticket.status)]) for ticket in tickets],
        "has_server": bool(calls) or AsteriskServer.objects.exists(),
        "may_connect": may(request, "add", AsteriskServer),
        **_of_company(tenant, with_money=may(request, "view", RoiDay)),
    }


def _of_company(tenant: Tenant, *, with_money: bool) -> dict[str, Any]:
    """What things cost and save only `with_money`: the rows behind it are not everybody's to see."""
    periods = Periods.of(tenant)
    now = [*_now(periods), *([_cost(periods)] if with_money else [])]
    return {"now": now, "with_money": with_money, **company.overview(periods, with_money=with_money)}


def _now(periods: Periods) -> list[Now]:
    today, running = Q(started_at__gte=periods.midnight), Q(status=Call.Status.IN_PROGRESS)
    calls = Call.objects.filter(today | running, is_test=False).aggregate(
        today=Count("pk", filter=today), running=Count("pk", filter=running)
    )
    waiting = Ticket.objects.filter(status__in=TO_WORK_ON).count()
    return [
        Now(_("Calls in progress"), str(calls["running"]), reverse("admin:live"), "sensors"),
        Now(_("Calls today"), str(calls["today"]), rows(Call, is_test__exact=0, **periods.days_of_calls(0)), "call"),
        Now(_("Tickets to work on"), str(waiting), rows(Ticket, queue="open"), "confirmation_number"),
    ]


def _cost(periods: Periods) -> Now:
    return Now(_("Cost today"), euros(periods.today.cost_eur), rows(RoiDay), "payments")


def _failures(request: HttpRequest, calls: list[Call]) -> list[Notice]:
    """That a vendor failed the last call, or the phrases: for whoever may mend it, until it answers again."""
    if not may(request, "view", VendorKey):
        return []
    notices = []
    call = next((call for call in calls if call.ended_at), None)
    vendor = vendor_of(call.error) if call else ""
    if call and vendor and not Usage.objects.filter(provider=vendor, created_at__gt=call.ended_at).exists():
        text = _("The last call had to do without the bot. %s") % explained(call.error)
        notices.append(Notice(text, reverse("admin:calls_call_change", args=[call.pk]), "poor"))
    run = PhraseRun.objects.first()
    if run is not None and run.failed and vendor_of(run.reason):
        text = ngettext("%d phrase could not be spoken ahead.", "%d phrases could not be spoken ahead.", run.failed)
        text = f"{text % run.failed} {explained(run.reason)}"
        notices.append(Notice(text, reverse("admin:tenants_phrase_changelist"), "poor"))
    return notices


def _notices(request: HttpRequest) -> list[Notice]:
    """What costs more than it should, for whoever may see costs."""
    if not may(request, "view", SpendLimit):
        return []
    tenant = current_tenant()
    texts = {
        Level.WARNING: _("%(share)s of the limit of this %(period)s are spent: %(spent)s of %(limit)s."),
        Level.REACHED: _("The limit of this %(period)s is reached: %(spent)s of %(limit)s are spent."),
    }
    periods = {"day": _("day"), "month": _("month")}
    own, _action = spending.budgets(tenant=tenant) if tenant else (spending.platform_budgets(), None)
    notices = [
        Notice(
            texts[budget.level]
            % {
                "share": percent(budget.share),
                "period": periods[budget.period],
                "spent": euros(budget.spent),
                "limit": euros(budget.limit),
            },
            reverse("admin:tenants_tenant_change", args=[tenant.pk]) if tenant else "",
            "poor" if budget.level is Level.REACHED else "fair",
        )
        for budget in own
        if budget.level is not Level.FINE
    ]
    if may(request, "view", Usage) and (unpriced := Usage.objects.filter(cost_eur=None).count()):
        text = _("The cost of %d vendor calls is unknown: a price is missing.") % unpriced
        notices.append(Notice(text, reverse("admin:calls_usage_changelist") + "?price=none", "fair"))
    return notices
