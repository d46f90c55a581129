"""Which of the tenant's problem types a description is about."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import dropwhile, pairwise, takewhile
from typing import NamedTuple

from calls.understanding.problems.asides import behind, events, is_aside, is_when, of_another_matter
from calls.understanding.problems.index import ProblemIndex, is_symptom, singular
from calls.understanding.problems.words import ends_with, is_listed, phrases_of, words_of
from calls.understanding.text import Hit, clauses

# A type that is mentioned at least this many times as much as the next one is meant.
_CLEAR_LEAD = 2
# Words of an afterthought: «mais très lentement».
_SHORT = 5
# Words of a clause that does no more than name a thing: «mon portable, lui, il capte bien».
_BARE = 3
# Words between a denial and what it denies, with its own: «n'est pas du tout un problème de wifi».
_DENIED_WITHIN = 8
_DENIALS = frozenset(("pas", "ni", "rien", "not", "nothing"))


class Mention(NamedTuple):
    """Words of a description that are a keyword; `counts` is false of what works, is denied or is another matter's.

    `aside` is true of what is only where it shows: «branché derrière la box», «le wifi sur mon iPhone».
    `code` is empty of what may be of any kind, named along: «internet et le téléphone».
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
    return (ranking[0] or None) if ranking else None


def mentions(text: str, index: ProblemIndex, language: str) -> list[Mention]:
    """The keywords in a description, as `problem` weighs them."""
    return [mention for _, said in read(text, index, language) for mention in said]


def read(text: str, index: ProblemIndex, language: str) -> list[tuple[list[str], list[Mention]]]:
    """The clauses that name something, each with its keywords in order; what is unnamed stands behind them."""
    reader = _Reader(index, language)
    for clause in _clauses(text, index, language):
        hits = index.find(clause)
        if hits:
            reader.names(clause, hits)
        else:
            reader.goes_on(clause)
    return reader.named


class _Reader:
    """What was named so far, clause by clause, and what of it counts."""

    def __init__(self, index: ProblemIndex, language: str) -> None:
        self.index = index
        self.language = language
        self.named: list[tuple[list[str], list[Mention]]] = []
        # What the caller said last to work: where that is taken back it counts after all.
        self.works: list[int] = []
        self.others_work = False
        self.said_to_work = False
        self.nothing_else = False
        self.nothing_works = False

    def names(self, clause: list[str], hits: Sequence[Hit[str]]) -> None:
        """A clause with keywords."""
        language = self.language
        if self._is_only(clause):
            self._set(self._has_not(), counts=False)  # «j'ai pas internet, juste le fixe»
        is_more = bool(self.works) and ends_with(clause, "too", language)
        works = is_more or _works(clause, hits, language)
        if self.nothing_works and phrases_of("except", language).at(clause, 0):
            works = True  # «rien ne marche sauf le portable»
        if self.said_to_work and _only_names(clause, hits, language):
            works = True  # «les appels, ça fonctionne, fixe et portable»
        self.said_to_work = False
        symptoms = all(is_symptom(clause[hit.start : hit.end], language) for hit in hits)
        if symptoms and works and phrases_of("pronoun", language).at(clause, 0):
            self._set_working(self._last())  # «mon portable, lui, il capte bien»
        if symptoms and not works and self._elsewhere(clause):
            self._set(self.works, counts=True)  # «le wifi marche en bas, mais à l'étage ça capte pas»
        if self.named and phrases_of("since_then", language).at(clause, 0) and not self._said("not"):
            self._set_aside()  # «la box a été changée, et depuis le fixe …»
        past = events(clause, hits, language)
        elsewhere = of_another_matter(clause, hits, past, language)
        said = [
            Mention(
                tuple(clause[hit.start : hit.end]),
                hit.value,
                not works and hit not in elsewhere and not self._is_denied(hit, clause),
                hit.start in past
                or is_aside(hit, clause, hits, language)
                or (works and _works_on(clause[: hit.start], language)),
            )
            for hit in hits
        ]
        if _names_another(clause, hits, language) and not works:
            said.append(Mention(("",), "", True, all(mention.aside for mention in said)))
        self.named.append((clause, said))
        if works:
            self.works = [len(self.named) - 1]

    def goes_on(self, clause: list[str]) -> None:
        """A clause without keywords: what it says is said of what was named before."""
        language = self.language
        is_only = self._is_only(clause)
        self.said_to_work = _says_it_works(clause, language)
        if not self.named:
            self.others_work |= self.said_to_work
            self.nothing_works = bool(phrases_of("works", language).find(clause)) and not self.others_work
            return
        if _names_another(clause, (), language):
            self.named[-1][1].append(Mention(("",), "", True))
        elif self._is_listed_along(clause):
            self.named.append((clause, [Mention(("",), "", True)]))
            return
        is_short = len(clause) <= _SHORT
        if (is_short and _is_fine(clause, language)) or (
            phrases_of("pronoun", language).at(clause, 0) and _says_it_works(clause, language)
        ):
            self._set_working(self._last())  # «internet, pas de souci, c'est le mobile»
        elif is_only:
            self._set(self._has_not(), counts=False)
        elif self._worked_just_now() and (
            (is_short and phrases_of("not", language).find(clause)) or phrases_of("but_not", language).at(clause, 0)
        ):
            self._set(self.works, counts=True)  # «internet marche, mais très lentement»

    def _is_listed_along(self, clause: Sequence[str]) -> bool:
        """«La fibre, le téléphone, …» are two kinds; «le fixe, le téléphone, …» is one, told twice."""
        thing = [word for word in clause if word not in words_of("articles", self.language)]
        if not thing or not is_listed(thing, "unnamed", self.language):
            return False
        return self.index.kinds_with(thing[0]).isdisjoint(mention.code for mention in self.named[-1][1])

    def _last(self) -> list[int]:
        """The clause that named something last, with those before it that only name: «le wifi, le fixe, ça va»."""
        last = len(self.named) - 1
        first = last
        while first > 0 and len(self.named[first][0]) <= _BARE and len(self.named[first - 1][0]) <= _BARE:
            first -= 1
        return list(range(first, last + 1)) if last >= 0 else []

    def _has_not(self) -> list[int]:
        """The last clauses that told what the caller has not: «j'ai pas internet, j'ai pas de portable»."""
        has_not = phrases_of("has_not", self.language)
        told = takewhile(lambda at: has_not.find(self.named[at][0]), reversed(range(len(self.named))))
        return list(told)

    def _worked_just_now(self) -> bool:
        return bool(self.works) and self.works[-1] == len(self.named) - 1

    def _set(self, positions: Sequence[int], *, counts: bool) -> None:
        for position in positions:
            clause, said = self.named[position]
            self.named[position] = clause, [mention._replace(counts=counts) for mention in said]

    def _set_aside(self) -> None:
        clause, said = self.named[-1]
        self.named[-1] = clause, [mention._replace(aside=True) for mention in said]

    def _set_working(self, positions: Sequence[int]) -> None:
        if not any(phrases_of("not", self.language).find(self.named[position][0]) for position in positions):
            self._set(positions, counts=False)
            self.works = list(positions)

    def _is_only(self, clause: Sequence[str]) -> bool:
        """Whether the clause says that there is nothing but this."""
        if not phrases_of("only", self.language).at(clause, 0) or phrases_of("works", self.language).find(clause):
            return False
        self.nothing_else = True
        return True

    def _said(self, section: str) -> bool:
        """Whether the clause that named something last has such words: «j'ai pas …»."""
        return bool(self.named) and bool(phrases_of(section, self.language).find(self.named[-1][0]))

    def _is_denied(self, hit: Hit[str], clause: Sequence[str]) -> bool:
        """Whether the keyword is named only to say that it is not the matter."""
        language = self.language
        before = clause[: hit.start]
        if not before:
            return False
        reached = phrases_of("reach", language).find(before)
        # «je vous laisse mon numéro de portable»; but «mon numéro de fixe n'a pas été remis en service»
        if not phrases_of("not", language).find(clause[hit.end :]):
            reached += phrases_of("number_of", language).find(before)
        if not all(is_when(before, found.start, language) for found in reached) and not phrases_of(
            "nobody", language
        ).find(before):
            return True
        # «le numéro n'est pas attribué quand on appelle sur le fixe» denies something else.
        if phrases_of("denied", language).find(before[-_DENIED_WITHIN:]):
            return True
        articles = words_of("articles", language)
        bare = [word for word in before if word not in articles]
        if self.nothing_else and len(bare) > 1 and bare[-1] in words_of("of", language):
            bare.pop()  # «je n'ai que le fixe, pas de box»
        # «le téléphone, pas internet»; but «le téléphone oui, mais pas internet» names what fails.
        return bool(bare) and is_listed(bare, "bare_denial", language) and not (self.works or self.others_work)

    def _elsewhere(self, clause: Sequence[str]) -> bool:
        place = phrases_of("place", self.language)
        return bool(self._worked_just_now() and place.find(clause) and place.find(self.named[self.works[-1]][0]))


def _clauses(text: str, index: ProblemIndex, language: str) -> list[list[str]]:
    """The description cut where the caller turns to something else."""
    parts: list[list[str]] = []
    for clause in clauses(text, language):
        said = singular(clause)
        turns = {hit.start for hit in phrases_of("cut", language).find(said) if not is_when(said, hit.start, language)}
        # «ce n'est pas internet, c'est le téléphone» turns at its second «c'est».
        if not _DENIALS.isdisjoint(said):
            denial = next(position for position, word in enumerate(said) if word in _DENIALS)
            turns |= {hit.start for hit in phrases_of("cut_after_denial", language).find(said) if denial < hit.start}
        # «mon portable par contre, il passe» tells of the portable what follows.
        for hit in phrases_of("of_before", language).find(said) if turns else ():
            named = index.find(said[: hit.start])
            if named and named[-1].end == hit.start and hit.end < len(said) and not _DENIALS & set(said[: hit.start]):
                turns.discard(hit.start)
        starts = [0, *sorted(turns - {0}), len(said)]
        parts.extend(_without_fillers(said[start:end], language) for start, end in pairwise(starts))
    return [part for part in parts if part]


def _without_fillers(clause: list[str], language: str) -> list[str]:
    fillers = words_of("fillers", language)
    start = 0
    while start < len(clause) and clause[start] in fillers:
        start += 1
    return clause[start:]


def _works(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    """Whether the clause says that something works: «le wifi marche», «aucun souci avec la box», «j'ai internet»."""
    if phrases_of("not", language).find(clause):
        if phrases_of("no_problem", language).find(clause) or _is_fine(clause[hits[-1].end :], language):
            return True
        # «mon portable il marche il n'y a pas de souci»
        fine = {at for hit in phrases_of("fine", language).find(clause) for at in range(hit.start, hit.end)}
        return bool(fine) and _says_it_works([word for at, word in enumerate(clause) if at not in fine], language)
    within = {at for hit in hits if hit.end - hit.start > 1 for at in range(hit.start, hit.end)}  # «mot de passe»
    serves = len(clause) - 1 not in within and ends_with(clause, "serves", language)
    if serves or _says_it_works(clause, language, within):
        return True
    if phrases_of("agrees", language).find(clause[hits[0].end :]):
        return True
    has = phrases_of("has", language).at(clause, 0)
    return bool(has and has.end == hits[0].start and hits[0].end == len(clause))


def _is_fine(clause: Sequence[str], language: str) -> bool:
    """«j'ai aucun souci», «ça va très bien», said of what was named; «ça va pas» is not."""
    fine = phrases_of("fine", language).find(clause)
    if not fine or not words_of("has_it", language).issuperset(clause[: fine[0].start]):
        return False
    return not phrases_of("not", language).find(clause[fine[0].end :])


def _says_it_works(clause: Sequence[str], language: str, within: Set[int] = frozenset()) -> bool:
    """By other words than those that are `within` the name of a thing."""
    served = [hit.start for hit in phrases_of("works", language).find(clause) if hit.start not in within]
    if not served:
        return False
    # «ça a marché deux jours» tells that it does no more.
    past = words_of("past", language)
    is_now = any(past.isdisjoint(clause[max(start - 2, 0) : start]) for start in served)
    return is_now and not phrases_of("not", language).find(clause)


def _works_on(before: Sequence[str], language: str) -> bool:
    """«It works on the wifi, but not on the road»: what it works on is not what fails."""
    linked = list(dropwhile(words_of("articles", language).__contains__, reversed(before)))
    return bool(linked) and linked[0] in words_of("on", language)


def _only_names(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    named = {position for hit in hits for position in range(hit.start, hit.end)}
    between = {word for position, word in enumerate(clause) if position not in named}
    return between <= words_of("articles", language) | words_of("as_well", language)


def _names_another(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    """Whether something of any kind is named along with what has one: «internet et le téléphone sont coupés»."""
    unnamed = phrases_of("unnamed", language).find(clause)
    if not unnamed:
        return False
    linking, nor, as_well = (words_of(section, language) for section in ("linking", "nor", "as_well"))
    taken = {position for hit in hits for position in range(hit.start, hit.end)}
    for found in unnamed:
        if not taken.isdisjoint((found.start, found.end)):
            continue  # «téléphone mobile»
        before = next((word for word in reversed(clause[: found.start]) if word not in linking), "")
        after = clause[found.end : found.end + 1]
        if before in nor or (before in as_well and words_of("together", language).issuperset(after)):
            return True
        # «plus internet sur mon téléphone», at home or on the road
        anywhere = [hit.end for hit in hits if is_listed(clause[hit.start : hit.end], "anywhere", language)]
        if before in words_of("on", language) and any(
            linking.issuperset({*clause[end : found.start]} - {before}) for end in anywhere if end < found.start
        ):
            return True
        if not (nor | as_well).isdisjoint(after) and behind(found.end + 1, clause, linking) in taken:
            return True
    return False
