"""The words that names are told from, and callers who keep theirs to themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from calls.understanding.learned import is_learned
from calls.understanding.text import LONGEST_UTTERANCE, Lexicon, fold, lexicon, table, words

_TOKEN = re.compile(r"[^\W\d_]+(?:[-‐'’][^\W\d_]+)*")
# How far a negation reaches to what is not given: «pas l'intention de vous le donner».
_NEGATION_REACH = 6
_CONTRACTED = {"s": "is", "m": "am", "re": "are", "ll": "will", "d": "would", "ve": "have"}


class Token(NamedTuple):
    """A word as it was written, and folded; «c'est» and «Jean-Luc» are one word here."""

    text: str
    plain: str


def tokens_of(text: str, language: str = "") -> list[Token]:
    """The words; in English «name's» is «name» and «is»."""
    found = _TOKEN.findall(text[:LONGEST_UTTERANCE])
    if language != "en":
        return [Token(word, fold(word)) for word in found]
    return [Token(part, fold(part)) for word in found for part in _written_out(word)]


def _written_out(word: str) -> list[str]:
    head, _, tail = word.replace("’", "'").rpartition("'")
    return [head, _CONTRACTED[tail.lower()]] if head and tail.lower() in _CONTRACTED else [word]


@cache
def _known(language: str) -> frozenset[str]:
    lists = table("first_names")
    names = f"{lists['french']} {lists['world']}"
    if language != "en":
        return frozenset(fold(name) for name in names.split())
    known = frozenset(fold(name) for name in f"{names} {lists['english']}".split())
    return known - names_that_are_words(language) - listed("never", language)


@cache
def names_that_are_words(language: str) -> frozenset[str]:
    """First names that are words of the language, too: «Will», «Hope»."""
    return frozenset(table("first_names")["english_words"].split()) if language == "en" else frozenset()


@cache
def listed(section: str, language: str) -> frozenset[str]:
    """The words of a section of words/names.toml."""
    return frozenset(token.plain for entry in table("names")[language][section] for token in tokens_of(entry, language))


@cache
def no_names(language: str) -> frozenset[str]:
    """Words that are said where a name is expected; those of other answers are among them."""
    answers = table("yes_no")[language].values()
    return (
        listed("never", language)
        | listed("origin", language)
        | {word for phrases in answers for entry in phrases for word in words(entry, language)}
    )


@cache
def phrases(section: str, language: str) -> Lexicon[str]:
    """A section of words/names.toml; the value is its name."""
    entries = table("names")[language][section]
    written = {form for phrase in entries for form in (phrase, phrase.replace("-", " "))}  # «appelez moi»
    return Lexicon(([token.plain for token in tokens_of(form, language)], section) for form in sorted(written))


@cache
def _refusals(sections: tuple[str, ...], language: str) -> Lexicon[str]:
    lists = table("names")["refusal"][language]
    return lexicon([(lists[section], section) for section in sections], language)


@cache
def _refusal_words(section: str, language: str) -> frozenset[str]:
    return frozenset(
        word for phrase in table("names")["refusal"][language][section] for word in words(phrase, language)
    )


def _withholds(spoken: Sequence[str], language: str) -> bool:
    """«Je vous donne pas mon nom», «j'ai pas l'intention de vous le dire»: giving, negated."""

    def says(section: str, start: int, end: int) -> bool:
        return not _refusal_words(section, language).isdisjoint(spoken[max(0, start) : end])

    for at, word in enumerate(spoken):
        if word in _refusal_words("give", language) and says("negation", at + 1, at + 2):
            return True
        if (
            word in _refusal_words("giving", language)
            and (says("negation", at - _NEGATION_REACH, at) or says("negation", at + 1, at + 3))
            and not says("not_giving", at - 1, at)
        ):
            return not says("understanding", 0, at)
    return False


def refuses(text: str, language: str) -> bool:
    """Whether the caller does not give what was asked for, because he will not or cannot."""
    spoken = words(text, language)
    if not spoken:
        return False
    listed = _is_listed_refusal(spoken, language)
    return is_learned("refusal", spoken, language, ["listed"] if listed else [])


def _is_listed_refusal(spoken: Sequence[str], language: str) -> bool:
    found = {hit.value for hit in _refusals(("always", "harmless"), language).find(spoken)}
    if "always" in found or _withholds(spoken, language):
        return True
    alone = _refusals(("alone", "filler"), language).find(spoken)
    return any(hit.value == "alone" for hit in alone) and sum(hit.end - hit.start for hit in alone) == len(spoken)


def is_origin(plain: str, language: str) -> bool:
    """Whether a folded word tells where a name is from: «vietnamien»."""
    return plain in listed("origin", language)


def is_no_name(plain: str, language: str) -> bool:
    """Whether a folded word is said where a name is expected, and is none."""
    return plain in no_names(language) or plain in listed("filler", language)


def is_particle(plain: str, language: str) -> bool:
    """Whether a folded word begins last names of several words: «le»."""
    return plain in listed("particle", language)


def is_first_name(plain: str, language: str = "") -> bool:
    """Whether a folded word is a first name that many people have; with those of a language."""
    known = _known(language)
    return plain in known or ("-" in plain and plain.split("-")[0] in known)


def is_compound(first: str, second: str) -> bool:
    """Whether two folded words are one first name: «Jean» and «Luc»."""
    return second in _compounds().get(first, ())


@cache
def _compounds() -> dict[str, frozenset[str]]:
    return {first: frozenset(seconds.split()) for first, seconds in table("first_names")["compounds"].items()}
