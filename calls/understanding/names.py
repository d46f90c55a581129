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


class Token(NamedTuple):
    """A word as it was written, and folded; «c'est» and «Jean-Luc» are one word here."""

    text: str
    plain: str


def tokens_of(text: str) -> list[Token]:
    return [Token(word, fold(word)) for word in _TOKEN.findall(text[:LONGEST_UTTERANCE])]


@cache
def _known() -> frozenset[str]:
    lists = table("first_names")
    return frozenset(fold(name) for name in f"{lists['french']} {lists['world']}".split())


@cache
def listed(section: str, language: str) -> frozenset[str]:
    """The words of a section of words/names.toml."""
    return frozenset(token.plain for entry in table("names")[language][section] for token in tokens_of(entry))


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
    return Lexicon(([token.plain for token in tokens_of(form)], section) for form in sorted(written))


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


def is_first_name(plain: str) -> bool:
    """Whether a folded word is a first name that many people have."""
    return plain in _known() or ("-" in plain and plain.split("-")[0] in _known())
