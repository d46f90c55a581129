"""How else a company is called than its name is written: shortly, by its place, without its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from calls.understanding.companies.parts import (
    Parts,
    content,
    is_common,
    is_empty,
    is_rare,
    is_small,
    name_words,
    small_words,
    taken_apart,
    trade_hits,
    trades,
    word_set,
)
from calls.understanding.names import is_first_name
from calls.understanding.text import fold, table

SHORTEST_INITIALS: Final = 3


@lru_cache(maxsize=16384)
def apart_of(name: str) -> tuple[str, ...]:
    """What sets a company apart; asked of a name each time that it is heard."""
    return taken_apart(name_words(name)).apart


def short(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """How else a place or a person is called, behind the trade.

    «Mairie de Blangy» for «Mairie de Blangy-sur-Bresle», «ADMR de Lesneven» for «ADMR du Pays de Lesneven»,
    «collège Giono» for «Collège Jean Giono».
    """
    hits = trade_hits(words)
    if not hits or hits[0].start:
        return []
    trade, rest = words[: hits[0].end], words[hits[0].end :]
    if not is_civic(words):
        first, last = content(rest)[:-1], rest[-1:]
        is_person = len(rest) == 2 and is_first_name(rest[0])
        is_place = (
            bool(first) and is_common(first) and is_rare(last) and not is_small(rest[-2])
        )  # «Pharmacie de la Tour Mataguerre»
        is_enough = (is_person or is_place) and not is_common(last) and not is_first_name(last[0])
        return [(*trade, *last)] if is_enough and not trades(rest) else []
    ends = [end for end in range(1, len(rest)) if not is_small(rest[end - 1]) and not is_common(rest[:end])]
    places = [rest[:end] for end in ends]
    if "pays" in rest[1:-2]:
        at = rest.index("pays")
        places.append(rest[at + 1 :])
    return [(*trade, *place) for place in places]


def placed(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """With «à» before its place: «Camping Les Pins à Oléron» (d'Oléron), «Collège Sainte-Anne à Redon»."""
    at = {"de": "a", "d": "a", "du": "au", "des": "aux"}
    inside = [position for position in range(2, len(words) - 1) if words[position] in at]
    if inside:
        last = inside[-1]
        return [(*words[:last], at[words[last]], *words[last + 1 :])]
    is_place = len(content(words)) > 2 and not is_common(words[-1:]) and words[-2] not in small_words()
    return [(*words[:-1], of, words[-1]) for of in ("a", "de")] if is_place else []


def is_civic(words: Sequence[str]) -> bool:
    """Whether a name begins with what there is one of in a place, and the place follows."""
    hits = trade_hits(words)
    return (
        bool(hits) and hits[0].start == 0 and hits[0].value in word_set("civic") and bool(content(words[hits[0].end :]))
    )


def without_trade(words: tuple[str, ...]) -> Parts:
    first = trade_hits(words)[0]
    return Parts(frozenset({first.value}), words[first.end :], is_trade_first=True)


def has_initials(name: str) -> bool:
    first = re.match(rf"(?=[0-9]?[A-Z][A-Z0-9]?[A-Z])[A-Z0-9]{{{SHORTEST_INITIALS},}}\b", _without_legal_form(name))
    return first is not None and not trades([fold(first[0])]) and not is_empty(fold(first[0]))


def _without_legal_form(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if rest and fold(first) in table("company")["legal_forms"] else name
