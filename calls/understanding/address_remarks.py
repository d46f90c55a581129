"""What is said of an e-mail address beside it, and what that makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, takewhile, zip_longest

from calls.understanding.address_phrases import AFTER_A_NAME, SILENT, TEXT, Kind, Part, has_at, is_over
from calls.understanding.letter_remarks import MARKS, Remark

_NAME = (Kind.WORD, Kind.LETTERS)
_ALONE = re.compile(r"(?<![a-z0-9])[a-z](?![a-z0-9])")
_WORDS_OF_A_NAME = 2
# So many words of talk in a row are no letter misheard, as «j'ai» may be.
_TALK = 2
# So many letters found in the address are hardly there by chance.
_LONG = 3


def as_told(parts: Sequence[Part]) -> list[Part]:
    """The parts with numbers and abbreviations as they are said to be written."""
    return _abbreviated(_numbers_as_told(_without_named(_in_order(parts))))


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """«Free point fr, et devant c'est Claude» the other way round."""
    kinds = [part.kind for part in parts]
    if kinds.count(Kind.IN_FRONT) != 1 or has_at(parts):
        return [Part(Kind.DOUBT) if part.kind is Kind.IN_FRONT else part for part in parts]
    place = kinds.index(Kind.IN_FRONT)
    domain = list(takewhile(lambda part: part.kind in (*_NAME, Kind.SEPARATOR, *SILENT), reversed(parts[:place])))
    domain = [part for part in reversed(domain) if part.kind not in SILENT]
    return [*parts[place + 1 :], Part(Kind.AT, "@"), *domain] if is_over(domain) else [Part(Kind.DOUBT)]


def _without_named(parts: Sequence[Part]) -> list[Part]:
    """«Mon prénom Colette point mon nom Baudoin», «Luc, mon prénom, point…» without what the names are."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is not Kind.NAMED:
            kept.append(part)
            continue
        before = next((other.kind for other in reversed(kept) if other.kind not in SILENT), Kind.INTRO)
        talk = (Kind.INTERJECTION, *SILENT)
        after = next((other.kind for other in parts[position + 1 :] if other.kind not in talk), None)
        is_apart = part.value == AFTER_A_NAME or kept[-1:] == [Part(Kind.PAUSE)]
        names_next = after in _NAME and before in (Kind.INTRO, Kind.INTERJECTION, Kind.SEPARATOR)
        names_last = before in _NAME and is_apart and after in (Kind.SEPARATOR, Kind.AT)
        kept.append(Part(Kind.FILLER if names_next or names_last else Kind.DOUBT))
    return kept


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
        if part.kind is Kind.IN_DIGITS:
            kept = [other._replace(spoken="") if other.value == number_told else other for other in kept]
        else:
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
    if remark.letters in MARKS:
        mark = Part(Kind.SEPARATOR, remark.letters)
        if mark in parts:
            return parts
        is_pair = [part.kind for part in words] == [Kind.WORD, Kind.WORD]  # «anne laure, avec le tiret»
        return [*parts[:-1], mark, parts[-1]] if is_pair else None
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
            without_particles = _told([part for part in run if part.kind is not Kind.PARTICLE])
            is_there = _is_in(told, address) or _is_in(without_particles, address) or _explains(run, address)
            is_beside = (is_word and not is_mark) and (is_talk or _is_shortened(told, runs[position + 1 :], address))
            if before is Kind.DENIAL:
                if is_there:
                    return False
            elif not is_there and not is_beside:
                return False
        elif run[0].remark:
            of = runs[position + 2 : position + 3] if _is_doubt(runs[position + 1 : position + 2]) else []
            if not _is_true(run[0].remark, _told(of[0]) if of else told, address):
                return False
        elif kind is not Kind.PAUSE:
            is_talk = True
        before = kind
    return True


def _explains(run: Sequence[Part], address: str) -> bool:
    """«M, C comme Marie-Christine» of m-c.rey, «B comme Bernard» of badji."""
    mailbox = address.partition("@")[0]
    letters = run[0].value
    if len(run) > 1 or not run[0].has_example or (len(letters) == 1 and _ALONE.search(mailbox)):
        return False
    return re.search(rf"(?<![a-z0-9]){'[._-]?'.join(letters)}", mailbox) is not None


def _is_shortened(word: str, after: Sequence[Sequence[Part]], address: str) -> bool:
    """«Saint, c'est S, T»: the letters are of the word, and in the address."""
    following = next((run for run in after if run[0].kind not in (Kind.PAUSE, Kind.INTRO)), [Part(Kind.DOUBT)])
    short = _told(following)
    rest = iter(word)
    is_of_it = bool(short) and short[0] == word[0] and all(letter in rest for letter in short)
    return is_of_it and following[0].kind in (Kind.LETTERS, Kind.WORD) and _is_in(short, address)


def _is_doubt(runs: Sequence[Sequence[Part]]) -> bool:
    """«À», as in «avec un E à Martine»."""
    return [run[0].kind for run in runs] == [Kind.DOUBT]


def _is_true(remark: Remark, told: str, address: str) -> bool:
    words = [told] if told.isalpha() else re.findall("[a-z]+", address)
    if remark.letters in MARKS:
        return remark.letters in (address.partition("@")[0] if remark.letters == "." else address)
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
