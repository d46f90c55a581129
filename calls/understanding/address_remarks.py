"""What is said of an e-mail address beside it, and what that makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, takewhile, zip_longest

from calls.understanding.address_parts import SILENT, TEXT, Kind, Part
from calls.understanding.letter_remarks import Remark

_HYPHEN = Part(Kind.SEPARATOR, "-")
_WORDS_OF_A_NAME = 2
# So many words of talk in a row are no letter misheard, as «j'ai» may be.
_TALK = 2
# So many letters found in the address are hardly there by chance.
_LONG = 3


def as_told(parts: Sequence[Part]) -> list[Part]:
    """The parts with numbers and abbreviations as they are said to be written."""
    return _abbreviated(_numbers_as_told(parts))


def _numbers_as_told(parts: Sequence[Part]) -> list[Part]:
    """«Les trois frangines, trois en lettres»: the numbers as they are said to be written, said once."""
    kept: list[Part] = []
    for part in parts:
        if part.kind not in (Kind.IN_DIGITS, Kind.IN_LETTERS):
            kept.append(part)
            continue
        rest = list(dropwhile(lambda other: other.kind is Kind.PAUSE, reversed(kept)))
        told = list(takewhile(lambda other: other.kind is Kind.DIGITS, rest))[::-1]
        number_told = "".join(digits.value for digits in told)
        rest = rest[len(told) :][::-1]
        is_again = any(other.kind is Kind.DIGITS and other.value == number_told for other in rest)
        if is_again:
            kept = rest[:-1] if rest[-1].kind is Kind.PARTICLE and rest[-2:-1] != [Part(Kind.AT, "@")] else rest
        if part.kind is Kind.IN_LETTERS:
            spoken = told[0].spoken if len(told) == 1 else ""
            kept = [
                Part(Kind.WORD if spoken else Kind.DOUBT, spoken)
                if other.kind is Kind.DIGITS and other.value == number_told
                else other
                for other in kept
            ]
            kept += [] if told else [Part(Kind.DOUBT)]
    return kept


def _abbreviated(parts: Sequence[Part]) -> list[Part]:
    """«Docteur en abrégé D, R» as the letters."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is not Kind.ABBREVIATED:
            kept.append(part)
        elif kept[-1:] and kept[-1].kind is Kind.WORD and parts[position + 1 : position + 2]:
            letters = parts[position + 1]
            is_short_for_it = letters.kind in (Kind.LETTERS, Kind.WORD) and letters.value[0] == kept[-1].value[0]
            kept[-1] = Part(Kind.FILLER) if is_short_for_it else Part(Kind.DOUBT)
        else:
            kept.append(Part(Kind.DOUBT))
    return kept


def with_remarks(parts: Sequence[Part]) -> list[Part] | None:
    """The parts as the remarks among them have it; None when one does not fit."""
    kept: list[Part] = []
    is_told = False
    for part in parts:
        if part.remark is None:
            if part.kind is Kind.PARTICLE and is_told:
                return None  # «au pluriel les deux»
            kept.append(part)
            is_told = False
            continue
        is_told = True
        amended = _amended(kept, part.remark)
        if amended is None:
            return None
        kept = amended
    return kept


def _amended(parts: list[Part], remark: Remark) -> list[Part] | None:
    words = list(takewhile(lambda part: part.kind in TEXT, reversed(parts)))[::-1]
    if remark.letters == _HYPHEN.value:
        if _HYPHEN in parts:
            return parts
        is_pair = [part.kind for part in words] == [Kind.WORD, Kind.WORD]  # «anne laure, avec le tiret»
        return [*parts[:-1], _HYPHEN, parts[-1]] if is_pair else None
    if words and words[-1].kind is Kind.WORD and (word := remark.applied_to(words[-1].value)):
        return [*parts[:-1], words[-1]._replace(value=word)]
    return parts if words and remark.is_true_of("".join(part.value for part in words)) else None


def without_talk_inside(parts: Sequence[Part]) -> list[Part]:
    """Without what is said of a word or a mark: «Luc, mon prénom, point hamon», «underscore, le tiret du bas,»."""
    kept: list[Part] = []
    position = 0
    while position < len(parts):
        talk = list(takewhile(lambda part: part.kind in (Kind.INTRO, *SILENT), parts[position:]))
        end = position + len(talk)
        said = sum(part.kind is Kind.INTRO for part in talk)
        before = [part for part in kept if part.kind not in SILENT][-1:]
        is_inside = (
            end < len(parts) and parts[end].kind in (Kind.AT, Kind.SEPARATOR) and before and before[0].kind in TEXT
        )
        is_apart = talk[:1] == [Part(Kind.PAUSE)] or any(part.kind is Kind.SEPARATOR for part in kept)
        if said >= _TALK and is_inside and is_apart:
            position = end
        again = _mark_again(parts, position)
        if again:
            kept.append(parts[position])
            position = again
        elif position < len(parts):
            kept.append(parts[position])
            position += 1
    return kept


def _mark_again(parts: Sequence[Part], position: int) -> int:
    """Where the mark at `position` was said once more, by another name: «underscore, le tiret du bas,»."""
    kinds = [part.kind for part in parts[position : position + 5]]
    article = kinds[2:3] == [Kind.PARTICLE]
    if kinds[:2] != [Kind.SEPARATOR, Kind.PAUSE] or kinds[2 + article :][:2] != [Kind.SEPARATOR, Kind.PAUSE]:
        return 0
    return position + 4 + article if parts[position + 2 + article] == parts[position] else 0


def without_name(parts: Sequence[Part]) -> list[Part]:
    """«David Benhamou, d point benhamou» without the name that the address is made of.

    Where it is made of something else, nobody can tell what the words are there for.
    """
    position = next((position for position, part in enumerate(parts) if part.kind is Kind.PAUSE), len(parts))
    name = [part for part in parts[:position] if part.kind is not Kind.FILLER]
    rest = [part for part in parts[position + 1 :] if part.kind not in SILENT]
    if len(name) < _WORDS_OF_A_NAME or any(part.kind is not Kind.WORD for part in name):
        return list(parts)
    if not rest or rest[0].kind not in (Kind.WORD, Kind.LETTERS) or rest[0].has_example:
        return list(parts)
    words = [part.value for part in rest if part.kind in TEXT]
    is_made_of_it = any(
        "".join(words).startswith(first.value[: len(words[0])]) and last.value in words
        for first, last in (name[:2], name[1::-1])
    )
    if is_made_of_it and any(part.kind is Kind.SEPARATOR for part in rest):
        return list(parts[position + 1 :])
    is_spelled = rest[0].kind is Kind.LETTERS and len(rest) > 1 and rest[1].kind is Kind.LETTERS
    return list(parts) if is_spelled else [Part(Kind.DOUBT)]


def changes_nothing(after: Sequence[Part], address: str) -> bool:
    """Whether what follows an address tells of it what it is already: «…, le bon pain tout attaché».

    Words after others that are no part of an address are talk: «…, c'est celle de ma femme».
    """
    is_talk = False
    before = Kind.AT
    told = ""
    runs = list(_runs(after))
    for position, run in enumerate(runs):
        kind = run[0].kind
        if kind in (Kind.POISON, Kind.AT):
            return False
        if kind in (*TEXT, Kind.SEPARATOR):
            told = _told(run)
            is_word = all(part.kind in (Kind.WORD, Kind.PARTICLE) or len(part.value) == 1 for part in run)
            is_mark = any(part.kind is Kind.SEPARATOR for part in run)
            is_there = _is_in(told, address) or _is_in(
                _told([part for part in run if part.kind is not Kind.PARTICLE]), address
            )
            if before is Kind.DENIAL:
                if is_there:
                    return False
            elif not is_there and (is_mark or not (is_word and is_talk)):
                return False
        elif run[0].remark:
            of = runs[position + 2 : position + 3] if _is_doubt(runs[position + 1 : position + 2]) else []
            if not _is_true(run[0].remark, _told(of[0]) if of else told, address):
                return False
        elif kind is not Kind.PAUSE:
            is_talk = True
        before = kind
    return True


def _is_doubt(runs: Sequence[Sequence[Part]]) -> bool:
    """«À», as in «avec un E à Martine»."""
    return [run[0].kind for run in runs] == [Kind.DOUBT]


def _is_true(remark: Remark, told: str, address: str) -> bool:
    words = [told] if told.isalpha() else re.findall("[a-z]+", address)
    if remark.letters == _HYPHEN.value:
        return _HYPHEN.value in address
    return (all if remark.is_negated else any)(remark.is_true_of(word) for word in words)


def _told(run: Sequence[Part]) -> str:
    """The text of the parts, a word that is spelled too once."""
    told: list[str] = []
    letters = ""
    for part in (*run, Part(Kind.PAUSE)):
        if part.kind is Kind.LETTERS:
            letters += part.value
            continue
        if letters and letters not in told:
            told.append(letters)
        letters = ""
        told.append(part.value)
    return "".join(told)


def _runs(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Text and separators with nothing between them together, all else alone; «D, R, point, durand» is one."""
    run: list[Part] = []
    said = [part for part in parts if part.kind not in (Kind.FILLER, Kind.GLUED)]
    for part, following in zip_longest(said, said[1:]):
        if part.kind in (*TEXT, Kind.SEPARATOR):
            run.append(part)
        elif not (part.kind is Kind.PAUSE and run and following and _goes_on(run[-1], following)):
            if run:
                yield run
            run = []
            yield [part]
    if run:
        yield run


def _goes_on(part: Part, following: Part) -> bool:
    return Kind.SEPARATOR in (part.kind, following.kind) or part.kind is following.kind is Kind.LETTERS


def _is_in(told: str, address: str) -> bool:
    """Whether `told` is part of the address, and not by chance."""
    if len(told) >= _LONG and not told.isdecimal():
        return told in address
    if not told:
        return True
    if told.isalpha() and len(told) > 1:
        return re.search(rf"(?<![a-z0-9]){told}", address) is not None
    edge = "[0-9]" if told.isdecimal() else "[a-z0-9]" if told.isalnum() else "$^"
    return re.search(rf"(?<!{edge}){re.escape(told)}(?!{edge})", address) is not None
