"""What is said when a name is spelled: letters, marks, and what tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from calls.understanding.letters import Certainty, Word, letter_at, nato_run, signs

# The keys of `place` in words/spelling.toml.
_PLACES = ("start", "middle", "end")


class Kind(Enum):
    LETTERS = auto()
    MARK = auto()  # hyphen, apostrophe, space
    CAPITALS = auto()  # «MARTIN», as recognition joins letters
    WORD = auto()
    FILLER = auto()
    AGAIN = auto()  # «je répète»
    CORRECTION = auto()  # «non», of a letter or of all
    RESTART = auto()  # «je recommence»
    ABOUT = auto()  # «avec deux N»: letters that tell of the name before them
    PLACE = auto()  # «à la fin», of the letter beside it
    INTERRUPTION = auto()  # «attendez, on sonne»


class Piece(NamedTuple):
    kind: Kind
    value: str
    certainty: Certainty = Certainty.SURE


_PHRASES = (
    (Kind.RESTART, "restart"),
    (Kind.ABOUT, "about"),
    (Kind.CORRECTION, "correction"),
    (Kind.AGAIN, "repetition"),
    (Kind.INTERRUPTION, "interruption"),
)


def pieces_of(heard: Sequence[Word], language: str) -> list[Piece]:
    """What each of the words is, in order."""
    return _settled(list(_pieces(heard, language)))


def _pieces(heard: Sequence[Word], language: str) -> Iterator[Piece]:
    plain = [word.plain for word in heard]
    position = 0
    spelled = False
    while position < len(heard):
        piece, end = _piece_at(heard, plain, position, language, spelled=spelled)
        spelled = spelled or piece.kind is Kind.LETTERS
        yield piece
        position = end


def _piece_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, *, spelled: bool
) -> tuple[Piece, int]:
    filler = signs("filler", language).at(plain, position)
    if spelled:
        for kind, section in _PHRASES:
            if hit := signs(section, language).at(plain, position):
                return Piece(kind, hit.value), hit.end
        if hit := signs("marks", language).at(plain, position) or signs("place", language).at(plain, position):
            return Piece(Kind.PLACE if hit.value in _PLACES else Kind.MARK, hit.value), hit.end
    elif hit := signs("about", language).at(plain, position):
        return Piece(Kind.ABOUT, hit.value), hit.end
    elif hit := signs("place", language).at(plain, position):
        return Piece(Kind.PLACE, hit.value), hit.end
    if (like := signs("aside", language).at(plain, position)) and like.end < len(plain):
        return Piece(Kind.FILLER, ""), like.end + 1  # «comme le prénom»
    if run := nato_run(plain, position, language):
        return Piece(Kind.LETTERS, run[1]), run[0]
    letter = letter_at(heard, plain, position, language)
    if letter and not (filler and filler.end > letter.end):
        return Piece(Kind.LETTERS, letter.value, letter.certainty), letter.end
    if filler:
        return Piece(Kind.FILLER, ""), filler.end
    word = heard[position].text
    if len(word) > 1 and word.isupper() and word.isalpha():
        return Piece(Kind.CAPITALS, word.lower()), position + 1
    return Piece(Kind.WORD, word), position + 1


def _settled(pieces: list[Piece]) -> list[Piece]:
    """Words that may be letters become the one or the other, by what stands beside them."""

    def is_sure(position: int) -> bool:
        if not 0 <= position < len(pieces):
            return False
        piece = pieces[position]
        return piece.kind is Kind.LETTERS and piece.certainty is Certainty.SURE

    settled = []
    for position, piece in enumerate(pieces):
        if piece.kind is Kind.LETTERS and piece.certainty is not Certainty.SURE:
            beside = is_sure(position - 1), is_sure(position + 1)
            if not (all(beside) if piece.certainty is Certainty.INSIDE else any(beside)):
                piece = Piece(Kind.FILLER, "")
        settled.append(piece)
    if any(piece.kind is Kind.LETTERS for piece in settled):
        # «MA RT IN»: scraps of two or three among letters; longer ones are the name repeated.
        return [
            piece._replace(kind=Kind.LETTERS if len(piece.value) <= 3 else Kind.WORD)
            if piece.kind is Kind.CAPITALS
            else piece
            for piece in settled
        ]
    capitals = [piece.value for piece in settled if piece.kind is Kind.CAPITALS]
    return [
        piece._replace(
            kind=Kind.LETTERS if piece.value == capitals[0] and settled.index(piece) == position else Kind.WORD
        )
        if piece.kind is Kind.CAPITALS
        else piece
        for position, piece in enumerate(settled)
    ]
