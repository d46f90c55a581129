"""Dictations with other names in the same sentence: what is to be learnt is how they are told."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from calls.understanding.address_rules.phrases import endings
from calls.understanding.names import is_first_name
from calls.understanding.text import fold, table

MOST_RENAMED = 3
_WORD = re.compile(r"[^\W\d_]+")
_PARTS = re.compile(r"[a-z]{3,}")
# «R O Y», «R, O, Y»
_LETTERS = re.compile(r"(?<![\w'’])[^\W\d_](?:[ ,\-–.]+[^\W\d_](?![\w'’]))+")
_BETWEEN = re.compile(r"\W+")


class Names:
    """Names to put in: first names, and all that stands in addresses beside them."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._kept = {*endings(), *table("email")["providers"]}
        parts = {part for address in addresses for part in _PARTS.findall(address)} - self._kept
        self._first = sorted(filter(is_first_name, parts))
        self._others = sorted(parts.difference(self._first))

    def renamed(self, text: str, address: str, dice: random.Random) -> tuple[str, str] | None:
        """The sentence and its address with other names; None if there is none that stands in both."""
        spelled = {_joined(found[0]) for found in _LETTERS.finditer(text)}
        said = {fold(found[0]) for found in _WORD.finditer(text)} | spelled
        names = [part for part in dict.fromkeys(_PARTS.findall(address)) if part in said and part not in self._kept]
        for name in dice.sample(names, min(len(names), MOST_RENAMED)):
            other = dice.choice(self._first if is_first_name(name) else self._others)
            text, address = _with(text, name, other), address.replace(name, other)
        return (text, address) if names else None


def _with(text: str, name: str, other: str) -> str:
    text = _LETTERS.sub(lambda found: _spelled(found, name, other), text)
    return _WORD.sub(lambda found: _like(found[0], other) if fold(found[0]) == name else found[0], text)


def _joined(letters: str) -> str:
    return "".join(filter(str.isalpha, fold(letters)))


def _spelled(found: re.Match[str], name: str, other: str) -> str:
    letters = found[0]
    if _joined(letters) != name:
        return letters
    between = _BETWEEN.search(letters, 1)
    assert between
    return between[0].join(_like(letters[0], letter) for letter in other)


def _like(word: str, other: str) -> str:
    """In capitals as `word` is."""
    if len(word) > 1 and word.isupper():
        return other.upper()
    return other.capitalize() if word[0].isupper() else other
