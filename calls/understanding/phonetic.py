"""How a French speaker would hear a word: names that sound alike have the same key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate, permutations
from math import inf
from typing import NamedTuple

from calls.understanding.text import fold

# In this order; each works on what the ones before it left, if that has what stands first. Capitals stand for
# nasal vowels.
_RULES = [
    ("", r"[^a-z0-9]", ""),
    ("ph", r"ph", "f"),
    ("bs", r"bs$", ""),  # «Doubs»
    ("pv", r"pv", "v"),  # «Epvre»
    ("gn", r"gn", "n"),  # «Bénigne»
    ("g", r"(?<=[aeo]in)g$|(?<=our)g$|(?<=[ao]n)g$", ""),  # «Chassaing», «Bourg», «Roustang»
    ("oye", r"oyes?$", "oi"),  # «Troyes» as «Troie»
    ("ee", r"(?<=..)ees?$", "E"),  # «Cordée» is not «corde»
    ("ch", r"sch|^ch(?=[mntvw])", "sh"),
    # «Bailleul» as «Bayeul», «Meyer» as «maillère».
    ("ill", r"(?<=[aeou])ill(?=[aeiouy]|$)", "Y"),
    ("y", r"(?<=[aeo])y(?=[aeiou])", "Y"),
    ("i", r"(?<=[aeo])i(?=[aeiou])(?!es?$)", "Y"),
    ("Y", r"[ae]i?Y", "eY"),
    ("x", r"(?<=[aeo][iu])x$", ""),
    ("c", r"ch(?=[^aeiouyh]|$)|ck|cqu?", "k"),
    ("q", r"qu|q", "k"),
    ("h", r"sh|ch", "S"),
    ("h", r"h", ""),
    ("ae", r"ae", "e"),
    ("c", r"c(?=[eiy])", "s"),
    ("c", r"c", "k"),
    ("g", r"ge(?=[aou])|g(?=[eiy])", "j"),
    ("je", r"je(?=[ao])", "j"),  # «Jeannin» as «Janin»
    ("gu", r"gu(?=[eiy])", "g"),
    ("x", r"x", "ks"),
    ("y", r"y", "i"),
    ("w", r"w", "v"),
    ("z", r"z", "s"),
    ("aul", r"(?<=au)l(?=[td])", ""),  # «Thibault» as «Thibaut»
    ("ouin", r"ouin(?![aeiouy])", "oin"),  # «Baudouin» as «Baudoin»
    ("au", r"eau|au", "o"),
    ("eu", r"oeu|eu", "e"),
    ("i", r"(?:ain|ein|aim|in|im)(?![aeiounm])", "I"),
    ("", r"(?:an|am|en|em)(?![aeiounmI])", "A"),  # «Janin» has no «an»
    ("o", r"(?:on|om)(?![aeiounmI])", "O"),
    ("", r"ai|ei|et$|er$", "e"),
    ("ou", r"ou", "u"),
    ("", r"(.)\1+", r"\1"),
    ("", r"(?<=..)(?:e?s|e|[tdp]s?)$", ""),
    ("", r"(?<=..)e$", ""),
]
# What may be said otherwise than a French reader would: final letters, and what other languages write.
_OTHERWISE = [
    (re.compile(r"(?<=[a-z]{2}[rtdpsxz])$"), "e"),  # «Weber» as «vébère», «Payet» as «payette»
    (re.compile(r"(?<=[a-z]{2}[aiou]m)$"), "e"),  # «Techniflam», «Axiom»
    (re.compile(r"(?<=[a-z]{2})(?:e[rz]|[ae]y)$"), "ee"),  # «Chauray» as «Chaurée»
    (re.compile(r"(?<=[aeiou])s(?=[ln]e)"), ""),  # «Duchesne», «Somme-Vesle»
    (re.compile(r"^x|(?<=[aeiou])x(?=[eo]|ie)"), "ss"),  # «Saint-Xandre», «Auxois», «Texier»
    (re.compile(r"zh$"), "ze"),  # «Breizh»
    (re.compile(r"(?<=[aio])g$"), "k"),  # «Goudig»
    (re.compile(r"ch$"), "che"),  # «Foch»
    (re.compile(r"w"), "ou"),  # «Gwenn»
    (re.compile(r"ill(?=[aeou])"), "iy"),  # «Avrillon»
    (re.compile(r"(?<=[^i]en)$"), "ne"),
    (re.compile(r"ie(?=[^aeiouy])"), "i"),  # «Kieffer»
    (re.compile(r"^s(?=[tp])"), "sh"),  # «Steiner»
    (re.compile(r"^(.*(?:sch|[kw]).*in)$"), r"\1e"),  # «Schmidlin»
    (re.compile(r"ch(?=[ei][a-z]*[io]$)"), "k"),  # «Marchetti», «Zucchini»
]
_COMPILED = [(needed, re.compile(pattern), replacement) for needed, pattern, replacement in _RULES]


@lru_cache(maxsize=8192)
def phonetic(word: str) -> str:
    """A key for one word: «carre» and «car», «véto» and «Veto», «corps» and «corp» agree."""
    key = fold(word[:60])
    for needed, pattern, replacement in _COMPILED:
        if needed in key:
            key = pattern.sub(replacement, key)
    return key


@lru_cache(maxsize=8192)
def sounds_like(words: tuple[str, ...]) -> str:
    """The key of words spoken together: «véto dock» as «Vetodok»."""
    return _together(map(phonetic, words))


def _together(keys: Iterable[str]) -> str:
    """Keys of words, where one ends as the next begins with one sound less: «net tel» as «netel»."""
    spoken = ""
    for key in keys:
        spoken += key[1:] if spoken and key[:1] == spoken[-1] else key
    return spoken


@lru_cache(maxsize=8192)
def pronunciations(words: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of words spoken together, however their letters may be said."""
    ways = set().union(*map(_ways, words))
    if not ways:
        return (sounds_like(words),)
    taken: list[tuple[int, ...]] = [()]
    for way in sorted(ways):
        taken += [(*before, way) for before in taken]
    return tuple(dict.fromkeys(_together([_said(word, some) for word in words]) for some in taken))


@lru_cache(maxsize=8192)
def _said(word: str, ways: tuple[int, ...]) -> str:
    """The key of a word that is said in some of `_OTHERWISE`."""
    for way in ways:
        pattern, replacement = _OTHERWISE[way]
        word = pattern.sub(replacement, word)
    return phonetic(word)


@lru_cache(maxsize=8192)
def _ways(word: str) -> frozenset[int]:
    """Which of `_OTHERWISE` it may be said in: one or two of many."""
    return frozenset(way for way, (pattern, _) in enumerate(_OTHERWISE) if pattern.search(word))


class Costs(NamedTuple):
    """How far sounds set two keys apart."""

    left_out: Mapping[str, float]
    other_left_out: float
    changed: Mapping[str, float]  # of pairs
    other_changed: float


# Sounds that recognition takes for one another, and how much less than a whole sound sets them apart.
_ALMOST = {
    0.2: "eE",
    0.3: "AO",
    0.4: "AI",
    0.5: "pb td kg fv sSj mn rl lY iY OI aA oO iI eI ei ea ou eo ai",
}
_APART = {
    one + other: apart
    for apart, groups in _ALMOST.items()
    for group in groups.split()
    for one, other in permutations(group, 2)
}
# What recognition makes of names; a vowel left out is less than a consonant.
OF_NAMES = Costs({"e": 0.5, **dict.fromkeys("aiouyEAOIr", 0.7)}, 0.9, _APART, 1.0)


def difference(one: str, other: str, costs: Costs, most: float) -> float:
    """How far two keys are apart; infinity beyond `most`."""
    left_out, other_left_out, changed, other_changed = costs
    weights = [left_out.get(sound, other_left_out) for sound in other]
    row = [0.0, *accumulate(weights)]
    for ours in one:
        lost = left_out.get(ours, other_left_out)
        aslant = row[0]
        last = least = aslant + lost
        before, row = row, [last]
        # Of three ways the least; `min` would take twice the time.
        for at, theirs in enumerate(other):
            if ours != theirs:
                aslant += changed.get(ours + theirs, other_changed)
            last += weights[at]
            if aslant < last:
                last = aslant
            aslant = before[at + 1]
            if aslant + lost < last:
                last = aslant + lost
            if last < least:
                least = last
            row.append(last)
        if least > most:
            return inf
    return row[-1]
