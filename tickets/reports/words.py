"""The figures of a week as people read them, in the language that is active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.templatetags.calls import clock, euros, percent
from tickets.reports.figures import Week

GOOD, BAD, EVEN = "#00635e", "#b42318", "#5b6470"


@dataclass(frozen=True, slots=True)
class Card:
    """A figure, and how it has changed since the week before."""

    title: str
    value: str
    change: str = ""
    colour: str = EVEN


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: parts of the longest one, from 0 to 100, and what they are."""

    label: str
    parts: list[tuple[int, str]]  # per cent, colour
    value: str


RESOLVED, OTHERS = "#0d9488", "#c5ced6"


def title(week: Week) -> str:
    return _("The week from %(first)s to %(last)s") % {
        "first": date_format(week.monday, "j" if week.monday.month == week.sunday.month else "j F"),
        "last": date_format(week.sunday, "j F Y"),
    }


def headline(week: Week) -> str:
    """The week in a sentence."""
    if not week.roi.calls:
        return _("No call came in this week.")
    calls = ngettext("%d call", "%d calls", week.roi.calls) % week.roi.calls
    return _("%(calls)s, %(resolved)d of them resolved without a person.") % {
        "calls": calls,
        "resolved": week.roi.resolved,
    }


def cards(week: Week) -> list[Card]:
    roi, before = week.roi, week.before
    return [
        Card(_("Calls"), str(roi.calls), *_more(roi.calls, before.calls)),
        Card(
            _("Resolved by the bot"),
            percent(roi.resolution_rate),
            *_points(roi.resolution_rate, before.resolution_rate),
        ),
        Card(_("Handed over"), str(roi.transferred), *_more(roi.transferred, before.transferred)),
        Card(_("Saved against people"), money(roi.savings_eur), *_amount(roi.savings_eur, before.savings_eur)),
        Card(_("Cost per call"), euros(roi.cost_per_call_eur)),
        Card(_("Mean duration"), clock(float(roi.mean_seconds) if roi.mean_seconds is not None else None)),
    ]


def money(amount: Decimal) -> str:
    """A sum of a week: cents are enough."""
    return euros(amount) if abs(amount) >= 1 or not amount else euros(amount.quantize(Decimal("0.01")))


def _more(now: int, before: int) -> tuple[str, str]:
    if now == before:
        return _("as the week before"), EVEN
    return _("%(change)+d in a week") % {"change": now - before}, EVEN


def _points(now: Decimal | None, before: Decimal | None) -> tuple[str, str]:
    if now is None or before is None:
        return "", EVEN
    points = round((now - before) * 100)
    if not points:
        return _("as the week before"), EVEN
    text = ngettext("%(points)+d point", "%(points)+d points", abs(points)) % {"points": points}
    return text, GOOD if points > 0 else BAD


def _amount(now: Decimal, before: Decimal) -> tuple[str, str]:
    change = now - before
    if not before or abs(change) < 1:
        return "", EVEN
    sign = "+" if change > 0 else "−"
    return _("%(change)s in a week") % {"change": sign + money(abs(change))}, GOOD if change > 0 else BAD


def days(week: Week) -> list[Bar]:
    """Calls of each day: resolved by the bot, and the others."""
    most = week.most_calls or 1
    return [
        Bar(
            day_name(day),
            [
                (round(100 * roi.resolved / most), RESOLVED),
                (round(100 * (roi.calls - roi.resolved) / most), OTHERS),
            ],
            str(roi.calls),
        )
        for day, roi in week.days
    ]


def day_name(day: date) -> str:
    return date_format(day, "D j")


def problems(week: Week) -> list[Bar]:
    most = max((number for _name, number in week.problems), default=1)
    return [
        Bar(capfirst(name), [(round(100 * number / most), RESOLVED)], str(number)) for name, number in week.problems
    ]


def notices(week: Week) -> list[str]:
    """What somebody should look at."""
    found = []
    if week.to_work_on:
        text = ngettext("%d ticket waits for somebody.", "%d tickets wait for somebody.", week.to_work_on)
        found.append(text % week.to_work_on)
    if week.angry:
        found.append(ngettext("%d caller was angry.", "%d callers were angry.", week.angry) % week.angry)
    if week.roi.failed + week.roi.dropped:
        number = week.roi.failed + week.roi.dropped
        found.append(ngettext("%d call broke off.", "%d calls broke off.", number) % number)
    if week.roi.unpriced:
        found.append(_("Some costs are missing: a price is not known."))
    return found
