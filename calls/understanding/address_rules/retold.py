"""What follows an e-mail address: it tells the address again, in part, or spells it, or is talk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby, pairwise

from calls.understanding.address_rules.amended import with_marks
from calls.understanding.address_rules.phrases import AND, HESITATION, TEXT, WHOLE, Kind, Part, is_over
from calls.understanding.letter_remarks import MARKS, Remark

_ALONE = re.compile(r"(?<![a-z0-9])[a-z](?![a-z0-9])")
# So many letters found in the address are hardly there by chance.
_LONG = 3
# A word is so much like one of the address that it may be that one, written otherwise: «rous» for «roux».
_LIKE = 0.75
_OF_A_SENTENCE = (Kind.WORD, Kind.PARTICLE, Kind.INTRO, Kind.INTERJECTION, Kind.DOUBT, Kind.FILLER)


def retold(after: Sequence[Part], address: str) -> str | None:
    """The address, if what follows tells of it what it is: «…, le bon pain tout attaché».

    A word whose letters it tells of, «…, mathieu avec deux T», is written so. Words after others that are no
    part of an address are talk: «…, c'est celle de ma femme».
    """
    is_talk = False
    before = Kind.AT
    told = ""
    runs = list(_runs(after))
    is_glued = any(part.kind is Kind.GLUED for part in after)
    is_whole = any(part.value == WHOLE for part in after)
    is_said = _are_said(runs, address, is_glued=is_glued)
    for position, run in enumerate(runs):
        kind = run[0].kind
        if kind in (Kind.POISON, Kind.AT):
            return None
        if kind in (*TEXT, Kind.SEPARATOR):
            short, told = told, _told(run)
            is_word = all(part.kind in (Kind.WORD, Kind.PARTICLE) or len(part.value) == 1 for part in run)
            is_mark = any(part.kind is Kind.SEPARATOR for part in run)
            is_there = (
                _tells_of(run, address)
                or (len(short) > 1 and _initials(run) == short)
                or (not is_glued and _is_domain_said(run, address))
            )
            is_beside = (is_word and not is_mark) and (
                (is_talk and not (before is Kind.PAUSE and _is_like(run, address)))
                or _is_shortened(told, runs[position + 1 :], address)
            )
            if before is Kind.DENIAL:
                if is_there:
                    return None
            elif is_whole and not is_there and is_word:
                return None  # «fred point…, c'est frédéric en entier»
            elif not is_there and not is_beside and not is_said[position]:
                marked = with_marks(address, told, has_others=False) if before is Kind.PAUSE else None
                if not marked:
                    return None
                address = marked  # «saint luc point fr, saint tiret luc»
        elif run[0].remark:
            of = runs[position + 2 : position + 3] if _is_doubt(runs[position + 1 : position + 2]) else []
            remarked = _remarked(run[0].remark, _told(of[0]) if of else told, address)
            if not remarked:
                return None
            address = remarked
        elif kind not in (Kind.PAUSE, Kind.FILLER):
            is_talk = True
        before = kind
    return address


def _are_said(runs: Sequence[Sequence[Part]], address: str, *, is_glued: bool) -> list[bool]:
    """Of each run whether it is words of a sentence: «pareil que le nom», and nothing that sounds like the address."""
    are_said: list[bool] = []
    for is_pause, group in groupby(runs, lambda run: run[0].kind is Kind.PAUSE):
        clause = list(group)
        words = [part for run in clause for part in run]
        is_sentence = all(part.kind in _OF_A_SENTENCE for part in words) and len(words) > 1 and AND not in words[:1]
        # «(La tiret petite tiret cantine…,) la petite cantine tout attaché»
        is_told_glued = is_glued and any(part.value in address for part in words if part.kind is Kind.WORD)
        is_said = is_sentence and not is_told_glued and not _is_like(words, address)
        are_said += [is_said and not is_pause] * len(clause)
    return are_said


def _is_like(words: Sequence[Part], address: str) -> bool:
    """Whether one of the words may be one of the address, written otherwise."""
    pieces = re.findall("[a-z]+", address)
    return any(
        len(part.value) >= _LONG and part.value not in pieces and get_close_matches(part.value, pieces, 1, _LIKE)
        for part in words
        if part.kind is Kind.WORD
    )


def _tells_of(run: Sequence[Part], address: str) -> bool:
    """Whether all of the run is in the address, or each of what «et» stands between."""
    pieces = [list(piece) for is_and, piece in groupby(run, lambda part: part == AND) if not is_and]
    wholes = (run, [part for part in run if part.kind is not Kind.PARTICLE])
    if all(part.kind is Kind.LETTERS for part in run) and _told(run) == re.sub("[._-]", "", address.partition("@")[0]):
        return True  # «K comme Kléber, S C H M I deux T» of k.schmitt
    mailbox = re.findall("[a-z]+", address.partition("@")[0])
    if all(part.kind is Kind.WORD and part.value in mailbox for part in run):
        return True  # «david renou» of david.renou
    return any(_is_in(_told(whole), address) for whole in wholes) or all(
        _is_in(_told(piece), address) or _explains(piece, address) for piece in pieces
    )


def _is_domain_said(run: Sequence[Part], address: str) -> bool:
    """«La petite cantine» of la-petite-cantine.fr, which may be written with its marks or without"""
    is_of_words = len(run) > 1 and all(part.kind in (Kind.WORD, Kind.PARTICLE) for part in run)
    return is_of_words and _told(run) == address.partition("@")[2].partition(".")[0].replace("-", "")


def _initials(run: Sequence[Part]) -> str:
    """«J, B» of «(J B,) Jean-Baptiste»"""
    return "".join(part.value[0] for part in run if part.kind is Kind.WORD)


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


def _remarked(remark: Remark, told: str, address: str) -> str | None:
    """The address, of whose word `told` the remark is true, or is made so."""
    words = [told] if told.isalpha() else re.findall("[a-z]+", address)
    if remark.letters in MARKS:
        is_true = remark.letters in (address.partition("@")[0] if remark.letters == "." else address)
    else:
        is_true = (all if remark.is_negated else any)(remark.is_true_of(word) for word in words)
    if is_true:
        return address
    written = remark.applied_to(told) if re.findall("[a-z]+", address).count(told) == 1 else None
    return re.sub(rf"(?<![a-z]){told}(?![a-z])", written, address) if written else None


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
    said = [
        part
        for before, part in pairwise((Part(Kind.PAUSE), *parts))
        if part.kind is not Kind.GLUED
        and (part.kind is not Kind.FILLER or (before.kind is Kind.PAUSE and part.value != HESITATION))
    ]
    for place, part in enumerate(said):
        if part.kind in (*TEXT, Kind.SEPARATOR):
            run.append(part)
        elif not (part.kind is Kind.PAUSE and run and _goes_on(run[-1], said[place + 1 :])):
            if run:
                yield run
            run = []
            yield [part]
    if run:
        yield run


def _goes_on(part: Part, following: Sequence[Part]) -> bool:
    if not following or (is_over(following[:2]) and [other.kind for other in following[2:3]] in ([], [Kind.PAUSE])):
        return False  # «…, D U P O N T, point fr»
    return Kind.SEPARATOR in (part.kind, following[0].kind) or part.kind is following[0].kind is Kind.LETTERS


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
