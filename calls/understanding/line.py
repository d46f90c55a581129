"""On which telephone does the caller speak to us?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

from calls.understanding.requests import asks_to_repeat, is_question
from calls.understanding.text import Hit, Lexicon, clauses, lexicon, phrases_of, table, words
from calls.understanding.yes_no import Answer, yes_no

# «Pas du portable», «not on my mobile»: so many words stand between.
_REACH = 3


_phrases = partial(phrases_of, "line")


@cache
def _phones(language: str) -> Lexicon[str]:
    lists = table("line")[language]
    return lexicon([(lists[section], section) for section in ("fixed", "mobile")], language)


def is_on_landline(text: str, language: str) -> Answer:
    """«Are you calling from a landline?»: what is told of the telephone outweighs the «oui» or «non» before it.

    But not what is told of one that the caller does not say to be calling from: «non, le fixe est mort».
    """
    if asks_to_repeat(text, language):
        return Answer.UNCLEAR
    answer = yes_no(text, language)
    told = [
        (_is_called_from(clause, hit, language), answers)
        for clause in clauses(text, language)
        for hit in _phones(language).find(clause)
        if (answers := _answer(clause, hit, language)) is not Answer.UNCLEAR
    ]
    called_from = [answers for is_called_from, answers in told if is_called_from]
    if answer is Answer.UNCLEAR and is_question(text, language):
        return answer
    if called_from:
        return called_from[0]
    if answer is not Answer.UNCLEAR or not told:
        return answer
    return told[0][1]


def _answer(clause: Sequence[str], hit: Hit[str], language: str) -> Answer:
    """What one telephone says of the one that the caller speaks on."""
    is_fixed = hit.value == "fixed"
    if _phrases("could", language).find(clause[: hit.start]):
        return Answer.UNCLEAR if is_fixed else Answer.YES  # «I can ring you from my mobile if you like»
    return Answer.YES if is_fixed is not _is_absent(clause, hit, language) else Answer.NO


def _is_absent(clause: Sequence[str], hit: Hit[str], language: str) -> bool:
    return any(hit.start - absent.end <= _REACH for absent in _phrases("absent", language).find(clause[: hit.start]))


def _is_called_from(clause: Sequence[str], hit: Hit[str], language: str) -> bool:
    """Whether what stands before it says so; or nothing else was said."""
    before = clause[: hit.start]
    leads = any(tuple(before[-size:]) in _leads(language) for size in range(1, len(before) + 1))
    is_all = not clause[hit.end :] and len(before) <= 1
    return leads or is_all or _is_absent(clause, hit, language) or bool(_phrases("could", language).find(before))


@cache
def _leads(language: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words(phrase, language)) for phrase in table("line")[language]["calls"])
