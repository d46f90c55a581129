"""The name told once more, beside a «yes» or instead of one: «oui, Jean Moreau, M O R E A U», «non, Anna Moreau»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from calls.understanding.first_name import first_name as first_name_told
from calls.understanding.names import Token, is_first_name, is_no_name, listed, tokens_of
from calls.understanding.phonetic import phonetic
from calls.understanding.spelling import spelling, told_instead
from calls.understanding.spellings.fit import is_alike
from calls.understanding.text import compact, fold
from calls.understanding.yes_no import Answer, yes_no

# Letters that a name has in common with the one that was noted.
_SAME_LETTERS = 2
_LONGEST_NAME = 2  # words: «Aït Haddou»
_SHORTEST_NAME = 3
_BUT = re.compile(r"\b(?:mais|but|though)\b")
# What somebody else may have: «yes that's me, but the phone is his».
_THINGS = {
    "fr": re.compile(
        r"\b(?:téléphone|numéro|compte|contrat|ligne|facture|portable|mobile|box|abonnement)\b", re.IGNORECASE
    ),
    "en": re.compile(r"\b(?:phone|number|account|contract|line|bill|mobile|broadband|subscription)\b", re.IGNORECASE),
}
_LETTER = re.compile(r"\b[B-HJ-NP-Z]\b")
# «Emma with one M», «Anna avec deux N»
_COUNTED = {
    "fr": re.compile(r"\bavec (?:(?P<one>un seul|un)|deux) (?P<letter>[A-Z])\b"),
    "en": re.compile(r"\bwith (?:(?P<one>one|a single|only one|just one)|two|double|a double) (?P<letter>[A-Z])\b"),
}


def last_name_again(text: str, first_name: str, noted: str, language: str) -> str | None:
    """The last name, where it is spelled or said otherwise than it was noted; None: as it was noted, or not at all.

    A word counts after the first name only, and if it sounds otherwise: recognition writes
    «Moreau» of each «Moro», and letters know better.
    """
    spelled = spelling(text, language)
    if spelled is not None:
        is_of_last = fold(spelled) not in (fold(first_name), fold(noted))
        return spelled if is_of_last and (_begins_alike(spelled, noted) or is_alike(spelled, noted)) else None
    for first, last in pairwise(tokens_of(text, language)):
        if first.plain != fold(first_name) or is_no_name(last.plain, language):
            continue
        sounds_so = phonetic(last.text) == phonetic(noted) or fold(noted).startswith(last.plain)
        if not sounds_so and _begins_alike(last.text, noted):
            return last.text.upper() if language == "fr" else last.text[:1].upper() + last.text[1:]
    return None


def _begins_alike(name: str, noted: str) -> bool:
    return fold(name)[:_SAME_LETTERS] == fold(noted)[:_SAME_LETTERS]


def agrees_to_name(text: str, language: str) -> Answer:
    """As `yes_no`; but «yes that's me, but the phone is his» takes no yes back."""
    answer = yes_no(text, language)
    but = _BUT.search(text)
    if answer is not Answer.NO or but is None or yes_no(text[: but.start()], language) is not Answer.YES:
        return answer
    told = text[but.end() :]
    is_name = _LETTER.search(told) or any(is_first_name(token.plain, language) for token in tokens_of(told, language))
    return Answer.YES if _THINGS[language].search(told) and not is_name else answer


def name_instead(text: str, first_name: str, last_name: str, language: str) -> tuple[str, str] | None:
    """First and last name, as they are told instead of those that were noted; None: they are not.

    A last name that is only said counts behind the first one, or if it is like the one that
    was noted: «non, c'est Aït Haddou, en deux mots».
    """
    told = first_name_told(text, language) or ""
    told = told if is_first_name(fold(told), language) else ""
    first = told or first_name
    first = _with_counted(first, text, language)
    spelled = spelling(text, language)
    if spelled and fold(spelled) not in (fold(first), fold(first_name), fold(told)):
        last = spelled
    else:
        last = _said_instead(tokens_of(text, language), fold(told) or fold(first), last_name, language) or last_name
    return (first, last) if (first, last) != (first_name, last_name) else None


def _said_instead(tokens: Sequence[Token], first: str, noted: str, language: str) -> str:
    for at, name in _runs(tokens, language):
        before = tokens[at - 1].plain if at else ""
        words = [token.plain for token in name]
        if before in listed("deny", language) or first in words:
            continue
        is_other = compact("".join(words)) != compact(noted).replace(" ", "")
        is_like = is_alike("".join(words), noted) or phonetic("".join(words)) == phonetic(noted)
        if (before == first and (is_other or is_like)) or (is_like and (is_other or len(words) > 1)):
            said = " ".join(token.text for token in name)
            return said.upper() if language == "fr" else said
    return ""


def _runs(tokens: Sequence[Token], language: str) -> Iterator[tuple[int, Sequence[Token]]]:
    """What is written like a name, the longest first: one word or two."""
    for length in range(_LONGEST_NAME, 0, -1):
        for at in range(len(tokens) - length + 1):
            run = tokens[at : at + length]
            are_names = all(token.text[0].isupper() and len(token.plain) > 1 for token in run)
            is_whole = len("".join(token.plain for token in run)) >= _SHORTEST_NAME
            begins = not is_no_name(run[0].plain, language) or (at > 0 and length > 1 and _is_short(run[0], language))
            if are_names and is_whole and begins and not is_no_name(run[-1].plain, language):
                yield at, run


def _is_short(token: Token, language: str) -> bool:
    """«Aït», «Le»: a word that last names of several words begin with, whatever else it means."""
    return len(token.plain) <= _SHORTEST_NAME and token.plain not in listed("filler", language)


def _with_counted(name: str, text: str, language: str) -> str:
    """«Emma with one M» as «Ema»."""
    counted = _COUNTED[language].search(text)
    if counted is None or fold(name) not in fold(text[: counted.start()]):
        return name
    letter = counted["letter"].lower()
    if counted["one"]:
        return re.sub(f"{letter}{letter}", letter, name, count=1, flags=re.IGNORECASE)
    return re.sub(f"(?<!{letter}){letter}(?!{letter})", letter * 2, name, count=1) if name.count(letter) == 1 else name


def last_name_corrected(text: str, noted: str, language: str) -> str | None:
    """The last name spelled once more, in words that begin by taking it back: «sorry, that was M A C K A Y»."""
    instead = told_instead(text, language)
    spelled = spelling(instead, language) if instead and noted else None
    is_again = spelled is not None and (_begins_alike(spelled, noted) or is_alike(spelled, noted))
    return spelled if is_again else None
