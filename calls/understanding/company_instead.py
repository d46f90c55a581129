"""What a company that is to be confirmed is told to be instead: «oui, c'est Initech», «not Globex, Glowbox»."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from calls.understanding.names import is_first_name
from calls.understanding.text import fold, phrases_of, table, words
from calls.understanding.yes_no import Answer, yes_no

# «Glow Box, G L O W B O X»: its letters tell nothing more.
_LETTERS = re.compile(r"[,.;:]?\s*(?:\b[A-Za-z]\b[\s,.-]*){3,}$")
_DENIED: Final = {
    "fr": r"(?:c'est |ce n'est )?(?:pas|plus) {name}\b[\s,.;:]*(?:mais )?",
    "en": r"(?:it's |it is )?(?:not|isn't) {name}\b[\s,.;:]*(?:but )?",
}
# Where a name follows that is told instead.
_LEAD: Final = {
    "fr": re.compile(r"(?:c'est(?: devenu)?|on s'appelle|ça s'appelle|on est|je suis chez|chez)\s+(?=[A-ZÀ-Ý])"),
    "en": re.compile(
        r"(?:it's|it is|we're|we are|I'm with|I am with|it's called|called)\s+(?:just |actually )?(?=[A-Z])"
    ),
}
_IS_CALLED: Final = {
    "fr": r"(?:c'est|on s'appelle|ça s'appelle|on est)\s+(?=[A-ZÀ-Ý])",
    "en": r"(?:it's|it is|we're|we are|it's called|called)\s+(?=[A-Z])",
}


def told_today(text: str, language: str) -> str:
    """What is told of the company's name of today, where it had another; else all of it."""
    now = list(_now(language).finditer(text))
    return text[now[-1].end() :] if now else text


@cache
def _now(language: str) -> re.Pattern[str]:
    """«Globex, c'est l'ancien nom, maintenant c'est Initech»."""
    return re.compile(rf"\b(?i:{_either('nowadays', language)}),? {_IS_CALLED[language]}")


@cache
def _adverb(language: str) -> re.Pattern[str]:
    adverbs = f"{_either('nowadays', language)}|{_either('in_fact', language)}"
    return re.compile(rf"\s+(?:{adverbs})\b", re.IGNORECASE)


def _either(section: str, language: str) -> str:
    return "|".join(map(re.escape, table("company")[language][section]))


def told_of_company(text: str, noted: str, language: str) -> str:
    """What may name the company, without what is denied or spelled of it: «Glowbox» of «not Globex, Glowbox»."""
    denied = re.compile(_DENIED[language].replace("{name}", re.escape(noted)), re.IGNORECASE)
    rest = _adverb(language).sub("", denied.sub("", _LETTERS.sub("", text)))
    led = list(_LEAD[language].finditer(rest))
    return rest[led[-1].end() :] if led else rest


def agrees_to_company(text: str, language: str) -> Answer:
    """As `yes_no`; who has left the company says no: «I used to, I've left», «j'y bossais»."""
    answer = yes_no(text, language)
    return Answer.NO if answer is Answer.UNCLEAR and tells_left(text, language) else answer


def tells_left(text: str, language: str) -> bool:
    """Whether the caller worked there before; and no name is told by it."""
    return bool(phrases_of("company", "left", language).find(words(text, language)))


def names_instead(text: str, noted: str, language: str) -> bool:
    """Whether another name is surely told, whatever the rest denies: introduced, spelled, or the noted one denied."""
    denied = re.search(_DENIED[language].replace("{name}", re.escape(noted)), text, re.IGNORECASE)
    return any((denied, _LEAD[language].search(text), _LETTERS.search(text)))


def names_another_beside_yes(text: str, noted: str, language: str) -> str:
    """«Initech» of «oui, c'est Initech»; "" where nothing but the noted name, or a person, is told."""
    led = list(_LEAD[language].finditer(text))
    told = text[led[-1].end() :].rstrip(" .!") if led else ""
    first = told.split()[0] if told else ""
    is_person = is_first_name(fold(first.strip(",.")), language)
    return "" if is_person or fold(noted) in fold(told) else told
