"""The likeliest addresses of a lattice: a beam search with the weights that sentences gave.

Averaged structured perceptron: M. Collins, «Discriminative training methods for hidden
Markov models», EMNLP 2002. `python -m tests.understanding.address_training` makes the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calls.understanding.address_rules.phrases import ADDRESS, endings
from calls.understanding.addresses.clues import clues, ends
from calls.understanding.addresses.lattice import MARKS_WRITTEN, Edge, Label, Lattice
from calls.understanding.learned import weights_file
from calls.understanding.text import table

WIDTH, BEHIND = 6, 300.0
_REPEATED, LONGEST_STEP = 3, 5
_START = -1


# The label before, the last that is written, whether there is an at sign.
State = tuple[int, int, bool]
# The state before, the label, what stands before it, and how many words it has.
Step = tuple[State, int, str, int]


class Hypothesis(NamedTuple):
    """A path up to a place: its last edge, where that begins, and the path before it."""

    score: float
    state: State
    text: str
    previous: Hypothesis | None
    position: int
    edge: Edge | None

    def path(self) -> list[tuple[int, Edge]]:
        """The edges, with where each begins."""
        found = []
        step: Hypothesis | None = self
        while step and step.edge:
            found.append((step.position, step.edge))
            step = step.previous
        return found[::-1]


def step_clues(step: Step) -> tuple[str, ...]:
    (before, kept, has_at), label, gap, length = step
    return (
        f"{before}>{label}",
        f"{before}>{label} {gap}",
        f"{kept}>>{label} {has_at}",
        f"{kept}>{before}>{label}",
        f"{before}>{label} {gap} {has_at}",
        f"{kept}>>{label} {gap} {has_at} {label > 0}",
        f"length {label} {length}",
    )


def again_clue(label: int) -> str:
    """Of what is written a second time."""
    return f"again {label}"


def is_again(written: str, text: str) -> bool:
    return len(written) >= _REPEATED and written in text


def end_clues(state: State, address: str) -> tuple[str, ...]:
    name, _, ending = address.rpartition("@")[2].rpartition(".")
    provider = table("email")["providers"].get(name)
    known = ending in provider["endings"] if provider else None
    return (f"provider {known}", f"last {state[0]}", f"ending {ending}", f"dots {name.count('.')}")


def search(
    lattice: Lattice,
    emitted: Sequence[Sequence[float]],
    ended: Sequence[Sequence[float]],
    worth: Callable[[Step], float],
    again: Sequence[float],
    *,
    width: int = WIDTH,
    behind: float = BEHIND,
    target: str | None = None,
) -> list[Hypothesis]:
    """Whole paths, the best first; only those that write a beginning of `target`, if there is one.

    Of each place `width` hypotheses are followed with an at sign, and as many without, that
    are not further `behind` the best.
    """
    beams: list[list[Hypothesis]] = [[] for _ in range(len(lattice.plain) + 1)]
    beams[0].append(Hypothesis(0.0, (_START, _START, False), "", None, 0, None))
    for position, edges in enumerate(lattice.edges):
        kept = _kept(beams[position], width, behind)
        beams[position] = []
        gap, emission = lattice.gaps[position], emitted[position]
        for edge in edges:
            end, label, written = edge
            base = emission[label] + ended[end][label]
            length = min(end - position, LONGEST_STEP)
            is_mark = written[:1] in MARKS_WRITTEN
            repeated = again[label]
            beam = beams[end]
            known: dict[State, float] = {}
            for hypothesis in kept:
                score, state, text, *_ = hypothesis
                following = (label, state[1], state[2])
                value = known.get(state)
                if value is None:
                    value = known[state] = base + worth((state, label, gap, length))
                if written:
                    if is_mark and (not text or text[-1] in "@.-+" or (label == Label.AT and state[2])):
                        continue
                    if is_again(written, text):
                        value += repeated
                    text += written
                    if target is not None and not target.startswith(text):
                        continue
                    following = (label, label, state[2] or label == Label.AT)
                beam.append(Hypothesis(score + value, following, text, hypothesis, position, edge))
    return sorted(beams[-1], key=_score, reverse=True)


_score = itemgetter(0)


def _kept(beam: list[Hypothesis], width: int, behind: float) -> list[Hypothesis]:
    """The best with an at sign and without; of those in the same state that write the same, the best."""
    best: list[Hypothesis] = []
    seen: set[tuple[int, int, str]] = set()
    room = {True: width, False: width}
    worst: dict[bool, float] = {}
    for hypothesis in sorted(beam, key=_score, reverse=True):
        score, (label, last, has_at), text, *_ = hypothesis
        if score < worst.setdefault(has_at, score - behind) or not room[has_at]:
            continue
        if (key := (label, last, text)) not in seen:
            seen.add(key)
            room[has_at] -= 1
            best.append(hypothesis)
    return best


def is_whole(address: str) -> bool:
    return ADDRESS.fullmatch(address) is not None and address.rpartition(".")[2] in endings()


class Weights:
    """What clues of words are worth for each label, and clues of steps."""

    def __init__(self, rows: dict[str, int], words: NDArray[np.float32], steps: dict[str, float]) -> None:
        # A last row of nothing, for words that nothing is known of: `reduceat` has no empty sums.
        self.rows, self.steps = rows, steps
        self.words = np.vstack([words, np.zeros((1, len(Label)), dtype=words.dtype)])
        self.worth = lru_cache(maxsize=1 << 15)(self._worth)
        self.again = [steps.get(again_clue(label), 0.0) for label in Label]

    def _worth(self, step: Step) -> float:
        return sum(self.steps.get(clue, 0.0) for clue in step_clues(step))

    def emitted(self, found: Sequence[Sequence[str]]) -> list[list[float]]:
        unknown = [len(self.rows)]
        rows = [[row for clue in clues_ if (row := self.rows.get(clue)) is not None] or unknown for clues_ in found]
        flat = [row for of_word in rows for row in of_word]
        starts = np.cumsum([0, *map(len, rows[:-1])])
        sums: list[list[float]] = np.add.reduceat(self.words[flat], starts, axis=0).tolist()
        return sums

    def ending(self, hypothesis: Hypothesis) -> float:
        return sum(self.steps.get(clue, 0.0) for clue in end_clues(hypothesis.state, hypothesis.text))


class Candidate(NamedTuple):
    address: str
    score: float
    path: list[tuple[int, Edge]]


def candidates(lattice: Lattice, weights: Weights, most: int) -> list[Candidate]:
    """Different addresses, the likeliest first."""
    if not lattice.plain:
        return []
    found = search(
        lattice, weights.emitted(clues(lattice)), weights.emitted(ends(lattice)), weights.worth, weights.again
    )
    best: dict[str, Candidate] = {}
    for hypothesis in found:
        if hypothesis.state[2] and is_whole(hypothesis.text):
            score = hypothesis.score + weights.ending(hypothesis)
            known = best.get(hypothesis.text)
            if not known or known.score < score:
                best[hypothesis.text] = Candidate(hypothesis.text, score, hypothesis.path())
    return sorted(best.values(), key=lambda candidate: -candidate.score)[:most]


@cache
def reader() -> Weights:
    """As it is shipped."""
    with weights_file("addresses").open("rb") as file, np.load(file) as stored:
        words = stored["words"].astype(np.float32) * float(stored["scale"])
        names = bytes(stored["names"]).decode().split("\n")
        steps = bytes(stored["step_names"]).decode().split("\n")
        worth = stored["steps"].tolist()
    return Weights({name: row for row, name in enumerate(names)}, words, dict(zip(steps, worth, strict=True)))
