"""Numbers as they are dictated, in words or digits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from calls.understanding.text import fold, table

# «Dix-neuf cent quatorze»
_CENTURIES = range(11, 20)
_TENS = {20, 30, 40, 50, 60, 70, 80, 90}


@cache
def _values(language: str) -> dict[str, int]:
    return {fold(word): value for word, value in table("numbers")[language].items()}


def is_digits(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def is_number(word: str, language: str) -> bool:
    """Whether a folded word is a number, or can be part of one."""
    return word in _number_words(language) or is_digits(word)


def has_number(words: Iterable[str], language: str) -> bool:
    """Whether any of folded words is."""
    return not _number_words(language).isdisjoint(words) or any(map(is_digits, words))


@cache
def _number_words(language: str) -> frozenset[str]:
    return frozenset(_values(language)) | ({"cent", "cents"} if language == "fr" else set())


def readings(spoken: Sequence[str], start: int, language: str) -> Iterator[tuple[int, str]]:
    """The numbers that may begin at `start`, as (end, digits), the likeliest first.

    «quatre-vingt-douze» is 92, or 80 and 12, or 4, 20 and 12: dictated numbers are
    ambiguous, and only the whole tells. Digits stand for themselves before they are
    added up («60 17» is how recognition may write «soixante-dix-sept»).
    """
    literal = is_digits(spoken[start])
    if literal:
        yield start + 1, spoken[start]
    found = _french(spoken, start) if language == "fr" else _english(spoken, start)
    for end, value in sorted(set(found), reverse=True):
        if not (literal and end == start + 1):
            yield end, str(value)


def number(spoken: Sequence[str], start: int, language: str) -> tuple[int, str] | None:
    """The likeliest number at `start`, as (end, digits)."""
    if start >= len(spoken) or not is_number(spoken[start], language):
        return None
    return next(readings(spoken, start, language), None)


def year(spoken: Sequence[str], start: int, language: str) -> tuple[int, str] | None:
    """A number of thousands: «deux mille douze», «mille neuf cent dix», «treize mille sept», «dix-neuf cent dix».

    So is English «two thousand and five».
    """
    if start >= len(spoken):
        return None
    return _thousands(spoken, start) if language == "fr" else _english_year(spoken, start)


def _thousands(spoken: Sequence[str], start: int) -> tuple[int, str] | None:
    if spoken[start] == "mille":
        rest = number(spoken, start + 1, "fr")
        return (rest[0], str(1000 + int(rest[1]))) if rest and 100 <= int(rest[1]) < 1000 else None
    first = number(spoken, start, "fr")
    following = spoken[first[0]] if first and first[0] < len(spoken) else ""
    if first and following in ("cent", "cents") and int(first[1]) in _CENTURIES:
        rest = number(spoken, first[0] + 1, "fr")
        last = rest if rest and int(rest[1]) < 100 else (first[0] + 1, "0")
        return last[0], str(int(first[1]) * 100 + int(last[1]))
    if not first or following != "mille" or len(first[1]) > 2:
        return None
    end = first[0] + 1
    rest = number(spoken, end, "fr")
    if rest and int(rest[1]) < 1000:
        return rest[0], str(int(first[1]) * 1000 + int(rest[1]))
    return end, str(int(first[1]) * 1000)


def _english_year(spoken: Sequence[str], start: int) -> tuple[int, str] | None:
    first = number(spoken, start, "en")
    if not first or len(first[1]) > 2 or spoken[first[0] : first[0] + 1] != ["thousand"]:
        return None
    end = first[0] + 1
    thousands = int(first[1]) * 1000
    rest = number(spoken, end + (spoken[end : end + 1] == ["and"]), "en")
    return (rest[0], str(thousands + int(rest[1]))) if rest and int(rest[1]) < 100 else (end, str(thousands))


def _value(spoken: Sequence[str], position: int, language: str) -> int | None:
    """The number one word stands for; of digits only those that may be part of a larger number."""
    if position >= len(spoken):
        return None
    word = spoken[position]
    if is_digits(word):
        return int(word) if len(word) <= 2 and not word.startswith("0") else None
    return _values(language).get(word)


def _french(spoken: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    for end, value in _french_below_100(spoken, start):
        yield end, value
        if value < 10 and end < len(spoken) and spoken[end] in ("cent", "cents"):
            yield from _with_rest(spoken, end + 1, value * 100)
    if spoken[start] in ("cent", "cents"):
        yield from _with_rest(spoken, start + 1, 100)


def _with_rest(spoken: Sequence[str], start: int, hundreds: int) -> Iterator[tuple[int, int]]:
    yield start, hundreds
    if start < len(spoken):
        for end, value in _french_below_100(spoken, start):
            yield end, hundreds + value


def _french_below_100(spoken: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    value = _value(spoken, start, "fr")
    if value is None:
        return
    yield start + 1, value
    if value == 10:
        unit = _value(spoken, start + 1, "fr")
        if unit in (7, 8, 9):
            yield start + 2, 10 + unit
    elif value == 4 and _value(spoken, start + 1, "fr") == 20:
        yield start + 2, 80
        yield from _added(spoken, start + 2, 80, 19)
    elif value in _TENS:
        yield from _added(spoken, start + 1, value, 19 if value in (60, 80) else 9)


def _added(spoken: Sequence[str], start: int, tens: int, most: int) -> Iterator[tuple[int, int]]:
    if start < len(spoken) and spoken[start] == "et":
        start += 1
    unit = _value(spoken, start, "fr")
    if unit is None or unit == 0:
        return
    if unit <= most:
        yield start + 1, tens + unit
    if unit == 10 and most == 19:
        small = _value(spoken, start + 1, "fr")
        if small in (7, 8, 9):
            yield start + 2, tens + 10 + small


def _english(spoken: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    value = _value(spoken, start, "en")
    if value is None:
        return
    yield start + 1, value
    if value in _TENS:
        unit = _value(spoken, start + 1, "en")
        if unit is not None and 1 <= unit <= 9:
            yield start + 2, value + unit
