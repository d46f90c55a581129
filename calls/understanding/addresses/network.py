"""What each word of a dictation is worth as each label: a small neural network.

The clues of a word have embeddings, whose sum is the word; convolutions look at more and
more of its neighbours, and attention at all the words. What an edge is worth beside that,
after those before it, stands in tables (`Steps`). `python -m tests.understanding.address_training`
makes the weights, with PyTorch; here they are only multiplied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calls.understanding.addresses.lattice import Label
from calls.understanding.learned import weights_file

Floats = NDArray[np.float32]

# Of a word that too few sentences had; and of any other clue that none had: nothing.
NOTHING, UNKNOWN = "", "w ?"
# How far the neighbours are that each convolution looks at; the last one comes after the attention.
DILATIONS: Final = (1, 2, 3, 1)
HEADS: Final = 4
EPSILON: Final = 1e-5
GAPS: Final = "^ ,.'-$"
LONGEST_STEP, MOST_ALIKE = 5, 3
START: Final = -1


class Scores(NamedTuple):
    """What words are worth: `begins[i][label]` of an edge from word i, `ends[i][label]` of one whose last word is i.

    `nothing` is how likely it is that nobody can tell an address: the logarithm of the odds.
    """

    begins: list[list[float]]
    ends: list[list[float]]
    nothing: float


class Network:
    """The weights: arrays by name, and the row of each clue in the embeddings."""

    def __init__(self, rows: Mapping[str, int], arrays: Mapping[str, Floats]) -> None:
        self.rows, self.arrays = rows, arrays
        self._embeddings = arrays["embeddings"]
        # What an edge is worth by how long it is; by how many others from there have its label;
        # by whether it was written already.
        self.lengths: list[list[float]] = arrays["lengths"].tolist()
        self.alike: list[list[float]] = arrays["alike"].tolist()
        self.again: list[list[float]] = arrays["again"].tolist()
        self._steps: dict[tuple[int, int, int, int], list[float]] = {}

    def step(self, before: int, kept: int, stage: int, gap: int) -> list[float]:
        """What each label is worth by the one before it, the one written last, the stage, and the pause."""
        key = (before, kept, stage, gap)
        worth = self._steps.get(key)
        if worth is None:
            after, since, pairs = (self.arrays[name] for name in ("after", "since", "pairs"))
            worth = (after[before + 1, gap] + since[kept + 1, stage] + pairs[kept + 1, before + 1]).tolist()
            self._steps[key] = worth
        return worth

    def scores(self, found: Sequence[Sequence[str]]) -> Scores:
        """Of the clues of each word; there is one at least."""
        rows: list[int] = []
        starts = []
        for first, *others in found:
            starts.append(len(rows))
            rows.append(self.rows.get(first, self.rows[UNKNOWN]))
            rows += [row for clue in others if (row := self.rows.get(clue)) is not None]
        words = np.add.reduceat(self.arrays["embeddings"][rows], starts, axis=0)
        *first_layers, last_layer = range(len(DILATIONS))
        for layer in first_layers:
            words = self._convolved(words, layer)
        words = self._convolved(words + self._attended(words), last_layer)
        known = _normal(words)
        arrays = self.arrays
        scores = known @ arrays["labels"] + arrays["labels_bias"]
        whole = np.concatenate([known.max(axis=0), known.mean(axis=0)])
        return Scores(
            scores[:, : len(Label)].tolist(),
            scores[:, len(Label) :].tolist(),
            float(whole @ arrays["nothing"] + arrays["nothing_bias"][0]),
        )

    def _convolved(self, words: Floats, layer: int) -> Floats:
        before, here, behind = self.arrays["convolutions"][layer]
        distance, known = DILATIONS[layer], _normal(words)
        told = known @ here + self.arrays["convolutions_bias"][layer]
        if len(words) > distance:
            told[distance:] += known[:-distance] @ before
            told[:-distance] += known[distance:] @ behind
        found: Floats = words + np.maximum(told, 0)
        return found

    def _attended(self, words: Floats) -> Floats:
        count, width = words.shape
        asked = _normal(words) @ self.arrays["attention"] + self.arrays["attention_bias"]
        queries, keys, values = asked.reshape(count, 3, HEADS, width // HEADS).transpose(1, 2, 0, 3)
        likeness = queries @ keys.transpose(0, 2, 1) * float((width // HEADS) ** -0.5)
        likeness = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
        likeness /= likeness.sum(axis=-1, keepdims=True)
        told = (likeness @ values).transpose(1, 0, 2).reshape(count, width)
        found: Floats = told @ self.arrays["attended"] + self.arrays["attended_bias"]
        return found


def _normal(words: Floats) -> Floats:
    """Layer normalisation: J. L. Ba, J. R. Kiros and G. E. Hinton, 2016."""
    words = words - words.mean(axis=1, keepdims=True)
    found: Floats = words / np.sqrt((words * words).mean(axis=1, keepdims=True) + EPSILON)
    return found


@cache
def network() -> Network:
    """As it is shipped."""
    with weights_file("addresses").open("rb") as file, np.load(file) as stored:
        arrays: dict[str, Any] = {name: stored[name] for name in stored.files if name not in ("names", "made_from")}
        names = bytes(stored["names"]).decode().split("\n")
    embeddings = arrays["embeddings"].astype(np.float32) * arrays.pop("scales")[:, None]
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()} | {"embeddings": embeddings}
    return Network({name: row for row, name in enumerate(names)}, arrays)
