"""What happened in a company's week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count

from tenants.models import Tenant
from tickets.models import TO_WORK_ON, Ticket
from tickets.roi import Roi, catch_up, days_between

MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class Week:
    """A company's week from its Monday to its Sunday, and the one before."""

    tenant: Tenant
    monday: date
    roi: Roi
    before: Roi
    days: list[tuple[date, Roi]]  # seven
    problems: list[tuple[str, int]]  # name, tickets; the most frequent first
    angry: int  # tickets of callers who were
    to_work_on: int  # tickets now, of whatever week

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def most_calls(self) -> int:
        """On one day."""
        return max(roi.calls for _day, roi in self.days)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def count(tenant: Tenant, monday: date) -> Week:
    """The week that begins on `monday`, of the tenant acted for."""
    catch_up()
    sunday, zone = monday + timedelta(days=6), ZoneInfo(tenant.time_zone)
    by_day = Roi.by_day(since=monday, until=sunday)
    begin, end = (datetime.combine(day, time(), zone) for day in (monday, monday + timedelta(days=7)))
    tickets = Ticket.objects.filter(created_at__gte=begin, created_at__lt=end).exclude(call__is_test=True)
    problems = (
        tickets.filter(problem_type__isnull=False)
        .order_by()
        .values_list("problem_type__name")
        .annotate(count=Count("pk"))
        .order_by("-count", "problem_type__name")
    )
    return Week(
        tenant=tenant,
        monday=monday,
        roi=Roi.of(since=monday, until=sunday),
        before=Roi.of(since=monday - timedelta(days=7), until=monday - timedelta(days=1)),
        days=[(day, by_day.get(day, Roi())) for day in days_between(monday, sunday)],
        problems=list(problems[:MOST_PROBLEMS]),
        angry=tickets.filter(sentiment=Ticket.Sentiment.NEGATIVE).count(),
        to_work_on=Ticket.objects.filter(status__in=TO_WORK_ON).exclude(call__is_test=True).count(),
    )
