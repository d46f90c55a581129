"""Which of the tenant's problem types a description is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

from calls.understanding.problem_index import ProblemIndex, is_symptom, singular
from calls.understanding.text import Hit, Lexicon, clauses, table, words

# A type that is mentioned at least this many times as much as the next one is meant.
_CLEAR_LEAD = 2
# Words of an afterthought: «mais très lentement».
_SHORT = 5
# Words of a clause that does no more than name a thing: «mon portable, lui, il capte bien».
_BARE = 3
_DENIALS = frozenset(("pas", "ni", "rien", "not", "nothing"))


class Mention(NamedTuple):
    """Words of a description that are a keyword; `counts` is false of what works, is denied or is another matter's.

    `aside` is true of what is only where it shows: «branché derrière la box», «le wifi sur mon iPhone».
    """

    words: tuple[str, ...]
    code: str
    counts: bool
    aside: bool = False


def problem(text: str, index: ProblemIndex, language: str) -> str | None:
    """The code of the problem type described; None when none, or more than one, may be meant.

    Longest keyword first, whole words. What works, is denied («ce n'est pas internet»), belongs
    to another matter («ma facture internet») or is only where the caller can be reached does not count.
    """
    counted = [mention for mention in mentions(text, index, language) if mention.counts]
    things = [mention for mention in counted if not is_symptom(mention.words, language)]
    meant = [mention for mention in things if not mention.aside] or things or counted
    weight: dict[str, int] = {}
    for _, code in {(mention.words, mention.code) for mention in meant}:
        weight[code] = weight.get(code, 0) + 1
    ranking = sorted(weight, key=lambda code: -weight[code])
    if len(ranking) > 1 and weight[ranking[0]] < _CLEAR_LEAD * weight[ranking[1]]:
        return None
    return ranking[0] if ranking else None


def mentions(text: str, index: ProblemIndex, language: str) -> list[Mention]:
    """The keywords in a description, as `problem` weighs them."""
    reader = _Reader(language)
    for clause in _clauses(text, language):
        hits = index.find(clause)
        if hits:
            reader.names(clause, hits)
        else:
            reader.goes_on(clause)
    return [mention for _, said in reader.named for mention in said]


class _Reader:
    """What was named so far, clause by clause, and what of it counts."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.named: list[tuple[list[str], list[Mention]]] = []
        # What the caller said last to work: where that is taken back it counts after all.
        self.works: list[int] = []

    def names(self, clause: list[str], hits: Sequence[Hit[str]]) -> None:
        """A clause with keywords."""
        language = self.language
        if self._has_only(clause):
            self._set(self._last(), counts=False)  # «j'ai pas internet, juste le fixe»
        is_more = bool(self.works) and _ends_with(clause, "too", language)
        works = is_more or _works(clause, hits, language)
        symptoms = all(is_symptom(clause[hit.start : hit.end], language) for hit in hits)
        if symptoms and works and _phrases("pronoun", language).at(clause, 0):
            self._set_working(self._last())  # «mon portable, lui, il capte bien»
        if symptoms and not works and self._elsewhere(clause):
            self._set(self.works, counts=True)  # «le wifi marche en bas, mais à l'étage ça capte pas»
        elsewhere = _of_another_matter(clause, hits, language)
        said = [
            Mention(
                tuple(clause[hit.start : hit.end]),
                hit.value,
                not works
                and hit not in elsewhere
                and not _is_denied(hit, clause, language, after_what_works=bool(self.works)),
                _is_aside(hit, clause, hits, language),
            )
            for hit in hits
        ]
        self.named.append((clause, said))
        if works:
            self.works = [len(self.named) - 1]

    def goes_on(self, clause: list[str]) -> None:
        """A clause without keywords: what it says is said of what was named before."""
        language = self.language
        if not self.named:
            return
        is_short = len(clause) <= _SHORT
        is_fine = is_short and _phrases("fine", language).at(clause, 0)
        if is_fine or (_phrases("pronoun", language).at(clause, 0) and _says_it_works(clause, language)):
            self._set_working(self._last())  # «internet, pas de souci, c'est le mobile»
        elif self._has_only(clause):
            self._set(self._last(), counts=False)
        elif self._worked_just_now() and (
            (is_short and _phrases("not", language).find(clause)) or _phrases("but_not", language).at(clause, 0)
        ):
            self._set(self.works, counts=True)  # «internet marche, mais très lentement»

    def _last(self) -> list[int]:
        """The clause that named something last, with those before it that only name: «le wifi, le fixe, ça va»."""
        last = len(self.named) - 1
        first = last
        while first > 0 and len(self.named[first][0]) <= _BARE and len(self.named[first - 1][0]) <= _BARE:
            first -= 1
        return list(range(first, last + 1)) if last >= 0 else []

    def _worked_just_now(self) -> bool:
        return bool(self.works) and self.works[-1] == len(self.named) - 1

    def _set(self, positions: Sequence[int], *, counts: bool) -> None:
        for position in positions:
            clause, said = self.named[position]
            self.named[position] = clause, [mention._replace(counts=counts) for mention in said]

    def _set_working(self, positions: Sequence[int]) -> None:
        if not any(_phrases("not", self.language).find(self.named[position][0]) for position in positions):
            self._set(positions, counts=False)
            self.works = list(positions)

    def _has_only(self, clause: Sequence[str]) -> bool:
        """Whether the clause says that there is nothing but this, where the one before said what there is not."""
        only = _phrases("only", self.language).at(clause, 0)
        if not only or not self.named or _phrases("works", self.language).find(clause):
            return False
        return bool(_phrases("has_not", self.language).find(self.named[-1][0]))

    def _elsewhere(self, clause: Sequence[str]) -> bool:
        place = _phrases("place", self.language)
        return bool(self._worked_just_now() and place.find(clause) and place.find(self.named[self.works[-1]][0]))


@cache
def _lists(language: str) -> dict[str, tuple[Lexicon[str], frozenset[str]]]:
    """The word lists by their names: as phrases, and as the words in them."""
    lists = {
        section: [singular(words(phrase, language)) for phrase in phrases]
        for section, phrases in table("problem")[language].items()
    }
    lists["where"] = [*lists["since"], *lists["beside"], *lists["on"]]
    return {
        section: (Lexicon((phrase, section) for phrase in phrases), frozenset(chain(*phrases)))
        for section, phrases in lists.items()
    }


def _words(section: str, language: str) -> frozenset[str]:
    return _lists(language)[section][1]


def _phrases(section: str, language: str) -> Lexicon[str]:
    return _lists(language)[section][0]


def _is(phrase: Sequence[str], section: str, language: str) -> bool:
    hit = _phrases(section, language).at(phrase, 0)
    return hit is not None and hit.end == len(phrase)


def _ends_with(clause: Sequence[str], section: str, language: str) -> bool:
    return bool(_phrases(section, language).at(clause, len(clause) - 1))


def _clauses(text: str, language: str) -> list[list[str]]:
    """The description cut where the caller turns to something else."""
    parts: list[list[str]] = []
    for clause in clauses(text, language):
        said = singular(clause)
        turns = {hit.start for hit in _phrases("cut", language).find(said) if not _is_when(said, hit.start, language)}
        # «ce n'est pas internet, c'est le téléphone» turns at its second «c'est».
        if not _DENIALS.isdisjoint(said):
            denial = next(position for position, word in enumerate(said) if word in _DENIALS)
            turns |= {hit.start for hit in _phrases("cut_after_denial", language).find(said) if denial < hit.start}
        starts = [0, *sorted(turns - {0}), len(said)]
        parts.extend(_without_fillers(said[start:end], language) for start, end in pairwise(starts))
    return [part for part in parts if part]


def _without_fillers(clause: list[str], language: str) -> list[str]:
    fillers = _words("fillers", language)
    start = 0
    while start < len(clause) and clause[start] in fillers:
        start += 1
    return clause[start:]


def _is_when(clause: Sequence[str], position: int, language: str) -> bool:
    """«quand j'appelle avec le fixe» tells of the matter, not of how the caller called us."""
    return position > 0 and clause[position - 1] in _words("when", language)


def _works(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    """Whether the clause says that something works: «le wifi marche», «aucun souci avec la box», «j'ai internet»."""
    if _phrases("not", language).find(clause):
        return bool(_phrases("no_problem", language).find(clause))
    if _says_it_works(clause, language) or _ends_with(clause, "serves", language):
        return True
    if _phrases("agrees", language).find(clause[hits[0].end :]):
        return True
    has = _phrases("has", language).at(clause, 0)
    return bool(has and has.end == hits[0].start and hits[0].end == len(clause))


def _says_it_works(clause: Sequence[str], language: str) -> bool:
    past = _words("past", language)
    # «ça a marché deux jours» tells that it does no more.
    served = [hit.start for hit in _phrases("works", language).find(clause)]
    is_now = any(past.isdisjoint(clause[max(start - 2, 0) : start]) for start in served)
    return is_now and not _phrases("not", language).find(clause)


def _is_denied(hit: Hit[str], clause: Sequence[str], language: str, *, after_what_works: bool) -> bool:
    """Whether the keyword is named only to say that it is not the matter."""
    before = clause[: hit.start]
    reached = [
        found for found in _phrases("reach", language).find(before) if not _is_when(before, found.start, language)
    ]
    if reached and not _phrases("nobody", language).find(before):
        return True
    if _phrases("denied", language).find(before):
        return True
    # «le téléphone, pas internet»; but «le téléphone oui, mais pas internet» names what fails.
    bare = [word for word in before if word not in _words("articles", language)]
    return bool(bare) and _is(bare, "bare_denial", language) and not after_what_works


def _of_another_matter(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> list[Hit[str]]:
    """The things that only tell which bill, contract or order: «ma facture d'internet», «changer de forfait mobile»."""
    matters = _phrases("matter", language).find(clause)
    billed = [hit.start for hit in _phrases("billed", language).find(clause)]
    if not (matters or billed) or (_phrases("works", language).find(clause) and _phrases("not", language).find(clause)):
        return []
    # A tenant may have a kind for bills, too.
    things = [hit for hit in hits if not any(hit.start < matter.end and matter.start < hit.end for matter in matters)]
    ends = [matter.end for matter in matters]
    found = []
    for hit in things:
        is_linked = any(
            _words("links", language).issuperset(clause[end : hit.start]) for end in ends if end <= hit.start
        )
        if is_linked or any(start >= hit.end for start in billed):
            found.append(hit)
            ends.append(hit.end)
    return found


def _is_aside(hit: Hit[str], clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    """Whether the thing is only where the matter shows: «branché derrière la box», «le wifi sur mon iPhone»."""
    before = list(clause[: hit.start])
    if _words("where", language).isdisjoint(before):
        return False
    if _phrases("since", language).find(before):
        return True
    while before and before[-1] in _words("articles", language):
        before.pop()
    if any(_is(before[start:], "beside", language) for start in range(max(len(before) - 2, 0), len(before))):
        return True
    named = [other for other in hits if other.end <= hit.start]
    return bool(
        (named or not _words("connected", language).isdisjoint(before))
        and before[-1:]
        and before[-1] in _words("on", language)
        and not any(_is(clause[other.start : other.end], "anywhere", language) for other in named)
    )
