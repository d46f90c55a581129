"""Charts of the dashboard: Unfold's component, drawn by Chart.js."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from tickets.models import RoiDay
from tickets.roi import Roi
from voicebot_site.dashboard.periods import PERIOD_DAYS, Periods, grouped, rows

GREY: Final = "#8b94a3"


@dataclass(frozen=True, slots=True)
class Chart:
    """`kind` is the name of Unfold's component; `text` says for ears what it shows."""

    kind: str
    title: str | Promise
    text: str
    data: str
    options: str
    link: str


def _options(*, stacked: bool, unit: str = "") -> str:
    ticks = {"color": GREY, "maxRotation": 0, "autoSkipPadding": 12}
    return json.dumps(
        {
            "animation": False,
            "responsive": True,
            "maintainAspectRatio": False,
            "interaction": {"mode": "index", "intersect": False},
            "datasets": {"line": {"borderWidth": 2, "pointStyle": False, "tension": 0.25}},
            "plugins": {
                "legend": {
                    "position": "bottom",
                    "labels": {
                        "color": GREY,
                        "boxHeight": 6,
                        "boxWidth": 6 if stacked else 16,
                        "usePointStyle": stacked,
                    },
                }
            },
            "scales": {
                "x": {"stacked": stacked, "grid": {"display": False}, "ticks": ticks},
                "y": {
                    "stacked": stacked,
                    "beginAtZero": True,
                    "grid": {"color": "#8b94a340"},
                    "ticks": ticks | {"precision": 0},
                    "title": {"display": bool(unit), "text": unit, "color": GREY},
                },
            },
        }
    )


def _labels(periods: Periods) -> list[str]:
    return [date_format(day, "j N") for day in list(periods.days)[PERIOD_DAYS:]]


def calls_by_day(periods: Periods) -> Chart:
    kinds = {
        gettext("resolved by the bot"): ("var(--color-primary-600)", [roi.resolved for roi in periods.recent]),
        gettext("left open"): ("#94a3b8", [roi.left_open for roi in periods.recent]),
        gettext("handed to a person"): ("#f59e0b", [roi.transferred for roi in periods.recent]),
        gettext("cut off"): ("#dc2626", [roi.dropped + roi.failed for roi in periods.recent]),
    }
    datasets = [{"label": label, "data": data, "backgroundColor": colour} for label, (colour, data) in kinds.items()]
    return Chart(
        "bar",
        _("Calls by day"),
        ", ".join(f"{label}: {grouped(sum(data))}" for label, (_colour, data) in kinds.items()),
        json.dumps({"labels": _labels(periods), "datasets": datasets}),
        _options(stacked=True),
        rows(Call, is_test__exact=0, **periods.days_of_calls()),
    )


def savings(periods: Periods) -> Chart:
    def added_up(days: Iterable[Roi]) -> list[float]:
        return [round(float(total), 2) for total in accumulate(roi.savings_eur for roi in days)]

    now, before = added_up(periods.recent), added_up(periods.before)
    return Chart(
        "line",
        _("Savings, added up"),
        gettext("%(now)s € in the last 30 days, %(before)s € in the 30 before")
        % {"now": number_format(now[-1], 2), "before": number_format(before[-1], 2)},
        json.dumps(
            {
                "labels": _labels(periods),
                "datasets": [
                    {"label": gettext("last 30 days"), "data": now, "borderColor": "var(--color-primary-600)"},
                    {
                        "label": gettext("30 days before"),
                        "data": before,
                        "borderColor": "#94a3b8",
                        "borderDash": [4, 4],
                    },
                ],
            }
        ),
        _options(stacked=False, unit="€"),
        rows(RoiDay, day_from=periods.since, day_to=periods.until),
    )
