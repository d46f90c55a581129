"""How letters that were told fit a name: its sound, its beginning, a place in it."""

from __future__ import annotations

from collections.abc import Sequence

from calls.understanding.letters import resembles
from calls.understanding.spellings.pieces import Kind, Piece
from calls.understanding.text import compact

# So many letters are a name whatever was said before them.
CERTAINLY_SPELLED = 4


def letters_of(pieces: Sequence[Piece]) -> str:
    return "".join([piece.value for piece in pieces if piece.kind is Kind.LETTERS])


def stands(name: str, letters: str, place: str | None) -> bool:
    """Whether `letters` are where in the name they were told to be: at its end, or «après le T»."""
    match (place or "").split():
        case ["start"]:
            return name.startswith(letters)
        case ["end"]:
            return name.endswith(letters)
        case ["after", near]:
            return near + letters in name
        case ["before", near]:
            return letters + near in name
        case ["between", near, far]:
            return near + letters + far in name
        case _:
            return letters in name


def with_beside(name: str, letters: str, place: str) -> str | None:
    """«G A U T I E R, avec un H après le T» with the H."""
    how, near, *_ = place.split()
    if stands(name, letters, place):
        return name
    if name.count(near) != 1 or how == "between":
        return None
    if how == "before":
        return name.replace(near, letters + near)
    one = near + letters[0]
    return name.replace(one, near + letters) if one in name else name.replace(near, near + letters)


def is_alike(word: str, name: str) -> bool:
    return resembles(compact(word), compact(name))


def is_like(piece: Piece, name: str) -> bool:
    """Whether the piece is `name` as it was said, beside its letters."""
    return piece.kind is Kind.WORD and is_alike(piece.value, name)


def spelled_again(letters: str, name: str) -> int | None:
    """Where in `letters` the name begins anew."""
    start = letters.find(name[:2]) if len(name) > 1 else -1
    return start if start >= 0 and len(letters) - start >= len(name) - 1 else None
