"""How a French speaker would hear a word: names that sound alike have the same key."""

from __future__ import annotations

import re
from functools import lru_cache

from calls.understanding.text import fold

# In this order; each works on what the ones before it left. Capitals stand for nasal vowels.
_RULES = [
    (r"[^a-z0-9]", ""),
    (r"ph", "f"),
    (r"(?<=.)h(?=[^aeiouy]|$)|^h", "h"),
    (r"ch(?=[^aeiouyh]|$)|ck|cqu?|qu|q", "k"),
    (r"sch|sh|ch", "S"),
    (r"h", ""),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"ge(?=[aou])|g(?=[eiy])|j", "j"),
    (r"gu(?=[eiy])", "g"),
    (r"x", "ks"),
    (r"y", "i"),
    (r"w", "v"),
    (r"z", "s"),
    (r"eau|au", "o"),
    (r"oeu|eu", "e"),
    (r"(?:ain|ein|aim|in|im)(?![aeiounm])", "I"),
    (r"(?:an|am|en|em)(?![aeiounm])", "A"),
    (r"(?:on|om)(?![aeiounm])", "O"),
    (r"ai|ei|et$|er$|ez$", "e"),
    (r"ou", "u"),
    (r"(.)\1+", r"\1"),
    (r"(?<=..)(?:e?s|e|[tdpx]s?)$", ""),
    (r"(?<=..)e$", ""),
]
_COMPILED = [(re.compile(pattern), replacement) for pattern, replacement in _RULES]


@lru_cache(maxsize=8192)
def phonetic(word: str) -> str:
    """A key for one word: «carre» and «car», «véto» and «Veto», «corps» and «corp» agree."""
    key = fold(word[:60])
    for pattern, replacement in _COMPILED:
        key = pattern.sub(replacement, key)
    return key


def sounds_like(words: tuple[str, ...]) -> str:
    """The key of words spoken together: «véto dock» as «Vetodok»."""
    return re.sub(r"(.)\1+", r"\1", "".join(phonetic(word) for word in words))
