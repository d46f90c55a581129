"""How English words sound: names that are said alike have nearly the same key."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import permutations

from calls.understanding.phonetic import Costs, difference

# In this order. Capitals stand for consonants of two letters: C in «church», S in «ship», T in «think».
_RULES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr|^rh", "r"),
        (r"^ps", "s"),
        (r"^mac(?=[^aeiouhk])|^mc", "mak"),
        (r"wh", "w"),
        (r"(?<=.)(?:bh|mh)", "v"),  # «Siobhan», «Niamh»
        (r"igh", "ai"),
        (r"eigh|aigh", "e"),
        (r"augh|ough", "o"),
        (r"gh(?=[^aeiou]|$)", ""),
        (r"gh", "g"),
        (r"tch|ch", "C"),
        (r"sch", "sk"),
        (r"tio(?=n)|sio(?=n)|cio(?=n)", "S"),
        (r"sh", "S"),
        (r"th", "T"),
        (r"ph", "f"),
        (r"ck|q(?=u)", "k"),
        (r"ku(?=[aeio])", "kw"),
        (r"q", "k"),
        (r"dg(?=e)", "j"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"x", "ks"),
        (r"(?<=m)b$", ""),
        (r"ee", "i"),
        (r"oo", "u"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[^aeiou])e(?=s?$)", ""),
        (r"ay|ai|ey(?=.)|ei", "e"),
        (r"ea|ie|ey|ye", "i"),
        (r"y(?=[aeiou])", "Y"),
        (r"y", "i"),
        (r"ou|ew|ue|ui", "u"),
        (r"oa|oe|ow|au|aw", "o"),
        (r"(?<=.)h", ""),
        (r"(.)\1+", r"\1"),
    )
]
_VOWELS = "aeiou"
_ALMOST = {
    0.25: "sz gj",
    0.35: _VOWELS,
    0.4: "pb td kg fv sS SC Cj Tf Tt Td Ts mn vw bv kC iY",
}
_COSTS = Costs(
    {**dict.fromkeys(_VOWELS, 0.45), "h": 0.3, "r": 0.4, "w": 0.6, "s": 0.6, "Y": 0.4},
    0.9,
    {
        one + other: apart
        for apart, pairs in _ALMOST.items()
        for pair in pairs.split()
        for one, other in permutations(pair, 2)
    },
    1.0,
)


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """A key for a folded word, or for words said together."""
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=16384)
def likeness(one: str, other: str, least: float) -> float:
    """Of two keys, from 0 to 1; 0 when it is less than `least`."""
    length = max(len(one), len(other), 1)
    return max(0.0, 1 - difference(one, other, _COSTS, (1 - least) * length) / length)
