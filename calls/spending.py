"""What was spent today and this month, and what is to become of calls at a limit.

Sums are kept by day (SpendDay) as usages are written, so that asking before a call costs
one or two small queries, however many usages a month has.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum

from calls.models import SpendDay, SpendLimit
from providers.prices import billing_day
from tenants.models import Tenant
from tenants.scope import EVERYONE, acting_for

logger = logging.getLogger(__name__)

WARNING_SHARE: Final = Decimal("0.8")
PLATFORM: Final = "platform"


class Level(IntEnum):
    FINE = 0
    WARNING = 1  # 80 % of a limit
    REACHED = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """What was spent of one limit; `period` is "day" or "month"."""

    period: str
    spent: Decimal
    limit: Decimal

    @property
    def share(self) -> float:
        """0.8 is four fifths of it; a limit of nothing is reached."""
        return float(self.spent / self.limit) if self.limit else 1.0

    @property
    def level(self) -> Level:
        if self.spent >= self.limit:
            return Level.REACHED
        return Level.WARNING if self.spent >= self.limit * WARNING_SHARE else Level.FINE


def add(day: date, amount: Decimal) -> None:
    """Add to the day's sum, in the tenant's scope and the transaction that stores the usage."""
    rows = SpendDay.objects.filter(day=day)
    if rows.update(cost_eur=F("cost_eur") + amount):
        return
    try:
        with transaction.atomic():
            SpendDay.objects.create(day=day, cost_eur=amount)
    except IntegrityError:  # the day's first usage of another thread
        rows.update(cost_eur=F("cost_eur") + amount)


def budgets(*, tenant: Tenant) -> tuple[list[Budget], SpendLimit.Action]:
    """The limits of the tenant acted for, most exhausted first; no rows for one that is not set."""
    limit = SpendLimit.objects.filter(tenant=tenant).first()
    if limit is None or (limit.day_eur is None and limit.month_eur is None):
        return [], SpendLimit.Action.DEGRADED
    return _budgets(limit.day_eur, limit.month_eur), SpendLimit.Action(limit.action)


def platform_budgets() -> list[Budget]:
    """The platform's own limits, over all tenants."""
    day, month = settings.PLATFORM_DAY_LIMIT_EUR, settings.PLATFORM_MONTH_LIMIT_EUR
    if day is None and month is None:
        return []
    with acting_for(EVERYONE):
        return _budgets(day, month)


def verdict(*, tenant: Tenant) -> SpendLimit.Action | None:
    """What to do with a call that comes now; None: take it as usual. In the tenant's scope.

    The stricter of the tenant's limit and the platform's. Whatever is at 80 % is logged once.
    """
    own, action = budgets(tenant=tenant)
    verdicts = {
        action if _report(own, str(tenant.pk)) is Level.REACHED else None,
        SpendLimit.Action(settings.PLATFORM_LIMIT_ACTION)
        if _report(platform_budgets(), PLATFORM) is Level.REACHED
        else None,
    }
    return next((found for found in (SpendLimit.Action.REFUSE, SpendLimit.Action.DEGRADED) if found in verdicts), None)


def _budgets(day_limit: Decimal | None, month_limit: Decimal | None) -> list[Budget]:
    """Of whoever is acted for; one query."""
    today = billing_day()
    spent = SpendDay.objects.filter(day__gte=today.replace(day=1)).aggregate(
        day=Sum("cost_eur", filter=Q(day=today), default=Decimal(0)), month=Sum("cost_eur", default=Decimal(0))
    )
    limits = {"day": day_limit, "month": month_limit}
    found = [Budget(period, spent[period], limit) for period, limit in limits.items() if limit is not None]
    return sorted(found, key=lambda budget: budget.share, reverse=True)


_told: dict[tuple[str, str], Level] = {}


def _report(found: list[Budget], whose: str) -> Level:
    """Log when a level is entered; returns the worst."""
    for budget in found:
        if budget.level > _told.get((whose, budget.period), Level.FINE):
            text = "the spend limit of the %s (%s) is at %.0f %%: %.2f of %.2f €"
            logger.warning(text, budget.period, whose, budget.share * 100, budget.spent, budget.limit)
        _told[whose, budget.period] = budget.level
    return max((budget.level for budget in found), default=Level.FINE)
