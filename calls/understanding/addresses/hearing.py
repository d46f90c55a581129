"""The words of a dictated address as they were heard: with the marks between them, and what kind each is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from calls.understanding.address_rules.phrases import asides, endings, heard_as, marks_of, providers, split
from calls.understanding.letters import Word, dictated, signs
from calls.understanding.names import is_first_name
from calls.understanding.numbers import is_number
from calls.understanding.text import LONGEST_DICTATION, compact, fold, table

_GLUED = re.compile(r"\s?([.\-_+])")
# As recognition writes them.
MARKS_WRITTEN = frozenset("@.-_+")
_PUNCTUATION = re.compile(r"[.…!?;:]")
_NUMBERED = re.compile(r"([^\W\d_]{2,})(\d+)")
_OF_TALK = (
    "filler", "hesitation", "remarked", "correction", "apology", "repetition", "poison", "denial", "particle",
    "before_a_word", "before_a_noun", "named", "after_a_name", "intro", "interjection", "doubt", "glued",
)  # fmt: skip
TALK_KINDS = frozenset(_OF_TALK)
CORRECTIONS = frozenset({"correction", "apology"})
ATS = frozenset({"M@", "W@"})
_FIGURES = frozenset({"number", "mixed"})
_PONDERED = CORRECTIONS | _FIGURES | {"letter", "repetition", "doubt", "denial", "poison"}

# Where a mark ends, and how it is written.
Mark = tuple[int, str]


class Heard(NamedTuple):
    """`gaps[i]` is what stands before a word, `marks[i]` the mark that begins there; `kinds[i]` which list it is on."""

    words: list[Word]
    plain: list[str]
    gaps: list[str]
    marks: list[Mark | None]
    kinds: list[str]


def heard(text: str, language: str) -> Heard:
    """Of long dictations only the beginning is heard."""
    words, gaps = _words(text[:LONGEST_DICTATION].replace("’", "'"), language)
    misheard = heard_as(language)
    plain = [misheard.get(word.plain, word.plain) for word in words]
    words, plain, gaps = _in_order(words, plain, gaps, language)
    marks = [
        (position + 1, word.text) if word.text in MARKS_WRITTEN else _mark_at(plain, position, language)
        for position, word in enumerate(words)
    ]
    kinds = [_kind(word, plain, position, marks[position], language) for position, word in enumerate(words)]
    return Heard(words, plain, gaps, marks, kinds)


def may_have_at(text: str, language: str) -> bool:
    """Whether there can be an at sign in what was said, however it was heard."""
    return _at_signs(language).search(fold(text)) is not None


@cache
def _at_signs(language: str) -> re.Pattern[str]:
    lists = table("email")[language]
    phrases = [fold(phrase) for section in ("at", "weak_at", "in_front") for phrase in lists[section]]
    return re.compile(f"@|\\b(?:{'|'.join(map(re.escape, phrases))})\\b")


def is_plain(said: Heard) -> bool:
    """Whether it was said in one breath, without letters or a second thought: such an address the rules read right."""
    pondered = _PONDERED.intersection(said.kinds)
    return (
        (pondered <= _FIGURES or pondered == {"doubt"})
        and sum(kind in ATS for kind in said.kinds) == 1
        and not any(gap in ",." for gap in said.gaps[1:])
    )


def _words(text: str, language: str) -> tuple[list[Word], list[str]]:
    """The words, with the marks that recognition wrote; and what stands before each of them."""
    words: list[Word] = []
    gaps: list[str] = []

    def add(word: Word) -> None:
        between = text[words[-1].end : word.start] if words else "^"
        gaps.append(_gap(between, words))
        words.append(word)

    end = 0
    for word in (part for whole in dictated(text) for part in _in_parts(whole)):
        between = text[end : word.start]
        if "@" in between:
            at = end + between.index("@")
            add(Word("@", "@", at, at + 1))
        elif words and (mark := _GLUED.fullmatch(between)) and not _is_hyphened(mark[1], words[-1], word, language):
            add(Word(mark[1], mark[1], end + mark.start(1), end + mark.end(1)))
        add(word)
        end = word.end
    return words, gaps


def _in_parts(word: Word) -> Iterator[Word]:
    """«martin75» is a word and a number: either may be corrected."""
    parts = _NUMBERED.fullmatch(word.text)
    if not parts:
        yield word
        return
    middle = word.start + len(parts[1])
    yield Word(compact(parts[1]), parts[1], word.start, middle)
    yield Word(parts[2], parts[2], middle, word.end)


def _in_order(
    words: list[Word], plain: list[str], gaps: list[str], language: str
) -> tuple[list[Word], list[str], list[str]]:
    """The domain last, where it was told first: «gmail point com, et devant c'est jacky point mallet»."""
    hit = next(iter(asides("in_front", language).find(plain)), None)
    marks = marks_of(language).find(plain)
    if not hit or hit.end == len(plain) or "@" in plain[: hit.start]:
        return words, plain, gaps
    if "." not in plain[: hit.start] and not any(mark.value[0] == "." and mark.end <= hit.start for mark in marks):
        return words, plain, gaps
    domain, mailbox = slice(hit.start), slice(hit.end, None)
    has_at = "@" in plain or any(mark.value == "@" for mark in marks)
    at = [] if has_at else [Word("@", "@", words[hit.start].start, words[hit.start].start)]
    return (
        [*words[mailbox], *at, *words[domain]],
        [*plain[mailbox], *(word.plain for word in at), *plain[domain]],
        ["^", *gaps[mailbox][1:], *("," for _ in at), ",", *gaps[domain][1:]],
    )


def _is_hyphened(mark: str, before: Word, word: Word, language: str) -> bool:
    """«quatre-vingt», «X-ray»: no hyphen of the address."""
    if mark != "-":
        return False
    if is_number(before.plain, language) and is_number(word.plain, language):
        return True
    letter = signs("nato", "en").at([before.plain, word.plain], 0)
    return letter is not None and letter.end == 2


def _gap(between: str, words: Sequence[Word]) -> str:
    if not words:
        return "^"
    if "," in between:
        return ","
    if _PUNCTUATION.search(between):
        return "."
    if not between:
        return "'"
    return "-" if "-" in between else " "


def _mark_at(plain: Sequence[str], position: int, language: str) -> Mark | None:
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


def _kind(word: Word, plain: Sequence[str], position: int, mark: Mark | None, language: str) -> str:
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
