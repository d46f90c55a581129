"""What an utterance about an e-mail address is, clause by clause, before anything of it is read as the address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import dropwhile, product, takewhile

from calls.understanding.address_rules.phrases import (
    AND,
    ATS,
    HESITATION,
    LEAD,
    SILENT,
    TALK,
    TEXT,
    Kind,
    Part,
    asides,
    endings,
    has_at,
    is_over,
    last_of,
    text_of,
    without_last,
)
from calls.understanding.names import is_first_name
from calls.understanding.text import compact, table

_DOT = Part(Kind.SEPARATOR, ".")
# What a clause that tells nothing of the address has none of.
_TELLING = (
    Kind.AT,
    Kind.SEPARATOR,
    Kind.LETTERS,
    Kind.GLUED,
    Kind.CORRECTION,
    Kind.REMARK,
    Kind.IN_DIGITS,
    Kind.IN_LETTERS,
    Kind.ABBREVIATED,
    Kind.NAMED,
    Kind.IN_FRONT,
)
_BETWEEN_LEADS = (Kind.INTRO, Kind.INTERJECTION, Kind.REPETITION, *SILENT)
_OF_A_SENTENCE = (Kind.INTRO, Kind.PARTICLE, Kind.DOUBT)
_AND_THERE = (AND, Part(Kind.PARTICLE, "la"))
_MARKS = (Kind.AT, Kind.WEAK_AT, Kind.SEPARATOR)


def as_clauses(parts: Sequence[Part]) -> list[Part]:
    """The parts, without the talk that they begin with, endings whole, and what is taken back marked as that."""
    return without_talk_before(_with_taken_back(_with_endings(parts)))


def _with_endings(parts: Sequence[Part]) -> list[Part]:
    """«Orange point F R», «orange, point, fr» with the ending as one word right after its point."""
    kept: list[Part] = []
    position = 0
    is_domain = False
    while position < len(parts):
        kept.append(parts[position])
        is_domain = is_domain or kept[-1].kind in ATS
        position += 1
        if not is_domain or kept[-1] != _DOT:
            continue
        start = next((at for at in range(position, len(parts)) if parts[at].kind is not Kind.PAUSE), len(parts))
        letters = list(takewhile(lambda part: part.kind is Kind.LETTERS, parts[start:]))
        ending = text_of(letters) or text_of(parts[start : start + 1])
        ending = _endings_heard().get(ending, ending)
        end = start + max(len(letters), 1)
        if ending in endings() and (end == len(parts) or parts[end].kind not in TEXT):
            kept.append(Part(Kind.WORD, ending))
            position = end
    return kept


@cache
def _endings_heard() -> dict[str, str]:
    """«Effer», «eferre» and «efère», which «F R» is written as."""
    names = table("letters")["fr"]["names"]
    first, last = ([compact(name) for name in names[letter]] for letter in "fr")
    return {one.removesuffix("e") + other: "fr" for one, other in product(first, last)}


def _with_taken_back(parts: Sequence[Part]) -> list[Part]:
    """«Point fr, euh, point com», «luc tiret, euh, luc point» with a correction where only «euh» was said.

    Only what is begun again is surely meant instead, and an ending where the first is none that the provider has.
    """
    if all(part.value != HESITATION for part in parts):
        return list(parts)
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part == Part(Kind.FILLER, HESITATION):
            after = list(dropwhile(lambda other: other.kind in SILENT, parts[position + 1 :]))
            if _is_another_ending(kept, after) or _is_begun_again(kept, after):
                part = Part(Kind.CORRECTION)
        kept.append(part)
    return kept


def _is_another_ending(before: Sequence[Part], after: Sequence[Part]) -> bool:
    if before[-1:] != [Part(Kind.PAUSE)] or not is_over(after[:2]):
        return False
    said = before[:-1]
    # «…, point fr, orange point fr»
    again = dropwhile(lambda part: part.kind is Kind.PAUSE or (part != _DOT and part in said), after[2:])
    is_told_again = list(again)[:2] == after[:2]
    provider = table("email")["providers"].get(text_of(said[-3:-2]))
    is_none = provider is not None and said[-1].value not in provider["endings"]
    return has_at(said) and is_over(said) and said[-1] != after[1] and (is_none or is_told_again)


def _is_begun_again(before: Sequence[Part], after: Sequence[Part]) -> bool:
    before = without_last(before, Kind.PAUSE)
    said = last_of(before[:-1], *TEXT)
    return (
        bool(said)
        and before[-1].kind is Kind.SEPARATOR
        and not has_at(before)
        and [part.value for part in after[: len(said)]] == [part.value for part in said]
    )


def without_talk_before(parts: Sequence[Part]) -> list[Part]:
    """«Boucherie chez Marcel, alors boucherie point…» without who is calling, whatever its words are.

    But «Jean, alors Dupont arobase» may be one name.
    """
    at = next((place for place in range(len(parts)) if _tells(parts, place)), len(parts))
    for pause in range(at - 1, 0, -1):
        if parts[pause].kind is not Kind.PAUSE or parts[pause - 1].kind is Kind.PAUSE:
            continue
        clause = parts[:pause]
        talk = list(takewhile(lambda part: part.kind in _BETWEEN_LEADS, parts[pause:]))
        said = parts[pause + len(talk) :]
        is_led = any(part.kind is Kind.REPETITION or part == Part(Kind.INTERJECTION, LEAD) for part in talk)
        may_be_address = any(part.kind in _MARKS for part in clause)  # «chez», «Saint-Cyr»
        is_led = is_led or (may_be_address and any(part.kind is Kind.INTRO for part in talk))
        if is_led and said and said[0].kind in TEXT and not _may_be_named(clause, said):
            return list(said)
    return list(parts)


def _tells(parts: Sequence[Part], position: int) -> bool:
    """Whether the address may have begun there; «la mairie de Saint-Cyr» only has a hyphen."""
    if parts[position] != Part(Kind.SEPARATOR, "-"):
        return parts[position].kind in _TELLING
    is_inside = [part.kind for part in parts[position - 1 : position + 2]] == [Kind.WORD, Kind.SEPARATOR, Kind.WORD]
    return not is_inside or all(part.kind not in _OF_A_SENTENCE for part in parts[:position])


def _may_be_named(clause: Sequence[Part], said: Sequence[Part]) -> bool:
    """Whether the words before the lead may be the first ones of the address."""
    words = [part for part in clause if part.kind not in SILENT]
    if any(part.kind not in (Kind.WORD, Kind.DIGITS) for part in words):
        return False
    is_marked = any(part.kind is Kind.SEPARATOR for part in takewhile(lambda part: part.kind is not Kind.AT, said))
    return (len(words) == 1 and not is_marked) or any(is_first_name(part.value) for part in words)


def without_talk_after_at(parts: Sequence[Part], language: str) -> Sequence[Part]:
    """«Arobase, attendez, lune point fr», «arobase, et là c'est orange point fr» from the domain on."""
    start = 0
    for pause, part in enumerate(parts):
        clause = [other for other in parts[start:pause] if other.kind not in SILENT]
        if part.kind is Kind.PAUSE:
            is_lead = len(clause) == 1 and asides("before_at", language).at([clause[0].value], 0) is not None
            is_talk = any(other.kind in (Kind.INTRO, Kind.INTERJECTION, Kind.DOUBT) for other in clause)
            if clause and not is_lead and not is_talk:
                break
            start = pause + 1
        elif part.kind in (Kind.SEPARATOR, Kind.LETTERS, Kind.DIGITS, Kind.PROVIDER):
            break
    spoken = list(dropwhile(lambda part: part in _AND_THERE or part.kind in TALK, parts[start:]))
    return spoken if start or (spoken and spoken[0].value in table("email")["providers"]) else parts
