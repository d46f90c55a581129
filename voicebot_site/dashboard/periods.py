"""The days that the dashboard is about, and the lists that its figures lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.urls import reverse
from django.utils.formats import number_format

from tenants.models import Tenant
from tickets.roi import Roi, days_between, so_far, today_of

PERIOD_DAYS: Final = 30


def rows(model: type[Model], **filters: Any) -> str:
    """The list that these parameters of its filters leave."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """30 days up to today, the 30 before, and today; the days are the company's."""

    zone: ZoneInfo
    days: dict[date, Roi]
    today: Roi
    until: date

    @classmethod
    def of(cls, tenant: Tenant) -> Periods:
        until = today_of(tenant)
        first = until - timedelta(days=2 * PERIOD_DAYS - 1)
        counted, today = Roi.by_day(since=first, until=until), so_far(until)
        days = {day: counted.get(day, Roi()) for day in days_between(first, until)} | {until: today}
        return cls(zone=ZoneInfo(tenant.time_zone), days=days, today=today, until=until)

    @property
    def recent(self) -> list[Roi]:
        return list(self.days.values())[PERIOD_DAYS:]

    @property
    def before(self) -> list[Roi]:
        return list(self.days.values())[:PERIOD_DAYS]

    @property
    def since(self) -> date:
        return self.until - timedelta(days=PERIOD_DAYS - 1)

    @property
    def midnight(self) -> datetime:
        return datetime.combine(self.until, time(), self.zone)

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.since, time(), self.zone)

    def days_of_calls(self, days: int = PERIOD_DAYS - 1) -> dict[str, str]:
        """The filter of calls that began since so many days ago."""
        return {"started_at_from": f"{self.until - timedelta(days=days)}", "started_at_to": f"{self.until}"}
