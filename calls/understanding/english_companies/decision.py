"""The client that an English caller works for."""

from __future__ import annotations

from collections.abc import Sequence

from calls.understanding.english_companies.evidence import is_enough, only_body
from calls.understanding.english_companies.index import Index, index_of
from calls.understanding.english_companies.reading import Heard, Reading, heard, readings
from calls.understanding.english_companies.words import Word, listed, phrases, spoken

# In words, of the beginning and of the end: who tells a story names their company before it or behind it.
_LONGEST_PART = 30
# How much more must be told of a name than of any other.
_MARGIN, _MARGIN_OF_SOUND = 0.25, 0.5


def english_company(text: str, companies: Sequence[str]) -> str | None:
    """The one of `companies` that was named, as it is written there; None when none, or more than one, may be meant."""
    words = _without_story(spoken(text))
    plain = [word.plain for word in words]
    if phrases("private").find(plain):
        return None
    index = index_of(tuple(companies))
    said = heard(_without_denied(words, plain))
    for also_alike in (False, True):
        if found := _found(said, index, also_alike=also_alike):
            best = _best(found, said.plain)
            return best.name.written if best else None
    return only_body(said, index)


def _found(said: Heard, index: Index, *, also_alike: bool) -> list[Reading]:
    """The clients of which enough was told, beginning with the one of which most was."""
    found = []
    for number, hits in index.hits(said.words, also_alike=also_alike).items():
        enough = [reading for reading in readings(index.names[number], hits, said) if is_enough(reading, said, index)]
        if enough:
            found.append(max(enough, key=lambda reading: (reading.score, reading.start)))
    return sorted(found, key=lambda reading: (-reading.score, -reading.literal(said.plain)))


def _best(found: Sequence[Reading], plain: Sequence[str]) -> Reading | None:
    """The one of which the most was told; of two in different places the one that corrects the other."""
    best, *others = found
    for other in others:
        if other.end <= best.start or best.end <= other.start:
            first, last = sorted((best, other), key=lambda reading: reading.start)
            if phrases("corrections").find(plain[first.end : last.start]):
                best = last
                continue
        is_same_place = (best.start, best.end) == (other.start, other.end)
        if is_same_place and best.score >= other.score and best.literal(plain) > other.literal(plain):
            continue  # «Gannon fuel» is no Gannon Oil
        margin = _MARGIN if best.is_exact else _MARGIN_OF_SOUND
        if other.score > best.score - margin and not (best.is_complete and not other.is_complete):
            return None
    return best


def _without_story(words: list[Word]) -> list[Word]:
    """With a pause for what is said between the beginning and the end, where it is much."""
    if len(words) <= 2 * _LONGEST_PART:
        return words
    return [*words[:_LONGEST_PART], Word(""), *words[-_LONGEST_PART:]]


def _without_denied(words: Sequence[Word], plain: Sequence[str]) -> list[Word]:
    """With pauses for what is not meant: «not the undertakers», «I used to be with Kynaston»."""
    kept = list(words)
    for hit in phrases("denials").find(plain):
        end = hit.end
        while end < len(plain) and plain[end] and plain[end] not in listed("anew"):
            end += 1
        kept[hit.start : end] = [Word("")] * (end - hit.start)
    return kept
