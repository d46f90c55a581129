"""What the bot earned: calls counted by the tenant's days, and the formulas of docs/roi.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, DecimalField, DurationField, ExpressionWrapper, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from calls.models import Call, Usage
from tenants.models import Tenant
from tenants.scope import current_tenant
from tickets.models import RoiDay

#: A transaction that stores a call or a usage is over after that long, however slow.
LATE: Final = timedelta(hours=1)
#: So many days in one statement: a database that ends slow statements must not end these.
STRIDE: Final = 31
SMALLEST: Final = Decimal("0.00000001")
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roi:
    """Sums over some days of some tenants, and what follows from them. Amounts are euros.

    A figure that divides by the calls is None where there are none.
    """

    calls: int = 0
    resolved: int = 0
    left_open: int = 0
    transferred: int = 0
    dropped: int = 0
    failed: int = 0
    handled_seconds: Decimal = NOTHING
    stt_eur: Decimal = NOTHING
    llm_eur: Decimal = NOTHING
    tts_eur: Decimal = NOTHING
    other_eur: Decimal = NOTHING
    unpriced: int = 0
    cached_characters: int = 0
    spoken_characters: int = 0
    cached_eur: Decimal = NOTHING
    human_eur: Decimal = NOTHING  # what the resolved calls would have cost, answered by people

    @property
    def cost_eur(self) -> Decimal:
        """What vendors cost."""
        return self.stt_eur + self.llm_eur + self.tts_eur + self.other_eur

    @property
    def savings_eur(self) -> Decimal:
        """Against people: what they would have cost for the resolved calls, less what vendors cost for all."""
        return self.human_eur - self.cost_eur

    @property
    def cost_per_call_eur(self) -> Decimal | None:
        return self.cost_eur / self.calls if self.calls else None

    @property
    def resolution_rate(self) -> Decimal | None:
        """The share of calls that the bot resolved, from 0 to 1."""
        return Decimal(self.resolved) / self.calls if self.calls else None

    @property
    def mean_seconds(self) -> Decimal | None:
        return self.handled_seconds / self.calls if self.calls else None

    @property
    def cache_rate(self) -> Decimal | None:
        """The share of what the bot said, by characters, that no vendor was asked for, from 0 to 1."""
        said = self.cached_characters + self.spoken_characters
        return Decimal(self.cached_characters) / said if said else None

    def __add__(self, other: Roi) -> Roi:
        """Of two periods, or of two tenants."""
        return Roi(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(Roi)})

    @classmethod
    def of(cls, *, since: date, until: date) -> Roi:
        """The sums over a period, both days included, of whoever is acted for."""
        return _roi(_within(since, until).aggregate(**_SUMS))

    @classmethod
    def by_day(cls, *, since: date, until: date) -> dict[date, Roi]:
        """The same for each day of which there is something, oldest first."""
        rows = map(dict[str, Any], _within(since, until).order_by("day").values("day").annotate(**_SUMS))
        return {row.pop("day"): _roi(row) for row in rows}

    @classmethod
    def by_tenant(cls, *, since: date, until: date) -> dict[int, Roi]:
        """The same for each tenant of which there is something, by its key."""
        rows = map(dict[str, Any], _within(since, until).values("tenant_id").annotate(**_SUMS))
        return {row.pop("tenant_id"): _roi(row) for row in rows}


def roi_of(row: RoiDay) -> Roi:
    """The figures of one day; reads its tenant."""
    sums = {field.name: getattr(row, field.name) for field in fields(Roi) if field.name != "human_eur"}
    return Roi(human_eur=row.resolved * row.tenant.human_call_eur, **sums)


#: A sum may not be called as a field of the rows is.
_SUMS: Final[dict[str, Any]] = {
    f"sum_of_{field.name}": Sum(field.name, default=NOTHING if field.type == "Decimal" else 0)
    for field in fields(Roi)
    if field.name != "human_eur"
} | {"sum_of_human_eur": Sum(F("resolved") * F("tenant__human_call_eur"), default=NOTHING, output_field=DecimalField())}


def _roi(sums: Mapping[str, Any]) -> Roi:
    return Roi(**{name.removeprefix("sum_of_"): value for name, value in sums.items()})


def _within(since: date, until: date) -> QuerySet[RoiDay]:
    return RoiDay.objects.filter(day__gte=since, day__lte=until).order_by()


# --- Counting -----------------------------------------------------------------

_COMPLETED: Final = Q(status=Call.Status.COMPLETED)
#: Each call that has ended is in exactly one of resolved, left_open, transferred, dropped and failed.
_OF_CALLS: Final[dict[str, Any]] = {
    "calls": Count("pk"),
    "resolved": Count("pk", filter=_COMPLETED & Q(is_resolved=True)),
    "left_open": Count("pk", filter=_COMPLETED & Q(is_resolved=False)),
    "transferred": Count("pk", filter=Q(status=Call.Status.TRANSFERRED)),
    "dropped": Count("pk", filter=Q(status=Call.Status.DROPPED)),
    "failed": Count("pk", filter=Q(status=Call.Status.FAILED)),
    "handled": Sum(ExpressionWrapper(F("ended_at") - F("started_at"), DurationField())),
    "sum_of_characters": Sum("cached_characters"),
    "sum_of_cached": Sum("cached_eur", default=NOTHING),
}
_OF_USAGES: Final[dict[str, Any]] = {
    f"{kind}_eur": Sum("cost_eur", filter=Q(kind=kind), default=NOTHING) for kind in Usage.Kind.values
} | {
    "unpriced_in_calls": Count("pk", filter=Q(cost_eur=None)),
    "spoken_characters": Sum("characters", filter=Q(kind=Usage.Kind.TEXT_TO_SPEECH), default=0),
}
_OUTSIDE_CALLS: Final[dict[str, Any]] = {
    "other_eur": Sum("cost_eur", default=NOTHING),
    "unpriced_outside": Count("pk", filter=Q(cost_eur=None)),
}


def catch_up() -> int:
    """Count the days of the tenant acted for of which something changed since the last time; how many.

    A call that ended late, or a usage that came late, changes the day the call began on.
    """
    tenant, now = _tenant(), timezone.now()
    counted = roll_up(days=_changed(tenant, tenant.roi_at - LATE) if tenant.roi_at else _all_days(tenant))
    Tenant.objects.filter(pk=tenant.pk).update(roi_at=now)
    return counted


def costs_changed(usages: QuerySet[Usage]) -> int:
    """Count the days anew whose costs these usages are part of; how many."""
    return roll_up(days=_days_of(usages, _tenant()))


def roll_up(*, days: Iterable[date]) -> int:
    """Count these days of the tenant acted for anew, however often; how many that were."""
    tenant, counted = _tenant(), 0
    for first, last in _spans(sorted(set(days))):
        _roll_up(tenant, first, last)
        counted += (last - first).days + 1
    return counted


def days_between(since: date, until: date) -> list[date]:
    """Both included."""
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def today_of(tenant: Tenant) -> date:
    return timezone.localdate(timezone=ZoneInfo(tenant.time_zone))


def so_far(day: date) -> Roi:
    """What came of a day of the tenant acted for until now, whatever is counted already."""
    return sum(map(roi_of, _count(_tenant(), day, day)), Roi())


@transaction.atomic
def _roll_up(tenant: Tenant, first: date, last: date) -> None:
    days = _count(tenant, first, last)
    counted = [field.name for field in RoiDay._meta.concrete_fields if field.name not in ("id", "tenant", "day")]
    RoiDay.objects.bulk_create(days, update_conflicts=True, unique_fields=["tenant", "day"], update_fields=counted)
    _within(first, last).exclude(day__in=[row.day for row in days]).delete()


def _count(tenant: Tenant, first: date, last: date) -> list[RoiDay]:
    """A row, not stored, for each day of which there is something."""
    zone = ZoneInfo(tenant.time_zone)
    # Midnight may be skipped or come twice when clocks change: then the day begins at its first moment.
    begin, end = datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
    calls = Call.objects.filter(started_at__gte=begin, started_at__lt=end, ended_at__isnull=False, is_test=False)
    usages = Usage.objects.filter(
        call__tenant=tenant,
        call__started_at__gte=begin,
        call__started_at__lt=end,
        call__ended_at__isnull=False,
        call__is_test=False,
    )
    outside = Usage.objects.filter(Q(call=None) | Q(call__is_test=True), created_at__gte=begin, created_at__lt=end)
    found: dict[date, dict[str, Any]] = {}
    for rows, moment, figures in (
        (calls, "started_at", _OF_CALLS),
        (usages, "call__started_at", _OF_USAGES),
        (outside, "created_at", _OUTSIDE_CALLS),
    ):
        grouped = rows.order_by().values(on=TruncDate(moment, tzinfo=zone)).annotate(**figures)
        for row in map(dict[str, Any], grouped):
            found.setdefault(row.pop("on"), {}).update(row)
    return [_row(tenant, day, figures) for day, figures in found.items()]


def _row(tenant: Tenant, day: date, figures: dict[str, Any]) -> RoiDay:
    handled = figures.pop("handled", None)
    return RoiDay(
        tenant=tenant,
        day=day,
        handled_seconds=Decimal(str(handled.total_seconds())).quantize(Decimal("0.001")) if handled else NOTHING,
        cached_characters=figures.pop("sum_of_characters", 0),
        cached_eur=figures.pop("sum_of_cached", NOTHING).quantize(SMALLEST),
        unpriced=figures.pop("unpriced_in_calls", 0) + figures.pop("unpriced_outside", 0),
        **{name: value.quantize(SMALLEST) if isinstance(value, Decimal) else value for name, value in figures.items()},
    )


def _changed(tenant: Tenant, since: datetime) -> set[date]:
    ended = Call.objects.filter(updated_at__gt=since, ended_at__isnull=False).order_by()
    days = ended.values_list(TruncDate("started_at", tzinfo=ZoneInfo(tenant.time_zone)), flat=True).distinct()
    return set(days) | _days_of(Usage.objects.filter(created_at__gt=since), tenant)


def _days_of(usages: QuerySet[Usage], tenant: Tenant) -> set[date]:
    """Those of their calls, and those they arose on."""
    zone, rows = ZoneInfo(tenant.time_zone), usages.order_by()
    moments = [TruncDate(Coalesce("call__started_at", "created_at"), tzinfo=zone), TruncDate("created_at", tzinfo=zone)]
    return {day for moment in moments for day in rows.values_list(moment, flat=True).distinct()}


def _all_days(tenant: Tenant) -> list[date]:
    """From the first call or usage to today."""
    zone = ZoneInfo(tenant.time_zone)
    firsts = (
        Call.objects.aggregate(first=Min("started_at"))["first"],
        Usage.objects.aggregate(first=Min("created_at"))["first"],
    )
    begins = [timezone.localdate(first, zone) for first in firsts if first]
    return days_between(min(begins), today_of(tenant)) if begins else []


def _spans(days: list[date]) -> Iterator[tuple[date, date]]:
    """Days in order, as (first, last) of those that follow each other, STRIDE at most."""
    first: date | None = None
    for index, day in enumerate(days):
        first = first or day
        following = days[index + 1] if index + 1 < len(days) else None
        if following != day + timedelta(days=1) or (day - first).days + 1 >= STRIDE:
            yield first, day
            first = None


def _tenant() -> Tenant:
    tenant = current_tenant()
    if tenant is None:
        raise RuntimeError("figures are counted for one tenant: its days are not another's")
    return tenant
