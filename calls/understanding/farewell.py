"""Does the caller take his leave, before anything was done for him?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache, partial
from typing import NamedTuple

from calls.understanding.fixed import fixed
from calls.understanding.numbers import is_number
from calls.understanding.text import Lexicon, clauses, lexicon, phrases_of, table, words
from calls.understanding.yes_no import Answer


class _Sign(StrEnum):
    """The sections of words/farewell.toml."""

    WORKS = "works"
    SOLVED = "solved"
    CLOSES = "closes"
    WRONG = "wrong"
    NOTHING = "nothing"
    HINT = "hint"
    MISTAKE = "mistake"
    QUIT = "quit"
    GOES = "goes"
    BYE = "bye"
    WISH = "wish"
    ANSWER = "answer"
    EXCUSE = "excuse"
    SMALL = "small"
    IF = "if"


class Reason(StrEnum):
    """Why the caller goes."""

    WORKS = "works"  # it works again
    NOTHING = "nothing"  # he needs nothing, or has the wrong number
    UNTOLD = "untold"


class Farewell(NamedTuple):
    """A goodbye with its reason is certain; one of both may be a slip, and is asked about."""

    reason: Reason
    is_certain: bool


# Reasons to go that count together, or with a goodbye.
_TOLD = {_Sign.WRONG, _Sign.NOTHING, _Sign.HINT, _Sign.MISTAKE, _Sign.QUIT, _Sign.GOES}
_NEEDS_HELP = {_Sign.QUIT, _Sign.GOES}  # perhaps still
_ALONE = {_Sign.WRONG, _Sign.NOTHING, _Sign.GOES}
# «Je croyais que c'était la pharmacie», «is this not Domino's?»: of a name so many words.
_PLACE_WORDS = 4
_PLACE_SENTENCE = 14
_ARTICLES = {"le", "la", "les", "l", "un", "une", "the", "a", "my"}
_NO = {"non", "no"}  # «non, ça c'est réglé», and there is something else
_BUT = re.compile(r"\b(?:mais|but)\b", re.IGNORECASE)
_A_NUMBER = 2  # «je me suis trompé de numéro, c'est le quarante-deux …» corrects one


_listed = partial(phrases_of, "farewell")


@cache
def _lexicon(language: str) -> Lexicon[_Sign]:
    lists = table("farewell")[language]
    return lexicon([(lists[sign], sign) for sign in _Sign], language)


def _works_since(text: str, language: str) -> bool:
    """Whether what follows the last «but» tells that it works: «my wifi was off but it's come back»."""
    since = _BUT.split(text)[-1]
    spoken = words(since, language)
    hits = _lexicon(language).find(spoken)
    is_all = sum(hit.end - hit.start for hit in hits) == len(spoken)
    tells = not {_Sign.WORKS, _Sign.CLOSES}.isdisjoint(hit.value for hit in hits)
    return tells and (is_all or fixed(since, language) is Answer.YES)


def farewell(text: str, language: str) -> Farewell | None:
    """Whether the caller goes: «je me suis trompé de numéro», «ça remarche», «merci, au revoir».

    Nothing else may have been said beside it («dites-lui au revoir de ma part»), but for who has the wrong
    number, and what works again by what is known of such sentences (`fixed`). Who has an errand besides, as
    to cancel the technician, needs a person for it.
    """
    if _expected_another(text, language):
        return Farewell(Reason.NOTHING, False)
    spoken = words(text, language)
    if text.rstrip().endswith("?") or _listed("errand", language).find(spoken):
        return None
    hits = _lexicon(language).find(spoken)
    signs = {hit.value for hit in hits}
    if _Sign.IF in signs:
        return None
    is_all = sum(hit.end - hit.start for hit in hits) == len(spoken)
    is_wish = _Sign.WISH in signs and _Sign.ANSWER not in signs  # «oui, bonne journée» goes on
    says_goodbye = _Sign.BYE in signs or _Sign.CLOSES in signs or is_wish
    is_solved = _Sign.SOLVED in signs and is_all and (says_goodbye or _NO.isdisjoint(spoken))
    works = _Sign.WORKS in signs or is_solved
    if works or _Sign.CLOSES in signs:
        is_told = is_all or _works_since(text, language)
        return Farewell(Reason.WORKS, says_goodbye and works) if is_told else None
    if _Sign.WRONG in signs and not is_all:
        corrects = sum(is_number(word, language) for word in spoken) >= _A_NUMBER
        return None if corrects else Farewell(Reason.NOTHING, False)
    if not is_all:
        return None
    told = [hit.value for hit in hits if hit.value in _TOLD]
    needs_nothing = not _NEEDS_HELP.issuperset(told)
    is_mistake = {_Sign.MISTAKE, _Sign.EXCUSE} <= signs
    if says_goodbye or len(told) > 1 or is_mistake or not _ALONE.isdisjoint(told):
        return Farewell(Reason.NOTHING if needs_nothing else Reason.UNTOLD, says_goodbye and bool(told))
    return None


def _expected_another(text: str, language: str) -> bool:
    """«Je croyais que c'était la pharmacie», «is this not Domino's?»"""
    if len(text.split()) > _PLACE_SENTENCE:
        return False
    is_asked = text.rstrip().endswith("?")
    for clause in clauses(text, language):
        for hit in _listed("asks" if is_asked else "thought", language).find(clause):
            place = clause[hit.end :]
            if _listed("no_place", language).find(place):
                continue
            is_place = bool(_listed("place", language).find(place)) or _ends_with_name(text, place)
            if not is_asked:
                is_place |= not _ARTICLES.isdisjoint(place[:1]) and fixed(text, language) is not Answer.NO
            if len(place) <= _PLACE_WORDS and is_place:
                return True
    return False


def _ends_with_name(text: str, folded: Sequence[str]) -> bool:
    """Whether the words that were folded to these are written like a name."""
    written = text.split()[-len(folded) :]
    return bool(folded) and any(word[:1].isupper() and word.lower().startswith(folded[0]) for word in written)


def leaves_no_message(text: str, language: str) -> bool:
    """Whether that is all that is said to «I can take a message»: «non merci», «je rappellerai demain»."""
    hits = _lexicon(language).find(words(text, language))
    signs = {hit.value for hit in hits}
    is_all = sum(hit.end - hit.start for hit in hits) == len(words(text, language))
    says_why = not signs.isdisjoint({*_TOLD, _Sign.BYE, _Sign.WISH})
    return is_all and (says_why or not _NO.isdisjoint(words(text, language)))
