"""«Does it work now?»"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from itertools import takewhile

from calls.understanding.text import Hit, Lexicon, lexicon, table, words
from calls.understanding.yes_no import Answer, yes_no


class _Sign(StrEnum):
    """The sections of words/fixed.toml that are looked for in the answer."""

    WORKS = "works"
    BROKEN = "broken"
    PARTIAL = "partial"
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
_INFINITIVE = re.compile(r"(?:er|ir|dre|tre|ire)$")


@cache
def _lexicon(language: str) -> Lexicon[_Sign]:
    lists = table("fixed")[language]
    return lexicon([(lists[sign], sign) for sign in _Sign], language)


@cache
def _words(section: str, language: str) -> frozenset[str]:
    return frozenset(word for phrase in table("fixed")[language][section] for word in words(phrase, language))


def fixed(text: str, language: str) -> Answer:
    """Whether it works now, as a careful technician would take the answer.

    What is said of the thing itself outweighs the «oui» or «non» before it: «oui, ça
    ne marche toujours pas» is a no, and «oui mais ça coupe encore» too.
    """
    spoken = words(text, language)
    hits = _lexicon(language).find(spoken)
    now: list[bool] = []
    after_turn = False
    clause_start = 0
    disbelieved = False
    for hit in hits:
        after_turn = after_turn or hit.value is _Sign.TURN
        works = _works(hit, spoken, clause_start, language)
        if hit.value is _Sign.WAITING:
            clause_start = hit.end  # its «pas» is its own: «je suis pas devant la box»
        if hit.value is _Sign.DISBELIEF:
            disbelieved, clause_start = True, hit.end  # its «pas» is its own too
        if works is None:
            continue
        if disbelieved:  # «je crois pas que ça marche»; what is not believed to be broken is not known to work
            disbelieved = False
            if not works:
                return Answer.UNCLEAR
            works = False
        if after_turn:  # what came before was the past: «ça coupait, mais maintenant c'est bon»
            now.clear()
            after_turn = False
        now.append(works)
    signs = {hit.value for hit in hits}
    if now and not now[-1]:
        return Answer.NO
    if _Sign.PARTIAL in signs or False in now:
        return Answer.UNCLEAR
    if now:
        return Answer.YES
    is_future = any(_is_future(hit, spoken, language) for hit in hits)
    return Answer.UNCLEAR if _Sign.WAITING in signs or is_future else yes_no(text, language)


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
        case _Sign.GOOD_VERB if _is_future(hit, spoken, language):
            return None
        case _Sign.GOOD_VERB | _Sign.BAD_VERB:
            negated = bool(
                _words("negation_before_verb", language).intersection(before)
                or _words("negation_after_verb", language).intersection(after)
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
            return False if _words("one", language).intersection(before) else None
    return None


def _is_future(hit: Hit[_Sign], spoken: Sequence[str], language: str) -> bool:
    """«Ma fille va voir en haut», «il va falloir attendre»: going to do something, and not well."""
    following = spoken[hit.end : hit.end + 1]
    return (
        language == "fr"
        and spoken[hit.start] == "va"
        and bool(following)
        and _INFINITIVE.search(following[0]) is not None
        and following[0] not in _words("no_infinitive", language)
    )
