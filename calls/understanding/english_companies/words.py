"""The words of names and of what is said of them, as they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from calls.understanding.letters import nato_run
from calls.understanding.numbers import has_number, number
from calls.understanding.text import LONGEST_UTTERANCE, Lexicon, fold, table

_CONTRACTED = re.compile(
    r"\b(i|it|that|what|who|he|she|there|here|we|you|they|this|name|where|everybody)'(s|m|re|ve|ll|d)\b"
)
_FULL = {"s": "is", "m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}
_NEGATED = re.compile(r"\b(ca|wo|\w+?)n't\b")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]*)*|&|[.,;:!?…()]+(?=\s|$)|\s[–—-]\s")
_NAME_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]*)*|&|\(")
_STOPS = " .,;:!?…()–—-"
_LIKE = ("for", "as", "like")


class Word(NamedTuple):
    """A word as it is compared, "" for a pause, and as it was written."""

    plain: str
    written: str = ""
    is_spelled: bool = False


def spoken(text: str) -> list[Word]:
    """The words of an utterance, letters that were spelled as one word: «M and K», «A for apple, J, P»."""
    folded = _CONTRACTED.sub(lambda match: f"{match[1]} {_FULL[match[2]]}", fold(text[:LONGEST_UTTERANCE]))
    folded = _NEGATED.sub(lambda match: f"{ {'ca': 'can', 'wo': 'will'}.get(match[1], match[1]) } not", folded)
    tokens = ["" if token.strip(_STOPS) == "" else _plain(token) for token in _TOKEN.findall(folded)]
    written = {_plain(token): token.replace("'", "") for token in _TOKEN.findall(folded)}
    tokens = [
        token for before, token in pairwise(["", *tokens]) if token or before not in listed("titles")
    ]  # «Mrs. Harper»
    words = _with_letters(_joined(tokens))
    spelled = {word.plain for word in words if word.is_spelled}
    plain = in_figures([word.plain for word in words])
    return [Word(word, written.get(word, word), word in spelled) for word in plain]


def name_words(name: str) -> list[str]:
    """The words of a name in small letters; "(" before those in brackets."""
    spaced = re.sub(r"\b(?:[A-Z]\.[ ]?){2,}", lambda match: re.sub(r"[. ]", "", match[0]) + " ", name)
    spaced = re.sub(r"\b([A-Z])(?: ?& ?|-)([A-Z])\b", r"\1\2", spaced)
    return _joined([_plain(token) for token in _NAME_TOKEN.findall(fold(spaced))])


@lru_cache(maxsize=8192)
def _plain(token: str) -> str:
    word = singular(token.replace("'", "") if not token.endswith("'s") else token[:-2])
    return _same().get(word, word)


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word.removesuffix("s")


def _with_letters(plain: Sequence[str]) -> list[Word]:
    words: list[Word] = []
    position = 0
    while position < len(plain):
        if nato := nato_run(plain, position, "en"):
            position, letters = nato
            words.append(Word(letters, is_spelled=True))
            continue
        end, letters = _letters_at(plain, position)
        if len(letters) > 1:
            words.append(Word(letters, is_spelled=True))
        else:
            words.append(Word(plain[position]))
            end = position + 1
        position = end
    return words


def _letters_at(plain: Sequence[str], position: int) -> tuple[int, str]:
    """Where letters end that are spelled from `position` on, and what they make."""
    letters, end, at = "", position, position
    while at < len(plain):
        word = plain[at]
        if word == "double" and at + 1 < len(plain) and len(plain[at + 1]) == 1:
            letters, at = letters + plain[at + 1] * 2, at + 2
        elif len(word) == 1 and word.isalpha():
            letters, at = letters + word, at + 1
            example = plain[at + 1 : at + 2]
            if plain[at : at + 1] and plain[at] in _LIKE and example and example[0][:1] == word:
                at += 2
        elif letters and (not word or word == "and") and len("".join(plain[at + 1 : at + 2])) == 1:
            at += 1
            continue
        else:
            break
        end = at
    return end, letters


def in_figures(plain: Sequence[str]) -> list[str]:
    """«Studio fifty-four» as «studio 54»."""
    if not has_number(plain, "en"):
        return list(plain)
    written: list[str] = []
    position = 0
    while position < len(plain):
        end, figures = number(plain, position, "en") or (position, "1")
        is_number = figures != "1" and plain[position] != "o"  # «the one in Wem», «O Sullivan»
        written.append(figures if is_number else plain[position])
        position = end if is_number else position + 1
    return written


@cache
def _same() -> dict[str, str]:
    """Words that are one word otherwise written."""
    return {said: word for said, word in table("english_companies")["same"].items() if " " not in said}


@cache
def _same_phrases() -> Lexicon[str]:
    same = table("english_companies")["same"].items()
    return Lexicon((said.split(), word) for said, word in same if " " in said)


def _joined(plain: Sequence[str]) -> list[str]:
    """«C of E» and «church of England» as «coe»."""
    words: list[str] = []
    position = 0
    for hit in _same_phrases().find(plain):
        words += [*plain[position : hit.start], hit.value]
        position = hit.end
    return [*words, *plain[position:]]


def listed(section: str) -> frozenset[str]:
    """The words of a section of words/english_companies.toml."""
    return _lists()[section]


def phrases(section: str) -> Lexicon[str]:
    """The phrases of a section; the value is its name."""
    return _lexicons()[section]


@cache
def _lists() -> dict[str, frozenset[str]]:
    lists = table("english_companies").items()
    return {section: frozenset(map(_plain, words.split())) for section, words in lists if isinstance(words, str)}


@cache
def _lexicons() -> dict[str, Lexicon[str]]:
    lists = table("english_companies").items()
    return {
        section: Lexicon((_phrase(phrase), section) for phrase in said)
        for section, said in lists
        if isinstance(said, list)
    }


@cache
def trades(*, also_goods: bool = False) -> Lexicon[frozenset[str]]:
    """What companies do, and what they deal in; the value is all that a phrase may mean."""
    lists = table("english_companies")
    named = [*lists["trades"].items(), *(lists["goods"].items() if also_goods else ())]
    meanings: dict[tuple[str, ...], set[str]] = {}
    for trade, said in named:
        for phrase in said:
            meanings.setdefault(tuple(_phrase(phrase)), set()).add(trade)
    return Lexicon((phrase, frozenset(meaning)) for phrase, meaning in meanings.items())


def _phrase(phrase: str) -> list[str]:
    return _joined([_plain(word) for word in fold(phrase).split()])


@lru_cache(maxsize=8192)
def is_talk(word: str) -> bool:
    """Whether it is no part of a name, unless a client's has it."""
    return word in listed("talk") or word in listed("small")


def has_content(words: Iterable[str]) -> bool:
    return any(word and not is_talk(word) for word in words)
