"""What each word of a dictated e-mail address may be: the edges of a lattice, from word to word.

«M comme Michel» is talk, two words, or the letter m; «deux mille douze» is three words,
or 2012; «commande» is written so, or «commandes» where somebody says «au pluriel». A
path through the lattice makes an address, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import islice
from typing import NamedTuple

from calls.understanding.address_rules.domain import sounding_like
from calls.understanding.address_rules.phrases import endings, providers, times_written
from calls.understanding.addresses.changes import changes
from calls.understanding.addresses.hearing import ATS, MARKS_WRITTEN, Heard, Mark, heard
from calls.understanding.addresses.retold import Retold, retold
from calls.understanding.addresses.runs import Run, as_written, runs_of, with_alphabet
from calls.understanding.letter_remarks import MARKS, Remark, Said, may_begin_remark, remark_at
from calls.understanding.letters import Certainty, Letter, letter_at
from calls.understanding.numbers import is_digits, is_number, readings, year
from calls.understanding.text import table


class Label(IntEnum):
    """What an edge is; all but TALK are written."""

    TALK = 0
    WORD = 1
    LETTER = 2
    WEAK_LETTER = 3  # «c'est», between letters
    NUMBER = 4  # «deux mille douze»
    FIGURES = 5
    PROVIDER = 6
    MARK = 7
    AT = 8
    DOT_COM = 9
    CHANGED = 10  # «commande, au pluriel»
    MARKED = 11  # «saint malo, avec des tirets»
    RETOLD = 12  # «paul 75 arobase free point fr, ah non, 78»
    SPELLED = 13  # letters in a row


class Edge(NamedTuple):
    """Words up to `end`, written as `text`."""

    end: int
    label: Label
    text: str


class Lattice(NamedTuple):
    """`gaps[i]` is what stands before the word, `kinds[i]` which list it is on, or how it is written.

    `remarks` are what is said of letters, where and of whatever word; `examples` where «M comme Michel» is;
    `how` whether anything was said to be in letters, or in figures.
    """

    plain: list[str]
    kinds: list[str]
    gaps: list[str]
    edges: list[list[Edge]]
    runs: list[Run | None]
    remarks: list[tuple[int, Remark]]
    examples: list[bool]
    how: list[str]


_MARK_LABELS = {"@": Label.AT, ".com": Label.DOT_COM}
_WRITTEN = re.compile(r"[a-z0-9]+")
# How far behind a word something may be said of its letters.
_REMARKED_WITHIN = 13
_MOST_CHANGES, _MOST_READINGS = 4, 3
_SHORTEST_CHANGED = 3
_MOST_HEARD = 3
# What a remark is of, when it may be of any word.
_ANY = Said("", is_apart=True, is_remarked=True)


def lattice_of(text: str, language: str) -> Lattice:
    """What each word of a dictation may be; of long ones only the beginning is read."""
    return lattice_from(heard(text, language), language)


def lattice_from(said: Heard, language: str) -> Lattice:
    """The same of words that were heard."""
    words, plain, gaps, marks, _ = said
    letters = [
        None if word.text in MARKS_WRITTEN else letter_at(words, plain, position, language)
        for position, word in enumerate(words)
    ]
    letters = with_alphabet(letters, plain)
    kinds = [
        "alphabet" if letter and len(plain[position]) > 2 and kind in ("name", "small", "capital") else kind
        for position, (kind, letter) in enumerate(zip(said.kinds, letters, strict=True))
    ]
    remarked = [
        position
        for position, word in enumerate(words)
        if word.text not in MARKS_WRITTEN and may_begin_remark(words, plain, position, language)
    ]
    about = [(place, told[1]) for place in remarked if (told := remark_at(words, plain, place, language, _ANY))]
    between = _between(plain, about)
    remarks = [told for told in about if told[1].letters not in MARKS]
    runs = runs_of(letters)
    numbers = [
        [] if word.text in MARKS_WRITTEN else list(_numbers(plain, position, language))
        for position, word in enumerate(words)
    ]
    figures = [
        [plain[position]] if is_digits(plain[position]) else [edge.text for edge in numbers[position]]
        for position in range(len(words))
    ]
    instead = retold(plain, marks, figures, runs)
    edges = []
    for position, word in enumerate(words):
        found = [Edge(position + 1, Label.TALK, "")]
        if mark := marks[position]:
            found.append(Edge(mark[0], _MARK_LABELS.get(mark[1], Label.MARK), mark[1]))
        if word.text not in MARKS_WRITTEN:
            found += _written(plain, position, letters[position], numbers[position], language)
            found += _domain(plain, kinds, marks, position)
            found += _changed(plain[position], position, about)
            if between and len(plain[position]) > 1 and _WRITTEN.fullmatch(plain[position]):
                found.append(Edge(position + 1, Label.MARKED, between + plain[position]))
        found += _instead(instead, plain[position], position, marks[position], found, runs[position])
        edges.append(found)
    examples = [letter is not None and letter.has_example for letter in letters]
    how = [which for which, said in table("email")[language]["how"].items() if not set(said).isdisjoint(plain)]
    return Lattice(plain, kinds, [*gaps, "$"], edges, runs, remarks, examples, how)


def _written(
    plain: Sequence[str], position: int, letter: Letter | None, numbers: Sequence[Edge], language: str
) -> Iterator[Edge]:
    said = plain[position]
    if letter:
        label = Label.LETTER if letter.certainty > Certainty.INSIDE else Label.WEAK_LETTER
        yield Edge(letter.end, label, as_written(letter.value))
    yield from numbers
    if is_digits(said):
        yield Edge(position + 1, Label.FIGURES, said)
    elif (len(said) > 1 or not letter) and _WRITTEN.fullmatch(said):
        yield Edge(position + 1, Label.WORD, said)
    if (times := times_written(language).at(plain, position)) and times.end < len(plain):
        again = next(readings(plain, times.end, language), None) if is_number(plain[times.end], language) else None
        if again and len(again[1]) == 1:
            yield Edge(again[0], Label.NUMBER, again[1] * times.value)
    name = providers(right_after_at=True).at(plain, position)
    if name and (name.end > position + 1 or name.value.value != said):
        yield Edge(name.end, Label.PROVIDER, name.value.value)


def _domain(plain: Sequence[str], kinds: Sequence[str], marks: Sequence[Mark | None], position: int) -> Iterator[Edge]:
    """A provider by its sound («wana doux point fr»), and «com» behind one («gmail com»)."""
    before = kinds[position - 1] if position else ""
    if before in ATS:
        for end in range(position + 1, min(position + _MOST_HEARD, len(plain) - 1) + 1):
            if (mark := marks[end]) and mark[1][0] == ".":
                if name := sounding_like(tuple(plain[position:end])):
                    yield Edge(end, Label.PROVIDER, name)
                break
    elif before == "provider" and plain[position] in endings():
        yield Edge(position + 1, Label.DOT_COM, f".{plain[position]}")


def _numbers(plain: Sequence[str], position: int, language: str) -> Iterator[Edge]:
    """A number in words, or of several words in figures; a year first."""
    told = year(plain, position, language)
    found = [told] if told else []
    if is_number(plain[position], language):
        found += islice(readings(plain, position, language), _MOST_READINGS)
    for end, figures in dict.fromkeys(found):
        if end > position + 1 or not is_digits(plain[position]):
            yield Edge(end, Label.NUMBER, figures)


def _instead(
    told: Retold, said: str, position: int, mark: Mark | None, found: Sequence[Edge], run: Run | None
) -> Iterator[Edge]:
    """What was told behind the address and may be meant here."""
    yield from (Edge(position + 1, Label.RETOLD, text) for text in told.of_word(said, position))
    if run and run.start == position:
        yield Edge(run.end, Label.SPELLED, run.letters)
        yield from (Edge(run.end, Label.RETOLD, text) for text in told.of_letters(run))
    for edge in [edge for edge in found if edge.label in (Label.NUMBER, Label.FIGURES)]:
        yield from (Edge(edge.end, Label.RETOLD, text) for text in told.numbers if text != edge.text)
    if mark and mark[1] in MARKS:
        yield from (Edge(mark[0], Label.RETOLD, text) for text in told.marks if text != mark[1])


def _changed(said: str, position: int, about: Sequence[tuple[int, Remark]]) -> Iterator[Edge]:
    """The word as what is said of its letters has it."""
    if len(said) < _SHORTEST_CHANGED or not said.isalpha():
        return
    changed = dict.fromkeys(
        other
        for place, remark in about
        if position < place <= position + _REMARKED_WITHIN and remark.letters not in MARKS
        for other in changes(remark, said)
    )
    for other in islice(changed, _MOST_CHANGES):
        yield Edge(position + 1, Label.CHANGED, other)


def _between(plain: Sequence[str], about: Sequence[tuple[int, Remark]]) -> str:
    """The mark of «avec un tiret entre chaque mot», «avec un point au milieu»."""
    return next(
        (
            remark.letters
            for place, remark in about
            if remark.letters in MARKS and (remark.place or plain[place] == "avec")
        ),
        "",
    )
