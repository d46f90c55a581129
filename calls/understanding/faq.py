"""Which of a company's answers fits a caller's question.

A question is compared with every wording by the words that they share, each weighted by
how rare it is among the wordings (tf-idf, cosine). An inverted index touches only the
wordings that share a word, so a thousand of them take well under 5 ms.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from calls.understanding.requests import is_question
from calls.understanding.text import words

A = TypeVar("A")

CERTAIN = 0.62  # cosine from which a wording is taken without asking anybody
MARGIN = 0.08  # by which it must beat the next answer
SHORTEST_STEM = 4
_ENOUGH = 2  # words in common that need no question

_EMPTY = {
    "fr": "je tu il elle on nous vous ils elles le la les un une des de du ce ca cet cette est que qui quoi et ou en "
    "dans sur a au aux pour par avec me te se mon ma mes votre vos notre nos son sa ses quel quelle quels quelles "
    "avez etes sont ai as avoir etre suis etait y bonjour s il te plait merci euh voudrais savoir aimerais dire "
    "pouvez pourriez possible fait faites si comment est-ce alors donc oui non",
    "en": "i you he she it we they the a an of to in on at from for with my your our is are was be do does did can "
    "could would will what which who how me tell please know like want have has and or so yes no hello hi there um uh "
    "that this",
}
_EMPTY_WORDS = {language: frozenset(text.split()) for language, text in _EMPTY.items()}
# Words that ask for one of the usual things, whatever they are asked with.
_SAME = {
    "fr": {
        "ouvert": "horaire", "ouverture": "horaire", "ouvrez": "horaire", "ouvre": "horaire",
        "ouvrons": "horaire", "fermons": "horaire", "ferme": "horaire",
        "fermez": "horaire", "fermeture": "horaire", "prix": "tarif", "cout": "tarif", "coute": "tarif",
        "combien": "tarif", "payer": "tarif", "situe": "adresse", "trouve": "adresse", "situes": "adresse",
        "locaux": "adresse", "mail": "email", "courriel": "email",
    },
    "en": {
        "open": "hours", "opening": "hours", "close": "hours", "closing": "hours", "closed": "hours",
        "cost": "price", "much": "price", "pay": "price", "located": "address", "location": "address",
        "mail": "email",
    },
}  # fmt: skip
# Hours are those of opening when they are asked for so; else «une heure» is how long, or what the clock says.
_OPENING = {"fr": ("quelle", "quelles", "vos", "les"), "en": ("your", "opening", "business", "office", "what")}
_CLOCK = {
    "fr": re.compile(r"\b(?:il est quelle heure|quelle heure (?:est|il))\b"),
    "en": re.compile(r"\bwhat hour is it\b"),
}
_HOURS = {"heure": "horaire", "heures": "horaire", "hour": "hours", "hours": "hours"}
# Asked with the hours of opening, a day is only when, unless the tenant has an answer about it.
_WHEN = (
    "lundi mardi mercredi jeudi vendredi samedi dimanche demain aujourd hui matin midi apres soir week end ferie "
    "feries jour monday tuesday wednesday thursday friday saturday sunday tomorrow today morning noon evening "
    "weekend holiday"
)
WHEN_WORDS = frozenset(_WHEN.split())
# «où» without its accent is «or».
_WHERE = {
    "fr": (re.compile(r"\bvous\b.*\boù\b|\boù\b.*\bvous\b", re.IGNORECASE), "adresse"),
    "en": (re.compile(r"\bwhere\b.*\byou\b", re.IGNORECASE), "address"),
}


def stems(text: str, language: str) -> list[str]:
    """What a text is about: its words that mean something, those that mean the same alike."""
    found = []
    spoken = words(text, language)
    tells_time = _CLOCK[language].search(" ".join(spoken))
    where, address = _WHERE[language]
    for before, word in zip(["", *spoken], spoken, strict=False):
        if word in _EMPTY_WORDS[language] or word == "where":
            continue
        if word in _HOURS:
            if before in _OPENING[language] and not tells_time:
                found.append(_HOURS[word])
            continue
        singular = word[:-1] if len(word) > SHORTEST_STEM and word[-1] in "sx" else word
        found.append(_SAME[language].get(word) or _SAME[language].get(singular) or singular)
    if not found and where.search(text):
        return [address]  # «vous êtes où ?»; but «où est ma box ?» asks for the box
    return found


class FaqIndex(Generic[A]):
    """Built once from each answer's wordings; any value stands for an answer."""

    def __init__(self, entries: Iterable[tuple[Sequence[str], A]], language: str) -> None:
        self._language = language
        self._answers: list[A] = []
        bags: list[tuple[int, Counter[str]]] = []
        for wordings, answer in entries:
            self._answers.append(answer)
            bags += [(len(self._answers) - 1, Counter(stems(wording, language))) for wording in wordings]
        frequency = Counter(stem for _, bag in bags for stem in bag)
        self._weight = {stem: math.log(1 + len(bags) / count) for stem, count in frequency.items()}
        self._rarest = max(self._weight.values(), default=1.0)
        self._index: defaultdict[str, list[tuple[int, int, float]]] = defaultdict(list)
        for number, (answer_number, bag) in enumerate(bags):
            length = math.sqrt(sum((self._weight[stem] * n) ** 2 for stem, n in bag.items())) or 1.0
            for stem, n in bag.items():
                self._index[stem].append((number, answer_number, self._weight[stem] * n / length))

    def match(self, text: str) -> A | None:
        """The answer to a question, when it is clear.

        One word in common is enough only in a question: «je voudrais une intervention» is none.
        """
        ranked = self._rank(text)
        if not ranked or ranked[0][0] < CERTAIN:
            return None
        known = {stem for stem in self._asked(text) if stem in self._weight}
        if len(known) < _ENOUGH and not is_question(text, self._language):
            return None
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MARGIN:
            return None
        return self._answers[ranked[0][1]]

    def nearest(self, text: str, most: int = 10) -> list[A]:
        """The answers that come into question, the best first; all of a short list."""
        if len(self._answers) <= most:
            return list(self._answers)
        return [self._answers[answer] for _, answer in self._rank(text)[:most]]

    def scores(self, text: str, most: int = 5) -> list[tuple[float, A]]:
        """How near the nearest answers are, 0 to 1: `match` takes one from CERTAIN on, well before the next."""
        return [(score, self._answers[answer]) for score, answer in self._rank(text)[:most]]

    def _asked(self, text: str) -> list[str]:
        asked = stems(text, self._language)
        if not any(hours in asked for hours in _HOURS.values()):
            return asked
        return [stem for stem in asked if stem in self._weight or stem not in WHEN_WORDS]

    def _rank(self, text: str) -> list[tuple[float, int]]:
        bag = Counter(self._asked(text))
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
