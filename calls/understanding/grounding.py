"""May a sentence that a language model wrote be said in the company's name?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.understanding.faq import WHEN_WORDS, stems
from calls.understanding.numbers import is_number, number
from calls.understanding.text import words

LEAST_SHARE = 0.6  # of the words that mean something
ECHO_SHARE = 0.5  # words that only the caller said are fewer than this share of what the texts bear out
_ADDRESS = re.compile(r"\S+@\S+\w|\bhttps?://\S+|\b[\w-]+\.(?:fr|com|net|org|eu|io)\b", re.IGNORECASE)
_ARTICLES = {"fr": ("un", "une"), "en": ()}


def is_grounded(sentence: str, texts: Sequence[str], language: str, *, question: str = "") -> bool:
    """Whether every number, day and address of a sentence is in `texts`, and most of its words are.

    A few words may be those of the `question` that it answers, so that it can name what it is about;
    not its numbers, days and addresses, nor most of a sentence: a caller could have them said in the
    company's name.
    """
    text = " ".join(texts)
    exact = _exact(sentence, language)
    if not exact <= _exact(text, language):
        return False
    known, asked = set(stems(text, language)), set(stems(question, language))
    meant = [stem for stem in stems(sentence, language) if not (is_number(stem, language) or stem in WHEN_WORDS)]
    borne = sum(stem in known for stem in meant)
    echo = sum(stem in asked and stem not in known for stem in meant)
    is_echo = echo > 0 and echo >= ECHO_SHARE * (borne + len(exact))
    return not is_echo and borne + echo >= LEAST_SHARE * len(meant)


def _exact(text: str, language: str) -> set[str]:
    """What must not be almost right: numbers as digits, however they are written; days; addresses."""
    spoken = words(text, language)
    found = {word for word in spoken if word in WHEN_WORDS} | {hit.lower() for hit in _ADDRESS.findall(text)}
    at = 0
    while at < len(spoken):
        reading = None if spoken[at] in _ARTICLES[language] else number(spoken, at, language)
        if reading is None:
            at += 1
        else:
            at = reading[0]
            found.add(reading[1])
    return found
