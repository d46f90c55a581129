"""Letters one after another in a dictation, and those of «Mike Alpha Romeo»."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calls.understanding.letters import Certainty, Letter, signs
from calls.understanding.text import Hit, fold


class Run(NamedTuple):
    """Letters one after another."""

    start: int
    end: int
    letters: str


def with_alphabet(letters: list[Letter | None], plain: Sequence[str]) -> list[Letter | None]:
    """With those of «Mike Alpha Romeo», and of all such words if anybody said three in a row."""
    alphabet = signs("nato", "en")
    hits = alphabet.find(plain)
    if not any(first.end == second.start and second.end == third.start for first, second, third in _threes(hits)):
        return letters
    found = list(letters)
    for hit in hits:
        found[hit.start] = found[hit.start] or Letter(hit.start, hit.end, hit.value, Certainty.SURE)
    return found


def _threes(hits: Sequence[Hit[str]]) -> Iterator[tuple[Hit[str], Hit[str], Hit[str]]]:
    return zip(hits, hits[1:], hits[2:], strict=False)


def runs_of(letters: Sequence[Letter | None]) -> list[Run | None]:
    """For each word the run of letters that it is in, if there are two."""
    runs: list[Run | None] = [None] * len(letters)
    position = 0
    while position < len(letters):
        end, text = position, ""
        first = letters[position]
        while first and first.certainty > Certainty.INSIDE and end < len(letters) and (letter := letters[end]):
            text, end = text + as_written(letter.value), letter.end
        if len(text) > 1:
            runs[position:end] = [Run(position, end, text)] * (end - position)
        position = max(end, position + 1)
    return runs


def as_written(text: str) -> str:
    """A letter as addresses have it."""
    return fold(text).replace("'", "")
