"""What of a description is named beside the matter: where it shows, what happened before, which bill is meant."""

from __future__ import annotations

from collections.abc import Sequence, Set

from calls.understanding.problems.index import is_symptom
from calls.understanding.problems.words import is_listed, phrases_of, words_of
from calls.understanding.text import Hit

# Words before a verb: «quand on m'appelle».
_NEAR = 3


def is_when(clause: Sequence[str], position: int, language: str) -> bool:
    """«quand j'appelle avec le fixe», «on m'appelle sur le fixe»: of the matter, not of how the caller called us."""
    return position > 0 and bool(phrases_of("when", language).find(clause[max(position - _NEAR, 0) : position]))


def events(clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> range:
    """Where it is told what happened before the matter: «depuis l'installation de la fibre»."""
    before = phrases_of("after", language).find(clause)
    linking, articles = words_of("linking", language), words_of("articles", language)
    # «le fixe» is another thing, where «fibre» is of the «installation».
    named = {hit.start: hit.end for hit in hits if clause[hit.start] not in articles} if before else {}
    for found in before:
        end = behind(found.end, clause, linking)
        if words_of("events", language).isdisjoint(clause[end : end + 1]):
            continue
        end = named.get(end, end + 1)
        while end in named or (end < len(clause) and phrases_of("of", language).at(clause, end)):
            end = behind(end, clause, linking)
            end = named.get(end, end + 1)
        return range(found.start, end)
    return range(0)


def behind(position: int, clause: Sequence[str], passed: Set[str]) -> int:
    while position < len(clause) and clause[position] in passed:
        position += 1
    return position


def of_another_matter(clause: Sequence[str], hits: Sequence[Hit[str]], past: range, language: str) -> list[Hit[str]]:
    """The things that only tell which bill, contract or order: «ma facture d'internet», «changer de forfait mobile»."""
    matters = [matter for matter in phrases_of("matter", language).find(clause) if matter.start not in past]
    billed = [hit.start for hit in phrases_of("billed", language).find(clause)]
    if not (matters or billed) or (
        phrases_of("works", language).find(clause) and phrases_of("not", language).find(clause)
    ):
        return []
    # A tenant may have a kind for bills, too.
    things = [hit for hit in hits if not any(hit.start < matter.end and matter.start < hit.end for matter in matters)]
    ends = [matter.end for matter in matters]
    found = []
    for hit in things:
        is_linked = any(_links(clause[end : hit.start], language) for end in ends if end <= hit.start)
        if is_linked or any(start >= hit.end for start in billed):
            found.append(hit)
            ends.append(hit.end)
    return found


def _links(between: Sequence[str], language: str) -> bool:
    """Whether a thing belongs to what stands before it: «facture [détaillée de ma] ligne fixe»."""
    links = words_of("links", language)
    if len(between) > 1 and between[0] not in links and between[0] not in words_of("not", language):
        return links.issuperset(between[1:]) and phrases_of("of", language).at(between, 1) is not None
    return links.issuperset(between)


def is_aside(hit: Hit[str], clause: Sequence[str], hits: Sequence[Hit[str]], language: str) -> bool:
    """Whether the thing is only where the matter shows: «branché derrière la box», «le wifi sur mon iPhone»."""
    if words_of("where", language).isdisjoint(clause[: hit.start]) or _is_out_of_reach(hit, clause, language):
        return False
    before = list(clause[: hit.start])
    if phrases_of("since", language).find(before):
        return True
    while before and before[-1] in words_of("articles", language):
        before.pop()
    if any(is_listed(before[start:], "beside", language) for start in range(max(len(before) - 2, 0), len(before))):
        return True
    # «on me dit sur mon portable qu'on ne peut plus me joindre sur le fixe»
    if (
        before[-1:]
        and before[-1] in words_of("on", language)
        and any(_is_out_of_reach(other, clause, language) for other in hits if other.start > hit.start)
    ):
        return True
    # «le wifi sur mon iPhone», «sur mon iPhone le wifi»
    leads = len(before) == 1 and words_of("as_well", language).isdisjoint(clause[hit.end : hit.end + 1])
    named = [
        other
        for other in hits
        if (other.end <= hit.start or (leads and other != hit))
        # «no signal on the mobile» is the mobile's matter.
        and not is_symptom(clause[other.start : other.end], language)
    ]
    return bool(
        (named or not words_of("connected", language).isdisjoint(before))
        and before[-1:]
        and before[-1] in words_of("on", language)
        and not any(is_listed(clause[other.start : other.end], "anywhere", language) for other in named)
    )


def _is_out_of_reach(hit: Hit[str], clause: Sequence[str], language: str) -> bool:
    """«Personne ne peut me joindre sur le fixe»"""
    before = clause[: hit.start]
    return bool(phrases_of("reach", language).find(before) and phrases_of("nobody", language).find(before))
