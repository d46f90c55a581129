"""Prices a period again: after a price was entered late, corrected, or a rate came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Min, QuerySet, Sum
from django.utils import timezone

from calls.models import SpendDay, Usage
from providers.prices import SMALLEST, PriceBook, billing_day, cost_eur
from tenants.models import Tenant
from tenants.scope import acting_for

BATCH = 500
REPRICED_AT_ONCE = timedelta(days=31)  # by one task, which must come to its end


@dataclass(slots=True)
class Difference:
    """What pricing again changes, or would, of one model; costs of the usages that it changes only."""

    provider: str
    model: str
    usages: int = 0
    before_eur: Decimal = Decimal(0)
    after_eur: Decimal = Decimal(0)
    unpriced_before: int = 0
    unpriced_after: int = 0


def bounds(since: date, until: date) -> tuple[datetime, datetime]:
    """From the first moment of `since` to the first after `until`, on the platform's clock."""
    zone = timezone.get_default_timezone()
    return datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)


def within(since: date, until: date) -> QuerySet[Usage]:
    """The usages of a period, both days included."""
    first, end = bounds(since, until)
    return Usage.objects.filter(created_at__gte=first, created_at__lt=end)


def reprice(*, since: date, until: date, dry_run: bool = False) -> list[Difference]:
    """Price the usages of the tenant acted for anew, each by the prices and rates of its day.

    Both days are included. A day is one transaction, and its sum in SpendDay is made anew.
    Returns what has changed, or would; with `dry_run` nothing is written.
    """
    found: dict[tuple[str, str], Difference] = {}
    for day in _days_of(since, until):
        _reprice_day(day, PriceBook.load(day), found, dry_run=dry_run)
    if found and not dry_run:
        from tickets.roi import costs_changed  # it reads this room's models

        costs_changed(within(since, until))
    return [found[key] for key in sorted(found)]


def _days_of(since: date, until: date) -> Iterator[date]:
    """The days from the first usage of a period to the last."""
    rows = within(since, until).values_list("created_at", flat=True)
    first, last = rows.order_by("created_at").first(), rows.order_by("-created_at").first()
    if first is not None and last is not None:
        begin, end = billing_day(first), billing_day(last)
        yield from (begin + timedelta(days=number) for number in range((end - begin).days + 1))


@transaction.atomic
def _reprice_day(day: date, book: PriceBook, found: dict[tuple[str, str], Difference], *, dry_run: bool) -> None:
    changed = []
    if not dry_run:  # whoever records a usage meanwhile adds to this row, and waits for it
        SpendDay.objects.get_or_create(day=day)
        SpendDay.objects.select_for_update().get(day=day)
    for usage in within(day, day).order_by("pk").iterator(BATCH):
        before, usage.cost_eur = usage.cost_eur, cost_eur(usage, book)
        if usage.cost_eur == before:
            continue
        changed.append(usage)
        difference = found.setdefault((usage.provider, usage.model), Difference(usage.provider, usage.model))
        difference.usages += 1
        difference.before_eur += before or 0
        difference.after_eur += usage.cost_eur or 0
        difference.unpriced_before += before is None
        difference.unpriced_after += usage.cost_eur is None
    if dry_run:
        return
    Usage.objects.bulk_update(changed, ["cost_eur"], batch_size=BATCH)
    total = within(day, day).aggregate(total=Sum("cost_eur", default=Decimal(0)))["total"]
    SpendDay.objects.filter(day=day).update(cost_eur=total.quantize(SMALLEST))


def reprice_everyone(*, since: date) -> None:
    """Have the usage of every tenant priced again up to today, once the change of a price is committed."""
    from calls.tasks import reprice as task  # it prices with `reprice`

    today = billing_day()
    for tenant in Tenant.objects.all():
        with acting_for(tenant):
            oldest = Usage.objects.aggregate(first=Min("created_at"))["first"]
        first = max(since, billing_day(oldest)) if oldest else today
        while first <= today:
            last = min(today, first + REPRICED_AT_ONCE - timedelta(days=1))
            task.delay_on_commit(tenant_id=tenant.pk, since=first.isoformat(), until=last.isoformat())
            first = last + timedelta(days=1)
