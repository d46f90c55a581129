"""Marks of an e-mail address that are told twice, or denied: «underscore, le tiret du bas,»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice, takewhile

from calls.understanding.address_rules.phrases import (
    APOLOGY,
    ATS,
    INITIAL,
    REMARKED,
    SILENT,
    TEXT,
    Kind,
    Part,
    last_of,
    text_of,
    without_last,
)
from calls.understanding.address_rules.spelling import spelled_once, with_runs
from calls.understanding.letter_remarks import BETWEEN_TWO, EVERYWHERE

_DOT, _HYPHEN, _UNDERSCORE = (Part(Kind.SEPARATOR, mark) for mark in ".-_")
_HEIN = Part(Kind.FILLER, REMARKED)
_PARDON = Part(Kind.CORRECTION, APOLOGY)
_ARTICLES = ([Part(Kind.PAUSE), Part(Kind.PARTICLE, "le")], [Part(Kind.PAUSE), Part(Kind.PARTICLE, "un")])
_OF_A_MARK = ("le", "la", "l", "un")
_BREAKS = (Kind.INTRO, Kind.INTERJECTION)
_EVERYWHERE = (EVERYWHERE, BETWEEN_TWO)
_NAME = (Kind.WORD, Kind.PARTICLE)
_OF_THE_SAME = (Kind.INTRO, Kind.DENIAL, *SILENT)


def marks_once(parts: Sequence[Part]) -> list[Part]:
    """Without what is said of a mark right after it: «underscore, le tiret du bas,», «tiret, celui du bas»."""
    kept: list[Part] = []
    replaced: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is not Kind.SEPARATOR:
            is_pardon = part == _PARDON and position > 0 and [parts[position - 1]] == replaced
            if not is_pardon:
                kept.append(part)
            replaced = []
            continue
        has_article = kept[-1:] and kept[-1].kind is Kind.PARTICLE  # «…, le tiret»; but «tiret, de, tiret»
        rest = kept[:-1] if has_article and kept[-1].value in _OF_A_MARK else kept
        before = without_last(rest, *_OF_THE_SAME)
        said_of_it = kept[len(before) :]
        is_beside = before and before[-1].kind is Kind.SEPARATOR
        is_named = said_of_it[-2:] in _ARTICLES and part not in kept
        if is_named and not is_beside:
            kept = [*kept[:-1], part]  # «bertrand, le tiret du bas, douze»
        elif is_beside and _HEIN in said_of_it:
            kept = before if part in (_HYPHEN, before[-1]) else [*before, Part(Kind.DOUBT)]  # «…, du bas hein le tiret»
        elif not is_beside or Part(Kind.PAUSE) not in said_of_it:
            kept.append(part)
        elif any(other.kind is Kind.DENIAL for other in said_of_it):
            kept = [*before, *([Part(Kind.DOUBT)] if part == before[-1] else [])]
        elif part == before[-1] and (part == _DOT or any(other.kind is Kind.FILLER for other in said_of_it)):
            kept = before  # «didier point, euh, point rey»: no address has two
        elif (before[-1], part) == (_HYPHEN, _UNDERSCORE) or _is_taken_back(parts[position + 1 :]):
            kept, replaced = [*before[:-1], part], [part]
        elif part == before[-1] and _is_apart(parts[position + 1 :]):
            kept = before
        else:
            kept.append(part)
    return kept


def _is_taken_back(following: Sequence[Part]) -> bool:
    """«Point, euh, tiret pardon, masson»"""
    return list(following[:1]) == [_PARDON] and [part.kind for part in following[1:2]] == [Kind.PAUSE]


def _is_apart(following: Sequence[Part]) -> bool:
    return following[:1] in ([Part(Kind.PAUSE)], [_HEIN])


def with_marks_told(parts: Sequence[Part]) -> list[Part]:
    """«Atelier lumière, atelier tiret lumière,» once, and «G. Barbier» as «g point barbier» has it, said later."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is Kind.PAUSE and _is_told_with_mark(words := last_of(kept, *TEXT), parts[position + 1 :]):
            kept = kept[: -len(words)]
        elif part.value == INITIAL and kept:
            has_mark = parts[position + 1 : position + 2] and parts[position + 1].kind is Kind.SEPARATOR
            kept += [] if has_mark else [_mark_between(kept[-1], parts[position + 1 :]) or part]  # «M. Point Oliveira»
        else:
            kept.append(part)
    return kept


def with_marks_everywhere(parts: Sequence[Part]) -> list[Part]:
    """With the marks of «avec des tirets entre chaque mot» where its words are: the name before it, or the domain."""
    told = [(at, part.remark) for at, part in enumerate(parts) if part.remark and part.remark.place in _EVERYWHERE]
    ats = [place for place, part in enumerate(parts) if part.kind in ATS] if told else []
    if len(told) != 1 or len(ats) != 1:
        return list(parts)
    place, remark = told[0]
    last = parts[ats[0] + 1 :]
    label = len(list(takewhile(lambda part: part.kind in _NAME, last)))
    names = [(ats[0] + 1, ats[0] + 1 + label)] if last[label : label + 1] == [_DOT] else []
    end = len(without_last(parts[: min(place, ats[0])], *SILENT))
    names.append((end - len(last_of(parts[:end], *_NAME)), end))
    words = [end - start for start, end in names]
    is_of_two = remark.place == BETWEEN_TWO
    of_words = [name for name, count in zip(names, words, strict=True) if count == 2 or (count > 1 and not is_of_two)]
    is_of_name = of_words == names[-1:]
    # «Serge Lemoine arobase…, avec un point entre les deux»: is it always there?
    is_sure = is_of_name if place < ats[0] else not (is_of_name and is_of_two)
    if len(of_words) != 1 or not is_sure:
        return list(parts)
    start, end = of_words[0]
    mark = Part(Kind.SEPARATOR, remark.letters)
    marked = [piece for part in parts[start:end] for piece in (mark, part)][1:]
    return [*parts[:start], *marked, *parts[end:]]


def without_clauses_again(parts: Sequence[Part]) -> list[Part]:
    """«Samir point el tiret amrani, E L tiret A M R A N I» once, and of «P. Le Goff, P point L E…» what is sure."""
    at = next((place for place, part in enumerate(parts) if part.kind in ATS), len(parts))
    kinds = [part.kind for part in parts[:at]]
    if Kind.PAUSE not in kinds or Kind.SEPARATOR not in kinds[kinds.index(Kind.PAUSE) :]:
        return list(parts)
    kept: list[Part] = []
    start = 0
    for end in [place for place in range(at) if parts[place].kind is Kind.PAUSE] + [at]:
        clause = list(parts[start:end])
        said = list(takewhile(lambda part: part.kind not in _BREAKS, reversed(kept)))[::-1]
        told = spelled_once([part for part in clause if part.kind not in SILENT])
        marks = [place for place, part in enumerate(told) if part.kind is Kind.SEPARATOR]
        is_name = all(part.kind in (*TEXT, Kind.SEPARATOR) for part in told) and told and not told[-1].remark
        if is_name and marks and marks[-1] < len(told) - 1 and (again := _again(said, told)) is not None:
            kept = [*kept[: len(kept) - len(said)], *again, *([parts[end]] if end < at else [])]
        else:
            kept += parts[start : min(end + 1, at)]
        start = end + 1
    return [*kept, *parts[at:]]


def _again(said: Sequence[Part], told: Sequence[Part]) -> list[Part] | None:
    """`said`, if what is `told` is there, or that, if it is all that was said, but for doubts; None if it goes on."""
    text = text_of(told)
    before = [part for part in said if part.kind not in SILENT]
    is_marked = told[0].kind is Kind.SEPARATOR
    starts = [
        place for place in range(len(before)) if not place or before[place - 1 + is_marked].kind is Kind.SEPARATOR
    ]
    ends = [at for at in range(1, len(before) + 1) if at == len(before) or before[at].kind is Kind.SEPARATOR]
    if any(text_of(before[start:end]) == text for start in starts for end in ends):
        return list(said)
    if "".join("." if part == Part(Kind.DOUBT, INITIAL) else part.value for part in before) == text:
        return list(told)
    pieces = _names(before)
    pieces |= {name[:1] for name in pieces}  # «luc tiret roy, roy tiret luc», «luc point roy, L point roy»
    is_begun = not is_marked and text_of(before).startswith(text)  # «luc tiret roy trente, luc tiret roy»
    is_otherwise = any(part.kind is Kind.SEPARATOR for part in before) and _names(told) <= pieces
    return [Part(Kind.DOUBT)] if is_begun or is_otherwise else None


def _names(parts: Sequence[Part]) -> set[str]:
    groups = groupby(parts, lambda part: part.kind is Kind.SEPARATOR)
    return {text_of(group) for is_mark, group in groups if not is_mark}


def _is_told_with_mark(words: Sequence[Part], following: Sequence[Part]) -> bool:
    """Whether the same words follow, the same mark between all of them, and nothing more."""
    length = 2 * len(words) - 1
    if len(words) < 2 or not following:
        return False
    again = list(islice(with_runs(part for part in following if part.kind not in SILENT), length + 1))
    after = [part.kind for part in again[length:]]
    is_again = [part.value for part in again[:length:2]] == [part.value for part in words]
    is_over = after in ([], [Kind.AT], [Kind.SEPARATOR])
    return is_again and is_over and again[1].kind is Kind.SEPARATOR and len(set(again[1:length:2])) == 1


def _mark_between(initial: Part, following: Sequence[Part]) -> Part | None:
    """The mark that was said later between the initial and the name, which the rest begins with."""
    marks = (
        mark
        for one, mark, name in zip(following, following[1:], following[2:], strict=False)
        if (one, name) == (initial, following[0]) and mark.kind is Kind.SEPARATOR
    )
    return next(marks, None)
