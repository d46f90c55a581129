"""Whether so much of a name was told that nobody else is meant, as far as the list of clients goes."""

from __future__ import annotations

from collections.abc import Iterator

from calls.understanding.english_companies.index import Index
from calls.understanding.english_companies.names import IDENTITY, Kind
from calls.understanding.english_companies.reading import Heard, Reading
from calls.understanding.english_companies.words import has_content, is_talk, listed, phrases, trades

_LONGEST_LEAD = 3  # words
_FEW_INITIALS = 2


def is_enough(reading: Reading, said: Heard, index: Index) -> bool:
    units = reading.name.units
    identity = reading.told(*IDENTITY)
    others = reading.told(Kind.TRADE, Kind.PLACE)
    is_whole = all(at in identity for at, unit in enumerate(units) if unit.kind in IDENTITY)
    if _has_other_trade(reading, said, is_whole=is_whole) or _is_elsewhere(reading, said):
        return False
    if not others and _is_no_name(reading, said):
        return False
    is_own = any(_is_own(reading, unit) for unit in identity)
    strangers = len(list(_strangers(reading, said)))
    is_one_of_many = any(unit.kind is Kind.PLACE for unit in units) and not reading.told(Kind.PLACE)
    if len(identity) + len(others) == 1:
        is_spelled = any(said.words[hit.start].is_spelled and hit.likeness == 1 for hit in reading.hits)
        if index.is_place(units[min(identity | others)].words):
            return False  # «Ellesmere», where Hughes (Ellesmere) is a client, too
        if strangers or not (is_spelled or _is_introduced(reading, said)) or not (is_whole or reading.is_exact):
            return False
        return is_own or (is_whole and reading.is_exact and _stands_alone(reading, said))
    if is_own or is_whole:
        return not strangers or (is_whole and strangers == 1 and not is_one_of_many)
    # «House Farm», with Upper House Farm and Lower House Farm Shop
    is_shared = any(index.is_shared(units[unit].words) for unit in identity)
    return not strangers and not is_shared and (bool(others) or _is_introduced(reading, said))


def _is_own(reading: Reading, unit: int) -> bool:
    """Whether hardly anybody else is called so."""
    kind, words, _ = reading.name.units[unit]
    return kind is Kind.OWN or (kind is Kind.INITIALS and len(words[0]) > _FEW_INITIALS)


def _strangers(reading: Reading, said: Heard) -> Iterator[str]:
    """The words beside it that may belong to another name: «Sweeney Todd», «Oswestry Town Council»."""
    own = {word for unit in reading.name.units for word in unit.words}
    before, after = reading.start - 1, reading.end
    before -= said.plain[max(before, 0)] == "and"
    after += said.plain[after : after + 1] == ["and"]
    for at in (before, after):
        word = said.plain[at] if 0 <= at < len(said.plain) else ""
        is_empty = is_talk(word) or word in own or word in listed("legal_forms") | listed("weak")
        if len(word) > 1 and not is_empty and not trades(also_goods=True).find([word]):
            yield word


def _has_other_trade(reading: Reading, said: Heard, *, is_whole: bool) -> bool:
    """«Hughes, the butcher», where Hughes is a chemist."""
    own = reading.name.trades
    is_enough_alone = is_whole and (reading.told(Kind.OWN) or len(reading.told(*IDENTITY)) > 1)
    if reading.told(Kind.TRADE) or (not own and is_enough_alone):
        return False
    for hit in said.goods:
        is_inside = hit.start < reading.end and reading.start < hit.end
        is_job = said.plain[hit.end : hit.end + 1] and said.plain[hit.end] in listed("job_at") and hit in said.trades
        if not (is_inside or is_job or hit.value & own):
            return True
    return False


def _is_elsewhere(reading: Reading, said: Heard) -> bool:
    """«Hughes, the one in Oswestry», where Hughes (Wem) is the client."""
    if reading.told(Kind.PLACE) or all(unit.kind is not Kind.PLACE for unit in reading.name.units):
        return False
    taken = {at for hit in reading.hits for at in range(hit.start, hit.end)}
    places = [hit.end for hit in phrases("places").find(said.plain)]
    places += [at - 1 for at, word in enumerate(said.plain) if word in listed("branches")]
    words = [said.plain[at] for at in places if 0 <= at < len(said.plain) and at not in taken]
    return any(word and not is_talk(word) and not trades().find([word]) for word in words)


def _is_introduced(reading: Reading, said: Heard) -> bool:
    """Whether it stands where the caller begins, or behind «I'm from»."""
    before = reading.start
    if before and said.plain[before - 1] in listed("titles"):
        return False
    while before and said.plain[before - 1] in listed("articles") | listed("greetings"):
        before -= 1
    if not before or not said.plain[before - 1]:
        return True
    lead = said.plain[max(before - _LONGEST_LEAD, 0) : before]
    return any(hit.end == len(lead) for hit in phrases("leads").find(lead))


def only_body(said: Heard, index: Index) -> str | None:
    """«It's the hospice», where nothing else was named."""
    for hit in said.trades:
        bodies = hit.value & listed("bodies")
        rest = [*said.plain[: hit.start], *said.plain[hit.end :]]
        if bodies and not has_content(rest):
            having = [name.written for name in index.names if not bodies.isdisjoint(name.trades)]
            return having[0] if len(having) == 1 else None
    return None


def _is_no_name(reading: Reading, said: Heard) -> bool:
    """Whether its words mean what they say: «the lantern is broken», «my upper house»."""
    units, start = reading.name.units, reading.start
    before, after = said.plain[max(start - 1, 0) : start], said.plain[reading.end : reading.end + 1]
    if len(reading.told(*Kind)) == 1:
        is_told_of = bool(after) and after[0] in listed("predicates") and has_content(said.plain[reading.end :])
        return is_told_of and bool(before) and before[0] in listed("articles")
    first = min(reading.hits, key=lambda hit: hit.start)
    is_common = units[first.units[0]].kind is Kind.COMMON
    return is_common and bool(before) and before[0] in listed("possessives")


def _stands_alone(reading: Reading, said: Heard) -> bool:
    after = said.plain[reading.end : reading.end + 1]
    return not any(after) or after[0] in listed("closing")
