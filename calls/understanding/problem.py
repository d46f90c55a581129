"""Which of the tenant's problem types a description is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from calls.understanding.text import Hit, Lexicon, clauses, table, words

# A type that is mentioned at least this many times as much as the next one is meant.
_CLEAR_LEAD = 2
# Words of an afterthought: «mais très lentement».
_SHORT = 5


class ProblemIndex:
    """A tenant's keywords, folded once: `{code: [keywords]}`. A keyword given to two types names neither."""

    def __init__(self, keywords: Mapping[str, Iterable[str]], language: str) -> None:
        codes: dict[tuple[str, ...], set[str]] = {}
        for code, phrases in keywords.items():
            for phrase in phrases:
                codes.setdefault(tuple(_singular(words(phrase, language))), set()).add(code)
        self.lexicon: Lexicon[str] = Lexicon(
            (phrase, next(iter(owners))) for phrase, owners in codes.items() if len(owners) == 1
        )


class Mention(NamedTuple):
    """Words of a description that are a keyword; `counts` is false of what works or is denied."""

    words: tuple[str, ...]
    code: str
    counts: bool


def problem(text: str, index: ProblemIndex, language: str) -> str | None:
    """The code of the problem type described; None when none, or more than one, may be meant.

    Longest keyword first, whole words. What works, is denied («ce n'est pas internet»)
    or is only where the caller can be reached does not count.
    """
    mentioned = {mention.words: mention.code for mention in mentions(text, index, language) if mention.counts}
    things = {keyword: code for keyword, code in mentioned.items() if not _is_symptom(keyword, language)}
    weight: dict[str, int] = {}
    for keyword, code in (things or mentioned).items():
        weight[code] = weight.get(code, 0) + len(keyword)
    ranking = sorted(weight, key=lambda code: -weight[code])
    if len(ranking) > 1 and weight[ranking[0]] < _CLEAR_LEAD * weight[ranking[1]]:
        return None
    return ranking[0] if ranking else None


def mentions(text: str, index: ProblemIndex, language: str) -> list[Mention]:
    """The keywords in a description, as `problem` weighs them."""
    found: list[Mention] = []
    what_works: tuple[list[str], list[Hit[str]]] | None = None

    def add(clause: list[str], hits: Sequence[Hit[str]], *, counts: bool) -> None:
        found.extend(Mention(tuple(clause[hit.start : hit.end]), hit.value, counts) for hit in hits)

    for clause in _clauses(text, language):
        hits = index.lexicon.find(clause)
        if not hits and found and len(clause) <= _SHORT and _phrases("fine", language).at(clause, 0):
            found[:] = [
                mention._replace(counts=False) for mention in found
            ]  # «internet, pas de souci, c'est le mobile»
            continue
        is_more = what_works is not None and bool(hits) and _phrases("too", language).at(clause, len(clause) - 1)
        if hits and (is_more or _works(clause, hits, language)):
            what_works = clause, hits
            add(clause, hits, counts=False)
            continue
        denied = [hit for hit in hits if _is_denied(hit, clause, language, after_what_works=what_works is not None)]
        add(clause, denied, counts=False)
        hits = [hit for hit in hits if hit not in denied]
        if not hits and what_works and len(clause) <= _SHORT and _phrases("not", language).find(clause):
            clause, hits = what_works  # «internet marche, mais très lentement»
        add(clause, hits, counts=True)
    return found


def _singular(phrase: Sequence[str]) -> list[str]:
    return [word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in phrase]


@cache
def _phrases(section: str, language: str) -> Lexicon[str]:
    return Lexicon((_singular(words(phrase, language)), section) for phrase in table("problem")[language][section])


def _is_symptom(keyword: Sequence[str], language: str) -> bool:
    hit = _phrases("symptom", language).at(keyword, 0)
    return hit is not None and hit.end == len(keyword)


def _clauses(text: str, language: str) -> list[list[str]]:
    """The description cut where the caller turns to something else."""
    parts: list[list[str]] = []
    for clause in clauses(text, language):
        singular = _singular(clause)
        turns = {hit.start for hit in _phrases("cut", language).find(singular)}
        # «ce n'est pas internet, c'est le téléphone» turns at its second «c'est».
        denials = [position for position, word in enumerate(singular) if word in ("pas", "not", "rien", "nothing")]
        turns |= {
            hit.start
            for hit in _phrases("cut_after_denial", language).find(singular)
            if denials and denials[0] < hit.start
        }
        starts = [0, *sorted(turns - {0}), len(singular)]
        parts.extend(singular[start:end] for start, end in pairwise(starts))
    return parts


def _works(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    """Whether the clause says that something works: «le wifi marche», «aucun souci avec la box», «j'ai internet»."""
    if _phrases("no_problem", language).find(clause):
        return True
    if _phrases("not", language).find(clause):
        return False
    has = _phrases("has", language).at(clause, 0)
    return bool(_phrases("works", language).find(clause)) or bool(
        has and has.end == hits[0].start and hits[0].end == len(clause)
    )


def _is_denied(hit: Hit[str], clause: Sequence[str], language: str, *, after_what_works: bool) -> bool:
    """Whether the keyword is named only to say that it is not the matter."""
    before = clause[: hit.start]
    if _phrases("reach", language).find(before) and not _phrases("nobody", language).find(before):
        return True
    if _phrases("denied", language).find(before):
        return True
    # «le téléphone, pas internet»; but «le téléphone oui, mais pas internet» names what fails.
    bare = [word for word in before if word not in table("problem")[language]["articles"]]
    return bare in table("problem")[language]["bare_denial"] and not after_what_works
