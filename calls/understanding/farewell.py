"""Does the caller take his leave, before anything was done for him?"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import NamedTuple

from calls.understanding.fixed import fixed
from calls.understanding.numbers import is_number
from calls.understanding.text import Lexicon, lexicon, table, words
from calls.understanding.yes_no import Answer


class _Sign(StrEnum):
    """The sections of words/farewell.toml."""

    WORKS = "works"
    SOLVED = "solved"
    CLOSES = "closes"
    WRONG = "wrong"
    NOTHING = "nothing"
    HINT = "hint"
    QUIT = "quit"
    BYE = "bye"
    WISH = "wish"
    ANSWER = "answer"
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


_NO = {"non", "no"}  # «non, ça c'est réglé», and there is something else
_A_NUMBER = 2  # «je me suis trompé de numéro, c'est le quarante-deux …» corrects one


@cache
def _lexicon(language: str) -> Lexicon[_Sign]:
    lists = table("farewell")[language]
    return lexicon([(lists[sign], sign) for sign in _Sign], language)


def farewell(text: str, language: str) -> Farewell | None:
    """Whether the caller goes: «je me suis trompé de numéro», «ça remarche», «merci, au revoir».

    Nothing else may have been said beside it («dites-lui au revoir de ma part»), but for who has the wrong
    number, and what works again by what is known of such sentences (`fixed`).
    """
    if text.rstrip().endswith("?"):
        return None
    spoken = words(text, language)
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
        is_told = is_all or fixed(text, language) is Answer.YES
        return Farewell(Reason.WORKS, says_goodbye and works) if is_told else None
    if _Sign.WRONG in signs and not is_all:
        corrects = sum(is_number(word, language) for word in spoken) >= _A_NUMBER
        return None if corrects else Farewell(Reason.NOTHING, False)
    if not is_all:
        return None
    told = [hit.value for hit in hits if hit.value in (_Sign.WRONG, _Sign.NOTHING, _Sign.HINT, _Sign.QUIT)]
    needs_nothing = any(sign is not _Sign.QUIT for sign in told)
    if says_goodbye or len(told) > 1 or _Sign.WRONG in signs or _Sign.NOTHING in signs:
        return Farewell(Reason.NOTHING if needs_nothing else Reason.UNTOLD, says_goodbye and bool(told))
    return None
