"""Who calls from a known number, and is not whom it is known for: «non, moi c'est Bruno, son collègue»."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from calls.understanding.names import is_first_name, listed, tokens_of
from calls.understanding.phonetic import phonetic
from calls.understanding.text import clauses, fold, phrases_of, table, words

_LONGEST_NAME = 3  # words, behind what introduces it: «Bruno Le Goff»


class Other(NamedTuple):
    first_name: str  # "" where it was not told
    is_colleague: bool


def another_caller(text: str, known: str, language: str) -> Other | None:
    """Who calls instead of `known`, whom we greeted by the first name; None: nobody else, as far as was said.

    A name alone is not enough, as «Bob» may be Robert: the known one is denied («c'est pas
    Camille»), or it follows a «non», or it is told what one is to the other.
    """
    name = fold(known)
    said = words(text, language)
    is_denied = any(_denies(clause, name, language) for clause in clauses(text, language))
    other = _introduced(text, name, language)
    relation = _phrases("relation", language).find(said) or _phrases("colleague", language).find(said)
    begins_with_no = bool(said) and said[0] in _no(language)
    if not is_denied and not (other and (begins_with_no or relation)):
        return None
    return Other(other, bool(_phrases("colleague", language).find(said)))


def _denies(clause: Sequence[str], name: str, language: str) -> bool:
    """«C'est pas Camille»; but not «c'est pas Camille qui a appelé»."""
    while clause and clause[0] in _no(language) | listed("filler", language):
        clause = clause[1:]
    hit = _phrases("denies", language).at(clause, 0) if clause else None
    behind = clause[hit.end : hit.end + 2] if hit else []
    return list(behind[:1]) == [name] and behind[1:] not in (["qui"], ["who"])


def _introduced(text: str, known: str, language: str) -> str:
    """The first name that somebody gives himself, where it is another than the known one."""
    written = {token.plain: token.text for token in tokens_of(text, language)}
    for clause in clauses(text, language):
        for hit in _phrases("introduces", language).find(clause):
            behind = clause[hit.end :]
            is_name = bool(behind) and is_first_name(behind[0], language) and len(behind) <= _LONGEST_NAME
            if is_name and not _is_same(behind[0], known):
                return written.get(behind[0], behind[0]).capitalize()
    return ""


def _is_same(name: str, known: str) -> bool:
    """«Tom» and «Thomas», «Camille» and «Cam»."""
    pairs = (name.replace("th", "t"), known.replace("th", "t")), (phonetic(name), phonetic(known))
    return any(one.startswith(other) or other.startswith(one) for one, other in pairs)


def _no(language: str) -> frozenset[str]:
    return frozenset(table("another_caller")[language]["no"])


_phrases = partial(phrases_of, "another_caller")
