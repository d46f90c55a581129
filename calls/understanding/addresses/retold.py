"""What is told instead once the address is over: «paul 75 arobase free point fr, ah non, 78», «…, K O W A L S K I».

It is found before the words are read: whatever resembles a piece of the address behind it may be written for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from calls.understanding.address_rules.phrases import endings
from calls.understanding.addresses.hearing import Mark
from calls.understanding.addresses.runs import Run
from calls.understanding.letter_remarks import MARKS
from calls.understanding.letters import resembles, spells

_MOST_WORDS, _MOST_EACH = 16, 2
_SHORTEST = 3


class Retold(NamedTuple):
    """What stands behind the address: words, numbers and marks; and all letters, wherever they are."""

    words: list[str]
    numbers: list[str]
    marks: list[str]
    runs: list[Run]

    def of_word(self, word: str, position: int) -> Iterator[str]:
        """What may be written for a word."""
        if len(word) < _SHORTEST or not word.isalpha():
            return
        told = [other for other in self.words if other != word and _is_like(other, word)]
        told += [run.letters for run in self.runs if run.start > position and _is_spelling(run.letters, word)]
        yield from list(dict.fromkeys(told))[:_MOST_EACH]

    def of_letters(self, run: Run) -> Iterator[str]:
        """What may be written for letters."""
        told = [
            other.letters
            for other in self.runs
            if other.start > run.end and other.letters != run.letters and resembles(other.letters, run.letters)
        ]
        told += [word for word in self.words if len(run.letters) >= _SHORTEST and _is_spelling(run.letters, word)]
        yield from list(dict.fromkeys(told))[:_MOST_EACH]


def retold(
    plain: Sequence[str],
    marks: Sequence[Mark | None],
    numbers: Sequence[Sequence[str]],
    runs: Sequence[Run | None],
) -> Retold:
    """`numbers[i]` are those that begin at a word."""
    start = _end_of_address(plain, marks)
    behind = range(start, min(start + _MOST_WORDS, len(plain)))
    all_runs = [run for position, run in enumerate(runs) if run and run.start == position]
    return Retold(
        [plain[place] for place in behind if len(plain[place]) >= _SHORTEST and plain[place].isalpha()],
        list(dict.fromkeys(text for place in behind for text in numbers[place]))[:_MOST_EACH],
        list(dict.fromkeys(mark[1] for place in behind if (mark := marks[place]) and mark[1] in MARKS))[:_MOST_EACH],
        all_runs,
    )


def _end_of_address(plain: Sequence[str], marks: Sequence[Mark | None]) -> int:
    """Behind the first ending after an at sign; the end of all if there is none."""
    has_at = False
    for mark in marks:
        if mark and mark[1] == "@":
            has_at = True
        elif has_at and mark and mark[1][0] == ".":
            end = mark[0]
            if mark[1] == ".com":
                return end
            while end < len(plain) and plain[end] in endings():
                following = marks[end + 1] if end + 1 < len(plain) else None
                if not following or following[1] != "." or following[0] >= len(plain):
                    return end + 1
                end = following[0]
    return len(plain)


@lru_cache(maxsize=1 << 12)
def _is_like(other: str, word: str) -> bool:
    return other[0] == word[0] and resembles(other, word)


@lru_cache(maxsize=1 << 12)
def _is_spelling(letters: str, word: str) -> bool:
    return letters != word and len(letters) >= _SHORTEST and spells(letters, word)
