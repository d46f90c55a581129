"""When a ticket is due: so many opening hours after it was opened, by its severity.

The time stands still while a ticket waits for the customer, and begins anew when it is
reopened. A change of the hours is for the tickets that come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from tenants.hours import Schedule, load
from tenants.models import Severity, Tenant
from tickets.models import Ticket


class Deadlines:
    """Of one tenant, in its scope; reads the opening hours once, when they are needed."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._hours = {
            Severity.HIGH: tenant.hours_high,
            Severity.MEDIUM: tenant.hours_medium,
            Severity.LOW: tenant.hours_low,
        }

    @cached_property
    def _schedule(self) -> Schedule:
        return load(self._tenant)

    def of(self, ticket: Ticket) -> datetime | None:
        """None: its severity has no deadline, or the company is closed for a year."""
        hours = self._hours[Severity(ticket.severity)]
        if hours is None:
            return None
        return self._schedule.after(ticket.reopened_at or ticket.created_at, timedelta(hours=hours) + ticket.waited)

    def opening_time(self, since: datetime, until: datetime) -> timedelta:
        return self._schedule.open_time(since, until)
