"""Which of the problem types that were offered a caller means: «le premier», «l'autre», «les deux»."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from calls.understanding.problem import mentions, problem
from calls.understanding.problems.index import ProblemIndex
from calls.understanding.problems.several import listed_kinds
from calls.understanding.text import clauses, phrases_of, words

_ORDINALS = {"first": 0, "second": 1, "third": 2, "last": -1}
_BOTH = 2


def chosen(text: str, offered: Sequence[str], index: ProblemIndex, language: str) -> list[str]:
    """The types meant: one, or several at once in the order told; none, if that cannot be known."""
    if code := problem(text, index, language):
        return [code]
    if knows_none(text, language):
        return []
    if _phrases("or", language).find(words(text, language)):
        return []
    if len(named := listed_kinds(text, index, language)) > 1:
        return named
    place = _place(text, language)
    if place == "all" or (place == "both" and len(offered) == _BOTH):
        return list(offered)
    if place in _ORDINALS and -1 <= (at := _ORDINALS[place]) < len(offered):
        return [offered[at]]
    rest = left(text, offered, index, language)
    return rest if len(rest) == 1 else []


def left(text: str, offered: Sequence[str], index: ProblemIndex, language: str) -> list[str]:
    """What is offered still: «pas le portable, l'autre»."""
    denied = {mention.code for mention in mentions(text, index, language) if not mention.counts}
    return [code for code in offered if code not in denied]


def knows_none(text: str, language: str) -> bool:
    """Whether it is none of them, or the caller cannot tell: asking again would not help."""
    return bool(_phrases("none", language).find(words(text, language)))


def asks_for_options(text: str, language: str) -> bool:
    """Whether the caller wants to hear again what there is to choose from."""
    return bool(_phrases("options", language).find(words(text, language)))


def _place(text: str, language: str) -> str:
    """How the one meant is counted, or that all are; «la première fois» counts nothing."""
    behind = _phrases("behind", language)
    for clause in clauses(text, language):
        for section in (*_ORDINALS, "both", "all"):
            for hit in _phrases(section, language).find(clause):
                if hit.end == len(clause) or (section in _ORDINALS and behind.at(clause, hit.end)):
                    return section
    return ""


_phrases = partial(phrases_of, "choice")
