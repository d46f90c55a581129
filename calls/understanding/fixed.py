"""«Does it work now?»"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from enum import StrEnum
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.learned import is_learned
from calls.understanding.text import Hit, Lexicon, lexicon, table, words
from calls.understanding.yes_no import Answer, is_future, yes_no


class _Sign(StrEnum):
    """The sections of words/fixed.toml that are looked for in the answer."""

    WORKS = "works"
    BROKEN = "broken"
    PARTIAL = "partial"
    DOUBT = "doubt"
    WAITING = "waiting"
    TURN = "turn"
    GOOD_VERB = "good_verb"
    BAD_VERB = "bad_verb"
    GOOD_STATE = "good_state"
    BAD_STATE = "bad_state"
    THING = "thing"
    BAD_THING = "bad_thing"
    DISBELIEF = "disbelief"
    ASIDE = "aside"


# How far a negation reaches, in words: «ne marche vraiment toujours pas», «pas encore vraiment revenu».
_REACH = 3
_HAVE_REACH = 5  # «j'ai de nouveau du réseau»
_BUT = frozenset({"mais", "sauf", "but", "except"})
_HERE_AND_THERE = "here and there"
# «Oui. Et d'où ça venait ?»
_BEFORE_QUESTION = re.compile(r"([^.!?]+[.!])\s+([^.!]+\?)\s*$")


@cache
def _lexicon(language: str) -> Lexicon[_Sign]:
    lists = table("fixed")[language]
    return lexicon([(lists[sign], sign) for sign in _Sign], language)


@cache
def _words(section: str, language: str) -> frozenset[str]:
    return frozenset(word for phrase in table("fixed")[language][section] for word in words(phrase, language))


class Heard(NamedTuple):
    """What the word lists make of an answer, and what they found in it."""

    answer: Answer
    signs: frozenset[str]


def fixed(text: str, language: str) -> Answer:
    """Whether it works now, as a careful technician would take the answer.

    What is said of the thing itself outweighs the «oui» or «non» before it: «oui, ça
    ne marche toujours pas» is a no, and so is what works only in part: «oui mais ça coupe
    encore», «tout sauf la télé», which leaves something to mend. It is judged by what was learnt,
    with what the word lists find among its signs; when it is not clearly either, or seems
    both, it is unclear.
    """
    spoken, signs = words(text, language), sorted(listed(text, language).signs)
    if _HERE_AND_THERE in signs:
        return Answer.NO
    works, broken = (is_learned(name, spoken, language, signs) for name in ("works", "broken"))
    if works is broken:
        answered = _BEFORE_QUESTION.match(text)
        return fixed(answered[1], language) if answered and _asks_besides(answered[2], language) else Answer.UNCLEAR
    return Answer.YES if works else Answer.NO


def _asks_besides(text: str, language: str) -> bool:
    """«Et d'où ça venait ?»; who asks whether it is to be red, or «mais pourquoi …», is in doubt."""
    about_it = listed(text, language).signs - {f"answer {Answer.UNCLEAR}", _Sign.WAITING, _Sign.TURN, _Sign.ASIDE}
    return not about_it and _BUT.isdisjoint(words(text, language)[:2])


def listed(text: str, language: str) -> Heard:
    """What the word lists alone make of it."""
    spoken = words(text, language)
    hits = _lexicon(language).find(spoken)
    now: list[bool] = []
    after_turn = False
    clause_start = 0
    disbelieved = False
    bad_thing_end = -_REACH
    for hit in hits:
        after_turn = after_turn or hit.value is _Sign.TURN
        works = _works(hit, spoken, clause_start, language)
        if hit.value in (_Sign.WAITING, _Sign.DISBELIEF):
            clause_start = hit.end  # its «pas» is its own: «je suis pas devant la box»
        if hit.value is _Sign.DISBELIEF:
            disbelieved = True
        if hit.value is _Sign.BAD_THING:
            bad_thing_end = clause_start = hit.end  # its «aucun» too: «aucun problème ça marche»
        elif works is not None and hit.start - bad_thing_end < _REACH and _is_presence(hit, spoken, language):
            works = not works
        if works is None:
            continue
        if disbelieved:  # «je crois pas que ça marche»; what is not believed to be broken is not known to work
            disbelieved = False
            if not works:
                return Heard(Answer.UNCLEAR, frozenset({"disbelief"}))
            works = False
        if after_turn:  # what came before was the past: «ça coupait, mais maintenant c'est bon»
            now.clear()
            after_turn = False
        now.append(works)
    signs = {hit.value for hit in hits}
    answer = _weighed(now, signs)
    if answer is None:
        going_to = any(is_future(spoken, hit.start, language) for hit in hits)
        answer = Answer.UNCLEAR if _Sign.WAITING in signs or going_to else yes_no(text, language)
    said = {f"said {works}" for works in now}
    last = {f"last {now[-1]}"} if now else set()
    both = {_HERE_AND_THERE} if _is_here_and_there(spoken, language) else set()
    return Heard(answer, frozenset({f"answer {answer}", *signs, *said, *last, *both}))


def _weighed(now: Sequence[bool], signs: Set[_Sign]) -> Answer | None:
    """What was said of the thing, in order; None: nothing was."""
    if now and not now[-1]:
        return Answer.NO
    if _Sign.DOUBT in signs or False in now:
        return Answer.UNCLEAR
    if _Sign.PARTIAL in signs and _Sign.WAITING not in signs:
        return Answer.NO
    return Answer.YES if now else None


def _is_here_and_there(spoken: Sequence[str], language: str) -> bool:
    """«Le wifi oui, mais la télé non»; not «oui mais non»."""
    yes, no = {"fr": ("oui", "non"), "en": ("yes", "no")}[language]
    return yes in spoken[1:] and spoken[-1] == no and len(spoken) - spoken.index(yes, 1) > _REACH


def _is_presence(hit: Hit[_Sign], spoken: Sequence[str], language: str) -> bool:
    return spoken[hit.end - 1] in _words("presence", language)


def _works(hit: Hit[_Sign], spoken: Sequence[str], clause_start: int, language: str) -> bool | None:
    """What one phrase says of the thing: it works, it does not, or nothing."""
    breaks = _words("break", language)
    before = list(
        takewhile(lambda word: word not in breaks, spoken[max(clause_start, hit.start - _REACH) : hit.start][::-1])
    )
    after = list(takewhile(lambda word: word not in breaks, spoken[hit.end : hit.end + _REACH]))
    negated_before = bool(_words("negation", language).intersection(before))
    match hit.value:
        case _Sign.WAITING if _words("negation_after_verb", language).intersection(after[:2]):
            return False  # «ça s'allume même pas»
        case _Sign.WORKS:
            return True
        case _Sign.BROKEN:
            return False
        case _Sign.GOOD_VERB if is_future(spoken, hit.start, language):
            return None
        case _Sign.GOOD_VERB | _Sign.BAD_VERB:
            negated = bool(
                _words("negation_before_verb", language).intersection(before)
                or _words("negation_after_verb", language).intersection(after)
                or _words("negation_after_verb", language).intersection(before[:1])  # «c'est pas passé»
            )
            return (hit.value is _Sign.GOOD_VERB) != negated
        case _Sign.GOOD_STATE | _Sign.BAD_STATE:
            return (hit.value is _Sign.GOOD_STATE) != negated_before
        case _Sign.THING:
            if negated_before or after[:1] in (["non"], ["no"]):
                return False
            return (
                True
                if _words("have", language).intersection(spoken[max(0, hit.start - _HAVE_REACH) : hit.start])
                else None
            )
        case _Sign.BAD_THING:
            if negated_before:
                return True
            is_all = hit.end - hit.start == len(spoken)  # «message d'erreur»
            return False if is_all or _words("one", language).intersection(before) else None
    return None
