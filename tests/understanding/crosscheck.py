"""How far what is learnt may be trusted on new sentences: `python -m tests.understanding.crosscheck`.

Five times a fifth of the cells is set aside, the weights are made without it, and it is
judged with them: no sentence is judged by weights that saw it, or one written beside it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import product

from tests.understanding import training
from tests.understanding.training import Sentence

FOLDS = 5


def judged(kind: str, language: str) -> Iterator[tuple[Sentence, bool]]:
    """Every sentence that `kind` is learnt from, with the judgement of weights that never saw its cell."""
    corpus = training.sentences(kind, language)
    cells = sorted({sentence.cell for sentence in corpus})
    random.Random(0).shuffle(cells)
    fold_of = {cell: position % FOLDS for position, cell in enumerate(cells)}
    for fold in range(FOLDS):
        aside = [sentence for sentence in corpus if fold_of[sentence.cell] == fold]
        known = {sentence.text for sentence in aside}
        seen = [sentence for sentence in corpus if fold_of[sentence.cell] != fold and sentence.text not in known]
        weights = training.fitted(kind, language, training.with_pairs(kind, seen))
        for sentence in aside:
            buckets, counts = sentence.pieces(kind, language)
            yield sentence, bool(counts @ weights[buckets] + weights[-1] > training.MARGIN[language].get(kind, 0))


def _line(name: str, found: list[tuple[Sentence, bool]]) -> str:
    def share(wrong: int, of: int) -> str:
        return f"{wrong:5} of {of:5} ({wrong / max(of, 1):6.1%})"

    yes = [judgement for sentence, judgement in found if sentence.is_so]
    no = [judgement for sentence, judgement in found if not sentence.is_so]
    return f"{name:24} missed {share(yes.count(False), len(yes))}   false alarms {share(no.count(True), len(no))}"


def _part(kind: str, cell: str) -> str:
    told, _judged = training.VALUES.get(kind, (kind, "yes"))
    if cell.startswith(f"training {told} "):
        return "training, written hard"
    return "corpus/" if cell.startswith(f" {told} ") else "other answers"


def main() -> None:
    for kind, language in product(sys.argv[1:] or training.OTHERS, training.LANGUAGES):
        parts: dict[str, list[tuple[Sentence, bool]]] = {}
        for sentence, judgement in judged(kind, language):
            parts.setdefault(_part(kind, sentence.cell), []).append((sentence, judgement))
        for name, found in sorted(parts.items()):
            print(kind, language, _line(name, found))


if __name__ == "__main__":
    main()
