"""What a tenant's company is found by: the ways its name may be read, with how they are spelled and sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from calls.understanding.companies.keys import Key, keys_of, misheard, said_by_letters
from calls.understanding.companies.parts import (
    Parts,
    content,
    in_digits,
    is_common,
    name_words,
    taken_apart,
    trade_hits,
    trades,
    trades_of_goods,
    whole,
)
from calls.understanding.companies.readings import SHORTEST_INITIALS, is_civic, placed, short, without_trade
from calls.understanding.text import table

_VOWEL = re.compile("[aeiouy]")


class Told(IntEnum):
    """How much of a name was said."""

    SHORT = 1  # its trade, without what a place or a person is also called: «collège Giono» of «Collège Jean Giono»
    AMONG = 2  # what sets it apart, and another's trade
    APART = 3  # only what sets it apart: «Delattre»
    PART = 4  # with one of its trades: «plomberie Delattre»
    WHOLE = 5


class Name(NamedTuple):
    written: str
    parts: Parts
    told: Told = Told.WHOLE  # at most
    is_alias: bool = False  # nothing, if another company has it in its name


class Entry(NamedTuple):
    """What a company is found by: its readings with their keys, and the keys that forgive one slip."""

    written: str
    keys: list[tuple[Name, Key]]
    alike: Sequence[Key]


# One company more does not cost as much as all of them.
@lru_cache(maxsize=16384)
def entry_of(written: str, language: str) -> Entry:
    legal_forms = table("company")["legal_forms"]
    words = tuple(word for word in name_words(written) if word not in legal_forms) or name_words(written)
    if not words:
        return Entry(written, [], [])  # «-», as some software has where there is no name
    apart = taken_apart(words)
    if is_civic(words):
        apart = without_trade(words)  # «Mairie de Saint-Germain-du-Bois» sells no wood
    if not apart.trades and is_common(apart.apart):  # «Société Générale»
        apart = whole(words)
    numbered = in_digits(words, language)
    variants = [apart, whole(words), whole(name_words(written)), whole(numbered)]
    if words[0] == "est":
        variants.append(whole(misheard(words)))
    if numbered != words:
        variants.append(taken_apart(numbered))
    hits = trade_hits(words)
    if len({hit.value for hit in hits}) < len(hits) and hits[0].start == 0:  # «Boulangerie Le Fournil d'Aurore»
        variants += (whole(words[hit.end :]) for hit in hits[:-1])
        if hits[1].start == hits[0].end:  # «EHPAD Résidence Saint-Roch»
            variants.append(taken_apart(words[hits[0].end :]))
        if hits[-1].end == len(words):  # «Résidence Les Glycines (EHPAD)»
            variants.append(taken_apart(words[: hits[-1].start]))
    if "chez" in words[1:]:  # «Pizzeria Chez Nino»
        at = words.index("chez")
        variants += taken_apart(words[:at] + words[at + 1 :]), whole(words[at:])
    if not apart.trades and len(content(words)) > 1:
        # «Carrefour City à Castellane»
        variants += (whole((*words[:-1], of, words[-1])) for of in ("a", "de"))
    if words[-2:-1] in (("le",), ("les",)):  # «Intermarché du Luc» of «Intermarché Le Luc»
        variants += (
            whole((*words[:-2], of, words[-1])) for of in (("du", "au") if words[-2] == "le" else ("des", "aux"))
        )
    variants += (taken_apart(at) for at in placed(words) if trades(at) == apart.trades)
    variants += [whole(tuple(said)) for said in said_by_letters(written, language)]
    if not apart.trades and (
        sold := trades_of_goods(("les", words[0]))
    ):  # «le fleuriste de Lignières» of «Fleurs de Lignières»
        variants.append(Parts(sold, taken_apart(words[1:] or words).apart, is_trade_first=True))
    if words[-1] in table("company_names")["numbered_departments"]:
        variants.append(taken_apart((*words[:-1], *table("company_names")["numbered_departments"][words[-1]].split())))
    names = [Name(written, parts) for parts in dict.fromkeys(variants)]
    names += [Name(written, without_trade(called), Told.SHORT, is_alias=True) for called in short(words)]
    names += [Name(written, whole((initials,)), is_alias=True) for initials in _initials(words)]
    keys = [(name, key) for name in names for key in keys_of(name.parts, of_name=True)]
    return Entry(written, keys, keys_of(apart, of_name=True))


def _initials(words: tuple[str, ...]) -> Iterator[str]:
    if len(words) > 2:
        yield "".join(word[0] for word in words)
    initials = "".join(word[0] for word in content(words))
    is_word = _VOWEL.search(initials[:3]) is not None  # «S T P M»; what may be a word is none
    if len(initials) > SHORTEST_INITIALS and not is_word:
        yield initials
