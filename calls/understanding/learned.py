"""Judgements that were learnt from sentences: a logistic regression over pieces of what was said.

The pieces are words in a row, letters within a word, what the words are about
(`words/meanings.toml`), how the utterance begins and ends, and `signs`: what the word
lists found. Each piece has a weight, found by its hash. Each language has weights of its
own, made by `python -m tests.understanding.training` from `tests/understanding/corpus/`.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calls.understanding.text import fold, table

BUCKETS = 1 << 18
# In words. What is longer is judged in parts: one angry sentence among calm ones is anger.
LONGEST_PART = 40
_LONGEST_WORD = 30

_WORDS_IN_A_ROW = 3
_LETTERS_IN_A_ROW = (3, 4, 5)
_MEANINGS_IN_A_ROW = 4


def _bucket(piece: str) -> int:
    return zlib.crc32(piece.encode()) % BUCKETS


@cache
def _meanings(language: str) -> tuple[dict[str, str], dict[str, str], tuple[str, ...]]:
    """The meaning of whole words, of beginnings, and the endings that say something."""
    lists = table("meanings")[language]
    whole: dict[str, str] = dict.fromkeys(lists["itself"].split(), "")
    beginnings: dict[str, str] = {}
    for meaning, entries in lists["meaning"].items():
        for entry in entries.split():
            known, key = (beginnings, entry[:-1]) if entry.endswith("*") else (whole, entry)
            known[key] = known.get(key) or meaning
    return whole, beginnings, tuple(lists["endings"].split())


@cache
def _first_names() -> frozenset[str]:
    lists = table("first_names")
    return frozenset(fold(name) for name in f"{lists['french']} {lists['world']}".split())


@lru_cache(maxsize=4096)
def meaning(word: str, language: str) -> str:
    """What a folded word is about; a small word is about itself, and of a rare one the ending tells most."""
    whole, beginnings, endings = _meanings(language)
    if word in whole:
        return whole[word] or word
    if word in _first_names():
        return "name"
    if len(word) == 1 and word.isalpha():
        return "letter"
    for length in range(len(word), 2, -1):
        if word[:length] in beginnings:
            return beginnings[word[:length]]
    if word.isdigit():
        return "number"
    return next((f"-{ending}" for ending in endings if len(word) > len(ending) + 1 and word.endswith(ending)), "-")


def _rows(kind: str, items: Sequence[str], longest: int) -> Iterator[int]:
    for length in range(1, longest + 1):
        for start in range(len(items) - length + 1):
            yield _bucket(f"{kind} {' '.join(items[start : start + length])}")


@lru_cache(maxsize=4096)
def _letters(word: str) -> tuple[int, ...]:
    padded = f" {word} "
    return tuple(
        _bucket(f"letters {padded[start : start + length]}")
        for length in _LETTERS_IN_A_ROW
        for start in range(len(padded) - length + 1)
    )


def _edges(spoken: Sequence[str], meanings: Sequence[str]) -> Iterator[int]:
    yield _bucket(f"first {spoken[0]}")
    yield _bucket(f"first {' '.join(spoken[:2])}")
    yield _bucket(f"first about {' '.join(meanings[:2])}")
    yield _bucket(f"first about {' '.join(meanings[:3])}")
    yield _bucket(f"last {spoken[-1]}")
    yield _bucket(f"last about {' '.join(meanings[-2:])}")
    yield _bucket(f"length {min(len(spoken) // 3, 6)}")


def pieces(spoken: Sequence[str], signs: Iterable[str], language: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The buckets of an utterance, and how much each counts: every kind of piece as much as the others."""
    meanings = [meaning(word, language) for word in spoken]
    kinds = (
        set(_rows("words", spoken, _WORDS_IN_A_ROW)),
        {bucket for word in spoken for bucket in _letters(word)},
        set(_rows("about", meanings, _MEANINGS_IN_A_ROW)),
        set(_edges(spoken, meanings)),
    )
    buckets = [bucket for kind in kinds for bucket in sorted(kind)]
    counts = [1 / len(kind) ** 0.5 for kind in kinds for _ in kind]
    found = [_bucket(f"sign {sign}") for sign in signs]
    return np.array(buckets + found, dtype=np.int64), np.array(counts + [1.0] * len(found))


@cache
def _weights(name: str, language: str) -> tuple[NDArray[np.int8], float, float]:
    with weights_file(f"{language}/{name}").open("rb") as file, np.load(file) as stored:
        return stored["weights"], float(stored["scale"]), float(stored["bias"])


def weights_file(name: str) -> Any:
    return resources.files(__package__).joinpath("weights", f"{name}.npz")


def parts(spoken: Sequence[str]) -> Iterator[Sequence[str]]:
    """A long utterance in pieces that overlap by half."""
    yield spoken[:LONGEST_PART]
    for start in range(LONGEST_PART // 2, len(spoken) - LONGEST_PART // 2, LONGEST_PART // 2):
        yield spoken[start : start + LONGEST_PART]


def is_learned(name: str, spoken: Sequence[str], language: str, signs: Iterable[str] = ()) -> bool:
    """Whether `name` («anger») is in what was said, as far as the corpus can tell."""
    return evidence(name, spoken, language, signs) > 0


def evidence(name: str, spoken: Sequence[str], language: str, signs: Iterable[str] = ()) -> float:
    """How much speaks for `name`: the logarithm of the odds, beyond what it takes; below zero it is not so."""
    if not spoken:
        return -math.inf
    weights, scale, bias = _weights(name, language)
    found = tuple(signs)
    found_in = (pieces(part, found, language) for part in parts([word[:_LONGEST_WORD] for word in spoken]))
    return max(float(counts @ weights[buckets]) * scale + bias for buckets, counts in found_in)
