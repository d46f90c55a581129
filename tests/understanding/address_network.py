"""Teaching the network that dictated addresses are read with: `Network` in PyTorch, and what it learns from.

Only `address_training.py` needs it, and PyTorch: `pip install --group training`.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from calls.understanding.addresses.clues import clues
from calls.understanding.addresses.decoder import Stage, State, addresses, after, alike, gap_of, how_again, search
from calls.understanding.addresses.lattice import Edge, Label, Lattice
from calls.understanding.addresses.network import (
    DILATIONS,
    EPSILON,
    GAPS,
    HEADS,
    LONGEST_STEP,
    MOST_ALIKE,
    NOTHING,
    START,
    UNKNOWN,
    Network,
)

WIDTH, TARGET_WIDTH = 96, 48
DROPPED, HIDDEN, ENDING_HIDDEN = 0.2, 0.15, 0.5
BATCH, RATE, DECAY, STEEPEST = 64, 3e-3, 1e-2, 5.0
# Clues of fewer sentences are not known.
LEAST_SENTENCES = 3

# A path through a lattice: its edges, with where each begins.
Steps = list[tuple[int, Edge]]


class Case(NamedTuple):
    """A sentence, its address or None, and what it is read from; `cell` is who wrote it."""

    lattice: Lattice
    clues: list[list[str]]
    address: str | None
    cell: str


class Choice(NamedTuple):
    """The edges at a word of the right path, as rows of `_WHICH`; and the right one among them."""

    edges: list[tuple[int, ...]]
    right: int


# What an edge is scored by: its first and last word, label, what is before it, what was written last, the stage,
# the gap, how long it is, how it was written already, how many like it come before.
_WHICH = 10


def case_of(lattice: Lattice, address: str | None, cell: str) -> Case:
    return Case(lattice, clues(lattice), address, cell)


def path_to(case: Case, network: Network) -> Steps | None:
    """The likeliest path that writes the address; None if none does."""
    if not case.address or not case.lattice.plain:
        return None
    found = search(
        case.lattice,
        network.scores(case.clues),
        network,
        width=TARGET_WIDTH,
        behind=math.inf,
        target=case.address,
    )
    return next((hypothesis.path() for hypothesis in addresses(found) if hypothesis.text == case.address), None)


def choices(lattice: Lattice, path: Steps) -> Iterator[Choice]:
    """What there is to choose along a path."""
    state: State = (START, START, Stage.MAILBOX)
    text = ""
    for position, right in path:
        before, kept, stage = state
        edges: list[tuple[int, ...]] = []
        place = 0
        for edge, count in zip(lattice.edges[position], alike(lattice.edges[position]), strict=True):
            if after(state, text, edge) is None:
                continue
            if edge == right:
                place = len(edges)
            length, how = min(edge.end - position, LONGEST_STEP), how_again(edge.text, text)
            gap = gap_of(lattice, position)
            edges.append((position, edge.end - 1, edge.label, before + 1, kept + 1, stage, gap, length, how, count))
        if len(edges) > 1:
            yield Choice(edges, place)
        found = after(state, text, right)
        assert found
        state, text = found, text + right.text


class Learner(nn.Module):
    def __init__(self, rows: dict[str, int]) -> None:
        super().__init__()
        self.rows = rows
        labels, states, layers = len(Label), len(Label) + 1, len(DILATIONS)

        def drawn(inputs: int, *shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-(inputs**-0.5), inputs**-0.5))

        def nothing(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(*shape))

        self.embeddings = nn.Parameter(torch.randn(len(rows), WIDTH) * 0.15)
        self.convolutions = drawn(3 * WIDTH, layers, 3, WIDTH, WIDTH)
        self.convolutions_bias = drawn(3 * WIDTH, layers, WIDTH)
        self.attention, self.attention_bias = drawn(WIDTH, WIDTH, 3 * WIDTH), drawn(WIDTH, 3 * WIDTH)
        self.attended, self.attended_bias = drawn(WIDTH, WIDTH, WIDTH), drawn(WIDTH, WIDTH)
        self.labels, self.labels_bias = drawn(WIDTH, WIDTH, 2 * labels), drawn(WIDTH, 2 * labels)
        self.nothing, self.nothing_bias = drawn(2 * WIDTH, 2 * WIDTH), nothing(1)
        self.after, self.since = nothing(states, len(GAPS), labels), nothing(states, len(Stage), labels)
        self.pairs = nothing(states, states, labels)
        self.lengths, self.alike = nothing(LONGEST_STEP + 1, labels), nothing(MOST_ALIKE + 1, labels)
        self.again = nothing(3, labels)

    def forward(self, clues_: Tensor, is_word: Tensor) -> tuple[Tensor, Tensor]:
        """Of sentences × words × clues: what each word is worth, and that there is no address."""
        count, length, _ = clues_.shape
        real = is_word.unsqueeze(-1).float()
        words = functional.embedding_bag(clues_.flatten(0, 1), self.embeddings, mode="sum", padding_idx=0)
        words = self._dropped(words.view(count, length, WIDTH)) * real
        *first_layers, last_layer = range(len(DILATIONS))
        for layer in first_layers:
            words = self._convolved(words, real, layer)
        words = self._convolved(words + self._attended(words, is_word) * real, real, last_layer)
        known = _normal(words)
        most = known.masked_fill(~is_word.unsqueeze(-1), -math.inf).amax(1)
        mean = (known * real).sum(1) / real.sum(1)
        return known @ self.labels + self.labels_bias, torch.cat([most, mean], -1) @ self.nothing + self.nothing_bias

    def _dropped(self, words: Tensor) -> Tensor:
        return functional.dropout(words, DROPPED, self.training)

    def _convolved(self, words: Tensor, real: Tensor, layer: int) -> Tensor:
        before, here, behind = self.convolutions[layer]
        distance, known = DILATIONS[layer], _normal(words) * real
        left = functional.pad(known, (0, 0, distance, 0))[:, : known.shape[1]]
        right = functional.pad(known, (0, 0, 0, distance))[:, distance:]
        told = left @ before + known @ here + right @ behind + self.convolutions_bias[layer]
        return words + self._dropped(functional.relu(told)) * real

    def _attended(self, words: Tensor, is_word: Tensor) -> Tensor:
        count, length, _ = words.shape
        asked = _normal(words) @ self.attention + self.attention_bias
        queries, keys, values = asked.view(count, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        told = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=is_word[:, None, None, :])
        return self._dropped(told.transpose(1, 2).reshape(count, length, WIDTH) @ self.attended + self.attended_bias)

    def worth(self, scores: Tensor, sentences: Tensor, edges: Tensor) -> Tensor:
        """What edges are worth: rows of `_WHICH`, each of a sentence."""
        first, last, label, before, kept, stage, gap, length, how, count = edges.unbind(1)
        return (
            scores[sentences, first, label]
            + scores[sentences, last, len(Label) + label]
            + self.after[before, gap, label]
            + self.since[kept, stage, label]
            + self.pairs[kept, before, label]
            + self.lengths[length, label]
            + self.again[how, label]
            + self.alike[count, label]
        )

    def network(self) -> Network:
        arrays = {name: value.detach().numpy().copy() for name, value in self.named_parameters()}
        arrays["embeddings"][0] = 0
        return Network(self.rows, arrays)


def _normal(words: Tensor) -> Tensor:
    return functional.layer_norm(words, words.shape[-1:], eps=EPSILON)


def rows_of(cases: Iterable[Case]) -> dict[str, int]:
    """A row for each clue that is not rare."""
    counts = Counter(clue for case in cases for clue in {clue for found in case.clues for clue in found})
    known = [clue for clue, count in counts.items() if count >= LEAST_SENTENCES]
    return {clue: row for row, clue in enumerate([NOTHING, UNKNOWN, *sorted(known)])}


class _Lesson(NamedTuple):
    rows: list[list[int]]
    choices: list[Choice]
    has_address: bool


def _rows(case: Case, rows: dict[str, int]) -> list[list[int]]:
    return [[rows.get(word, rows[UNKNOWN]), *(rows.get(clue, 0) for clue in told)] for word, *told in case.clues]


def taught(cases: Sequence[Case], paths: Sequence[Steps | None], rows: dict[str, int], rounds: int) -> Learner:
    """A network to which the right edge is the likeliest at each word of the right paths."""
    torch.manual_seed(0)
    dice = random.Random(0)
    lessons = [
        _Lesson(
            _rows(case, rows),
            list(choices(case.lattice, path)) if path else [],
            case.address is not None,
        )
        for case, path in zip(cases, paths, strict=True)
        if case.clues and (path or case.address is None)
    ]
    learner = Learner(rows)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=RATE, weight_decay=DECAY)
    steps = rounds * math.ceil(len(lessons) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1, pct_start=0.1)
    for _ in range(rounds):
        for batch in _batches(lessons, dice):
            loss = _loss(learner, batch, dice)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learner.parameters(), STEEPEST)
            optimizer.step()
            schedule.step()
    learner.eval()
    return learner


def _batches(lessons: Sequence[_Lesson], dice: random.Random) -> list[list[_Lesson]]:
    """In any order, but sentences of a length together."""
    order = list(lessons)
    dice.shuffle(order)
    together = 16 * BATCH
    order = [
        lesson
        for start in range(0, len(order), together)
        for lesson in sorted(order[start : start + together], key=lambda lesson: len(lesson.rows))
    ]
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    dice.shuffle(batches)
    return batches


def _loss(learner: Learner, batch: Sequence[_Lesson], dice: random.Random) -> Tensor:
    scores, nothing = learner(*_tensors([_hidden(lesson.rows, dice) for lesson in batch]))
    is_nothing = torch.tensor([float(not lesson.has_address) for lesson in batch])
    loss = functional.binary_cross_entropy_with_logits(nothing, is_nothing)
    sentences: list[int] = []
    edges: list[tuple[int, ...]] = []
    which: list[int] = []
    right: list[int] = []
    for sentence, lesson in enumerate(batch):
        for choice in lesson.choices:
            right.append(len(edges) + choice.right)
            sentences += [sentence] * len(choice.edges)
            which += [len(right) - 1] * len(choice.edges)
            edges += choice.edges
    if not edges:
        return loss
    worth = learner.worth(scores, torch.tensor(sentences), torch.tensor(edges))
    of = torch.tensor(which)
    most = torch.full((len(right),), -math.inf).scatter_reduce(0, of, worth.detach(), "amax")
    totals = torch.zeros(len(right)).scatter_add(0, of, (worth - most[of]).exp()).log() + most
    return loss + (totals - worth[torch.tensor(right)]).sum() / len(batch)


def _hidden(rows: list[list[int]], dice: random.Random) -> list[list[int]]:
    """With some words unknown, wherever they stand: there will be many that nobody has seen."""
    hidden = {word: dice.random() < HIDDEN for word, *_ in rows}
    endless = {word: dice.random() < ENDING_HIDDEN for word in hidden}
    return [
        [1, 0 if endless[word] else ending, *others] if hidden[word] else [word, ending, *others]
        for word, ending, *others in rows
    ]


def _tensors(sentences: Sequence[Sequence[Sequence[int]]]) -> tuple[Tensor, Tensor]:
    words = max(map(len, sentences))
    most = max(len(found) for rows in sentences for found in rows)
    clues_ = np.zeros((len(sentences), words, most), dtype=np.int64)
    for sentence, rows in enumerate(sentences):
        for position, found in enumerate(rows):
            clues_[sentence, position, : len(found)] = found
    lengths = np.array([len(rows) for rows in sentences])
    return torch.from_numpy(clues_), torch.from_numpy(np.arange(words) < lengths[:, None])


def agrees(learner: Learner, cases: Iterable[Case]) -> bool:
    """Whether `Network` computes what was learnt."""
    network = learner.network()
    for case in cases:
        with torch.no_grad():
            scores, nothing = learner(*_tensors([_rows(case, learner.rows)]))
        begins, ends, own_nothing = network.scores(case.clues)
        own = np.concatenate([begins, ends], axis=1)
        if not np.allclose(own, scores[0].numpy(), atol=1e-3) or abs(own_nothing - nothing.item()) > 1e-3:
            return False
    return True
