"""How the names of companies, and what is said of them, are compared: as they are written and as they sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import chain, pairwise
from operator import eq
from typing import Generic, NamedTuple, TypeVar

from calls.understanding.companies.parts import (
    Parts,
    beginnings_of_trades,
    content,
    in_digits,
    is_rare,
    name_words,
    singular,
    small_words,
    taken_apart,
    trades_of_goods,
    whole,
    word_set,
)
from calls.understanding.letters import letter_name
from calls.understanding.phonetic import pronunciations, sounds_like
from calls.understanding.text import fold, table

_INITIALS = re.compile(r"[A-Z]{2,5}")
_VOWELS = tuple("aeiouyh")
_HAS_VOWEL = re.compile(r"[aeiouy].*[^aeiouy]|[^aeiouy].*[aeiouy]")
_HARD_C = re.compile(r"c(?![eihy])|qu(?=[aeiou])|ck")
_DOUBLED = re.compile(r"([a-df-z])\1|(e)e(?!s?$)")
_MISHEARD = {"est": "et", "and": "et", "technique": "techni", "inter": "intermarche", "1000": "mille"}
_MISHEARD_BODIES = {"epade": "ehpad", "epad": "ehpad", "epatte": "ehpad", "adape": "adapei", "adapte": "adapei"}
_ELIDED = {"la": "a", "les": "e"}
_SHORTEST_ALIKE = 6
_SHORTEST_INITIALS = 2  # with more behind them, said alone: «CC» of «CC du Pays Tarusate» is nobody's
MOST_LETTERS_APART = 3
_HARDLY_ALIKE = 0.8
# A pair of letters that more names have tells nothing.
_COMMON = 100

V = TypeVar("V")


class Key(NamedTuple):
    """How words are spelled, and how they sound."""

    spelling: str
    sound: str
    words: tuple[str, ...]


# Several ways to find a company ask for the same words.
@lru_cache(maxsize=8192)
def keyed_readings(words: tuple[str, ...], language: str) -> tuple[tuple[Parts, tuple[Key, ...]], ...]:
    """The ways to read what was said, with what each is compared by."""
    readings = dict.fromkeys(
        reading
        for written in dict.fromkeys((words, in_digits(words, language), misheard(words)))
        for reading in (whole(written), taken_apart(written))
    )
    sold = trades_of_goods(words[:2]) if len(words) > 2 else ()  # «les biscuits Kervadec»
    of_goods = [Parts(frozenset({trade}), taken_apart(words[2:]).apart, is_trade_first=True) for trade in sold]
    return tuple((parts, keys_of(parts)) for parts in (*of_goods, *readings))


@lru_cache(maxsize=8192)
def keys_of(parts: Parts, *, of_name: bool = False) -> tuple[Key, ...]:
    """What sets it apart, with and without small words: «du lac», «dulac», «le lac».

    Behind a trade the article tells: «Transports Le Blanc» is not «Transports Blanc».
    """
    definite = parts.apart
    is_civic = bool(parts.trades & word_set("civic"))
    prepositions = _prepositions(is_civic=is_civic)
    while len(definite) > 1 and definite[0] in prepositions:
        full = table("company_names")["contracted"].get(definite[0])
        definite = (full, *definite[1:]) if full else definite[1:]
    forms = [parts.apart, definite]
    silent = word_set("articles")
    if parts.trades and not is_civic:
        silent = word_set("droppable") if of_name else frozenset()
    if parts.trades & word_set("signs"):
        silent = silent | {"le", "la"}
    if of_name and parts.apart[:2] == ("de", "la") and is_rare(content(definite)):
        silent = silent | {"la"}  # «les vétérinaires de Chalosse»
    if len(content(definite)) > 1:
        silent = silent | word_set("articles")  # «hôtel Lion d'Or»
    if parts.trades and ("de", "la") in pairwise(definite[1:]):  # «Rives de Dordogne»
        at = definite.index("de", 1)
        forms.append(definite[: at + 1] + definite[at + 2 :])
    if len(definite) > 1 and definite[0] in silent:
        forms.append(definite[1:])
    return tuple(_key(form) for form in dict.fromkeys(forms))


@cache
def _prepositions(*, is_civic: bool) -> frozenset[str]:
    return word_set("glue") | word_set("at") if is_civic else word_set("glue")


@lru_cache(maxsize=8192)
def _key(words: tuple[str, ...]) -> Key:
    spoken, digits = _spoken(words)
    return Key(_spelling("".join(words)), _plural_sign(spoken) + sounds_like(spoken) + digits, words)


def _spoken(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The words, and the digits among them."""
    digits = "".join(filter(str.isdigit, words))
    return (tuple(word for word in words if not word.isdigit()) if digits else words), digits


def _plural_sign(words: Sequence[str]) -> str:
    """«Des Étoiles» is not «de l'Étoile»."""
    return "+" if words[:1] == ("les",) else ""


def _spelling(word: str) -> str:
    """Without what nobody hears: «kobalt» is «Cobalt»."""
    if ("c" in word or "q" in word) and word.isalpha() and _HAS_VOWEL.search(word):
        word = _HARD_C.sub("k", word)
    has_doubled = any(map(eq, word, word[1:]))
    return _DOUBLED.sub(r"\1\2", word) if has_doubled else word


@lru_cache(maxsize=8192)
def key_pronunciations(key: Key) -> tuple[str, ...]:
    """How else a name may sound that is not French."""
    words, digits = _spoken(key.words)
    sign = _plural_sign(words)
    return tuple(sign + sound + digits for sound in pronunciations(words)) if words else ()


def misheard(words: tuple[str, ...]) -> tuple[str, ...]:
    """«Les trois zépis» as «les trois épis», «Cordier est fils» as «Cordier et fils», «technique» as «techni»."""
    heard = [
        word[1:] if word[0] == "z" and word[1:2] in _VOWELS and before[-1:] in ("s", "x") else word
        for before, word in zip(("", *words), words, strict=False)
    ]
    return tuple(_MISHEARD.get(word, word) for word in with_bodies(heard))


def with_bodies(words: Sequence[str]) -> tuple[str, ...]:
    """«La DMR» as «ADMR», «les HPAD» and «les pattes» as «EHPAD»."""
    for at, (article, word) in enumerate(pairwise(words)):
        if article not in _ELIDED and singular(word) not in _MISHEARD_BODIES:
            continue
        whole = _ELIDED.get(article, "") + word
        whole = _MISHEARD_BODIES.get(singular(whole), whole)
        if whole != word and singular(whole) in beginnings_of_trades():
            return (*words[:at], whole, *words[at + 2 :])
    return tuple(words)


def said_by_letters(written: str, language: str) -> list[list[str]]:
    """«tépéo» for «TPO»: its initials as they are called, as one word."""
    first, _, more = written.partition(" ")
    if not _INITIALS.fullmatch(first):
        return []
    said = "".join(letter_name(letter, language) for letter in fold(first))
    alone = [[said]] if not more or len(first) > _SHORTEST_INITIALS else []
    return [*alone, [said, *name_words(more)]] if more else alone


def pairs_of(key: str) -> set[str]:
    return {key[position : position + 2] for position in range(len(key) - 1)}


class ByPairs(Generic[V]):
    """What is found by the pairs of letters or sounds that it has."""

    def __init__(self) -> None:
        self._numbers: dict[V, int] = {}  # counted for less than what they stand for
        self._values: list[V] = []
        self._owners: dict[str, list[int]] = {}

    def add(self, value: V, pairs: Iterable[str]) -> None:
        number = self._numbers.setdefault(value, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        for pair in pairs:
            self._owners.setdefault(pair, []).append(number)

    def sharing(self, pairs: Iterable[str], least: float) -> list[V]:
        """What has at least so many of the pairs, beginning with what has the most."""
        owners = (self._owners.get(pair, ()) for pair in pairs)
        counts: dict[int, int] = {}
        for number in chain.from_iterable(numbers for numbers in owners if len(numbers) <= _COMMON):
            counts[number] = counts.get(number, 0) + 1
        enough = [(-count, number) for number, count in counts.items() if count >= least]
        return [self._values[number] for _, number in sorted(enough)]


def likeness(one: Key, other: Key) -> float:
    """Of what was said and a name, from 0 to 1; short names are alike only when they are the same."""
    if abs(len(one.spelling) - len(other.spelling)) > MOST_LETTERS_APART:
        return 0.0
    if one.words[0] in word_set("articles") and other.words[0] not in word_set("articles"):
        return 0.0  # «l'horizon» is no slip for «Horizon»
    ours, theirs = _joined(one.words), _joined(other.words)
    if any(word.isdigit() for word in (*ours, *theirs)) or _plural_sign(one.words) != _plural_sign(other.words):
        return 0.0
    if len(ours) == len(theirs) > 1:  # «la Croix-Rouge» is not «la Croix-Rousse»
        return min(_word_likeness(our, their) for our, their in zip(ours, theirs, strict=True))
    if min(len(one.spelling), len(other.spelling)) < _SHORTEST_ALIKE or _is_longer_word(one, other):
        return 0.0
    return max(
        _ratio(ours, theirs)
        # One slip; «Transports Leblanc» is not «Transports Blanc».
        if min(len(ours), len(theirs)) >= _SHORTEST_ALIKE and abs(len(ours) - len(theirs)) <= 1
        else 0.0
        for ours, theirs in zip(one[:2], other[:2], strict=True)
    )


def _ratio(one: str, other: str) -> float:
    """Of the same letters in the same order; at most of the same letters, where that is not enough for anything."""
    matcher = SequenceMatcher(None, one, other)
    return matcher.ratio() if (most := matcher.quick_ratio()) > _HARDLY_ALIKE else most


def _is_longer_word(one: Key, other: Key) -> bool:
    """«Rocher» is no slip for «Roche», nor «Martine» for «Martin»; a silent ending is one."""
    shorter, longer = sorted((one.spelling, other.spelling), key=len)
    if not longer.startswith(shorter):
        return False
    is_silent = not set(pronunciations((shorter,))).isdisjoint(pronunciations((longer,)))
    return not is_silent or longer.removeprefix(shorter).startswith("r")


def _joined(words: Sequence[str]) -> list[str]:
    """With «l'» and «d'» as a part of what they stand before."""
    return re.sub(r"\b([ld]) ", r"\1", " ".join(words)).split()


def _word_likeness(one: str, other: str) -> float:
    if {one, other} & small_words():
        return float(one == other)  # «la ferme du tilleul» is not «Ferme des Tilleuls»
    ours, theirs = _key((singular(one),)), _key((singular(other),))
    is_heard = ours.sound == theirs.sound and not _is_longer_word(ours, theirs)
    return 1.0 if is_heard else likeness(ours, theirs)
