"""What the dashboard says of one company: 30 days beside the 30 before, in figures, charts and bars.

Each leads to the rows behind it; a formula has its numbers filled in. docs/roi.md says what they mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Sum
from django.db.models.functions import ExtractHour
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Usage
from calls.templatetags.calls import clock, euros, percent
from providers.names import name_of
from tenants.models import ProblemType, Severity
from tickets.models import RoiDay, Ticket
from tickets.roi import Roi
from voicebot_site.dashboard import charts
from voicebot_site.dashboard.periods import PERIOD_DAYS, Periods, grouped, rows

MOST_PROBLEMS: Final = 8
GOOD, FAIR = Decimal("0.7"), Decimal("0.5")  # automatic resolution: green above the one, amber above the other
#: Below that a difference is none.
NO_CHANGE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before; `colour` says whether that is good."""

    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A card: a number, how it changed, the formula with its numbers, and the rows behind it."""

    title: str | Promise
    value: str
    formula: str
    link: str
    icon: str
    change: Change | None = None
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One of several shares; `share` is from 0 to 1 of the longest bar, `note` stands beside the amount."""

    title: str | Promise
    amount: str
    share: float
    link: str
    note: str = ""
    colour: str = ""


def overview(periods: Periods, *, with_money: bool) -> dict[str, Any]:
    """`figures`, charts and bars for templates/admin/dashboard/; what things cost and save only `with_money`."""
    recent, before = sum(periods.recent, Roi()), sum(periods.before, Roi())
    return {
        "figures": [*_figures(periods, recent, before), *(_money(periods, recent, before) if with_money else [])],
        "has_figures": bool(recent.calls),
        "period_days": PERIOD_DAYS,
        "charts": [charts.calls_by_day(periods), *([charts.savings(periods)] if with_money else [])],
        "hours": _hours(periods),
        "vendors": _vendors(periods, recent.calls) if with_money else [],
        **_tickets(periods),
    }


# --- Figures ------------------------------------------------------------------


def change(now: Decimal | int | None, before: Decimal | int | None, *, good: int) -> Change | None:
    """In per cent of what it was; `good` 1: more is better, -1: less is, 0: neither."""
    if now is None or not before:
        return None
    share = (float(now) - float(before)) / abs(float(before))
    if abs(share) < NO_CHANGE:
        return Change("±0 %", "")
    colour = {1: "good", -1: "poor"}.get(good * (1 if share > 0 else -1), "")
    return Change(f"{share:+.0%}".replace("%", " %").replace("-", "−"), colour)


def resolution_colour(roi: Roi) -> str:
    rate = roi.resolution_rate
    return "" if rate is None else "good" if rate > GOOD else "fair" if rate > FAIR else "poor"


def _points(now: Decimal | None, before: Decimal | None) -> Change | None:
    """Of a rate, where more is better: in points."""
    if now is None or before is None:
        return None
    points = round(100 * (now - before))
    if not points:
        return Change("±0 pt", "")
    return Change(f"{points:+d} pt".replace("-", "−"), "good" if points > 0 else "poor")


def _figures(periods: Periods, now: Roi, before: Roi) -> list[Figure]:
    ended = {"is_test__exact": 0, "ended_at__isnull": 0, **periods.days_of_calls()}
    rate = now.resolution_rate
    numbers = {
        "calls": grouped(now.calls),
        "resolved": grouped(now.resolved),
        "seconds": grouped(round(now.handled_seconds)),
        "today": grouped(periods.today.calls),
        "before": grouped(before.calls),
    }
    return [
        Figure(
            _("Calls"),
            numbers["calls"],
            gettext("ended today: %(today)s; in the 30 days before: %(before)s") % numbers,
            rows(Call, **ended),
            "call",
            change(now.calls, before.calls, good=0),
        ),
        Figure(
            _("Automatic resolution"),
            percent(rate),
            gettext("resolved by the bot ÷ calls: %(resolved)s ÷ %(calls)s") % numbers,
            rows(Call, status__exact=Call.Status.COMPLETED.value, is_resolved__exact=1, **ended),
            "task_alt",
            _points(rate, before.resolution_rate),
            resolution_colour(now),
        ),
        Figure(
            _("Mean handling time"),
            clock(None if now.mean_seconds is None else float(now.mean_seconds)),
            gettext("length of all calls ÷ calls: %(seconds)s s ÷ %(calls)s") % numbers,
            rows(Call, **ended),
            "timer",
            change(now.mean_seconds, before.mean_seconds, good=-1),
        ),
    ]


def _money(periods: Periods, now: Roi, before: Roi) -> list[Figure]:
    days = rows(RoiDay, day_from=periods.since, day_to=periods.until)
    numbers = {
        "calls": grouped(now.calls),
        "cost": euros(now.cost_eur),
        "human": euros(now.human_eur),
        "cached": grouped(now.cached_characters),
        "said": grouped(now.cached_characters + now.spoken_characters),
    }
    return [
        Figure(
            _("Cost per call"),
            euros(now.cost_per_call_eur),
            gettext("vendors' cost ÷ calls: %(cost)s ÷ %(calls)s") % numbers,
            days,
            "payments",
            change(now.cost_per_call_eur, before.cost_per_call_eur, good=-1),
        ),
        Figure(
            _("Savings against a human"),
            euros(now.savings_eur) if now.calls else "–",
            gettext("people's cost for the resolved calls − vendors' cost: %(human)s − %(cost)s") % numbers,
            days,
            "savings",
            change(now.savings_eur, before.savings_eur, good=1),
        ),
        Figure(
            _("Cache hit rate"),
            percent(now.cache_rate),
            gettext("characters from the phrase store ÷ characters said: %(cached)s ÷ %(said)s") % numbers,
            days,
            "library_music",
            _points(now.cache_rate, before.cache_rate),
        ),
    ]


# --- Bars -----------------------------------------------------------------------


def _hours(periods: Periods) -> list[Bar]:
    """A bar for each hour of the company's clock."""
    real = Call.objects.filter(started_at__gte=periods.begin, is_test=False).order_by()
    by_hour = real.values(hour=ExtractHour("started_at", tzinfo=periods.zone)).annotate(count=Count("pk"))
    counts = dict(by_hour.values_list("hour", "count"))
    most = max(counts.values(), default=1)
    return [
        Bar(
            str(hour),
            grouped(counts.get(hour, 0)),
            counts.get(hour, 0) / most,
            rows(Call, is_test__exact=0, started_at__hour=hour, **periods.days_of_calls()),
        )
        for hour in range(24)
    ]


def _vendors(periods: Periods, calls: int) -> list[Bar]:
    """What each cost, dearest first; also outside calls."""
    used = Usage.objects.filter(created_at__gte=periods.begin).order_by().values("kind", "provider")
    found = list(used.annotate(cost=Sum("cost_eur", default=Decimal(0))).order_by("-cost"))
    most = max((row["cost"] for row in found), default=Decimal(0)) or 1
    link = rows(RoiDay, day_from=periods.since, day_to=periods.until)
    return [
        Bar(
            f"{name_of(row['provider'])} · {Usage.Kind(row['kind']).label}",
            euros(row["cost"]),
            float(row["cost"] / most),
            link,
            gettext("%s per call") % euros(row["cost"] / calls) if calls else "",
        )
        for row in found
    ]


def _tickets(periods: Periods) -> dict[str, list[Bar]]:
    """Problems, sentiment and severity of the tickets that calls left; one query."""
    left = Ticket.objects.filter(created_at__gte=periods.begin, call__is_test=False).order_by()
    # No call lasts a day: this only spares looking at the calls of all years.
    left = left.filter(call__started_at__gte=periods.begin - timedelta(days=1))
    keys = ("problem_type", "sentiment", "severity")
    counts: dict[str, Counter[Any]] = {key: Counter() for key in keys}
    for row in left.values(*keys).annotate(count=Count("pk")):
        for key in keys:
            counts[key][row[key]] += row["count"]
    names = {row.pk: str(row) for row in ProblemType.objects.filter(pk__in=[*filter(None, counts["problem_type"])])}
    filters = {
        "queue": "all",
        "call__is_test__exact": 0,
        "created_at_from": f"{periods.since}",
        "created_at_to": f"{periods.until}",
    }

    def bars(key: str, titles: Mapping[Any, str | Promise], colours: Mapping[Any, str]) -> list[Bar]:
        total = sum(counts[key].values())
        most = max((counts[key][value] for value in titles), default=0) or 1
        return [
            Bar(
                capfirst(str(title)),
                grouped(counts[key][value]),
                counts[key][value] / most,
                rows(Ticket, **filters, **_filter_of(key, value)),
                percent(counts[key][value] / total) if total else "",
                colours.get(value, ""),
            )
            for value, title in titles.items()
        ]

    problems = {
        key: names.get(key, _("not known")) for key, _count in counts["problem_type"].most_common(MOST_PROBLEMS)
    }
    moods = {Ticket.Sentiment.POSITIVE: "good", Ticket.Sentiment.NEGATIVE: "poor"}
    return {
        "problems": bars("problem_type", problems, {}),
        "sentiments": bars("sentiment", dict(Ticket.Sentiment.choices), moods),
        "severities": bars("severity", dict(Severity.choices), {Severity.HIGH: "poor", Severity.MEDIUM: "fair"}),
    }


def _filter_of(key: str, value: Any) -> dict[str, Any]:
    if key != "problem_type":
        return {f"{key}__exact": value}
    return {"problem_type__isnull": 1} if value is None else {"problem_type__id__exact": value}
