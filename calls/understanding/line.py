"""On which telephone does the caller speak to us?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

from calls.understanding.requests import asks_to_repeat, is_question
from calls.understanding.text import Hit, Lexicon, clauses, lexicon, phrases_of, table, words
from calls.understanding.yes_no import Answer, yes_no

# «Pas du portable», «not on my mobile»: so many words stand between.
_REACH = 3
_BARE = 2  # «non, mon» before it

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


def without_own_phone(text: str, language: str) -> str:
    """What is told besides the mobile that the caller speaks on: «il marche pas», of «il marche pas, je suis sur …»."""
    told = []
    for clause in clauses(text, language):
        for hit in reversed(_phones(language).find(clause)):
            lead = _lead(clause[: hit.start], language)
            if lead is None and hit.end == len(clause) and hit.start <= _BARE:
                lead = 0  # «non, mon portable»
            fails = any(found.start == hit.end for found in _phrases("fails_itself", language).find(clause))
            if hit.value == "mobile" and lead is not None and not fails and not _lacks_on(clause[:lead], language):
                clause = [*clause[:lead], *clause[hit.end :]]
        told.append(" ".join(clause))
    return ", ".join(told)


def _lacks_on(before: Sequence[str], language: str) -> bool:
    """«Plus de réseau sur mon portable»; but «il marche pas, je suis sur mon portable»."""
    turns = [turn.end for turn in _phrases("turns", language).find(before)]
    return bool(_phrases("lacks_on", language).find(before[max(turns, default=0) :]))


def _answer(clause: Sequence[str], hit: Hit[str], language: str) -> Answer:
    """What one telephone says of the one that the caller speaks on."""
    is_fixed = hit.value == "fixed"
    if _phrases("could", language).find(clause[: hit.start]):
        return Answer.UNCLEAR if is_fixed else Answer.YES  # «I can ring you from my mobile if you like»
    return Answer.YES if is_fixed is not _is_absent(clause, hit, language) else Answer.NO


def _is_absent(clause: Sequence[str], hit: Hit[str], language: str) -> bool:
    """«Pas du portable»; but «elle marche pas, donc du portable»."""
    before = clause[max(hit.start - _REACH - 1, 0) : hit.start]
    turns = [turn.end for turn in _phrases("turns", language).find(before)]
    return any(absent.start >= max(turns, default=0) for absent in _phrases("absent", language).find(before))


def _is_called_from(clause: Sequence[str], hit: Hit[str], language: str) -> bool:
    """Whether what stands before it says so; or nothing else was said."""
    before = clause[: hit.start]
    leads = _lead(before, language) is not None
    is_all = not clause[hit.end :] and len(before) <= 1
    return leads or is_all or _is_absent(clause, hit, language) or bool(_phrases("could", language).find(before))


def _lead(before: Sequence[str], language: str) -> int | None:
    """Where the longest words begin that tell what one calls from: «depuis mon», «from my wife's»."""
    end = len(before)
    if language == "en" and before[-1:] == ["is"] and _leads(language).isdisjoint({tuple(before[-2:])}):
        end -= 2
    return next((at for at in range(end) if tuple(before[at:end]) in _leads(language)), None)


@cache
def _leads(language: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words(phrase, language)) for phrase in table("line")[language]["calls"])
