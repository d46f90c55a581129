"""Marks of an e-mail address that are told twice, or denied: «underscore, le tiret du bas,»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile

from calls.understanding.address_phrases import REMARKED, SILENT, Kind, Part

_HYPHEN, _UNDERSCORE = Part(Kind.SEPARATOR, "-"), Part(Kind.SEPARATOR, "_")
_ARTICLES = ([Part(Kind.PAUSE), Part(Kind.PARTICLE, "le")], [Part(Kind.PAUSE), Part(Kind.PARTICLE, "un")])
_OF_THE_SAME = (Kind.PARTICLE, Kind.INTRO, Kind.DENIAL, *SILENT)


def marks_once(parts: Sequence[Part]) -> list[Part]:
    """Without what is said of a mark right after it: «underscore, le tiret du bas,», «tiret, celui du bas»."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        before = list(dropwhile(lambda other: other.kind in _OF_THE_SAME, reversed(kept)))[::-1]
        said_of_it = kept[len(before) :]
        is_beside = before and before[-1].kind is part.kind is Kind.SEPARATOR
        is_named = part.kind is Kind.SEPARATOR and said_of_it[-2:] in _ARTICLES and part not in kept
        if is_named and not is_beside:
            kept = [*kept[:-1], part]  # «bertrand, le tiret du bas, douze»
        elif not is_beside or Part(Kind.PAUSE) not in said_of_it:
            kept.append(part)
        elif any(other.kind is Kind.DENIAL for other in said_of_it):
            kept = [*before, *([Part(Kind.DOUBT)] if part == before[-1] else [])]
        elif (before[-1], part) == (_HYPHEN, _UNDERSCORE):
            kept = [*before[:-1], part]
        elif part == before[-1] and _is_apart(parts[position + 1 :]):
            kept = before
        else:
            kept.append(part)
    return kept


def _is_apart(following: Sequence[Part]) -> bool:
    return following[:1] in ([Part(Kind.PAUSE)], [Part(Kind.FILLER, REMARKED)])


def without_mark_told_again(parts: Sequence[Part]) -> list[Part]:
    """«Cyril tiret masson, le tiret du milieu,» «…, pas le tiret du bas,» without what is said of the mark."""
    rest = list(dropwhile(lambda part: part.kind in SILENT, reversed(parts)))
    if not rest or rest[0].kind is not Kind.SEPARATOR:
        return list(parts)
    before = rest[2:] if [part.kind for part in rest[1:2]] == [Kind.PARTICLE] else rest[1:]
    is_denied = [part.kind for part in before[:1]] == [Kind.DENIAL]
    before = before[is_denied:]
    is_apart = [part.kind for part in before[:1]] == [Kind.PAUSE]
    return before[::-1] if is_apart and (rest[0] in before) is not is_denied else list(parts)
