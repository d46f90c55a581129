"""Last names spelled letter by letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import takewhile

from calls.understanding.accents import accented, without_accent_remarks
from calls.understanding.letters import Word, dictated, letter_names, signs
from calls.understanding.names import is_first_name, is_no_name, is_origin
from calls.understanding.spelling_pieces import Kind, Piece, pieces_of
from calls.understanding.text import Lexicon, compact, table

_FEWEST_LETTERS = 2
_LONGEST_NAME = 40
# So many letters are a name whatever was said before them.
_CERTAINLY_SPELLED = 4
# So many are one whatever talk there was before them.
_SURELY_SPELLED = 5
_SHORTEST_REMARK = 3
# A word that is this much like the letters is the name itself, said before or after them.
_LIKE_THE_NAME = 0.6
_VOWELS = frozenset("aeiouy")


def spelling(text: str, language: str) -> str | None:
    """The last name that was spelled: in capitals in French («MARTIN»), as «Martin» in English.

    French usage writes family names in capitals, accents kept («LEFÈVRE»). The name said
    as a word beside its letters is no part of it; a name that was only said is None.
    """
    heard, remarks = without_accent_remarks(_with_plain_e(dictated(text), language), language)
    said = pieces_of(heard, language)
    pieces = None if _is_interrupted(heard, said, language) else _told_once(said)
    if pieces is None:
        return None
    name = _assembled(pieces)
    if not name or any(unicodedata.combining(letter) for letter in name):
        return None  # «N cédille»: the letter or its accent was misheard
    amended = _amended(pieces)
    if amended:
        name = amended
    elif len(name) < _FEWEST_LETTERS or not _belongs(pieces, name, language):
        return None
    with_accents = accented(name, remarks)
    if with_accents is None:
        return None
    name = with_accents
    if len(name) > _LONGEST_NAME or not any(letter.isalpha() for letter in name):
        return None
    return name.upper() if language == "fr" else re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), name)


def _with_plain_e(heard: list[Word], language: str) -> list[Word]:
    """«Bé, é, enne»: where consonants are written by their names, «é» is the name of E."""
    consonants = [word for word in heard if len(word.plain) == 1 and word.plain.isalpha() and word.plain not in _VOWELS]
    named = [word for word in heard if len(word.plain) > 1 and letter_names(language).at([word.plain], 0)]
    if language != "fr" or consonants or len(named) < _FEWEST_LETTERS:
        return heard
    return [word._replace(text="e") if word.text in ("é", "É") else word for word in heard]


def _told_once(pieces: Sequence[Piece]) -> list[Piece] | None:
    """Without the letters that tell of the name spelled before them: «…, deux N», «…, R à la fin».

    None when what they tell does not fit the name.
    """
    kept: list[Piece] = []
    told = [piece for piece in pieces if piece.kind not in (Kind.FILLER, Kind.INTERRUPTION)]
    about = next((place for place, piece in enumerate(told) if piece.kind is Kind.ABOUT), None)
    if about is not None:
        # «…, deux S et un seul L»
        if about == 0:
            return _told_once(told[1:]) if len(told) > _CERTAINLY_SPELLED else None
        *letters, last = told[about:]
        if (
            told[about].value == "has"
            and last.kind is Kind.PLACE
            and {piece.kind for piece in letters[1:]} == {Kind.LETTERS}
        ):
            # «C, O, S, T, E, avec un S à la fin»
            added = Piece(Kind.LETTERS, "".join(piece.value for piece in letters[1:]))
            return _told_once([*told[:about], added, last])
        before = _told_once(told[:about])
        if before and len(told) == about + 2 and _contradicts(told[-1], before):
            return None  # «V, A, N, I, E, R, avec deux N»
        return before and [*before, *(piece for piece in told[about:] if piece.kind is not Kind.PLACE)]
    told = _without_count_before(told)
    recounted = _without_count_after(told)
    if recounted is None:
        return None
    told = recounted
    for position, piece in enumerate(told):
        place = next((near.value for near in told[position + 1 : position + 2] if near.kind is Kind.PLACE), None)
        if place is None and position == len(told) - 1 and kept and kept[-1].kind is Kind.PLACE:
            place = kept.pop().value  # «…, à la fin un R»
        if piece.kind is not Kind.LETTERS or not kept or kept[-1].kind is not Kind.LETTERS:
            # «…, deux M au milieu et deux N à la fin»: obeyed already, and more is told.
            if piece.kind is not Kind.PLACE or position >= len(told) - 2:
                kept.append(piece)
            continue
        part = list(takewhile(lambda earlier: earlier.kind is Kind.LETTERS, reversed(kept)))[::-1]
        name = "".join(letters.value for letters in part)
        amended = _with_letters(name, piece.value, place, is_last=position == len(told) - 1)
        if amended is None:
            return None
        if amended == name + piece.value:
            kept.append(piece)
        else:
            kept = [*kept[: -len(part)], Piece(Kind.LETTERS, amended)]
    return [piece for piece in kept if piece.kind is not Kind.PLACE]


def _is_counted(piece: Piece) -> bool:
    """«Deux L»"""
    return piece.kind is Kind.LETTERS and len(piece.value) > 1 and len(set(piece.value)) == 1


def _contradicts(piece: Piece, pieces: Sequence[Piece]) -> bool:
    name = "".join(earlier.value for earlier in pieces if earlier.kind is Kind.LETTERS)
    return bool(name) and _is_counted(piece) and piece.value not in name


def _tells(piece: Piece) -> bool:
    """Whether the piece may tell of letters spelled elsewhere: «deux L», «un T», but no vowel on its own."""
    return piece.kind is Kind.LETTERS and (_is_counted(piece) or piece.value not in _VOWELS)


def _without_count_before(told: list[Piece]) -> list[Piece]:
    """«Deux L au milieu, B, A, I, L, L, Y»; but «deux L, O, Y, D» is Lloyd."""
    for start in range(len(told) - 1, 0, -1):
        lead, rest = told[:start], told[start:]
        count = [piece for piece in lead if piece.kind not in (Kind.PLACE, Kind.WORD)]
        name = "".join(piece.value for piece in rest if piece.kind is Kind.LETTERS)
        is_placed = any(piece.kind is Kind.PLACE for piece in lead)
        # «N, H au milieu, …», «ça commence par un W, …»
        is_told = lead[-1].kind is Kind.PLACE or (is_placed and len(count) == 1)
        if (
            rest[0].kind is Kind.LETTERS
            and (is_placed or not any(_is_counted(piece) for piece in rest))  # «deux L, E, W, E, deux L, Y, N»
            and (is_told or any(_is_counted(piece) for piece in count))
            and count
            and all(_tells(piece) and piece.value in name for piece in count)
            and not _VOWELS.isdisjoint(name)
        ):
            return [*(piece for piece in lead if piece.kind is Kind.WORD), *rest]
    return told


def _without_count_after(told: list[Piece]) -> list[Piece] | None:
    """«B, O, U, L, L, E, T, deux L et un T»; None when the name has not what is counted."""
    for start in range(1, len(told) - 1):
        tail = told[start:]
        spelled = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, reversed(told[:start])))
        name = "".join(piece.value for piece in reversed(spelled))
        if (
            _is_counted(tail[0])
            and all(_tells(piece) and piece.value[0] in name for piece in tail)
            and not _VOWELS.isdisjoint(name)
        ):
            return told[:start] if all(piece.value in name for piece in tail) else None
    return told


def _with_letters(name: str, letters: str, place: str | None, *, is_last: bool) -> str | None:
    """`name` with `letters`, which go on with it or tell of what it has already; None when they contradict it."""
    letter, is_counted = letters[0], len(letters) > 1 and len(set(letters)) == 1
    if place == "start":
        if name.startswith(letters):
            return name
        return letters + name.lstrip("v" if letters == "w" else letter) if name[0] in (letter, "v") else None
    if place == "middle":
        return name if letters in name else name.replace(letter, letters) if name.count(letter) == 1 else None
    if is_counted and is_last and letters in name and not name.endswith(letter):
        return name
    if is_counted and name.endswith(letter):
        return name.rstrip(letter) + letters
    if place == "end" and name.endswith(letters):
        return name
    if is_counted and is_last and letter in name and name[-1] not in _VOWELS:
        # No name ends in «…nll».
        return name if letters in name else name.replace(letter, letters) if name.count(letter) == 1 else None
    return name + letters


def _assembled(pieces: Sequence[Piece]) -> str:
    """The letters put together, corrections and repetitions obeyed."""
    name = ""
    since = ""
    how: Kind | None = None
    for piece in [*pieces, Piece(Kind.RESTART, "")]:
        if piece.kind in (Kind.LETTERS, Kind.MARK):
            since += piece.value
        elif piece.kind in (Kind.AGAIN, Kind.CORRECTION, Kind.RESTART, Kind.ABOUT):
            name = _joined(name, since, how)
            since, how = "", piece.kind
    name = name.strip(" -'")
    half = len(name) // 2
    if len(name) % 2 == 0 and half > _FEWEST_LETTERS and name[:half] == name[half:]:
        return name[:half]
    return name


def _joined(name: str, more: str, how: Kind | None) -> str:
    if not name or not more or how is None:
        return name + more
    begins_anew = more[0] == name[0] and len(more) >= min(len(name), _CERTAINLY_SPELLED) - 1 and len(more) > 1
    match how:
        case Kind.ABOUT:
            # «…, non, un seul T, R, O, B, E, R, T»: spelled again after it.
            again = more.find(name[: _CERTAINLY_SPELLED - 1], 1)
            return more[again:] if again > 0 and len(name) >= _CERTAINLY_SPELLED else name
        case Kind.RESTART:
            return more
        case Kind.CORRECTION:
            return more if begins_anew else name[:-1] + more
        case _:
            return more if begins_anew else name + more


def _amended(pieces: Sequence[Piece]) -> str | None:
    """«Bonet avec deux N»: the name as it was said, made to have these letters."""
    said = [piece.value for piece in pieces if piece.kind is Kind.WORD]
    letters = [piece.value for piece in pieces if piece.kind is Kind.LETTERS]
    kinds = [piece.kind for piece in pieces]
    if len(said) != 1 or Kind.ABOUT not in kinds or Kind.LETTERS in kinds[: kinds.index(Kind.ABOUT)]:
        return None
    name = said[0].lower()
    for letter in letters:
        if letter in name:
            continue
        if len(set(letter)) > 1 or name.count(letter[0]) != 1:
            return None
        name = name.replace(letter[0], letter)
    return name


def _belongs(pieces: Sequence[Piece], name: str, language: str) -> bool:
    """Whether what was said beside the letters is the name, or an introduction to it."""
    plain_name = compact(name)
    about = next((position for position, piece in enumerate(pieces) if piece.kind is Kind.ABOUT), len(pieces))
    all_places = [position for position, piece in enumerate(pieces) if piece.kind is Kind.LETTERS]
    places = [position for position in all_places if position < about] or all_places
    for position, piece in enumerate(pieces):
        if piece.kind is not Kind.WORD:
            continue
        word = compact(piece.value)
        if _is_like(piece, plain_name) or is_first_name(word):
            continue
        if position == places[-1] + 1 and len(word) < _SHORTEST_REMARK and not is_no_name(word, language):
            return False  # «bé, é, èr, té, in»: more letters, misheard
        if position > places[-1] and len(plain_name) >= _CERTAINLY_SPELLED:
            continue  # «…, c'est tout simple»
        if position > places[-1] and is_origin(word, language):
            continue
        is_denied = position == places[0] - 1 and signs("denial", language).at([word], 0)
        if position < places[0] and len(plain_name) >= _SURELY_SPELLED and not is_denied:
            continue
        if places[0] < position < places[-1] or is_no_name(word, language):
            return False
        if not (piece.value[0].isupper() or (len(plain_name) >= _CERTAINLY_SPELLED and position < places[0])):
            return False
    return True


def _is_interrupted(heard: Sequence[Word], pieces: Sequence[Piece], language: str) -> bool:
    """Whether the caller stopped before the end of the name: «m, a, r, attendez», «m, a, r, pardon, on m'appelle»."""
    plain = [word.plain for word in heard]
    if any(hit.end == len(plain) for hit in signs("hesitation", language).find(plain)):
        return True
    after = list(takewhile(lambda piece: piece.kind is not Kind.LETTERS, reversed(pieces)))
    if len(after) == len(pieces):
        return False
    kinds = [piece.kind for piece in after if piece.kind is not Kind.FILLER]
    is_excused = Kind.WORD in kinds and Kind.CORRECTION in kinds[kinds.index(Kind.WORD) :]
    spelled = "".join(piece.value for piece in pieces if piece.kind is Kind.LETTERS)
    is_excused = is_excused and not any(_is_like(piece, spelled) for piece in pieces)
    return Kind.INTERRUPTION in kinds or is_excused


def _is_like(piece: Piece, name: str) -> bool:
    """Whether the piece is `name` as it was said, beside its letters."""
    return piece.kind is Kind.WORD and SequenceMatcher(None, compact(piece.value), name).ratio() >= _LIKE_THE_NAME


@cache
def _endings(language: str) -> Lexicon[str]:
    lists = table("unfinished")[language]
    return Lexicon(
        ([compact(word) for word in phrase.replace("-", " ").split()], kind) for kind in lists for phrase in lists[kind]
    )


def is_unfinished(text: str, language: str) -> bool:
    """Whether the caller is not done: «m comme», «a, r, euh», «pierre point», «ça s'écrit».

    One or two letters of a name are unfinished too. What can be an answer on its own
    never is.
    """
    heard = dictated(text)
    if not heard:
        return False
    plain = [word.plain for word in heard]
    endings = [hit for hit in _endings(language).find(plain) if hit.end == len(plain)]
    if endings:
        ending = endings[0]
        if ending.value == "always":
            return True
        if ending.value == "whole":
            return ending.start == 0 or len(_endings(language).find(plain[: ending.start])) > 0
        return ending.start > 0 and _is_dictation(plain[: ending.start])
    pieces = pieces_of(heard, language)
    letters = "".join(piece.value for piece in pieces if piece.kind is Kind.LETTERS)
    only_letters = all(piece.kind in (Kind.LETTERS, Kind.FILLER) for piece in pieces)
    return only_letters and 0 < len(letters) <= _FEWEST_LETTERS


def _is_dictation(plain: Sequence[str]) -> bool:
    """Letters, or the few words of an address: not a sentence."""
    return any(len(word) == 1 for word in plain) or len(plain) <= 4 or "arobase" in plain
