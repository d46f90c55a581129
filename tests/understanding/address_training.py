"""Make the weights that dictated addresses are read with: `python -m tests.understanding.address_training`.

Some five minutes on two processors. The reader learns from every sentence with an address;
the ranking from what readers propose that had not seen the sentence, for what is learnt by
heart looks too sure. `corpus/heldout/*/email_unseen.tsv` is never learnt from.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import calls.understanding
from calls.understanding.address_rules.reading import by_rules
from calls.understanding.addresses import ranking
from calls.understanding.addresses.clues import clues, ends
from calls.understanding.addresses.decoder import (
    LONGEST_STEP,
    Hypothesis,
    Step,
    Weights,
    again_clue,
    candidates,
    end_clues,
    how_again,
    is_whole,
    search,
    step_clues,
)
from calls.understanding.addresses.lattice import Label, lattice_of
from calls.understanding.learned import weights_file
from tests.understanding import ways
from tests.understanding.corpora import CORPUS, in_cells
from tests.understanding.ways import AROUND, CHANGED, MISREAD, hyphened, is_pointed, marked_twice

LANGUAGES = ("fr", "en")
KIND = "email"
FOLDERS = ("", "heldout", "training")
# Ways that are not taught, for `test_addresses.py`.
HELD_BACK = frozenset({"like what", "who calls, and where", "a doubt"})
# To how many addresses each way is said around.
SAID_AROUND = 50

ROUNDS, WIDTH, TARGET_WIDTH = 5, 8, 48
MARGIN = 40.0
FOLDS = 5
RANKING_ROUNDS, RATE, STRENGTH, FIRST_STEP = 25, 0.15, 1e-4, 1e-2
# What is worth less is left out of the files.
LEAST_WORD, LEAST_SIGN = 0.4, 0.02


class Sentence(NamedTuple):
    text: str
    address: str | None
    language: str
    # The rules were made for it and are not wrong about it: with all of these the ranking would trust them too much.
    # Those of corpus/fr are left as they are: most callers speak so, and there the rules are right.
    was_read_by_rules: bool
    cell: str


def sentences() -> list[Sentence]:
    """Those of the corpora, and of some what else may be said around them."""
    told = [
        Sentence(text, None if value == "null" else value, language, folder == "heldout", cell)
        for language in LANGUAGES
        for folder in FOLDERS
        for text, value, cell in in_cells(KIND, language, folder=folder)
    ]
    addresses = [
        (text, value, cell) for text, value, cell in in_cells(KIND, "fr", folder="training") if value != "null"
    ]
    around = [
        (way, ways_ is AROUND, ways_ is not MISREAD)
        for ways_ in (AROUND, CHANGED, MISREAD)
        for name, way in ways_.items()
        if name not in HELD_BACK
    ]
    pointed = [row for row in addresses if is_pointed(row[0], row[1])][: 2 * SAID_AROUND]
    marked = [
        Sentence(hyphened(text, address), address.replace(".", "-", 1), "fr", True, cell)
        for text, address, cell in pointed
    ]
    marked += [Sentence(marked_twice(text, address), None, "fr", True, cell) for text, address, cell in pointed]
    return (
        told
        + marked
        + [
            Sentence(way(text, address), address if stays else None, "fr", is_read, cell)
            for number, (way, stays, is_read) in enumerate(around)
            for text, address, cell in addresses[number :: len(addresses) // SAID_AROUND]
        ]
    )


class Perceptron:
    """The reader's weights as they are learnt, and the sums that their averages over time come from."""

    def __init__(self, most_rows: int) -> None:
        self.rows: dict[str, int] = {}
        self.words = np.zeros((most_rows, len(Label)), dtype=np.float32)
        self.word_sums = np.zeros((most_rows, len(Label)))
        self.steps: dict[str, float] = {}
        self.step_sums: dict[str, float] = {}
        self.time = 0

    def averages(self) -> Weights:
        count, time = len(self.rows), max(1, self.time)
        words = (self.words[:count] - self.word_sums[:count] / time).astype(np.float32)
        return Weights(
            self.rows, words, {clue: value - self.step_sums[clue] / time for clue, value in self.steps.items()}
        )

    def worth(self, clues_: Iterable[str]) -> float:
        return sum(self.steps.get(clue, 0.0) for clue in clues_)

    def learn(self, case: Case, path: Hypothesis, amount: float, *, is_address: bool) -> None:
        told = list(end_clues(path.state, path.text)) if is_address else []
        step = path
        while step.edge and step.previous:
            label, end = step.edge.label, step.edge.end
            before = step.previous
            for rows in (case.words[step.position], case.ends[end]):
                self.words[rows, label] += amount
                self.word_sums[rows, label] += amount * self.time
            length = min(end - step.position, LONGEST_STEP)
            told += step_clues((before.state, label, case.lattice.gaps[step.position], length))
            if how := how_again(step.edge.text, before.text):
                told.append(again_clue(label, how))
            step = before
        for clue in told:
            self.steps[clue] = self.steps.get(clue, 0.0) + amount
            self.step_sums[clue] = self.step_sums.get(clue, 0.0) + amount * self.time


class Case:
    """A sentence as the perceptron reads it: rows of the clues of its words, and of where they end."""

    def __init__(self, perceptron: Perceptron, sentence: Sentence, address: str) -> None:
        self.address, self.lattice = address, lattice_of(sentence.text, sentence.language)
        rows = perceptron.rows
        self.words = [_rows(rows, found) for found in clues(self.lattice)]
        self.ends = [_rows(rows, found) for found in ends(self.lattice)]

    def paths(self, perceptron: Perceptron, *, target: str | None = None) -> list[Hypothesis]:
        known: dict[Step, float] = {}

        def worth(step: Step) -> float:
            if step not in known:
                known[step] = perceptron.worth(step_clues(step))
            return known[step]

        return search(
            self.lattice,
            [perceptron.words[rows].sum(axis=0).tolist() for rows in self.words],
            [perceptron.words[rows].sum(axis=0).tolist() for rows in self.ends],
            worth,
            [[perceptron.worth([again_clue(label, how)]) for how in range(3)] for label in Label],
            width=TARGET_WIDTH if target else WIDTH,
            behind=float("inf"),
            target=target,
        )


def _rows(rows: dict[str, int], found: Iterable[str]) -> NDArray[np.int64]:
    return np.array([rows.setdefault(clue, len(rows)) for clue in found], dtype=np.int64)


def _addresses(perceptron: Perceptron, paths: Iterable[Hypothesis]) -> list[tuple[float, Hypothesis]]:
    """Those that make an address, the best first."""
    whole = [path for path in paths if path.state[2] and is_whole(path.text)]
    scored = [(path.score + perceptron.worth(end_clues(path.state, path.text)), path) for path in whole]
    return sorted(scored, key=lambda pair: -pair[0])


def reader(learnt: Sequence[Sentence]) -> Weights:
    """Weights under which the right address of each sentence comes before all others."""
    # A sentence has some hundred clues that no other has; there are never so many.
    perceptron = Perceptron(most_rows=len(learnt) * 200 + 1)
    cases = [Case(perceptron, sentence, sentence.address) for sentence in learnt if sentence.address]
    order = random.Random(0)
    for _ in range(ROUNDS):
        order.shuffle(cases)
        for case in cases:
            perceptron.time += 1
            _learn(perceptron, case)
    return perceptron.averages()


def _learn(perceptron: Perceptron, case: Case) -> None:
    paths = case.paths(perceptron)
    found = _addresses(perceptron, paths)
    own = next((score for score, path in found if path.text == case.address), None)
    rival = next((pair for pair in found if pair[1].text != case.address), None)
    if own is not None and (rival is None or own > rival[0] + MARGIN):
        return
    towards = _addresses(perceptron, case.paths(perceptron, target=case.address))
    right = next((path for _, path in towards if path.text == case.address), None)
    if right is None:
        return  # nothing that the words may be makes it
    perceptron.learn(case, right, 1.0, is_address=rival is not None)
    if rival:
        perceptron.learn(case, rival[1], -1.0, is_address=True)
    elif paths:
        perceptron.learn(case, paths[0], -1.0, is_address=False)


Answers = list[tuple[str, dict[str, float]]]


def proposed(sentence: Sentence, weights: Weights) -> Answers:
    """What may have been said, with its signs; of what the rules were made for, without what they say."""
    said = lattice_of(sentence.text, sentence.language)
    read = None if sentence.was_read_by_rules else by_rules(sentence.text, sentence.language)
    answers = ranking.signs(said, candidates(said, weights, ranking.MOST_CANDIDATES), read)
    if sentence.was_read_by_rules:
        for _, signs in answers:
            for sign in ("no rules", "nothing, rules False"):
                signs.pop(sign, None)
    return answers


def unseen(fold: int) -> list[tuple[Sentence, Answers]]:
    """A share of the sentences, with what a reader proposes that learnt from the others."""
    corpus = sentences()
    cells = sorted({sentence.cell for sentence in corpus})
    aside = {cell for place, cell in enumerate(cells) if place % FOLDS == fold}
    weights = reader([sentence for sentence in corpus if sentence.cell not in aside])
    return [(sentence, proposed(sentence, weights)) for sentence in corpus if sentence.cell in aside]


def likely(cases: Iterable[tuple[Sentence, Answers]]) -> dict[str, float]:
    """Weights under which the right answers are the likeliest: AdaGrad on their logarithm."""
    ids: dict[str, int] = {}
    known = [
        (
            _is_right(sentence, answers),
            [
                (
                    np.array([ids.setdefault(sign, len(ids)) for sign in signs], dtype=np.int64),
                    np.array(list(signs.values())),
                )
                for _, signs in answers
            ],
        )
        for sentence, answers in cases
    ]
    weights = np.zeros(len(ids))
    squares = np.full(len(ids), FIRST_STEP)
    order = random.Random(0)
    for _ in range(RANKING_ROUNDS):
        order.shuffle(known)
        for is_right, found in known:
            scores = np.array([weights[rows] @ values for rows, values in found])
            likelihoods = np.exp(scores - scores.max())
            likelihoods /= likelihoods.sum()
            wanted = likelihoods * is_right
            errors = likelihoods - wanted / wanted.sum()
            for error, (rows, values) in zip(errors, found, strict=True):
                pulled = error * values + STRENGTH * weights[rows]
                squares[rows] += pulled**2
                weights[rows] -= RATE * pulled / np.sqrt(squares[rows])
    return {sign: float(weights[row]) for sign, row in ids.items()}


def _is_right(sentence: Sentence, answers: Answers) -> NDArray[np.float64]:
    """That none was said is right, too, where the right one is not among them."""
    is_right = np.array([float(address == (sentence.address or ranking.NOTHING)) for address, _ in answers])
    if not is_right.any():
        is_right[-1] = 1.0
    return is_right


def train() -> None:
    with ProcessPoolExecutor() as pool:
        found = [pool.submit(unseen, fold) for fold in range(FOLDS)]
        weights = reader(sentences())
        worth = likely(case for future in found for case in future.result())
    _store_reader(weights)
    kept = {sign: value for sign, value in sorted(worth.items()) if abs(value) >= LEAST_SIGN}
    with Path(str(weights_file("address_ranking"))).open("wb") as file:
        values = np.array(list(kept.values()), dtype=np.float32)
        np.savez_compressed(file, names=_joined(kept), weights=values, made_from=fingerprint())


def _store_reader(weights: Weights) -> None:
    rows = {clue: row for clue, row in sorted(weights.rows.items()) if abs(weights.words[row]).max() >= LEAST_WORD}
    words = weights.words[list(rows.values())]
    scale = float(abs(words).max()) / 127
    steps = dict(sorted(weights.steps.items()))
    with Path(str(weights_file("addresses"))).open("wb") as file:
        np.savez_compressed(
            file,
            names=_joined(rows),
            words=np.round(words / scale).astype(np.int8),
            scale=scale,
            step_names=_joined(steps),
            steps=np.array(list(steps.values()), dtype=np.float32),
            made_from=fingerprint(),
        )


def _joined(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def fingerprint() -> str:
    """Of the corpora, the words of dictations, the code that makes clues and signs of them, and how they are learnt.

    Not of the rules and what letters and numbers are: those change often, and the weights hardly with them.
    """
    source = Path(calls.understanding.__file__).parent
    files = [CORPUS / folder / language / f"{KIND}.tsv" for language in LANGUAGES for folder in FOLDERS]
    files += [*sorted((source / "addresses").glob("*.py")), source / "words" / "email.toml", Path(ways.__file__)]
    learning = (ROUNDS, WIDTH, TARGET_WIDTH, MARGIN, FOLDS, RANKING_ROUNDS, RATE, STRENGTH, FIRST_STEP)
    kept = (LEAST_WORD, LEAST_SIGN, SAID_AROUND, sorted(HELD_BACK))
    digest = hashlib.sha256(repr((learning, kept)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    train()
