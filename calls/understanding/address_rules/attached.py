"""Words of an e-mail address that are told to be written as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from calls.understanding.address_rules.phrases import BEFORE_A_NOUN, Kind, Part, asides
from calls.understanding.numbers import number
from calls.understanding.text import Hit


def told_attached(plain: Sequence[str], hits: Sequence[Hit[Part]]) -> frozenset[int]:
    """Where words stand that are told again with «en un mot»: «arobase bien être point fr, bien être en un mot».

    They may be one word the second time («petits pas, petitspas en un mot»), or stand behind («en un mot bien être»).
    """
    glued = [hit for hit in hits if hit.value == Part(Kind.GLUED)]
    if not glued:
        return frozenset()
    marks = {Kind.AT, Kind.SEPARATOR}
    after_mark = [hit.end for hit in hits if hit.value.kind in marks]
    before_mark = {hit.start for hit in hits if hit.value.kind in marks}
    for hit in glued:
        for start in after_mark:
            most = next((end for end in range(start, hit.start) if end in before_mark), hit.start)
            for end in range(most, start + 1, -1):
                word = "".join(plain[start:end])
                if any(len(part) == 1 for part in plain[start:end]):
                    continue  # letters
                for again in range(1, end - start + 1):
                    before, behind = hit.start - again, hit.end + again
                    if "".join(plain[before : hit.start]) == word and (end == before or (end == most and end < before)):
                        return frozenset((*range(start, end), *range(before, hit.start)))
                    if end == most and "".join(plain[hit.end : behind]) == word:
                        return frozenset((*range(start, end), *range(hit.end, behind)))
    return frozenset()


def told_compound(
    plain: Sequence[str], gaps: Sequence[str], hits: Sequence[Hit[Part]], language: str
) -> frozenset[int]:
    """Where the words of «Jean-Luc, sans tiret» and «Jean-Luc tout attaché» stand: nobody said their hyphen."""
    places: set[int] = set()
    told = {hit.end: hit.start for hit in hits if hit.value.kind is Kind.GLUED}
    marks = (Kind.AT, Kind.SEPARATOR, Kind.INTRO)
    others = {
        hit.end - 1 for hit in hits if hit.end - hit.start > 1 or (hit.value.kind in marks and gaps[hit.start] != "-")
    }
    for glued in (hit for hit in hits if hit.value in (Part(Kind.GLUED), Part(Kind.GLUED, "-"))):
        end = glued.start
        while end in told:
            end = told[end]
        for place in range(end - 1, 0, -1):
            if gaps[place] not in ("", "-") or place in others or number(plain, place, language):
                break
            if gaps[place] == "-" and not number(plain, place - 1, language):
                places |= {place - 1, place}
    return frozenset(places)


def possessive_name(
    plain: Sequence[str], gaps: Sequence[str], hits: Sequence[Hit[Part]], language: str
) -> frozenset[int]:
    """Where the words of «ma petite maison, tout attaché» stand; «mon entreprise Durand» is no name."""
    for hit, glued in pairwise(hits):
        is_possessive = hit.value == Part(Kind.INTRO, BEFORE_A_NOUN) and glued.value == Part(Kind.GLUED)
        has_adjective = plain[hit.end : hit.end + 1] and asides("adjective", language).at(plain, hit.end)
        if is_possessive and has_adjective and not any(gaps[hit.end : glued.start]):
            return frozenset(range(hit.start, glued.start))
    return frozenset()
