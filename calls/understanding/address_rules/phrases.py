"""The kinds of pieces that a dictated e-mail address has, and the phrases that they are said with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from functools import cache
from itertools import chain, product, takewhile
from typing import NamedTuple

from calls.understanding.letter_remarks import Remark
from calls.understanding.text import Lexicon, compact, table

ADDRESS = re.compile(
    r"[a-z0-9]+(?:(?:[.+-]|__?)[a-z0-9]+)*@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[a-z]{2,}"
)


class Kind(Enum):
    WORD = auto()
    LETTERS = auto()
    DIGITS = auto()
    SEPARATOR = auto()
    AT = auto()
    WEAK_AT = auto()  # «chez», which mostly is just «chez»
    PROVIDER = auto()
    PARTICLE = auto()  # part of an address only inside it: «de la tour»
    INTRO = auto()  # what comes before an address
    IN_FRONT = auto()  # of the domain, said before
    NAMED = auto()  # «mon prénom», of the name after it or before it
    INTERJECTION = auto()
    GLUED = auto()  # with nothing between; without the mark, if there is a value
    PAUSE = auto()
    FILLER = auto()
    CORRECTION = auto()
    REPETITION = auto()
    REMARK = auto()  # on the letters of the word before it
    DENIAL = auto()  # of what follows: «pas gmail»
    IN_DIGITS = auto()  # of the number before it
    IN_LETTERS = auto()
    ABBREVIATED = auto()  # of the word before it, by the letters after it
    DOUBT = auto()  # nobody can tell what this makes of the address before it
    POISON = auto()  # nor, said after it, of the whole


class Part(NamedTuple):
    kind: Kind
    value: str = ""
    has_example: bool = False  # «P comme Pierre», «le chiffre deux»
    remark: Remark | None = None
    spoken: str = ""  # a number, if it was one word, and what has an article: «l'épelle»


TEXT = (Kind.WORD, Kind.LETTERS, Kind.DIGITS, Kind.PROVIDER, Kind.PARTICLE)
AND = Part(Kind.PARTICLE, "et")
ATS = (Kind.AT, Kind.WEAK_AT)
SILENT = (Kind.FILLER, Kind.PAUSE, Kind.GLUED)
TALK = (Kind.INTRO, Kind.INTERJECTION, *SILENT)

# That a name was said before: «c'est mon prénom».
AFTER_A_NAME = "after"
# «Hein»: more likely there for a remark than for a piece of the address before it.
REMARKED = "remarked"
# «Euh», between two tries or two pieces.
HESITATION = "hesitation"
# «En entier», of a word that may be written shortly.
WHOLE = "whole"
# «Alors», which what is dictated begins with.
LEAD = "alors"
# «Pardon», which may stand behind what was said instead; «encore», of a letter.
APOLOGY, ONCE_MORE = "apology", "once more"
# «G.», with the full stop, or without?
INITIAL = "initial"
# «Le nombre», of the one before it.
OF_A_NUMBER = "of a number"
# An introduction that one more word belongs to.
BEFORE_A_WORD, BEFORE_A_NOUN = "one more", "a noun"
OF_A_NOUN, OF_THE_ADDRESS = "of a noun", "of the address"
_SPOKEN = (
    ("at", Kind.AT, "@"),
    ("weak_at", Kind.WEAK_AT, "@"),
    ("dot", Kind.SEPARATOR, "."),
    ("dot_com", Kind.SEPARATOR, ".com"),
    ("hyphen", Kind.SEPARATOR, "-"),
    ("underscore", Kind.SEPARATOR, "_"),
    ("two_underscores", Kind.SEPARATOR, "__"),
    ("plus", Kind.SEPARATOR, "+"),
    ("glued", Kind.GLUED, ""),
    ("no_dot", Kind.GLUED, "."),
    ("no_hyphen", Kind.GLUED, "-"),
    ("filler", Kind.FILLER, ""),
    ("whole", Kind.FILLER, WHOLE),
    ("hesitation", Kind.FILLER, HESITATION),
    ("remarked", Kind.FILLER, REMARKED),
    ("correction", Kind.CORRECTION, ""),
    ("apology", Kind.CORRECTION, APOLOGY),
    ("repetition", Kind.REPETITION, ""),
    ("particle", Kind.PARTICLE, ""),
    ("before_a_word", Kind.INTRO, BEFORE_A_WORD),
    ("before_a_noun", Kind.INTRO, BEFORE_A_NOUN),
    ("of_the_address", Kind.INTRO, OF_THE_ADDRESS),
    ("in_front", Kind.IN_FRONT, ""),
    ("named", Kind.NAMED, ""),
    ("after_a_name", Kind.NAMED, AFTER_A_NAME),
    ("intro", Kind.INTRO, ""),
    ("interjection", Kind.INTERJECTION, ""),
    ("denial", Kind.DENIAL, ""),
    ("in_digits", Kind.IN_DIGITS, ""),
    ("in_letters", Kind.IN_LETTERS, ""),
    ("abbreviated", Kind.ABBREVIATED, ""),
    ("doubt", Kind.DOUBT, ""),
    ("once_more", Kind.DOUBT, ONCE_MORE),
    ("poison", Kind.POISON, ""),
)


@cache
def phrases(language: str) -> Lexicon[Part]:
    lists = table("email")[language]
    also = {"fr": ("et ", "mais "), "en": ("and ", "but ")}[language]
    leads = {
        Kind.SEPARATOR: [f"{lead} " for lead in lists["before_mark"]],
        Kind.AT: [f"{lead} " for lead in lists["before_at"]],
    }
    spoken = (
        (split(lead + phrase), Part(kind, value))
        for section, kind, value in _SPOKEN
        for phrase in lists[section]
        for lead in ("", *(also if kind in SILENT else leads.get(kind, ())))
    )
    combined = (
        ([*lead, *chain.from_iterable(pieces)], Part(Kind[kind.upper()]))
        for kind, sections in lists["combined"].items()
        for words_of in sections.values()
        for pieces in product(*([split(words) for words in group] for group in words_of))
        for lead in ([], *(split(word) for word in (also if Kind[kind.upper()] in SILENT else ())))
    )
    return Lexicon([*spoken, *combined])


@cache
def marks_of(language: str) -> Lexicon[str]:
    """The marks alone, as they are written."""
    lists = table("email")[language]
    written = [(section, value) for section, kind, value in _SPOKEN if kind in (Kind.AT, Kind.SEPARATOR)]
    return Lexicon((split(phrase), value) for section, value in written for phrase in lists[section])


@cache
def providers(*, right_after_at: bool) -> Lexicon[Part]:
    return Lexicon(
        (split(said), Part(Kind.PROVIDER, name))
        for name, entry in table("email")["providers"].items()
        if right_after_at or not entry.get("is_a_word")
        for said in entry["said"]
    )


@cache
def heard_as(language: str) -> dict[str, str]:
    """Words that are written as they sound, and what was said: «tirer» for «tiret»."""
    return {other: word for word, others in table("email")[language]["heard_as"].items() for other in others}


@cache
def times_written(language: str) -> Lexicon[int]:
    return Lexicon(
        (split(phrase), int(times))
        for times, phrases_of in table("email")[language]["times"].items()
        for phrase in phrases_of
    )


@cache
def asides(section: str, language: str) -> Lexicon[str]:
    return Lexicon((split(phrase), section) for phrase in table("email")[language][section])


def split(phrase: str) -> list[str]:
    return [compact(word) for word in re.split(r"[ -]+", phrase) if word]


def text_of(parts: Iterable[Part]) -> str:
    return "".join(part.value for part in parts)


def last_of(parts: Sequence[Part], *kinds: Kind) -> list[Part]:
    """The parts of these kinds that the others stand before."""
    return list(takewhile(lambda part: part.kind in kinds, reversed(parts)))[::-1]


def without_last(parts: Sequence[Part], *kinds: Kind) -> list[Part]:
    """The parts without those."""
    return list(parts[: len(parts) - len(last_of(parts, *kinds))])


def has_at(parts: Iterable[Part]) -> bool:
    return any(part.kind in ATS for part in parts)


def is_over(parts: Sequence[Part]) -> bool:
    """Whether a domain may be over: «…point com»."""
    last = parts[-1].value if parts else ""
    return parts[-2:-1] == [Part(Kind.SEPARATOR, ".")] and last in endings() and last not in second_levels()


@cache
def endings() -> frozenset[str]:
    return frozenset(table("email")["endings"]["all"])


@cache
def second_levels() -> frozenset[str]:
    """Those that may stand before another ending: «.co.uk»."""
    return frozenset(table("email")["endings"]["only_second"])
