"""What is told of the letters of a word, and is true of it: «Stéphane point Girard, avec P H,», «Simonet, un N,»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.letter_remarks import Remark
from calls.understanding.letters import signs
from calls.understanding.text import fold, table

_WORD = re.compile(r"[^\W_]+|[^\w\s'’@-]")
# A pause, a short word and a letter.
_COUNT = re.compile(r"[^\w\s]\s+\w{1,4}\s+\w\b")
_SHORTEST_WORD = 4
_VOWELS = frozenset("aeiouy")


class _Claim(NamedTuple):
    letters: str
    is_counted: bool  # «un N», «deux N»
    after: str  # «après le T»
    place: str  # a key of `place` in words/spelling.toml

    def is_true_of(self, word: str) -> bool:
        if self.after or (len(self.letters) > 1 and not self.place):
            return self.after + self.letters in word
        is_second = self.place == "start" and self.letters in _VOWELS and word[1:2] == self.letters
        return is_second or Remark(self.letters, place=self.place).is_true_of(word)  # «Sylvie, un Y au début»


def without_true_letters(text: str, language: str) -> str:
    """The text without such clauses. What is true of no word is left, and so is what a spelling goes on from."""
    if all(word not in text for word in _told("with", language)) and not _COUNT.search(text):
        return text
    words = [(fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]
    plain = [word for word, _, _ in words]
    for start, end in reversed(list(_clauses(plain, language))):
        has_lead = plain[start] in _told("with", language)
        claims = _claims(plain[start + has_lead : end], language)
        if not claims or not (has_lead or all(claim.is_counted for claim in claims)):
            continue
        word = plain[start - 1]
        is_again = has_lead and word.isalpha() and word in plain[: max(start - 2, 0)] and not plain[start - 2].isalnum()
        before = [word] if word.isalpha() else plain[:start] if has_lead else plain[start - 2 : start - 1]
        told_of = [word for word in before if len(word) >= _SHORTEST_WORD and all(c.is_true_of(word) for c in claims)]
        # «Huet, avec un H, U E T» is spelled; «Gauthier, avec un H après le T, G A U T H I E R» is spelled again.
        following = list(takewhile(_is_letter, plain[end + 1 :]))
        rest = claims[-1].letters + "".join(following)
        if following and is_again and word.endswith(rest):
            end += 1 + len(following)  # «…, Annie avec deux N, I E,»
            following = []
        is_much = is_again or not has_lead or len("".join(claim.after + claim.letters for claim in claims)) > 1
        if is_much and told_of and (not following or "".join(following) in told_of):
            text = text[: words[start - 1 - is_again][2]] + text[words[end - 1][2] :]
    return text


def _clauses(plain: Sequence[str], language: str) -> Iterator[tuple[int, int]]:
    """From «avec», or «un» after a pause, to the next pause."""
    last = 0
    for start, word in enumerate(plain):
        is_count = start > 1 and not plain[start - 1].isalnum() and word in _counts(language)
        if start > last and (word in _told("with", language) or is_count):
            last = next((at for at in range(start, len(plain)) if not plain[at].isalnum()), len(plain))
            while last + 1 < len(plain) and is_count and plain[last + 1] in _counts(language):
                following = (at for at in range(last + 1, len(plain)) if not plain[at].isalnum())
                last = next(following, len(plain))  # «un N, un T»
            yield start, last


def _claims(said: Sequence[str], language: str) -> list[_Claim]:
    """What is claimed by words that do nothing else; none otherwise."""
    claims: list[_Claim] = []
    rest = [word for word in said if word.isalnum()]
    while rest:
        rest = rest[rest[0] in _told("and", language) :]
        counts = [section for section in ("one", "two") if rest[:1] and rest[0] in _told(section, language)]
        rest = rest[len(counts) :]
        places = (at for at in range(len(rest)) if not _is_letter(rest[at]) or signs("place", language).at(rest, at))
        letters = "".join(rest[: next(places, len(rest))])
        rest = rest[len(letters) :]
        if not letters:
            return []
        after = ""
        if rest[:1] and rest[0] in _told("after", language):
            after, rest = rest[-1], []
        place = signs("place", language).at(rest, 0) if rest else None
        rest = rest[place.end if place else 0 :]
        is_counted = bool(counts) and len(letters) == 1
        letters *= 2 if counts == ["two"] and is_counted else 1
        claims.append(_Claim(letters, is_counted, after, place.value if place else ""))
    return claims


@cache
def _counts(language: str) -> frozenset[str]:
    return frozenset((*_told("one", language), *_told("two", language))) - {"le", "the"}


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


@cache
def _told(section: str, language: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in table("email")[language]["letters_told"][section])
