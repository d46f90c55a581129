"""Yes or no."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from calls.understanding.text import Lexicon, lexicon, table, words


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class _Sign(StrEnum):
    """The sections of words/yes_no.toml."""

    YES = "yes"
    AGREE = "agree"
    NO = "no"
    DENY = "deny"
    DOUBT = "doubt"
    ASIDE = "aside"


@cache
def _lexicon(language: str) -> Lexicon[_Sign]:
    lists = table("yes_no")[language]
    return lexicon([(lists[sign], sign) for sign in _Sign], language)


def yes_no(text: str, language: str) -> Answer:
    """Whether the caller agreed. The last firm word counts: «oui, enfin non» is a no."""
    signs = _signs(text, language)
    if _Sign.DOUBT in signs:
        return Answer.UNCLEAR
    firm = [sign for sign in signs if sign in (_Sign.YES, _Sign.NO)]
    if len(signs) == len(firm) == 2 == len(words(text, language)) and firm[0] is not firm[1]:
        return Answer.UNCLEAR  # «oui non»
    if firm:
        return Answer.YES if firm[-1] is _Sign.YES else Answer.NO
    if _Sign.DENY in signs:
        return Answer.NO
    return Answer.YES if _Sign.AGREE in signs else Answer.UNCLEAR


def _signs(text: str, language: str) -> list[_Sign]:
    spoken = words(text, language)
    signs: list[_Sign] = []
    negated_up_to = -1
    for hit in _lexicon(language).find(spoken):
        if hit.value in (_Sign.NO, _Sign.DENY) and {"pas", "not"}.intersection(spoken[hit.start : hit.end]):
            negated_up_to = hit.end
        elif hit.value in (_Sign.YES, _Sign.AGREE) and hit.start == negated_up_to:
            continue  # «pas tout à fait exact»
        signs.append(hit.value)
    if language == "fr":
        # «si» contradicts a no; before a clause it is only «if».
        if spoken[:1] == ["si"] and (len(spoken) == 1 or spoken[1:3] == ["ce", "est"] or signs[:1] == [_Sign.YES]):
            signs.insert(0, _Sign.YES)
        if spoken[-1:] == ["non"] and text.rstrip().endswith("?") and _Sign.YES in signs:
            signs.pop()  # «c'est ça, non ?»
    return signs
