"""The likeliest addresses of a lattice: a beam search over what a network says of its edges.

At each word the edges from there share what is likely between them, so that a path's score
is how likely it is: the logarithm. Paths that write the same in different ways count together.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from math import exp, inf, log, log1p
from operator import attrgetter
from typing import NamedTuple

from calls.understanding.address_rules.phrases import ADDRESS, endings
from calls.understanding.addresses.clues import clues
from calls.understanding.addresses.hearing import MARKS_WRITTEN
from calls.understanding.addresses.lattice import Edge, Label, Lattice
from calls.understanding.addresses.network import GAPS, LONGEST_STEP, MOST_ALIKE, START, Network, Scores

WIDTH = 6
# Logarithms of likelihoods: what is so much less likely than the best is as good as impossible.
BEHIND = 6.0
_REPEATED = 3


class Stage(IntEnum):
    MAILBOX = 0
    DOMAIN = 1
    WHOLE = 2  # «gmail com», which nothing may follow but another ending


# The label before, the last that is written, and how far the address is.
State = tuple[int, int, int]


class Hypothesis(NamedTuple):
    """What was written up to a place, with the likeliest path to it: its last edge, where that begins, and the rest."""

    score: float
    best: float  # of that path alone
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


class Candidate(NamedTuple):
    address: str
    score: float  # the logarithm of how likely it is
    path: list[tuple[int, Edge]]


class Reading(NamedTuple):
    """Different addresses, the likeliest first; `nothing` as in `Scores`."""

    candidates: list[Candidate]
    nothing: float


def how_again(written: str, text: str) -> int:
    """Whether `written` stands in `text`: 2 at its end, 1 anywhere else, 0 not at all."""
    if len(written) < _REPEATED or written not in text:
        return 0
    return 2 if text.endswith(written) else 1


def after(state: State, text: str, edge: Edge) -> State | None:
    """The state once `edge` is written behind `text`; None if no address goes on so."""
    _, kept, stage = state
    label, written = edge.label, edge.text
    if not written:
        return (label, kept, stage)
    if written[0] not in MARKS_WRITTEN:
        return (label, label, stage and Stage.DOMAIN)
    if not text or text[-1] in "@.-+" or (label == Label.AT and stage):
        return None
    if label == Label.AT:
        return (label, label, Stage.DOMAIN)
    return (label, label, stage and (Stage.WHOLE if label == Label.DOT_COM else Stage.DOMAIN))


def alike(edges: Iterable[Edge]) -> list[int]:
    """For each edge, how many before it have its end and its label."""
    seen: dict[tuple[int, int], int] = {}
    counts = []
    for end, label, _ in edges:
        count = seen.get((end, label), 0)
        seen[end, label] = count + 1
        counts.append(min(count, MOST_ALIKE))
    return counts


def gap_of(lattice: Lattice, position: int) -> int:
    return GAPS.index(lattice.gaps[position])


def search(
    lattice: Lattice,
    scores: Scores,
    network: Network,
    *,
    width: int = WIDTH,
    behind: float = BEHIND,
    target: str | None = None,
) -> list[Hypothesis]:
    """What may have been written, the likeliest first; only what begins `target`, if there is one.

    Of each place `width` hypotheses of each stage are followed that are not further `behind` the best.
    """
    begins, ends, _ = scores
    beams: list[list[Hypothesis]] = [[] for _ in range(len(lattice.plain) + 1)]
    beams[0].append(Hypothesis(0.0, 0.0, (START, START, Stage.MAILBOX), "", None, 0, None))
    for position, edges in enumerate(lattice.edges):
        hypotheses = _merged(beams[position])
        beams[position] = []
        if not hypotheses:
            continue
        gap, own = gap_of(lattice, position), begins[position]
        worth = [
            own[label]
            + ends[end - 1][label]
            + network.lengths[min(end - position, LONGEST_STEP)][label]
            + network.alike[count][label]
            for (end, label, _), count in zip(edges, alike(edges), strict=True)
        ]
        room, least = [width] * len(Stage), hypotheses[0].score - behind
        for hypothesis in hypotheses:
            score, best, state, text, *_ = hypothesis
            if score < least:
                break
            if not room[state[2]]:
                continue
            room[state[2]] -= 1
            steps = network.step(*state, gap)
            total, following = 0.0, []
            for edge, value in zip(edges, worth, strict=True):
                if (state_after := after(state, text, edge)) is None:
                    continue
                label, written = edge.label, edge.text
                value += steps[label] + network.again[how_again(written, text)][label]
                total += exp(value)
                following.append((value, state_after, text + written, edge))
            share = log(total)
            for value, state_after, written, edge in following:
                if share - value < behind and (target is None or target.startswith(written)):
                    step = value - share
                    beams[edge.end].append(
                        Hypothesis(score + step, best + step, state_after, written, hypothesis, position, edge)
                    )
    return _merged(beams[-1])


def _merged(hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Those that write the same and are in the same state as one, the likeliest first."""
    known: dict[tuple[State, str], Hypothesis] = {}
    for hypothesis in hypotheses:
        key = (hypothesis.state, hypothesis.text)
        other = known.get(key)
        known[key] = hypothesis if other is None else _both(hypothesis, other)
    return sorted(known.values(), key=attrgetter("score"), reverse=True)


def _both(one: Hypothesis, other: Hypothesis) -> Hypothesis:
    more, less = max(one.score, other.score), min(one.score, other.score)
    better = one if one.best >= other.best else other
    return better._replace(score=more + log1p(exp(less - more)))


def addresses(hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Those that make an address, each once, the likeliest first."""
    found: dict[str, Hypothesis] = {}
    for hypothesis in hypotheses:
        if hypothesis.state[2] and is_whole(hypothesis.text):
            other = found.get(hypothesis.text)
            found[hypothesis.text] = hypothesis if other is None else _both(hypothesis, other)
    return sorted(found.values(), key=attrgetter("score"), reverse=True)


def is_whole(address: str) -> bool:
    return ADDRESS.fullmatch(address) is not None and address.rpartition(".")[2] in endings()


def read(lattice: Lattice, network: Network, most: int) -> Reading:
    if not lattice.plain:
        return Reading([], inf)
    scores = network.scores(clues(lattice))
    found = addresses(search(lattice, scores, network))[:most]
    found = [path for path in found if path.score > found[0].score - BEHIND]
    return Reading([Candidate(path.text, path.score, path.path()) for path in found], scores.nothing)
