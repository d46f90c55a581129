"""The domain of a dictated e-mail address: whose it is, and whether it was heard rightly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import permutations, takewhile

from calls.understanding.address_rules.phrases import Kind, Part, endings, phrases, second_levels
from calls.understanding.phonetic import Costs, difference, sounds_like
from calls.understanding.text import table

# A domain written this much like a provider's is that provider misheard.
_LIKE_A_PROVIDER = 0.75
# One that sounds like it is: so much of the key may be another, and of what is doubtful so much.
_SAME_SOUND, _NEAR_SOUND = 1 / 6, 1 / 4
_SHORTEST_KEY, _SHORTEST_NEAR, _SHORTEST_SAME = 4, 5, 6
_MORE_SOUNDS = 2
_MOST_WORDS, _LONGEST = 3, 13
_MAIL = re.compile(r"(?:.*mail(?:s|e|le|les)?|mel|mels|mele)")  # not «Djamel»
# Vowels and glides are misheard more easily than other consonants.
_WEAK = frozenset("aeiouyAIOUEYvw")
_COSTS = Costs(dict.fromkeys(_WEAK, 0.5), 1.5, {one + other: 0.5 for one, other in permutations(_WEAK, 2)}, 1.5)


def provider_heard(plain: Sequence[str], gaps: Sequence[str], position: int, language: str) -> tuple[int, Part] | None:
    """The provider whose name the words sound like that fill the domain up to its point, and where they end.

    «Arobase wana doux point fr», «one adou», «@jaimail.com»; the words may be talk otherwise («ya ou»).
    """
    for end in range(position + 1, min(position + _MOST_WORDS, len(plain) - 1) + 1):
        dot = phrases(language).at(plain, end)
        if gaps[end] == "." or (gaps[end] == "" and dot and dot.value.value in (".", ".com")):
            name = sounding_like(tuple(plain[position:end]))
            return (end, Part(Kind.PROVIDER, name)) if name else None
        if gaps[end]:
            return None
    return None


def is_domain(domain: str, said: Sequence[Part]) -> bool:
    """Whether nobody can doubt that there is this domain, as it was said."""
    label, _, ending = domain.partition(".")
    provider = table("email")["providers"].get(label)
    if provider:
        return ending in provider["endings"]
    *names, last = domain.split(".")
    if not names or last not in endings() or len(label) < 2 or _is_misheard(label, said):
        return False
    if any(part.kind is Kind.PARTICLE and part.value in names for part in said):
        return False  # «le point vert point fr»
    return len(names) == 1 or names[-1] not in endings() - second_levels()  # «point com, euh, point fr»


def _is_misheard(label: str, said: Sequence[Part]) -> bool:
    """«jimail», «canadou»"""
    names = table("email")["providers"]
    if label.endswith("mail") or get_close_matches(label, names, 1, _LIKE_A_PROVIDER):
        return True
    words = [
        part for part in takewhile(lambda part: part.value != ".", said) if part.kind in (Kind.WORD, Kind.PARTICLE)
    ]
    texts = tuple(part.value for part in words)
    return "".join(texts) == label and _sounding_like(texts, _NEAR_SOUND) is not None


def sounding_like(words: tuple[str, ...]) -> str | None:
    """The provider whose name the words sound like."""
    return _sounding_like(words, _SAME_SOUND)


@cache
def _keys() -> dict[str, tuple[str, bool]]:
    """How providers sound: their names, and whether what sounds nearly so may be meant."""
    return {key: value for key, value in _all_keys() if len(key) >= _SHORTEST_KEY or value[0] == "yahoo"}


def _all_keys() -> Iterator[tuple[str, tuple[str, bool]]]:
    for name, entry in table("email")["providers"].items():
        for said in (name, *entry["said"]):
            if not entry.get("is_a_word") and not said.endswith("t"):  # «la post» sounds like «la pause»
                yield _key(tuple(said.replace("'", " ").split())), (name, entry.get("is_made_up", False))


@cache
def _made_up() -> list[tuple[str, str, frozenset[str]]]:
    """How names sound that nobody else has, whose they are, and their consonants."""
    return [(key, name, _consonants(key)) for key, (name, is_made_up) in _keys().items() if is_made_up]


def _consonants(key: str) -> frozenset[str]:
    return frozenset(key) - _WEAK


def _key(words: tuple[str, ...]) -> str:
    return sounds_like(words).replace("meY", "mel")  # «hotte maille»


@lru_cache(maxsize=1024)
def _sounding_like(words: tuple[str, ...], share: float) -> str | None:
    """The provider whose name these words sound like, but for a share of it."""
    if len(words) > _MOST_WORDS or sum(map(len, words)) > _LONGEST:
        return None
    key = _key(words)
    if key in _keys():
        return _keys()[key][0]
    shortest = _SHORTEST_SAME if share == _SAME_SOUND else _SHORTEST_NEAR
    consonants = _consonants(key)
    for sound, name, of_sound in _made_up():
        if (
            len(sound) >= shortest
            and abs(len(sound) - len(key)) <= _MORE_SOUNDS
            and len(consonants ^ of_sound) <= 1
            and (_MAIL.fullmatch(words[-1]) or not sound.endswith("mel"))
            and difference(key, sound, _COSTS, len(sound) * share) <= len(sound) * share
        ):
            return name
    return None
