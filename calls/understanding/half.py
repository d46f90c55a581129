"""What was dictated of a number or an address, when it is not whole: more will come."""

from __future__ import annotations

import re
from functools import cache

from calls.understanding.phone import most_digits
from calls.understanding.text import Lexicon, lexicon, table, words

_FEWEST_DIGITS, _WHOLE_NUMBER = 2, 10
# «gerard.petit», as some recognition writes it
_WRITTEN = re.compile(r"[^\W_](@|[._](?=[^\W_]))")


@cache
def _signs(language: str) -> Lexicon[str]:
    lists = table("email")[language]
    marks = [*lists["hyphen"], *lists["underscore"]]
    return lexicon([(lists["at"], "at"), (lists["weak_at"], "at"), (lists["dot"], "dot"), (marks, "mark")], language)


@cache
def _at_signs(language: str) -> Lexicon[str]:
    return lexicon([(table("email")[language]["at"], "at")], language)


def tells_address(text: str, language: str) -> bool:
    """Whether there is an at sign, or what may be one and a dot in a domain: «arobase globex», «at globex dot com»."""
    said = words(text, language)
    if "@" in text or _at_signs(language).find(said):
        return True
    hits = _signs(language).find(said)
    first = next((hit for hit in hits if hit.value == "at"), None)
    return first is not None and any(hit.value == "dot" and hit.start > first.end for hit in hits)


def is_half_dictated(text: str, language: str) -> bool:
    """Whether it sounds like the beginning of an address or a number: «gerard point», «zéro six douze».

    To be asked only of what is neither: that an address has its at sign and its ending
    does not make it one.
    """
    return _FEWEST_DIGITS <= most_digits(text, language) < _WHOLE_NUMBER or _is_half_address(text, language)


def _is_half_address(text: str, language: str) -> bool:
    said = [hit.value for hit in _signs(language).find(words(text, language))]
    written = [{"@": "at", ".": "dot"}.get(sign, "mark") for sign in _WRITTEN.findall(text)]
    signs = [*said, *written]
    return bool(signs) and not ("at" in signs and "dot" in signs[signs.index("at") :])
