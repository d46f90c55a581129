"""What stands beside a customer and a company: the latest of what refers to them, in a fixed number of queries.

Whoever sees customers sees their calls and tickets, in every role (`tenants/roles.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from calls.admin import STATUS_COLOURS as CALL_COLOURS
from calls.models import Call
from companies.models import Company, Customer
from tickets.admin.looks import STATUS_COLOURS as TICKET_COLOURS
from tickets.models import Ticket
from voicebot_site.dashboard.periods import rows

SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Latest:
    """Some rows, and the list that has the others; `more` is empty when there are none."""

    rows: list[Any]
    more: str


def of_customer(customer: Customer) -> dict[str, Latest]:
    which = {"customer__id__exact": customer.pk}
    calls = Call.objects.filter(customer=customer).select_related("customer", "problem_type")
    latest = list(calls.order_by("-started_at")[: SHOWN + 1])
    shown = [(call, CALL_COLOURS[Call.Status(call.status)]) for call in latest]
    return {
        "tickets": _tickets(Ticket.objects.filter(customer=customer), which),
        "calls": _some(shown, rows(Call, **which)),
    }


def of_company(company: Company) -> dict[str, Latest]:
    which = {"company__id__exact": company.pk}
    people = _some(list(Customer.objects.filter(company=company)[: SHOWN + 1]), rows(Customer, **which))
    return {"people": people, "tickets": _tickets(Ticket.objects.filter(company=company), which)}


def _tickets(tickets: QuerySet[Ticket], which: dict[str, Any]) -> Latest:
    latest = tickets.select_related("problem_type").order_by("-created_at")[: SHOWN + 1]
    shown = [(ticket, TICKET_COLOURS[Ticket.Status(ticket.status)]) for ticket in latest]
    return _some(shown, rows(Ticket, queue="all", **which))


def _some(found: list[Any], more: str) -> Latest:
    return Latest(found[:SHOWN], more if len(found) > SHOWN else "")
