"""Last clauses that tell once more what was spelled: «G U I L L O T, un O, un T», «G O N T H I E R, T H»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from calls.understanding.letters import signs
from calls.understanding.spellings.fit import CERTAINLY_SPELLED, letters_of, stands
from calls.understanding.spellings.pieces import LEADS, Kind, Piece

# So many letters that stand in the name are told once more, and are no end of it.
_NO_END = 3
_VOWELS = frozenset("aeiouy")


def without_recount(pieces: Sequence[Piece], language: str) -> Sequence[Piece]:
    """Without what a last clause tells once more: «G U I L L O T, un O, un T», «G O N T H I E R, T H»."""
    for position, piece in enumerate(pieces):
        before, after = letters_of(pieces[:position]), letters_of(pieces[position:])
        if len(before) < CERTAINLY_SPELLED or not after:
            continue
        is_end = len(after) == 2 and len(set(after)) == 2 and before.endswith(after)  # «H A R V E Y. E Y»
        are_letters = all(other.kind is Kind.LETTERS for other in pieces[position:])
        if is_end and piece.is_apart and are_letters and not any(other.is_apart for other in pieces[1:position]):
            return pieces[:position]
        if piece.is_apart and set(after) <= set(before) and _is_of_few(pieces[position:], language):
            return pieces[:position]
        if len(after) < 2 or not before.startswith(after):
            continue
        run = [earlier for earlier in pieces[:position] if earlier.kind is Kind.LETTERS][1:]
        is_pause = piece.kind is Kind.LETTERS and piece.is_apart and not any(earlier.is_apart for earlier in run)
        # «T S H I B A N G U. Oui, T, S, H, c'est bien ça», «A C H A R D. A, C, H, c'est ça»
        if _affirms(piece, language) or (is_pause and len(after) == _NO_END):
            return pieces[:position]
    for number, (start, position) in enumerate(_pauses(pieces)):
        # Where there is a pause after each letter, only «un» tells that more is no end.
        is_unled = number > 0 and start == position
        name = "" if is_unled or start < CERTAINLY_SPELLED - 1 else letters_of(pieces[:start])
        if len(name) >= CERTAINLY_SPELLED and _are_true(name, pieces[start:], language, each_led=number > 0):
            return pieces[:start]
    return pieces


def _is_of_few(tail: Sequence[Piece], language: str) -> bool:
    """«…, le T on l'oublie souvent», «…, oui, un G»: letters, each with its article, and that or how they are there."""
    places = [position for position, piece in enumerate(tail) if piece.kind is Kind.LETTERS]
    leads = [tail[place - 1].value for place in places if place and tail[place - 1].kind is Kind.FILLER]
    talk = [piece.kind for piece in tail[places[-1] + 1 :]]
    if len(leads) < len(places) or any(len(tail[place].value) > 1 for place in places):
        return False
    article = signs("bearing", language).at(leads[0].split() or [""], 0)
    if article and article.value == "the":
        is_same = len({tail[place].value for place in places}) == 1 < len(places)  # «Le A, c'est un A normal»
        return (Kind.WORD in talk or is_same) and all(_is_one(lead, language) for lead in leads[1:])
    return len(places) == 1 < places[0] and _affirms(tail[0], language) and _is_one(leads[0], language)


def _affirms(piece: Piece, language: str) -> bool:
    return piece.kind is Kind.FILLER and piece.is_apart and bool(signs("affirmed", language).find(piece.value.split()))


def _pauses(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Where letters go on after a pause: from «donc un», and from the letter itself."""
    pauses: list[tuple[int, int]] = []
    start = 0
    is_first = True
    for position, piece in enumerate(pieces):
        if piece.kind is Kind.LETTERS:
            if not is_first and any(near.is_apart for near in pieces[start : position + 1]):
                pauses.append((start, position))
            is_first = False
        if piece.kind not in LEADS:
            start = position + 1
    return pauses


def _are_true(name: str, tail: Sequence[Piece], language: str, *, each_led: bool) -> bool:
    """Whether all that is told stands in the name, and cannot be its end: «B E R G, E R» goes on."""
    if any(piece.kind is Kind.PLACE for piece in tail):
        talk = list(takewhile(lambda piece: piece.kind in (Kind.WORD, *LEADS), reversed(tail)))
        tail = tail[: len(tail) - len(talk)]  # «…, S Z au début, je vous vois venir»
    runs: list[str] = []
    told: list[bool] = []
    for position, piece in enumerate(tail):
        before = tail[position - 1] if position else None
        if piece.kind is Kind.PLACE:
            if not runs or not stands(name, runs[-1], piece.value):
                return False
            told[-1] = True
        elif piece.kind is not Kind.LETTERS:
            if piece.kind not in LEADS:
                return False
        elif before and before.kind is Kind.LETTERS and not piece.is_apart:
            runs[-1] += piece.value
        else:
            is_one = bool(before and before.kind is Kind.FILLER and _is_one(before.value, language))
            if each_led and not is_one and len(piece.value) == 1:
                return False
            runs.append(piece.value)
            told.append(is_one)
    is_much = len("".join(runs)) > 1 or [piece.kind for piece in tail[:2]] == [Kind.AGAIN, Kind.FILLER]  # «donc un T»
    return is_much and all(
        run in name and (is_told or _is_no_end(run)) for run, is_told in zip(runs, told, strict=True)
    )


def _is_one(said: str, language: str) -> bool:
    return said.split()[-1:] in ([word] for word in signs("one", language).first_words())


def _is_no_end(run: str) -> bool:
    is_of_name = len(run) >= _NO_END or run == "qu"
    return is_of_name or (len(run) > 1 and (_VOWELS.isdisjoint(run) or len(set(run)) == 1))
