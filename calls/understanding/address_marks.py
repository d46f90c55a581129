"""Marks of an e-mail address that are told twice, or denied: «underscore, le tiret du bas,»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, islice, takewhile

from calls.understanding.address_phrases import APOLOGY, INITIAL, REMARKED, SILENT, TEXT, Kind, Part
from calls.understanding.address_spelling import with_runs

_DOT, _HYPHEN, _UNDERSCORE = (Part(Kind.SEPARATOR, mark) for mark in ".-_")
_HEIN = Part(Kind.FILLER, REMARKED)
_PARDON = Part(Kind.CORRECTION, APOLOGY)
_ARTICLES = ([Part(Kind.PAUSE), Part(Kind.PARTICLE, "le")], [Part(Kind.PAUSE), Part(Kind.PARTICLE, "un")])
_OF_A_MARK = ("le", "la", "l", "un")
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
        before = list(dropwhile(lambda other: other.kind in _OF_THE_SAME, reversed(rest)))[::-1]
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
        if part.kind is Kind.PAUSE and _is_told_with_mark(words := _last_words(kept), parts[position + 1 :]):
            kept = kept[: -len(words)]
        elif part == Part(Kind.DOUBT, INITIAL) and kept and (mark := _mark_between(kept[-1], parts[position + 1 :])):
            kept.append(mark)
        else:
            kept.append(part)
    return kept


def _last_words(parts: Sequence[Part]) -> list[Part]:
    return list(takewhile(lambda part: part.kind in TEXT, reversed(parts)))[::-1]


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
