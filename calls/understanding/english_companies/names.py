"""A client's name, taken apart into what may be told of it."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from calls.understanding.english_companies.words import in_figures, is_talk, listed, name_words, trades

_CAPITALS = re.compile(r"(?:[A-Z]\.? ?){2,5}(?![a-z])|[A-Z](?: ?& ?|-)[A-Z]\b")
_FIGURES = re.compile(r"[a-z]{0,2}[0-9]+[a-z]{0,2}")


class Kind(IntEnum):
    OWN = 0  # what hardly anybody else is called
    COMMON = 1  # what many are called: «White Lion»
    INITIALS = 2
    TRADE = 3
    PLACE = 4  # in brackets
    WEAK = 5  # what tells nothing: «services»


WEIGHT = {Kind.OWN: 3.0, Kind.COMMON: 1.5, Kind.INITIALS: 2.5, Kind.TRADE: 1.0, Kind.PLACE: 2.0, Kind.WEAK: 0.3}
IDENTITY = (Kind.OWN, Kind.COMMON, Kind.INITIALS)


class Unit(NamedTuple):
    """A part of a name that is told or not."""

    kind: Kind
    words: tuple[str, ...]
    trades: frozenset[str] = frozenset()

    @property
    def weight(self) -> float:
        return WEIGHT[self.kind]


class Name(NamedTuple):
    written: str
    units: tuple[Unit, ...]
    trades: frozenset[str]


@lru_cache(maxsize=16384)
def name_of(written: str) -> Name:
    words = [word for word in in_figures(name_words(written)) if word not in listed("legal_forms")]
    initials = {re.sub(r"[^A-Za-z]", "", match).lower() for match in _CAPITALS.findall(written)}
    place: list[str] = []
    if "(" in words:
        at = words.index("(")
        words, place = words[:at], [word for word in words[at:] if word != "("]
    units: list[Unit] = []
    position = 0
    while position < len(words):
        hit = trades().at(words, position)
        if hit and words[position] not in initials:
            units.append(Unit(Kind.TRADE, tuple(words[position : hit.end]), hit.value))
            position = hit.end
            continue
        units += _units(words[position], initials)
        position += 1
    if not any(unit.kind in IDENTITY for unit in units):
        # «Timber Merchants», «The Pet Shop»: the trade is all there is.
        units = [unit._replace(kind=Kind.COMMON) for unit in units]
    units += [Unit(Kind.PLACE, (word,)) for word in place if word not in listed("small")]
    return Name(written, tuple(units), frozenset().union(*(unit.trades for unit in units)))


def _units(word: str, initials: set[str]) -> list[Unit]:
    if word in listed("small"):
        return []
    if (word in initials and len(word) > 1) or _FIGURES.fullmatch(word):
        return [Unit(Kind.INITIALS, (word,))]
    if word in listed("weak") | listed("owners") or len(word) == 1:
        return [Unit(Kind.WEAK, (word,))]
    is_common = word in listed("common") or is_talk(word) or trades(also_goods=True).find([word])
    return [Unit(Kind.COMMON if is_common else Kind.OWN, (word,))]
