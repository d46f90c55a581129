"""Weekly hours in words, as one says them on the telephone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

Span = tuple[time, time]
MIDNIGHT = time()

FRENCH = (
    "zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
ENGLISH = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip


def french_number(value: int) -> str:
    """0 to 59, of feminine things: «vingt et une»."""
    if value < 20:
        return FRENCH[value]
    tens, unit = divmod(value, 10)
    word = ("vingt", "trente", "quarante", "cinquante")[tens - 2]
    if unit == 0:
        return word
    return f"{word} et une" if unit == 1 else f"{word}-{FRENCH[unit]}"


def english_number(value: int) -> str:
    """0 to 59."""
    if value < 20:
        return ENGLISH[value]
    tens, unit = divmod(value, 10)
    word = ("twenty", "thirty", "forty", "fifty")[tens - 2]
    return f"{word}-{ENGLISH[unit]}" if unit else word


def french_clock(at: time) -> str:
    if at.hour in (0, 12):
        hour = "midi" if at.hour else "minuit"
    else:
        hour = f"{french_number(at.hour)} heure{'s' if at.hour > 1 else ''}"
    return f"{hour} {french_number(at.minute)}" if at.minute else hour


def english_clock(at: time) -> str:
    if not at.minute and at.hour in (0, 12):
        return "noon" if at.hour else "midnight"
    hour = english_number(at.hour % 12 or 12)
    minutes = f"{' oh' if at.minute < 10 else ''} {english_number(at.minute)}" if at.minute else ""
    part = next(name for until, name in ENGLISH_PARTS if at.hour < until)
    return f"{hour}{minutes} {part}"


ENGLISH_PARTS = ((5, "at night"), (12, "in the morning"), (18, "in the afternoon"), (24, "in the evening"))


def french_days(first: str, last: str) -> str:
    return f"le {first}" if first == last else f"du {first} au {last}"


def english_days(first: str, last: str) -> str:
    return f"on {first}" if first == last else f"from {first} to {last}"


def french_span(opens: time, closes: time) -> str:
    start = french_clock(opens)
    of = "d'" if start.startswith("une ") else "de "
    return f"{of}{start} à {french_clock(closes)}"


def english_span(opens: time, closes: time) -> str:
    return f"from {english_clock(opens)} to {english_clock(closes)}"


@dataclass(frozen=True, slots=True)
class Wording:
    weekdays: Sequence[str]
    days: Callable[[str, str], str]
    span: Callable[[time, time], str]
    every_day: str
    all_day: str
    conjunction: str


WORDINGS: Mapping[str, Wording] = {
    "fr": Wording(
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        days=french_days,
        span=french_span,
        every_day="tous les jours",
        all_day="vingt-quatre heures sur vingt-quatre",
        conjunction="et",
    ),
    "en": Wording(
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        days=english_days,
        span=english_span,
        every_day="every day",
        all_day="around the clock",
        conjunction="and",
    ),
}


def sentence(week: Mapping[int, Iterable[Span]], language: str) -> str:
    """Hours by weekday (0 is Monday), days of the same hours said together. Raises ValueError for a language."""
    wording = WORDINGS.get(language)
    if wording is None:
        raise ValueError(f"hours are not said in {language!r}, only in {', '.join(WORDINGS)}")
    groups: dict[tuple[Span, ...], list[int]] = {}
    for weekday in sorted(week):
        if spans := merged(week[weekday]):
            groups.setdefault(spans, []).append(weekday)
    parts = [f"{spoken_days(days, wording)}, {spoken_spans(spans, wording)}" for spans, days in groups.items()]
    return listed(parts, f", {wording.conjunction}")


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order; spans that touch are one."""
    found: list[Span] = []
    for opens, closes in sorted(spans):
        if found and found[-1][1] == MIDNIGHT:
            break  # that one goes to the end of the day
        if found and opens <= found[-1][1]:
            start, end = found.pop()
            opens, closes = start, MIDNIGHT if closes == MIDNIGHT else max(end, closes)
        found.append((opens, closes))
    return tuple(found)


def spoken_days(days: Sequence[int], wording: Wording) -> str:
    """Three days and more in a row are said as from the first to the last."""
    if len(days) == 7:
        return wording.every_day
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    spans: list[tuple[int, int]] = []
    for run in runs:
        spans += [(run[0], run[-1])] if len(run) > 2 else [(day, day) for day in run]
    names = wording.weekdays
    return listed([wording.days(names[first], names[last]) for first, last in spans], f" {wording.conjunction}")


def spoken_spans(spans: Sequence[Span], wording: Wording) -> str:
    if spans == ((MIDNIGHT, MIDNIGHT),):
        return wording.all_day
    return listed([wording.span(*span) for span in spans], f" {wording.conjunction}")


def listed(parts: Sequence[str], conjunction: str) -> str:
    """The parts, commas between them and the conjunction before the last."""
    return f"{conjunction} ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""
