"""The likeliest addresses of a lattice: a beam search with the weights that sentences gave.

Averaged structured perceptron: M. Collins, «Discriminative training methods for hidden
Markov models», EMNLP 2002. `python -m tests.understanding.address_training` makes the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calls.understanding.address_rules.phrases import ADDRESS, endings
from calls.understanding.addresses.clues import clues, ends
from calls.understanding.addresses.hearing import MARKS_WRITTEN
from calls.understanding.addresses.lattice import Edge, Label, Lattice
from calls.understanding.learned import weights_file
from calls.understanding.text import table

WIDTH, BEHIND = 6, 500.0
_REPEATED, LONGEST_STEP = 3, 5
_START = -1


# The label before, the last that is written, and how far the address is: a key of `Stage`.
State = tuple[int, int, int]
# The state before, the label, what stands before it, and how many words it has.
Step = tuple[State, int, str, int]


class Stage(IntEnum):
    MAILBOX = 0
    DOMAIN = 1
    WHOLE = 2  # «…point fr», which nothing may follow


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
    (before, kept, stage), label, gap, length = step
    return (
        f"{before}>{label}",
        f"{before}>{label} {gap}",
        f"{kept}>>{label} {stage}",
        f"{kept}>{before}>{label}",
        f"{before}>{label} {gap} {stage}",
        f"{kept}>>{label} {gap} {stage} {label > 0}",
        f"length {label} {length}",
    )


def again_clue(label: int, how: int) -> str:
    """Of what is written a second time."""
    return f"again {label} {how}"


def how_again(written: str, text: str) -> int:
    """Whether `written` stands in `text`: 2 at its end, 1 anywhere else, 0 not at all."""
    if len(written) < _REPEATED or written not in text:
        return 0
    return 2 if text.endswith(written) else 1


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
    again: Sequence[Sequence[float]],
    *,
    width: int = WIDTH,
    behind: float = BEHIND,
    target: str | None = None,
) -> list[Hypothesis]:
    """Whole paths, the best first; only those that write a beginning of `target`, if there is one.

    Of each place `width` hypotheses of each stage are followed that are not further `behind` the best.
    """
    known_endings = endings()
    beams: list[list[Hypothesis]] = [[] for _ in range(len(lattice.plain) + 1)]
    beams[0].append(Hypothesis(0.0, (_START, _START, Stage.MAILBOX), "", None, 0, None))
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
                stage = state[2]
                following = (label, state[1], stage)
                value = known.get(state)
                if value is None:
                    value = known[state] = base + worth((state, label, gap, length))
                if written:
                    if is_mark:
                        if not text or text[-1] in "@.-+" or (label == Label.AT and stage):
                            continue
                        stage = stage and (Stage.WHOLE if label == Label.DOT_COM else Stage.DOMAIN)
                        if label == Label.AT:
                            stage = Stage.DOMAIN
                    else:
                        value += repeated[how_again(written, text)]
                        if stage:
                            stage = Stage.WHOLE if text[-1] == "." and written in known_endings else Stage.DOMAIN
                    text += written
                    if target is not None and not target.startswith(text):
                        continue
                    following = (label, label, stage)
                beam.append(Hypothesis(score + value, following, text, hypothesis, position, edge))
    return sorted(beams[-1], key=_score, reverse=True)


_score = itemgetter(0)


def _kept(beam: list[Hypothesis], width: int, behind: float) -> list[Hypothesis]:
    """The best of each stage; of those in the same state that write the same, the best."""
    best: list[Hypothesis] = []
    seen: set[tuple[int, int, str]] = set()
    room = [width] * len(Stage)
    worst: dict[int, float] = {}
    for hypothesis in sorted(beam, key=_score, reverse=True):
        score, (label, last, stage), text, *_ = hypothesis
        if score < worst.setdefault(stage, score - behind) or not room[stage]:
            continue
        if (key := (label, last, text)) not in seen:
            seen.add(key)
            room[stage] -= 1
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
        self.again = [[steps.get(again_clue(label, how), 0.0) for how in range(3)] for label in Label]

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
