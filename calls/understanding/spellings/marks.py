"""Hyphens and spaces that are told beside the letters: «un tiret entre Colin et Martin», «three words, D E, then …»."""

from __future__ import annotations

from collections.abc import Sequence

from calls.understanding.letters import signs
from calls.understanding.names import is_particle
from calls.understanding.spellings.fit import letters_of
from calls.understanding.spellings.pieces import Kind, Piece
from calls.understanding.text import compact


def in_words(pieces: Sequence[Piece], language: str) -> list[Piece]:
    """«Three words: D E, then L A, then C R U Z» with spaces."""
    spelled = [position for position, piece in enumerate(pieces) if piece.kind is Kind.LETTERS]
    if not spelled or not any(piece.kind is Kind.MARK and piece.value == " " for piece in pieces[: spelled[0]]):
        return list(pieces)
    nexts = signs("next", language)
    return [
        Piece(Kind.MARK, " ")
        if {position - 1, position + 1} <= set(spelled)
        and piece.kind is Kind.FILLER
        and (hit := nexts.at(piece.value.split() or [""], 0))
        and hit.end == len(piece.value.split())
        else piece
        for position, piece in enumerate(pieces)
    ]


def with_mark(told: list[Piece], language: str) -> list[Piece] | None:
    """«C O L I N M A R T I N, un tiret entre Colin et Martin» with the hyphen; None when its place is not known."""
    words = [piece.value for piece in told if piece.kind is Kind.WORD]
    blanks = [piece for piece in told if piece.kind is Kind.MARK and piece.value == " "]
    if blanks and len(words) > 1 and compact("".join(words)) == letters_of(told):
        return [Piece(Kind.LETTERS, " ".join(words).lower())]  # «Van den Berg, en trois mots, V A N, D E N, B E R G»
    marks = [position for position, piece in enumerate(told) if piece.kind is Kind.MARK]
    spelled = [position for position, piece in enumerate(told) if piece.kind is Kind.LETTERS]
    if not marks or not spelled or spelled[0] < marks[-1] < spelled[-1]:
        return [*told[: marks[0]], *told[spelled[0] :]] if spelled and marks and marks[0] < spelled[0] else told
    mark = told[marks[-1]]
    between = [piece.value.split()[1:] for piece in told[marks[-1] + 1 : marks[-1] + 2] if piece.kind is Kind.PLACE]
    if between and len(between[0]) == 2 and letters_of(told).count("".join(between[0])) == 1:
        name = letters_of(told).replace("".join(between[0]), mark.value.join(between[0]))
        return [*(piece for piece in told if piece.kind is Kind.WORD), Piece(Kind.LETTERS, name)]
    kept = told[: marks[-1]] + [piece for piece in told[marks[-1] + 1 :] if piece.kind is not Kind.MARK]
    if any(piece.kind is Kind.MARK and piece.value == mark.value for piece in kept):
        return kept
    name = letters_of(told)
    said = [compact(piece.value) for piece in told if piece.kind is Kind.WORD]
    particles = [name[:length] for length in (3, 2) if mark.value == " " and is_particle(name[:length], language)]
    first = next((word for word in (*said, *particles) if word and name.startswith(word)), "")
    if not first or first == name:
        return None
    whole = [Piece(Kind.LETTERS, first), mark, Piece(Kind.LETTERS, name[len(first) :])]
    return [*whole, *(piece for piece in kept if piece.kind is Kind.WORD)]
