"""Which of a company's answers fits a caller's question.

A question is compared with every wording by the words that they share, each weighted by
how rare it is among the wordings (tf-idf, cosine). An inverted index touches only the
wordings that share a word, so a thousand of them take well under 5 ms.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from calls.understanding.text import words

A = TypeVar("A")

CERTAIN = 0.62  # cosine from which a wording is taken without asking anybody
MARGIN = 0.08  # by which it must beat the next answer
SHORTEST_STEM = 4

_EMPTY = {
    "fr": "je tu il elle on nous vous ils elles le la les un une des de du ce ca cet cette est que qui quoi et ou en "
    "dans sur a au aux pour par avec me te se mon ma mes votre vos notre nos son sa ses quel quelle quels quelles "
    "avez etes sont ai as avoir etre suis etait y bonjour s il te plait merci euh voudrais savoir aimerais dire "
    "pouvez pourriez possible fait faites si comment est-ce alors donc oui non",
    "en": "i you he she it we they the a an of to in on at for with my your our is are was be do does did can could "
    "would will what which who how me tell please know like want have has and or so yes no hello hi there um uh that "
    "this",
}
_EMPTY_WORDS = {language: frozenset(text.split()) for language, text in _EMPTY.items()}
# Words that ask for one of the usual things, whatever they are asked with.
_SAME = {
    "fr": {
        "heure": "horaire", "ouvert": "horaire", "ouverture": "horaire", "ouvrez": "horaire", "ferme": "horaire",
        "fermez": "horaire", "fermeture": "horaire", "prix": "tarif", "cout": "tarif", "coute": "tarif",
        "combien": "tarif", "payer": "tarif", "situe": "adresse", "trouve": "adresse", "situes": "adresse",
        "locaux": "adresse", "mail": "email", "courriel": "email",
    },
    "en": {
        "open": "hours", "opening": "hours", "close": "hours", "closing": "hours", "closed": "hours", "hour": "hours",
        "cost": "price", "much": "price", "pay": "price", "located": "address", "location": "address",
        "where": "address", "mail": "email",
    },
}  # fmt: skip


def _stems(text: str, language: str) -> list[str]:
    stems = []
    for word in words(text, language):
        if word in _EMPTY_WORDS[language]:
            continue
        singular = word[:-1] if len(word) > SHORTEST_STEM and word[-1] in "sx" else word
        stems.append(_SAME[language].get(word) or _SAME[language].get(singular) or singular)
    return stems


class FaqIndex(Generic[A]):
    """Built once from each answer's wordings; any value stands for an answer."""

    def __init__(self, entries: Iterable[tuple[Sequence[str], A]], language: str) -> None:
        self._language = language
        self._answers: list[A] = []
        bags: list[tuple[int, Counter[str]]] = []
        for wordings, answer in entries:
            self._answers.append(answer)
            bags += [(len(self._answers) - 1, Counter(_stems(wording, language))) for wording in wordings]
        frequency = Counter(stem for _, bag in bags for stem in bag)
        self._weight = {stem: math.log(1 + len(bags) / count) for stem, count in frequency.items()}
        self._rarest = max(self._weight.values(), default=1.0)
        self._index: defaultdict[str, list[tuple[int, int, float]]] = defaultdict(list)
        for number, (answer_number, bag) in enumerate(bags):
            length = math.sqrt(sum((self._weight[stem] * n) ** 2 for stem, n in bag.items())) or 1.0
            for stem, n in bag.items():
                self._index[stem].append((number, answer_number, self._weight[stem] * n / length))

    def match(self, text: str) -> A | None:
        """The answer to a question, when it is clear."""
        ranked = self._rank(text)
        if not ranked or ranked[0][0] < CERTAIN:
            return None
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MARGIN:
            return None
        return self._answers[ranked[0][1]]

    def nearest(self, text: str, most: int = 10) -> list[A]:
        """The answers that come into question, the best first; all of a short list."""
        if len(self._answers) <= most:
            return list(self._answers)
        return [self._answers[answer] for _, answer in self._rank(text)[:most]]

    def _rank(self, text: str) -> list[tuple[float, int]]:
        bag = Counter(_stems(text, self._language))
        weights = {stem: self._weight.get(stem, self._rarest) * n for stem, n in bag.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        scores: defaultdict[tuple[int, int], float] = defaultdict(float)
        for stem, weight in weights.items():
            for number, answer, wording_weight in self._index.get(stem, ()):
                scores[number, answer] += weight * wording_weight / length
        best: dict[int, float] = {}
        for (_, answer), score in scores.items():
            best[answer] = max(score, best.get(answer, 0.0))
        return sorted(((score, answer) for answer, score in best.items()), reverse=True)
