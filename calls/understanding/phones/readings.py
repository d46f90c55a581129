"""The digits that dictated words stand for, as telephone numbers are said: French ones in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from calls.understanding.numbers import is_digits, number, readings
from calls.understanding.phones.parts import PAUSE, PLUS, REPEATS
from calls.understanding.text import table

_LONGEST = 24
_TEENS = range(10, 20)
# Digits of a number that «hundred» or «thousand» goes on with.
_MOST_COUNTED = 2
_BEFORE_TEENS = ("60", "80")
_LOOSE_TENS = ("vingt", "trente", "quarante", "cinquante", "soixante")
_UNITS = ("deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")


def read_number(spoken: Sequence[str], language: str, *, recut: bool, is_first: bool) -> set[str]:
    """What a number may be that begins with `spoken`; of other countries (`+41…`) after a plus, or zero zero."""
    international = _after_prefix(spoken, language, is_first)
    if international is None:
        return read(spoken, 0, language, recut=recut)
    if language == "fr" and (code := number(international, 0, language)) and code[1].startswith("33"):
        subscriber = [*([code[1][2:]] if code[1] != "33" else []), *international[code[0] :]]
        if _digits_at(subscriber, 0, language).startswith("0"):  # «plus trente-trois, zéro six»
            return read(subscriber, 0, language, recut=recut)
        return read(["0", *subscriber], 0, language, recut=recut)
    return {f"+{digits}" for digits in read(international, 0, language, in_pairs=False)}


def read(spoken: Sequence[str], offset: int, language: str, *, recut: bool = False, in_pairs: bool = True) -> set[str]:
    """Every way of reading `spoken` that somebody may have meant who has said `offset` digits before.

    Numbers of two digits are pairs of a French telephone number, so that «zéro quatre
    vingt» is 04 20; but «vingt quatre vingt» may be 24 20 or 20 80. `recut`: also
    as recognition writes what was said otherwise: «60 17» for 77, «soixante dix-huit»
    for 60 18.
    """
    found: list[set[str]] = [set() for _ in range(len(spoken) + 1)]
    found[0].add("")
    for start, word in enumerate(spoken):
        for digits in found[start]:
            said = offset + len(digits)
            if len(digits) > _LONGEST:
                continue
            if word in (PAUSE, "et"):
                found[start + 1].add(digits)
            elif word not in REPEATS:
                for end, more in _next(spoken, start, said, language, recut, in_pairs):
                    found[end].add(digits + more)
            elif start + 1 < len(spoken) and spoken[start + 1] != PAUSE:
                for end, more in _next(spoken, start + 1, said, language, recut, in_pairs):
                    found[end].add(digits + more * REPEATS[word])
            else:  # «trente deux fois»
                found[start + 1].add(digits + digits[-2:] * (REPEATS[word] - 1))
    return found[-1]


def _next(
    spoken: Sequence[str], start: int, offset: int, language: str, recut: bool, in_pairs: bool
) -> Iterator[tuple[int, str]]:
    if spoken[start] in (PLUS, *REPEATS):
        return
    options = list(readings(spoken, start, language))
    if not options:
        return  # «hundred» behind no number
    if language != "fr" or not in_pairs:
        yield from _with_zeros(spoken, options[0], language)
        return
    literal = is_digits(spoken[start])
    if not literal and len(options[0][1]) == 3 and not _fits(options[0][1], offset):
        return
    options = [option for option in options if literal or _fits(option[1], offset)]
    yield from (option for option in options[:1] if not _cuts_ninety(spoken, start, option[0], offset, language))
    for end, digits in options[1:]:
        is_before_eighty = spoken[end : end + 1] == ["quatre"] and spoken[end + 1 : end + 2] in (["vingt"], ["vingts"])
        is_before_hundred = offset == 1 and spoken[end : end + 1] in (["cent"], ["cents"])  # «zéro six cent vingt»
        is_apart = digits in _BEFORE_TEENS and end < len(spoken) and _is_written_apart(spoken, end)
        if is_before_eighty or is_before_hundred or (recut and (literal or is_apart)):
            yield end, digits


def _with_zeros(spoken: Sequence[str], option: tuple[int, str], language: str) -> Iterator[tuple[int, str]]:
    """«Seven hundred» as 700, and «nine hundred twelve» also as 912."""
    end, digits = option
    zeros = table("phone")[language]["zeros"].get(spoken[end]) if end < len(spoken) else None
    if not zeros:
        yield option
        return
    if len(digits) > _MOST_COUNTED:
        return  # «900 thousand» is no part of a number
    yield end + 1, digits + zeros
    rest = number(spoken, end + 1, language)
    if rest and 1 < len(rest[1]) < len(zeros) + 1:
        yield rest[0], digits + rest[1].rjust(len(zeros), "0")


def _is_written_apart(spoken: Sequence[str], end: int) -> bool:
    """Whether what comes at `end` is no part of the number before it, as recognition writes numbers here.

    It joins parts with hyphens, or another number of this dictation would not be one word:
    «cinquante-neuf soixante quinze» is 59 60 15.
    """
    is_joined = any(is_digits(word) and len(word) == 2 and int(word) > _TEENS[-1] and word[1] != "0" for word in spoken)
    return is_digits(spoken[end]) or (is_joined and not _has_loose_numbers(spoken))


def _has_loose_numbers(spoken: Sequence[str]) -> bool:
    """Whether a number is written without hyphens that is not said otherwise: «trente deux»."""
    pairs = pairwise(spoken)
    return any((tens in _LOOSE_TENS and unit in _UNITS) or (tens, unit) == ("quatre", "vingt") for tens, unit in pairs)


def _cuts_ninety(spoken: Sequence[str], start: int, end: int, offset: int, language: str) -> bool:
    """Whether this is the 20 of «trente quatre | vingt | dix-huit», which is rather 30 98, one pair less."""
    if offset % 2 or spoken[max(0, start - 1) : end] != ["quatre", "vingt"]:
        return False
    following = number(spoken, end, language)
    return following is not None and 10 <= int(following[1]) <= 19


def _fits(digits: str, offset: int) -> bool:
    """Whether a spoken number may begin after so many digits: «06 12 34 56 78», «0 800 123 456», «06 214 382 07»."""
    return len(digits) == 1 or (len(digits) == 2 and offset % 2 == 0) or (len(digits) == 3 and offset % 3 > 0)


def _after_prefix(spoken: Sequence[str], language: str, is_first: bool) -> list[str] | None:
    """What comes after «plus» or «zéro zéro»; None for national numbers."""
    spoken = [word for word in spoken if word != PAUSE] if spoken[0] == PLUS else list(spoken)
    if spoken[0] == PLUS:
        return spoken[1:]
    if not is_first:
        return None
    is_twice = spoken[0] == "twice" or _digits_at(spoken, 0, language) == "0"
    if is_twice and _digits_at(spoken, 1, language) == "0" and len(spoken) > 2:
        return spoken[2:]
    if is_digits(spoken[0]) and spoken[0].startswith("00"):
        return [*filter(None, [spoken[0][2:]]), *spoken[1:]]
    return None


def _digits_at(spoken: Sequence[str], start: int, language: str) -> str:
    found = number(spoken, start, language)
    return found[1] if found else ""
