"""Where parts of the clients' names stand in what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from calls.understanding.companies.keys import ByPairs, pairs_of
from calls.understanding.english_companies.names import IDENTITY, Kind, Name, name_of
from calls.understanding.english_companies.sounds import likeness, sound
from calls.understanding.english_companies.words import Word, has_content, is_talk, listed
from calls.understanding.text import table

_MOST_JOINED = 3  # words that recognition makes of one
_SHORTEST_SOUND, _SHORTEST_WORD, _SHORTEST_INITIALS = 2, 3, 3
_SAME_SOUND, _BY_LETTERS, _MOST_ALIKE = 0.95, 0.95, 0.9
LEAST_ALIKE = 0.55
_SHORTLIST, _PAIRS_SHARED, _LEAST_SHARED = 6, 0.3, 0.25
_ROUGHLY = str.maketrans("eioubdTgCjvwzSm", "aaaapttkkkffssn")


class Hit(NamedTuple):
    """Units of a name (their numbers) at words[start:end]."""

    units: tuple[int, ...]
    start: int
    end: int
    likeness: float


class _Key(NamedTuple):
    """What is looked up: units of the name with this number, one or two that stand side by side."""

    name: int
    units: tuple[int, ...]


class Index:
    """A tenant's clients by the words of their names, as they are spelled and as they sound."""

    def __init__(self, companies: Sequence[str]) -> None:
        self.names: list[Name] = [name_of(company) for company in companies]
        self._by_spelling: dict[str, list[_Key]] = {}
        self._by_sound: dict[str, list[_Key]] = {}
        self._by_first_letters: dict[str, list[_Key]] = {}
        self._by_pair: ByPairs[str] = ByPairs()
        self._places: set[tuple[str, ...]] = set()
        self._initials: list[tuple[_Key, re.Pattern[str]]] = []
        self._nearest = lru_cache(maxsize=2048)(self._alike)
        for number, name in enumerate(self.names):
            self._add(number, name)

    def hits(self, words: Sequence[Word], *, also_alike: bool) -> dict[int, list[Hit]]:
        """By the names' numbers; `also_alike` tells of what sounds nearly so, too."""
        found: dict[int, list[Hit]] = {}
        for key, hit in self._found(words, also_alike=also_alike):
            found.setdefault(key.name, []).append(hit)
        return found

    def is_shared(self, words: Sequence[str]) -> bool:
        """Whether more than one name has it."""
        return len({key.name for key in self._by_spelling.get("".join(words), ())}) > 1

    def is_place(self, words: tuple[str, ...]) -> bool:
        """Whether a name has it in brackets."""
        return words in self._places

    def _add(self, number: int, name: Name) -> None:
        for at, unit in enumerate(name.units):
            key = _Key(number, (at,))
            if unit.kind is Kind.PLACE:
                self._places.add(unit.words)
            if unit.kind is Kind.INITIALS:
                self._initials.append((key, _by_letters(unit.words[0])))
            word = "".join(unit.words)
            is_own = unit.kind not in (Kind.TRADE, Kind.WEAK) and len(word) >= _SHORTEST_WORD
            self._add_key(word, key, is_heard=is_own, is_alike=is_own)
            if word[0] == "o" and word[1:] in listed("surnames"):
                self._add_key(word[1:], key, is_heard=True, is_alike=False)  # «Sullivan» for O'Sullivan
        letters = "".join(word[0] for unit in name.units for word in unit.words)
        if len(letters) >= _SHORTEST_INITIALS:
            self._by_first_letters.setdefault(letters, []).append(_Key(number, tuple(range(len(name.units)))))
        for (first, one), (second, other) in pairwise(enumerate(name.units)):
            if one.kind in IDENTITY and other.kind in (*IDENTITY, Kind.TRADE, Kind.WEAK):
                both = _Key(number, (first, second))
                is_own = other.kind is Kind.OWN
                self._add_key("".join(one.words + other.words), both, is_heard=True, is_alike=is_own)

    def _add_key(self, spelling: str, key: _Key, *, is_heard: bool, is_alike: bool) -> None:
        self._by_spelling.setdefault(spelling, []).append(key)
        for said in {sound(spelling), sound(table("english_companies")["said"].get(spelling, spelling))}:
            self._add_sound(said, key, is_heard=is_heard, is_alike=is_alike)

    def _add_sound(self, said: str, key: _Key, *, is_heard: bool, is_alike: bool) -> None:
        if is_alike and len(said) >= _SHORTEST_SOUND and said not in self._by_sound:
            self._by_pair.add(said, _pairs(said))
        if is_heard:
            self._by_sound.setdefault(said, []).append(key)

    def _found(self, words: Sequence[Word], *, also_alike: bool) -> Iterator[tuple[_Key, Hit]]:
        plain = [word.plain for word in words]
        for start, end in _spans(plain):
            # «Evans on» as «Evanson»
            joined = "".join(word.written for word in words[start : end - 1]) + plain[end - 1]
            for key in self._by_spelling.get(joined, ()):
                yield key, Hit(key.units, start, end, 1.0)
            for key in self._by_first_letters.get(joined, ()) if words[start].is_spelled else ():
                yield key, Hit(key.units, start, end, 1.0)
            if not has_content(plain[start:end]) or words[start].is_spelled:
                continue
            said = sound(joined)
            for key in self._by_sound.get(said, ()):
                yield key, Hit(key.units, start, end, _SAME_SOUND)
            if also_alike and len(said) >= _SHORTEST_SOUND and sum(map(is_talk, plain[start:end])) < 2:
                for key, alike in self._nearest(said):
                    yield key, Hit(key.units, start, end, alike)
        if self._initials:
            yield from self._spelled(plain)

    def _alike(self, said: str) -> list[tuple[_Key, float]]:
        found: list[tuple[_Key, float]] = []
        pairs = _pairs(said)
        shared = {own: len(pairs & _pairs(own)) for own in self._by_pair.sharing(pairs, _PAIRS_SHARED * len(pairs))}
        likely = [own for own, count in shared.items() if count >= _LEAST_SHARED * len(_pairs(own))]
        for own in sorted(likely, key=lambda own: abs(len(own) - len(said)) - shared[own])[:_SHORTLIST]:
            alike = likeness(said, own, LEAST_ALIKE)
            if own != said and alike >= LEAST_ALIKE:
                found += [(key, min(alike, _MOST_ALIKE)) for key in self._by_sound[own]]
        return found

    def _spelled(self, plain: Sequence[str]) -> Iterator[tuple[_Key, Hit]]:
        """Initials as they are called: «em and kay»."""
        text = " ".join(word or "," for word in plain)
        for key, letters in self._initials:
            for match in letters.finditer(text):
                start = text.count(" ", 0, match.start())
                yield key, Hit(key.units, start, start + match[0].count(" ") + 1, _BY_LETTERS)


@lru_cache(maxsize=16384)
def _pairs(said: str) -> set[str]:
    """Pairs of sounds, roughly: one vowel is as good as another."""
    return pairs_of(f"^{said.translate(_ROUGHLY)}")


def _spans(plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    for start in range(len(plain)):
        for end in range(start + 1, min(start + _MOST_JOINED, len(plain)) + 1):
            if not plain[end - 1]:
                break
            yield start, end


def _by_letters(initials: str) -> re.Pattern[str]:
    names = table("english_companies")["letters"]
    ways = [f"(?:{names.get(letter, letter)})" for letter in initials]
    return re.compile(rf"\b{' ?(?:and )?'.join(ways)}\b")


@lru_cache(maxsize=256)
def index_of(companies: tuple[str, ...]) -> Index:
    return Index(companies)
