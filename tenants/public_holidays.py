"""The public holidays of France (Code du travail, article L3133-1), each year's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

#: (month, day) of those that fall on the same day every year.
FIXED = {
    (1, 1): "Jour de l'An",
    (5, 1): "Fête du Travail",
    (5, 8): "Victoire 1945",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice 1918",
    (12, 25): "Noël",
}
#: Days after Easter Sunday of those that move.
MOVING = {1: "Lundi de Pâques", 39: "Ascension", 50: "Lundi de Pentecôte"}


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    date: date
    name: str
    every_year: bool


def of_france(today: date, *, years: int = 3) -> list[PublicHoliday]:
    """The fixed ones by their next date, and the moving ones from `today` on for some years, in order."""
    fixed = (PublicHoliday(_next(today, month, day), name, every_year=True) for (month, day), name in FIXED.items())
    moving = (
        PublicHoliday(day, name, every_year=False)
        for year in range(today.year, today.year + years)
        for days, name in MOVING.items()
        if (day := easter(year) + timedelta(days)) >= today
    )
    return sorted((*fixed, *moving), key=lambda holiday: holiday.date)


def _next(today: date, month: int, day: int) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar: Meeus, Jones and Butcher's rule."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
