"""Words of an e-mail address that are spelled too, or told again: «marchand, marchand M A R C H A N D»."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest

from calls.understanding.address_phrases import TEXT, Kind, Part
from calls.understanding.letters import SPELLED, spells
from calls.understanding.names import is_first_name

# So many words at most are spelled in one go: «de la tour».
_MOST_WORDS = 3
_WORDS = (Kind.WORD, Kind.PROVIDER, Kind.PARTICLE)


def spelled_once(parts: Sequence[Part]) -> list[Part]:
    """The parts with letters in a row as one, and these alone where they spell the words beside them.

    What was said of such a word comes after its letters then, which it must fit: «gautier avec un H, G A U T H…».
    """
    kept: list[Part] = []
    runs = list(_with_runs(parts))
    for part, following in zip_longest(runs, runs[1:]):
        remarks = list(takewhile(lambda other: other.remark is not None, reversed(kept)))[::-1]
        before = kept[: len(kept) - len(remarks)]
        is_alone = following is None or following.kind is not Kind.WORD  # not «tpmlille, T P M lille»
        if is_alone and part.kind is Kind.LETTERS and before and _spells_part_of(before[-1], part):
            continue
        if count := spelled_words(part, before):
            word = "".join(other.value for other in before[-count:])
            if part.value in {word + 2 * letter for letter in word}:
                part = Part(Kind.DOUBT)  # «masson, M A S S O N, S S»
            kept = [*before[:-count], part, *remarks]
        elif not (before and _is_spelled_before(part, before[-1])):
            kept.append(Part(Kind.DOUBT) if _is_begun_again(part) else part)
    return kept


def _with_runs(parts: Sequence[Part]) -> Iterator[Part]:
    """Letters said one after the other as one part."""
    run: Part | None = None
    for part in parts:
        if part.kind is Kind.LETTERS:
            has_example = part.has_example and (run is None or run.has_example)
            run = Part(Kind.LETTERS, (run.value if run else "") + part.value, has_example)
            continue
        if run:
            yield run
        run = None
        yield part
    if run:
        yield run


def spelled_words(letters: Part, before: Sequence[Part]) -> int:
    """How many words before the letters these spell: of «le gall, L, E, G, A, L, L» two."""
    if letters.kind is not Kind.LETTERS:
        return 0
    likest, alike = 0, 0.0
    for count in range(1, min(len(before), _MOST_WORDS) + 1):
        if before[-count].kind not in _WORDS:
            break
        word = "".join(part.value for part in before[-count:])
        likeness = SequenceMatcher(None, letters.value, word).ratio()
        if likeness > alike and spells(letters.value, word):
            likest, alike = count, likeness
    return likest


def last_unit(parts: Sequence[Part]) -> list[Part]:
    """What was said last, and may be said otherwise: a word with its spelling, letters or figures in a row."""
    kind = parts[-1].kind
    if kind not in (Kind.LETTERS, Kind.DIGITS):
        return list(parts[-1:])
    run = list(takewhile(lambda part: part.kind is kind, reversed(parts)))[::-1]
    letters = Part(kind, "".join(part.value for part in run))
    return list(parts[len(parts) - len(run) - spelled_words(letters, parts[: len(parts) - len(run)]) :])


def first_unit(parts: Sequence[Part]) -> list[Part]:
    """The same of what was said first."""
    text = list(takewhile(lambda part: part.kind in TEXT, parts))
    return next((text[:end] for end in range(len(text), 1, -1) if len(last_unit(text[:end])) == end), list(parts[:1]))


def without_told_again(chunk: list[Part], pieces: Sequence[str]) -> list[Part]:
    """«(Patrick point) vidal, patrick, V I D A L», «ricard et fils, ricardetfils» without what is told again."""
    for end in range(1, len(chunk)):
        again = [part.value for part in chunk[end:]]
        name = "".join(part.value for part in chunk[:end])
        if "".join(again) == name and len(name) >= SPELLED:
            return chunk[:end]
        names = [piece for piece in (*pieces, name) if piece.isalpha()]
        initials = "".join(piece for piece in names if len(piece) == 1)
        told = {*names, initials, "".join(names), *(part.value for part in chunk[:end])} - {""}
        is_spelled = any(
            part.kind is Kind.LETTERS and (len(part.value) > 1 or part.has_example) for part in chunk[end:]
        )
        # «Marie point anne, marie»: more likely Anne-Marie.
        is_compound = len(again) == 1 and again[0] != name and is_first_name(again[0]) and is_first_name(name)
        if is_spelled and told.issuperset(again):
            return [Part(Kind.DOUBT)] if is_compound else chunk[:end]
    return chunk


def _spells_part_of(word: Part, letters: Part) -> bool:
    """«Mattéo, deux T, E, O»: the letters that the word ends with, or begins with."""
    is_part = word.value.endswith(letters.value) or word.value.startswith(letters.value)
    return SPELLED <= len(letters.value) < len(word.value) and word.kind is Kind.WORD and is_part


def _is_begun_again(letters: Part) -> bool:
    """«D U P, euh, D U P O N T»"""
    value = letters.value
    is_again = any(value[end:].startswith(value[:end]) for end in range(SPELLED, len(value) // 2 + 1))
    return letters.kind is Kind.LETTERS and is_again


def _is_spelled_before(word: Part, letters: Part) -> bool:
    """«A, X, E, O, axeo»"""
    is_word = word.kind in (Kind.WORD, Kind.PROVIDER) and len(word.value) >= SPELLED
    return is_word and (letters.kind, letters.value) == (Kind.LETTERS, word.value)
