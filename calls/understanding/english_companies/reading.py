"""How much of a client's name was told, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calls.understanding import text as texts
from calls.understanding.english_companies.index import Hit
from calls.understanding.english_companies.names import IDENTITY, Kind, Name
from calls.understanding.english_companies.words import Word, is_talk, listed, trades
from calls.understanding.names import is_first_name

# How alike a part must sound, by the weight of what else was told of the name beside it.
_ALIKE = ((3.0, 0.56), (2.0, 0.6), (1.0, 0.7), (0.0, 0.85))
# Where it is common or talk, and not so much else was told.
_TALK_ALIKE, _ENOUGH_ELSE, _ENOUGH_FOR_KNOWN = 0.85, 2.5, 1.5
_SHORTEST_ALIKE, _HARDLY_ANY = 5, 0.3  # letters, where nothing else was told
_EXACT = 0.94
_NEAR = 5  # words between parts of a name
_BETWEEN = 3  # words of talk
_OTHER_TRADE = 0.7  # «school» of a primary school

TradeHit = texts.Hit[frozenset[str]]


class Heard(NamedTuple):
    """What was said, "" for a pause and for what is denied; the trades, and with what they deal in."""

    words: Sequence[Word]
    plain: Sequence[str]
    trades: Sequence[TradeHit]
    goods: Sequence[TradeHit]


class Reading(NamedTuple):
    """A name with the parts of it that were told; start and end are of those that stand together."""

    name: Name
    hits: tuple[Hit, ...]
    start: int
    end: int

    def told(self, *kinds: Kind) -> set[int]:
        """The numbers of the units that were told, of these kinds."""
        units = self.name.units
        return {unit for hit in self.hits for unit in hit.units if units[unit].kind in kinds}

    @property
    def score(self) -> float:
        return sum(_weight(self.name, hit) for hit in self.hits)

    def literal(self, plain: Sequence[str]) -> int:
        """How many parts were told in the name's own words, not only in some that mean the same."""
        units = self.name.units
        return sum(
            len(hit.units)
            for hit in self.hits
            if list(plain[hit.start : hit.end]) == [word for unit in hit.units for word in units[unit].words]
        )

    @property
    def is_exact(self) -> bool:
        """Whether nothing is only nearly the same."""
        return all(hit.likeness >= _EXACT for hit in self.hits if _is_identity(hit, self.name))

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the name was left out."""
        return len(self.told(*Kind)) == len(self.name.units)


def heard(words: Sequence[Word]) -> Heard:
    plain = [word.plain for word in words]
    return Heard(words, plain, trades().find(plain), trades(also_goods=True).find(plain))


def readings(name: Name, hits: Sequence[Hit], said: Heard) -> Iterator[Reading]:
    """The ways to find the name in what was said, from each of its parts."""
    hits = [hit for hit in hits if hit.likeness >= _EXACT or not _is_of_trade(hit, name, said)]
    hits += _of_trade(name, said)
    for anchor in {(hit.start, hit.end): hit for hit in hits if _is_identity(hit, name)}.values():
        if reading := _around(anchor, name, hits, said):
            yield reading


def _around(anchor: Hit, name: Name, hits: Sequence[Hit], said: Heard) -> Reading | None:
    taken: list[Hit] = []
    for hit in sorted(
        hits, key=lambda hit: (hit.likeness < _EXACT, -_weight(name, hit), abs(hit.start - anchor.start))
    ):
        is_near = hit.start - anchor.end <= _NEAR and anchor.start - hit.end <= _NEAR
        is_anywhere = name.units[hit.units[0]].kind in (Kind.PLACE, Kind.TRADE)
        if (is_near or is_anywhere) and not any(_is_instead(hit, other) for other in taken):
            taken.append(hit)
    kept = _without_unlike(taken, name, said)
    identity = [hit for hit in kept if _is_identity(hit, name)]
    if not identity:
        return None
    start, end = min(hit.start for hit in identity), max(hit.end for hit in identity)
    for _ in kept:
        for hit in kept:
            if hit.end == start or (hit.end == start - 1 and said.plain[hit.end] in listed("small")):
                start = hit.start
            if hit.start == end or (hit.start == end + 1 and said.plain[end] in listed("small")):
                end = hit.end
    return Reading(name, tuple(kept), start, end)


def _is_identity(hit: Hit, name: Name) -> bool:
    return any(name.units[unit].kind in IDENTITY for unit in hit.units)


def _weight(name: Name, hit: Hit) -> float:
    return hit.likeness * sum(name.units[unit].weight for unit in hit.units)


def _is_instead(one: Hit, other: Hit) -> bool:
    """Whether they are of the same words, or of the same part of the name."""
    return (one.start < other.end and other.start < one.end) or not set(one.units).isdisjoint(other.units)


def _of_trade(name: Name, said: Heard) -> Iterator[Hit]:
    """Where it is told what the client does: «the chemist's» of Hughes Pharmacy, «plant» of a plant hire."""
    for at, unit in enumerate(name.units):
        for found in said.goods if unit.trades else ():
            # «school» of a primary school; but «town council» is no county council.
            is_kindred = found.value <= unit.trades or unit.trades <= found.value
            if is_kindred or set(said.plain[found.start : found.end]) <= set(unit.words):
                yield Hit((at,), found.start, found.end, 1.0 if found.value == unit.trades else _OTHER_TRADE)


def _is_of_trade(hit: Hit, name: Name, said: Heard) -> bool:
    """Whether what sounds like a part of the name tells another's trade: «credit union»."""
    return any(
        found.end - found.start > 1
        and found.start < hit.end
        and hit.start < found.end
        and found.value.isdisjoint(name.trades)
        for found in said.trades
    )


def _without_unlike(hits: Sequence[Hit], name: Name, said: Heard) -> list[Hit]:
    """Without what sounds not enough like it, for what else was told."""
    certain = [hit for hit in hits if hit.likeness >= _EXACT or name.units[hit.units[0]].kind is Kind.TRADE]
    kept = []
    for hit in hits:
        others = [other for other in certain if other is not hit and _is_beside(hit, other, hits, said)]
        rest = sum(_weight(name, other) for other in others)
        spoken = said.plain[hit.start : hit.end]
        is_short = rest < _HARDLY_ANY and len("".join(spoken)) < _SHORTEST_ALIKE and hit.likeness < 1
        if hit.likeness < 1 and rest < _ENOUGH_FOR_KNOWN and _is_goods(hit, name, said):
            continue
        if (hit in certain and not is_short) or (
            hit not in certain and not is_short and hit.likeness >= _needed(hit, spoken, rest, name, said)
        ):
            kept.append(hit)
    return kept


def _needed(hit: Hit, spoken: Sequence[str], rest: float, name: Name, said: Heard) -> float:
    """How alike it must sound, where so much else was told."""
    if rest < _ENOUGH_FOR_KNOWN and _is_known(spoken):
        return 1.0
    if said.plain[max(hit.start - 1, 0)] in listed("titles"):
        return 1.0
    is_common = name.units[hit.units[0]].kind is Kind.COMMON
    if rest < _ENOUGH_ELSE and (is_common or any(map(is_talk, spoken))):
        return _TALK_ALIKE
    return next(alike for weight, alike in _ALIKE if rest >= weight)


def _is_goods(hit: Hit, name: Name, said: Heard) -> bool:
    """«The lorries», which sounds like Loughrea."""
    is_trade = name.units[hit.units[0]].kind is Kind.TRADE
    return not is_trade and any((hit.start, hit.end) == (found.start, found.end) for found in said.goods)


def _is_known(spoken: Sequence[str]) -> bool:
    """Whether recognition knows a word so well that it rarely writes it for another."""
    if len(spoken) > 1:
        return False
    is_name = spoken[0] in listed("surnames") | listed("common") or is_first_name(spoken[0])
    return is_name or bool(trades(also_goods=True).find(spoken))


def _is_beside(one: Hit, other: Hit, hits: Sequence[Hit], said: Heard) -> bool:
    """Whether nothing but small words and other parts of the name stand between them."""
    first, last = sorted((one, other), key=lambda hit: hit.start)
    between = range(first.end, last.start)
    taken = {at for hit in hits for at in range(hit.start, hit.end)}
    return len(between) <= _BETWEEN and all(
        at in taken or (said.plain[at] and is_talk(said.plain[at])) for at in between
    )
