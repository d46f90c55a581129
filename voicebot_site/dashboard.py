"""The admin's first page: how it stands today, and what the bot did in the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls import spending
from calls.admin import STATUS_COLOURS
from calls.models import Call, SpendLimit, Usage
from calls.spending import Level
from calls.templatetags.calls import clock, euros
from tenants.models import AsteriskServer
from tenants.roles import may
from tenants.scope import current_tenant
from tickets.admin import STATUS_COLOURS as TICKET_COLOURS
from tickets.models import Ticket

PERIOD_DAYS = 30
ROWS = 8
TO_WORK_ON = (Ticket.Status.OPEN, Ticket.Status.TRANSFERRED)
GOOD, FAIR = 0.7, 0.5  # automatic resolution: green above the one, amber above the other


@dataclass(frozen=True, slots=True)
class Figure:
    """A card: a number, what it is made of, and the rows behind it."""

    title: str | Promise
    value: str
    formula: str | Promise
    link: str
    icon: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above the cards that asks for attention; `link` may be empty."""

    text: str
    link: str
    colour: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: adds `notices`, `figures`, `last_calls`, `open_tickets`
    and what the template needs to know to invite or to name companies.
    """
    calls = list(Call.objects.select_related("customer", "problem_type", "tenant")[:ROWS])
    tickets = Ticket.objects.filter(status__in=TO_WORK_ON)
    return context | {
        "title": _("Dashboard"),
        "notices": _notices(request),
        "figures": _figures(),
        "last_calls": [(call, STATUS_COLOURS[Call.Status(call.status)]) for call in calls],
        "open_tickets": [
            (ticket, TICKET_COLOURS[Ticket.Status(ticket.status)])
            for ticket in tickets.select_related("problem_type")[:ROWS]
        ],
        "names_tenants": current_tenant() is None,  # the platform's staff see the calls of all
        "has_server": bool(calls) or AsteriskServer.objects.exists(),
        "may_connect": may(request, "add", AsteriskServer),
    }


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


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _figures() -> list[Figure]:
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ended = Call.objects.filter(started_at__gte=now - timedelta(days=PERIOD_DAYS), ended_at__isnull=False).aggregate(
        count=Count("pk"),
        duration=Avg(F("ended_at") - F("started_at")),
        resolved=Count("pk", filter=Q(ticket__status=Ticket.Status.RESOLVED) & ~Q(status=Call.Status.TRANSFERRED)),
    )
    today = Call.objects.filter(started_at__gte=midnight).aggregate(
        count=Count("pk"), running=Count("pk", filter=Q(status=Call.Status.IN_PROGRESS))
    )
    share = ended["resolved"] / ended["count"] if ended["count"] else None
    calls, tickets = reverse("admin:calls_call_changelist"), reverse("admin:tickets_ticket_changelist")
    return [
        Figure(
            _("Calls today"),
            str(today["count"]),
            _("%d in progress now") % today["running"],
            f"{calls}?started_at_from={midnight:%Y-%m-%d}",
            "call",
        ),
        Figure(
            _("Tickets to work on"),
            str(Ticket.objects.filter(status__in=TO_WORK_ON).count()),
            _("Waiting for somebody of your team"),
            f"{tickets}?{'&'.join(f'status__exact={status}' for status in TO_WORK_ON)}",
            "confirmation_number",
        ),
        Figure(
            _("Automatic resolution"),
            "–" if share is None else percent(share),
            _("Calls resolved without a person, of %d calls in 30 days") % ended["count"],
            f"{tickets}?status__exact={Ticket.Status.RESOLVED}",
            "task_alt",
            "" if share is None else "good" if share > GOOD else "fair" if share > FAIR else "poor",
        ),
        Figure(
            _("Mean duration"),
            clock(ended["duration"].total_seconds() if ended["duration"] else None),
            _("Minutes and seconds per call, in 30 days"),
            calls,
            "timer",
        ),
    ]
