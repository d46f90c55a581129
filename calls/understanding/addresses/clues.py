"""What tells what a word of a dictation is: the word, pauses, what is spelled beside it or said again, its edges."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from calls.understanding.addresses.hearing import CORRECTIONS
from calls.understanding.addresses.lattice import Label, Lattice
from calls.understanding.addresses.runs import Run
from calls.understanding.letters import SPELLED, spells

# How many words away from a word its spelling may be.
_SPELLED_WITHIN = 7
_ENDING = 3
_LONGEST_RUN, _LONGEST_SPELLED = 4, 30


def clues(lattice: Lattice) -> list[list[str]]:
    """For each word, what tells what begins there: the word first, what recognition may not have known."""
    clauses = _clauses(lattice)
    last: dict[str, int] = {word: place for place, word in enumerate(lattice.plain)}
    earlier: set[str] = set()
    found = []
    for position, word in enumerate(lattice.plain):
        told = [
            f"w {word}",
            f"s {word[-_ENDING:]}",
            f"k {lattice.kinds[position]}",
            f"g {lattice.gaps[position]}",
            f"h {lattice.gaps[position + 1]}",
            f"c {clauses[position]}",
        ]
        if word in earlier:
            told.append("again")
        if last[word] > position:
            told.append("later")
        earlier.add(word)
        told += _spelled(lattice, position)
        told += [
            f"e {int(edge.label)} {edge.end - position}" for edge in lattice.edges[position] if edge.label > Label.WORD
        ]
        found.append(told)
    return found


def _clauses(lattice: Lattice) -> list[str]:
    """What the clause of each word has (marks, letters, a correction), which it is, and what the next one has."""
    numbers, has = [], [""]
    for kind, gap in zip(lattice.kinds, lattice.gaps, strict=False):
        if gap in ",.":
            has.append("")
        numbers.append(len(has) - 1)
        sign = "m" if kind[0] in "MW" else "l" if kind == "letter" else "c" if kind in CORRECTIONS else ""
        if sign not in has[-1]:
            has[-1] = "".join(sorted(has[-1] + sign))
    has.append("$")
    last = numbers[-1] if numbers else 0
    names = ["first" if number == 0 else "last" if number == last else "middle" for number in range(last + 1)]
    return [f"{names[number]} {has[number]} {has[number + 1]}" for number in numbers]


def _spelled(lattice: Lattice, position: int) -> Iterator[str]:
    """How a word is to the letters near it, and letters to the words."""
    word, run = lattice.plain[position], lattice.runs[position]
    if len(word) > 1 and word.isalpha():
        for side, places in (
            ("then", range(position + 1, min(len(lattice.plain), position + _SPELLED_WITHIN + 1))),
            ("after", range(position - 1, max(-1, position - _SPELLED_WITHIN - 1), -1)),
        ):
            if near := next((other for place in places if (other := lattice.runs[place]) and other is not run), None):
                is_beside = near.start == position + 1 or near.end == position
                yield f"{side} {relation(word, near.letters)} {is_beside}"
    if run:
        yield from _letters(lattice, position, run)


def _letters(lattice: Lattice, position: int, run: Run) -> Iterator[str]:
    is_same = position > run.start and lattice.plain[position] == lattice.plain[position - 1]
    yield f"example {lattice.examples[position]} {is_same}"
    yield f"beside {_beside(lattice, run, -1)} {_beside(lattice, run, 1)}"
    yield f"run {min(len(run.letters), _LONGEST_RUN)} {min(position - run.start, 2)}"
    behind = range(run.start - 1, max(-1, run.start - _SPELLED_WITHIN), -1)
    spelled = next((place for place in behind if _may_be_spelled(lattice, place)), None)
    if spelled is not None:
        yield f"spells {relation(lattice.plain[spelled], run.letters)} {spelled == run.start - 1}"
    following = lattice.plain[run.end] if run.end < len(lattice.plain) else ""
    yield f"before {relation(following, run.letters) if len(following) > 2 else ''}"


def _beside(lattice: Lattice, run: Run, side: int) -> str:
    """How letters are to those before or after them: the same, a part."""
    places = (
        range(run.start - 1, max(-1, run.start - _SPELLED_WITHIN), -1)
        if side < 0
        else range(run.end, min(len(lattice.plain), run.end + _SPELLED_WITHIN))
    )
    other = next((found for place in places if (found := lattice.runs[place])), None)
    return relation(other.letters, run.letters) if other else ""


def _may_be_spelled(lattice: Lattice, place: int) -> bool:
    word, kind = lattice.plain[place], lattice.kinds[place]
    return len(word) > 2 and word.isalpha() and kind in ("name", "capital", "capitals", "small", "provider", "ending")


@lru_cache(maxsize=1 << 13)
def relation(word: str, letters: str) -> str:
    """How letters are to a word: the same, nearly, a part, or nothing."""
    if letters == word:
        return "="
    if SPELLED <= len(letters) <= _LONGEST_SPELLED and spells(letters, word):
        return "~"
    return "<" if word.startswith(letters) else ">" if word.endswith(letters) else "/"
