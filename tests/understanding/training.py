"""Make the weights of what is learnt: `python -m tests.understanding.training`.

The same corpora give the same weights. What the weights were made from is written beside
them, and `test_learned.py` fails when it has changed since.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import calls.understanding
from calls.understanding import anger, learned, names
from calls.understanding.fixed import listed
from calls.understanding.text import table, words
from tests.understanding.corpora import CLIENTS, CORPUS, in_cells

LANGUAGES = ("fr", "en")
# Judgements of a kind with more than two values: the kind, and the value that is judged.
VALUES = {"works": ("fixed", "yes"), "broken": ("fixed", "no")}
# What is taught of «does it work now?» has «je ne sais pas» in it, and wishes: only anger learns from it too.
MIXED = frozenset({"fixed"})
# What else is said in a call; each kind lists what it may be taken for.
OTHERS: dict[str, list[str]] = {
    "works": [],
    "broken": [],
    "anger": [
        "yes_no", "fixed", "problem", "email", "phone", "first_name", "spelling", "company", *CLIENTS, "backchannel",
        "repeat",
        "machine", "acknowledgement", "unfinished", "free_company", "human", "noise", "ordinary",
    ],
    "human": [
        "yes_no", "fixed", "problem", "email", "phone", "first_name", "spelling", "company", *CLIENTS, "backchannel",
        "repeat",
        "machine", "acknowledgement", "unfinished", "free_company", "anger", "refusal", "noise", "ordinary",
    ],
    "refusal": [
        "email", "phone", "first_name", "spelling", "company", *CLIENTS, "free_company", "problem", "repeat",
        "human", "noise", "ordinary",
        "fixed", "anger",
    ],
}  # fmt: skip
# French was taught calm refusals as sentences of its own.
MORE_OTHERS = {("anger", "en"): ["refusal"]}
REFUSED = ("null", "no", "unclear")  # as a value of what was asked for, this may be a refusal
SENTENCE = 4  # in words; a shorter «non, rien» may be one too

STRENGTH = 10.0  # how far the weights may go to get a sentence of the corpus right
OTHERS_COUNT = 0.6
CHECKED_COUNT = 3.0  # those of corpus/fr, of which none may be wrong
PAIRS = 2500
# How much more likely than not it must be: who is taken for angry is given to a person at once,
# a false yes closes his ticket, a false no gives him to a person.
MARGIN = {
    "fr": {"anger": 0.7, "works": 1.0, "broken": 0.3},
    "en": {"anger": 0.7, "works": 0.5, "broken": 0.3},
}
STEPS = 400


class Sentence(NamedTuple):
    text: str
    is_so: bool
    counts: float
    cell: str = ""  # as `corpora.in_cells` has it
    has_signs: bool = True

    def pieces(self, kind: str, language: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        signs = _signs(kind, language, self.text) if self.has_signs else []
        return learned.pieces(words(self.text, language) or ["-"], signs, language)


def sentences(kind: str, language: str) -> list[Sentence]:
    """All that `kind` is learnt from, without pairs."""
    told, judged = VALUES.get(kind, (kind, "yes"))
    written = [
        Sentence(text, value == judged, 1.0, cell) for text, value, cell in in_cells(told, language, folder="training")
    ]
    # The word lists were made for these and are never wrong about them: they would be trusted too much.
    checked = [
        Sentence(text, value == judged, CHECKED_COUNT, cell, has_signs=False)
        for text, value, cell in in_cells(told, language)
    ]
    known = {sentence.text for sentence in [*written, *checked]}
    others = [Sentence(text, False, OTHERS_COUNT, cell) for text, cell in _others(kind, language) if text not in known]
    return [*written, *checked, *others]


def with_pairs(kind: str, found: list[Sentence]) -> list[Sentence]:
    """Two sentences in one breath are what either is; but of two values the last may take back the first."""
    if kind in VALUES:
        return found
    chance = random.Random(1)
    told = [sentence for sentence in found if sentence.has_signs]
    pairs = [chance.sample(told, 2) for _ in range(PAIRS)]
    return found + [
        Sentence(f"{first.text} {second.text}", first.is_so or second.is_so, 0.5) for first, second in pairs
    ]


def others_of(kind: str, language: str) -> list[str]:
    return OTHERS[kind] + MORE_OTHERS.get((kind, language), [])


def _others(kind: str, language: str) -> Iterator[tuple[str, str]]:
    for other in others_of(kind, language):
        for folder in _folders(kind, other):
            for text, value, cell in in_cells(other, language, folder=folder):
                if kind == "refusal" and _may_be_refusal(other, value, len(words(text, language))):
                    continue
                if not _signs(kind, language, text):
                    yield text, cell


def _folders(kind: str, other: str) -> tuple[str, ...]:
    return ("",) if other in MIXED and kind != "anger" else ("", "training")


def _may_be_refusal(other: str, value: str, length: int) -> bool:
    match other:
        case "problem" | "repeat" | "human" | "ordinary":
            return False
        case "fixed" | "anger":
            return value == "yes" or length < SENTENCE
        case _:
            return value in REFUSED


def _signs(kind: str, language: str, text: str) -> list[str]:
    """What the word lists say of `text`, as the judgement will be told."""
    if kind in VALUES:
        return sorted(listed(text, language).signs)
    told: list[str] = []

    def listen(name: str, spoken: object, language: str, signs: Iterable[str]) -> float:
        told.extend(signs)
        return 0.0

    judge: dict[str, Callable[[], bool]] = {
        "anger": lambda: anger.is_angry(text, (), language),
        "human": lambda: anger.wants_human(text, language),
        "refusal": lambda: names.refuses(text, language),
    }
    with patch.object(anger, "evidence", listen), patch.object(names, "is_learned", listen):
        judge[kind]()
    return told


def train(kind: str, language: str) -> None:
    *weights, bias = fitted(kind, language, with_pairs(kind, sentences(kind, language)))
    scale = float(np.abs(weights).max()) / 127
    stored = np.round(np.array(weights) / scale).astype(np.int8)
    with Path(str(learned.weights_file(f"{language}/{kind}"))).open("wb") as file:
        bias -= MARGIN[language].get(kind, 0)
        np.savez_compressed(file, weights=stored, scale=scale, bias=bias, made_from=fingerprint(kind, language))


def fitted(kind: str, language: str, corpus: list[Sentence]) -> NDArray[np.float64]:
    """The weights that judge `corpus` best, the bias last."""
    rows = [sentence.pieces(kind, language) for sentence in corpus]
    buckets = np.concatenate([row[0] for row in rows])
    counts = np.concatenate([row[1] for row in rows])
    row_of = np.repeat(np.arange(len(rows)), [len(row[0]) for row in rows])
    wanted = np.array([1.0 if sentence.is_so else -1.0 for sentence in corpus])
    importance = _balanced(np.array([sentence.counts for sentence in corpus]), wanted)
    return _fit(buckets, counts, row_of, wanted, importance)


def _balanced(importance: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both answers count the same, however many sentences there are of each."""
    yes, no = importance[wanted > 0].sum(), importance[wanted < 0].sum()
    return importance * np.where(wanted > 0, max(1.0, float(no / yes)), max(1.0, float(yes / no)))


def _fit(
    buckets: NDArray[np.int64],
    counts: NDArray[np.float64],
    row_of: NDArray[np.int64],
    wanted: NDArray[np.float64],
    importance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weights, the bias last, of a logistic regression with an L2 penalty, by accelerated gradient descent."""

    def judged(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.bincount(row_of, counts * weights[buckets], len(wanted)).astype(np.float64)
        judgements: NDArray[np.float64] = sums + weights[-1]
        return judgements

    def pulled(errors: NDArray[np.float64]) -> NDArray[np.float64]:
        pull = np.bincount(buckets, counts * errors[row_of], learned.BUCKETS + 1).astype(np.float64)
        pull[-1] = errors.sum()
        return pull

    direction = np.ones(learned.BUCKETS + 1)
    steepness = 1.0
    for _ in range(15):
        direction = pulled(importance * judged(direction))
        steepness = float(np.linalg.norm(direction))
        direction /= steepness
    steepness = STRENGTH * steepness / 4 * 1.05 + 1
    momentum = (steepness**0.5 - 1) / (steepness**0.5 + 1)
    weights: NDArray[np.float64] = np.zeros(learned.BUCKETS + 1)
    ahead = weights
    for _ in range(STEPS):
        errors = importance * wanted / (1 + np.exp(wanted * judged(ahead)))
        step = ahead - (ahead - STRENGTH * pulled(errors)) / steepness
        weights, ahead = step, step + momentum * (step - weights)
    return weights


def fingerprint(kind: str, language: str) -> str:
    """Of what the weights depend on: corpora, word lists, the code that makes pieces of them, how they are fitted."""
    source = Path(calls.understanding.__file__).parent
    told, judged = VALUES.get(kind, (kind, "yes"))
    corpora = [CORPUS / folder / language / f"{told}.tsv" for folder in ("", "training")]
    corpora += [
        CORPUS / folder / language / f"{name}.tsv"
        for name in others_of(kind, language)
        for folder in _folders(kind, name)
    ]
    found = ("fixed", "yes_no") if kind in VALUES else ("anger", "human", "names")
    lists = [_lists(name, language) for name in ("meanings", *found)]
    fitting = (judged, STRENGTH, OTHERS_COUNT, CHECKED_COUNT, PAIRS, STEPS, MARGIN[language], SENTENCE)
    digest = hashlib.sha256(repr((fitting, lists)).encode())
    for file in [*corpora, source / "learned.py"]:
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


def _lists(name: str, language: str) -> object:
    """What a file of word lists has for one language; of names only the refusals are asked for."""
    lists = table(name)
    return lists.get("refusal", lists)[language]


if __name__ == "__main__":
    for name, spoken in product(sys.argv[1:] or OTHERS, LANGUAGES):
        train(name, spoken)
