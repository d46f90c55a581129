"""What is told of the letters of a word, and is true of it: «Stéphane point Girard, avec P H,»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.text import fold, table

_WORD = re.compile(r"[^\W_]+|[^\w\s'’@-]")
_SHORTEST_WORD = 4


class _Claim(NamedTuple):
    letters: str
    is_single: bool  # «un N»
    after: str  # «après le T»

    def is_true_of(self, word: str) -> bool:
        is_doubled = self.is_single and self.letters * 2 in word
        return self.after + self.letters in word and not is_doubled


def without_true_letters(text: str, language: str) -> str:
    """The text without such clauses. What is true of no word is left, and so is what a spelling goes on from."""
    if all(word not in text for word in _told("with", language)):
        return text
    words = [(fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]
    plain = [word for word, _, _ in words]
    for start, end in reversed(list(_clauses(plain, language))):
        before = plain[start - 1 : start] if plain[start - 1].isalpha() else plain[:start]
        claims = _claims(plain[start + 1 : end], language)
        told_of = [word for word in before if len(word) >= _SHORTEST_WORD and all(c.is_true_of(word) for c in claims)]
        # «Huet, avec un H, U E T» is spelled; «Gauthier, avec un H après le T, G A U T H I E R» is spelled again.
        following = "".join(takewhile(_is_letter, plain[end + 1 :]))
        is_much = len("".join(claim.after + claim.letters for claim in claims)) > 1
        if is_much and told_of and (not following or following in told_of):
            text = text[: words[start][1]] + text[words[end - 1][2] :]
    return text


def _clauses(plain: Sequence[str], language: str) -> Iterator[tuple[int, int]]:
    """From «avec» to the next pause."""
    for start, word in enumerate(plain):
        if start and word in _told("with", language):
            end = next((at for at in range(start, len(plain)) if not plain[at].isalnum()), len(plain))
            yield start, end


def _claims(said: Sequence[str], language: str) -> list[_Claim]:
    """What is claimed by words that do nothing else; none otherwise."""
    claims: list[_Claim] = []
    rest = list(said)
    while rest:
        rest = rest[rest[0] in _told("and", language) :]
        counts = [section for section in ("one", "two") if rest[:1] and rest[0] in _told(section, language)]
        rest = rest[len(counts) :]
        letters = "".join(takewhile(_is_letter, rest))
        rest = rest[len(letters) :]
        if not letters:
            return []
        after = ""
        if rest[:1] and rest[0] in _told("after", language):
            after, rest = rest[-1], []
        places = (place.split() for place in _told("place", language))
        rest = rest[len(next((place for place in places if rest[: len(place)] == place), [])) :]
        is_one = len(letters) == 1
        claims.append(
            _Claim(letters * 2 if counts == ["two"] and is_one else letters, counts == ["one"] and is_one, after)
        )
    return claims


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


@cache
def _told(section: str, language: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in table("email")[language]["letters_told"][section])
