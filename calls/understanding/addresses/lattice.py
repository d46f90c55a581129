"""What each word of a dictated e-mail address may be: the edges of a lattice, from word to word.

«M comme Michel» is talk, two words, or the letter m; «deux mille douze» is three words,
or 2012; «commande» is written so, or «commandes» where somebody says «au pluriel». A
path through the lattice makes an address, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cache
from itertools import islice
from typing import NamedTuple

from calls.understanding.address_rules.domain import sounding_like
from calls.understanding.address_rules.phrases import (
    asides,
    endings,
    heard_as,
    marks_of,
    providers,
    split,
    times_written,
)
from calls.understanding.letter_remarks import MARKS, Remark, Said, may_begin_remark, remark_at
from calls.understanding.letters import Certainty, Letter, Word, dictated, letter_at
from calls.understanding.names import is_first_name
from calls.understanding.numbers import is_digits, is_number, readings, year
from calls.understanding.text import LONGEST_DICTATION, fold, table


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


class Edge(NamedTuple):
    """Words up to `end`, written as `text`."""

    end: int
    label: Label
    text: str


class Run(NamedTuple):
    """Letters one after another."""

    start: int
    end: int
    letters: str


class Lattice(NamedTuple):
    """`gaps[i]` is what stands before the word, `kinds[i]` which list it is on, or how it is written.

    `remarks` are what is said of letters, of whatever word; `examples` where «M comme Michel» is;
    `how` whether anything was said to be in letters, or in figures.
    """

    plain: list[str]
    kinds: list[str]
    gaps: list[str]
    edges: list[list[Edge]]
    runs: list[Run | None]
    remarks: list[Remark]
    examples: list[bool]
    how: list[str]


_GLUED = re.compile(r"\s?([.\-_+])")
# As recognition writes them.
MARKS_WRITTEN = frozenset("@.-_+")
_MARK_LABELS = {"@": Label.AT, ".com": Label.DOT_COM}
_PUNCTUATION = re.compile(r"[.…!?;:]")
_WRITTEN = re.compile(r"[a-z0-9]+")
# How far behind a word something may be said of its letters.
_REMARKED_WITHIN = 13
_MOST_CHANGES, _MOST_READINGS = 2, 3
_SHORTEST_CHANGED = 3
_MOST_HEARD = 3
# What a remark is of, when it may be of any word.
_ANY = Said("", is_apart=True, is_remarked=True)
_OF_TALK = (
    "filler", "hesitation", "remarked", "correction", "apology", "repetition", "poison", "denial", "particle",
    "before_a_word", "before_a_noun", "named", "after_a_name", "intro", "interjection", "doubt", "glued",
)  # fmt: skip
TALK_KINDS = frozenset(_OF_TALK)
CORRECTIONS = frozenset({"correction", "apology"})
ATS = frozenset({"M@", "W@"})
_PONDERED = CORRECTIONS | {"letter", "number", "mixed", "repetition", "doubt", "denial", "poison"}


def lattice_of(text: str, language: str) -> Lattice:
    """What each word of a dictation may be; of long ones only the beginning is read."""
    words, gaps = _heard(text[:LONGEST_DICTATION].replace("’", "'"), language)
    misheard = heard_as(language)
    plain = [misheard.get(word.plain, word.plain) for word in words]
    words, plain, gaps = _in_order(words, plain, gaps, language)
    letters = [
        None if word.text in MARKS_WRITTEN else letter_at(words, plain, position, language)
        for position, word in enumerate(words)
    ]
    marks = [
        (position + 1, word.text) if word.text in MARKS_WRITTEN else _mark_at(plain, position, language)
        for position, word in enumerate(words)
    ]
    kinds = [_kind(words[position], plain, position, marks[position], language) for position in range(len(words))]
    remarked = [
        position
        for position, word in enumerate(words)
        if word.text not in MARKS_WRITTEN and may_begin_remark(words, plain, position, language)
    ]
    about = [(place, told[1]) for place in remarked if (told := remark_at(words, plain, place, language, _ANY))]
    between = _between(plain, about)
    remarks = [remark for _, remark in about if remark.letters not in MARKS]
    edges = []
    for position, word in enumerate(words):
        found = [Edge(position + 1, Label.TALK, "")]
        if mark := marks[position]:
            found.append(Edge(mark[0], _MARK_LABELS.get(mark[1], Label.MARK), mark[1]))
        if word.text not in MARKS_WRITTEN:
            found += _written(words, plain, position, letters[position], language)
            found += _domain(plain, kinds, marks, position)
            found += _changed(plain[position], position, about)
            if between and len(plain[position]) > 1 and _WRITTEN.fullmatch(plain[position]):
                found.append(Edge(position + 1, Label.MARKED, between + plain[position]))
        edges.append(found)
    examples = [letter is not None and letter.has_example for letter in letters]
    how = [which for which, said in table("email")[language]["how"].items() if not set(said).isdisjoint(plain)]
    return Lattice(plain, kinds, [*gaps, "$"], edges, _runs(letters), remarks, examples, how)


def may_have_at(text: str, language: str) -> bool:
    """Whether there can be an at sign in what was said, however it was heard."""
    return _at_signs(language).search(fold(text)) is not None


@cache
def _at_signs(language: str) -> re.Pattern[str]:
    lists = table("email")[language]
    phrases = [fold(phrase) for section in ("at", "weak_at", "in_front") for phrase in lists[section]]
    return re.compile(f"@|\\b(?:{'|'.join(map(re.escape, phrases))})\\b")


def is_plain(said: Lattice) -> bool:
    """Whether it was said in one breath, in words, without a second thought: such an address the rules read right."""
    return (
        _PONDERED.isdisjoint(said.kinds)
        and sum(kind in ATS for kind in said.kinds) == 1
        and not any(gap in ",." for gap in said.gaps[1:-1])
    )


def _heard(text: str, language: str) -> tuple[list[Word], list[str]]:
    """The words, with the marks that recognition wrote; and what stands before each of them."""
    words: list[Word] = []
    gaps: list[str] = []

    def add(word: Word) -> None:
        between = text[words[-1].end : word.start] if words else "^"
        gaps.append(_gap(between, word, words))
        words.append(word)

    end = 0
    for word in dictated(text):
        between = text[end : word.start]
        if "@" in between:
            at = end + between.index("@")
            add(Word("@", "@", at, at + 1))
        elif words and (mark := _GLUED.fullmatch(between)) and not _is_in_number(mark[1], words[-1], word, language):
            add(Word(mark[1], mark[1], end + mark.start(1), end + mark.end(1)))
        add(word)
        end = word.end
    return words, gaps


def _in_order(
    words: list[Word], plain: list[str], gaps: list[str], language: str
) -> tuple[list[Word], list[str], list[str]]:
    """The domain last, where it was told first: «gmail point com, et devant c'est jacky point mallet»."""
    hit = next(iter(asides("in_front", language).find(plain)), None)
    if not hit or hit.end == len(plain) or not {".", "point"} & set(plain[: hit.start]) or "@" in plain[: hit.start]:
        return words, plain, gaps
    domain, mailbox = slice(hit.start), slice(hit.end, None)
    has_at = "@" in plain or bool([at for at in marks_of(language).find(plain) if at.value == "@"])
    at = [] if has_at else [Word("@", "@", words[hit.start].start, words[hit.start].start)]
    return (
        [*words[mailbox], *at, *words[domain]],
        [*plain[mailbox], *(word.plain for word in at), *plain[domain]],
        ["^", *gaps[mailbox][1:], *("," for _ in at), ",", *gaps[domain][1:]],
    )


def _is_in_number(mark: str, before: Word, word: Word, language: str) -> bool:
    """«quatre-vingt»"""
    return mark == "-" and is_number(before.plain, language) and is_number(word.plain, language)


def _gap(between: str, word: Word, words: Sequence[Word]) -> str:
    if not words:
        return "^"
    if "," in between:
        return ","
    if _PUNCTUATION.search(between):
        return "."
    if not between:
        return "'"
    return "-" if "-" in between else " "


def _mark_at(plain: Sequence[str], position: int, language: str) -> tuple[int, str] | None:
    hit = marks_of(language).at(plain, position)
    if hit:
        return hit.end, hit.value
    return (position + 1, "@") if plain[position] in table("email")[language]["weak_at"] else None


@cache
def _kinds_of_talk(language: str) -> dict[str, str]:
    lists = table("email")[language]
    return {
        words[0]: section
        for section in reversed(_OF_TALK)
        for phrase in lists[section]
        if len(words := split(phrase)) == 1
    }


def _kind(word: Word, plain: Sequence[str], position: int, mark: tuple[int, str] | None, language: str) -> str:
    said = plain[position]
    if word.text in MARKS_WRITTEN:
        return f"W{word.text}"
    if mark and said not in table("email")[language]["weak_at"]:
        return f"M{mark[1]}"
    if talk := _kinds_of_talk(language).get(said):
        return talk
    if is_number(said, language):
        return "number"
    if len(said) == 1:
        return "letter"
    if providers(right_after_at=True).at(plain, position):
        return "provider"
    if said in endings():
        return "ending"
    if is_first_name(said):
        return "name"
    if any(map(str.isdigit, said)):
        return "mixed"
    return "capitals" if word.text.isupper() else "capital" if word.text[0].isupper() else "small"


def _written(
    words: Sequence[Word], plain: Sequence[str], position: int, letter: Letter | None, language: str
) -> Iterator[Edge]:
    said = plain[position]
    if letter:
        label = Label.LETTER if letter.certainty > Certainty.INSIDE else Label.WEAK_LETTER
        yield Edge(letter.end, label, _as_written(letter.value))
    yield from _numbers(plain, position, language)
    if is_digits(said):
        yield Edge(position + 1, Label.FIGURES, said)
    elif (len(said) > 1 or not letter) and _WRITTEN.fullmatch(said):
        yield Edge(position + 1, Label.WORD, said)
    if (times := times_written(language).at(plain, position)) and times.end < len(plain):
        again = next(_numbers(plain, times.end, language), None)
        if again and len(again.text) == 1:
            yield Edge(again.end, Label.NUMBER, again.text * times.value)
    name = providers(right_after_at=True).at(plain, position)
    if name and (name.end > position + 1 or name.value.value != said):
        yield Edge(name.end, Label.PROVIDER, name.value.value)


def _domain(
    plain: Sequence[str], kinds: Sequence[str], marks: Sequence[tuple[int, str] | None], position: int
) -> Iterator[Edge]:
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


def _changed(said: str, position: int, about: Sequence[tuple[int, Remark]]) -> Iterator[Edge]:
    """The word as what is said of its letters has it."""
    if len(said) < _SHORTEST_CHANGED or not said.isalpha():
        return
    changed = dict.fromkeys(
        remark.applied_to(said)
        for place, remark in about
        if position < place <= position + _REMARKED_WITHIN and remark.letters not in MARKS
    )
    for other in islice((other for other in changed if other and other != said), _MOST_CHANGES):
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


def _runs(letters: Sequence[Letter | None]) -> list[Run | None]:
    """For each word the run of letters that it is in, if there are two."""
    runs: list[Run | None] = [None] * len(letters)
    position = 0
    while position < len(letters):
        end, text = position, ""
        first = letters[position]
        while first and first.certainty > Certainty.INSIDE and end < len(letters) and (letter := letters[end]):
            text, end = text + _as_written(letter.value), letter.end
        if len(text) > 1:
            runs[position:end] = [Run(position, end, text)] * (end - position)
        position = max(end, position + 1)
    return runs


def _as_written(text: str) -> str:
    return fold(text).replace("'", "")
