"""Make the weights that dictated addresses are read with: `python -m tests.understanding.address_training`.

Some ten minutes on two processors, with PyTorch (`pip install --group training`). The network
learns the words of addresses from every sentence that has one; the ranking learns from what
networks propose that had not seen the sentence, for what is learnt by heart looks too sure.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from calls.understanding.address_rules.reading import by_rules
from calls.understanding.addresses import ranking
from calls.understanding.addresses.decoder import read
from calls.understanding.addresses.lattice import lattice_of
from calls.understanding.addresses.network import Network
from calls.understanding.addresses.ranking import Answers
from calls.understanding.learned import weights_file
from tests.understanding.address_network import Case, Learner, Steps, agrees, case_of, path_to, rows_of, taught
from tests.understanding.address_sentences import Sentence, fingerprint, sentences
from tests.understanding.renamed import Names

FIRST_ROUNDS, ROUNDS = 4, 10
FOLDS = 3
RANKING_ROUNDS, RATE, STRENGTH, FIRST_STEP = 25, 0.15, 1e-4, 1e-2
# What is worth less is left out of the file.
LEAST_SIGN = 0.02
COMPARED = 100


def _case(sentence: Sentence) -> Case:
    return case_of(lattice_of(sentence.text, sentence.language), sentence.address, sentence.cell)


def _with_other_names(told: Sequence[Sentence], cases: Sequence[Case]) -> Iterator[Sentence]:
    """Of what is said of a name's letters nothing would be true of another."""
    names = Names(sentence.address for sentence in told if sentence.address)
    dice = random.Random(0)
    for sentence, case in zip(told, cases, strict=True):
        if sentence.address and not case.lattice.remarks:
            other = names.renamed(sentence.text, sentence.address, dice)
            if other:
                yield Sentence(*other, sentence.language, sentence.was_read_by_rules, sentence.cell)


def _alone() -> None:
    """Processes side by side, a thread each."""
    torch.set_num_threads(1)


def learnt(
    cases: Sequence[Case], paths: Sequence[Steps | None], rows: dict[str, int], aside: Collection[str]
) -> Network:
    """A network that has not seen what the authors of `aside` wrote."""
    seen = [(case, path) for case, path in zip(cases, paths, strict=True) if case.cell not in aside]
    return _checked(taught([case for case, _ in seen], [path for _, path in seen], rows, ROUNDS), cases)


def _checked(learner: Learner, cases: Sequence[Case]) -> Network:
    assert agrees(learner, [case for case in cases[:COMPARED] if case.clues]), "Network computes something else"
    return learner.network()


def proposed(case: Case, network: Network) -> Answers:
    """What may have been said, with its signs."""
    return ranking.signs(case.lattice, read(case.lattice, network, ranking.MOST_CANDIDATES))


def beside_rules(sentence: Sentence, answers: Answers) -> Answers:
    """The same with what the rules read; but for what they were made for, which tells nothing of them."""
    if sentence.was_read_by_rules:
        return answers
    return ranking.beside_rules(answers, by_rules(sentence.text, sentence.language))


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
    with ProcessPoolExecutor(initializer=_alone) as pool:
        told = sentences()
        own = list(pool.map(_case, told, chunksize=200))
        cases = own + list(pool.map(_case, list(_with_other_names(told, own)), chunksize=200))
        rows = rows_of(own)
        # Which words write an address nobody tells: at first a network says it that knows nothing.
        knows_nothing = Learner(rows).network()
        paths = list(pool.map(partial(path_to, network=knows_nothing), own, chunksize=200))
        knows_little = taught(own, paths, rows, FIRST_ROUNDS).network()
        paths = list(pool.map(partial(path_to, network=knows_little), cases, chunksize=200))
        cells = sorted({case.cell for case in own})
        asides = [{cell for place, cell in enumerate(cells) if place % FOLDS == fold} for fold in range(FOLDS)]
        found = [pool.submit(learnt, cases, paths, rows, aside) for aside in (*asides, ())]
        *others, network = (future.result() for future in found)
    answers = [
        (sentence, proposed(case, other))
        for aside, other in zip(asides, others, strict=True)
        for sentence, case in zip(told, own, strict=True)
        if case.cell in aside
    ]
    beside = [(sentence, beside_rules(sentence, alone)) for sentence, alone in answers]
    _store_network(network)
    _store_ranking(ranking.Weights(likely(answers), likely(beside)))


def _store_network(network: Network) -> None:
    embeddings = network.arrays["embeddings"]
    scales = np.maximum(abs(embeddings).max(axis=1), np.float32(1e-6)) / 127
    arrays: dict[str, Any] = {name: array.astype(np.float16) for name, array in network.arrays.items()}
    arrays |= {"embeddings": np.round(embeddings / scales[:, None]).astype(np.int8), "scales": scales}
    with Path(str(weights_file("addresses"))).open("wb") as file:
        np.savez_compressed(file, names=_joined(network.rows), made_from=fingerprint(), **arrays)


def _store_ranking(weights: ranking.Weights) -> None:
    worth = [{sign: value for sign, value in of.items() if abs(value) >= LEAST_SIGN} for of in weights]
    names = sorted(worth[0].keys() | worth[1].keys())
    arrays: dict[str, Any] = {
        which: np.array([of.get(name, 0.0) for name in names], dtype=np.float32)
        for which, of in zip(ranking.Weights._fields, worth, strict=True)
    }
    with Path(str(weights_file("address_ranking"))).open("wb") as file:
        np.savez_compressed(file, names=_joined(names), made_from=fingerprint(), **arrays)


def _joined(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


if __name__ == "__main__":
    train()
