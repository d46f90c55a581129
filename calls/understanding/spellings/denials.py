"""Letters that are told not to be in a name: «pas S», «pas H U O T», «G O M, non pas M, N»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.letters import sound_alike
from calls.understanding.spellings.fit import CERTAINLY_SPELLED, is_alike, letters_of, spelled_again
from calls.understanding.spellings.pieces import LEADS, OF_LETTERS, Kind, Piece

# So many letters more than the name are another name, and no remark on it.
_LONGEST_REMARK = 3
_SHORTEST_NAME = 3

_Settled = tuple[list[Piece], list[Piece]]  # what is kept of the name, and what is still to be read


def without_contrast(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """«C R O I Z A T, Z, pas S», «Z I E G L E R. I E, pas E I» without what is told once more, and what is denied."""
    place = next((position for position, piece in enumerate(pieces) if piece.kind is Kind.DENIAL), 0)
    start = place - 1
    while start > 0 and pieces[start].kind is Kind.LETTERS and not pieces[start].is_apart:
        start -= 1
    if start >= 0 and pieces[start].kind is Kind.FILLER and start + 1 < place:
        start += 1  # «… It's O U, not O W»
    run, before = pieces[start:place], pieces[: max(start, 0)]
    again, name = letters_of(run), letters_of(before)
    spelled = [piece.is_apart for piece in before if piece.kind is Kind.LETTERS][1:]
    is_again = len(name) >= CERTAINLY_SPELLED and again in name and (len(run) > 1 or not all(spelled))
    are_letters = all(piece.kind is Kind.LETTERS for piece in run) and len(run) > 0
    is_end = all(piece.kind in (*LEADS, Kind.LETTERS) for piece in pieces[place + 1 :])
    is_short = len(letters_of(pieces[place:])) <= _LONGEST_REMARK
    return before if place and are_letters and is_again and is_end and is_short else pieces


def without_denied(pieces: Sequence[Piece]) -> list[Piece]:
    """Without «pas S» and «pas H U O T»; in «G O M, non pas M, N» without the M that is denied."""
    kept: list[Piece] = []
    rest = list(pieces)
    while rest:
        piece = rest.pop(0)
        run = list(takewhile(lambda other: other.kind in OF_LETTERS, rest)) if piece.kind is Kind.DENIAL else []
        if not letters_of(run):
            kept.append(piece)
            continue
        while kept and kept[-1].kind in (Kind.FILLER, Kind.CORRECTION):
            kept.pop()
        kept, rest = (
            _without_spelling(kept, run, rest)
            or _without_run(kept, piece, run, rest)
            or _without_letter(kept, run, rest)
        )
    return kept


def _after(rest: Sequence[Piece]) -> list[Piece]:
    """What is told behind the first letter that is denied."""
    return list(dropwhile(lambda other: other.kind is Kind.FILLER, rest[1:]))


def _letters_after(rest: Sequence[Piece]) -> str:
    return letters_of(list(takewhile(lambda other: other.kind in OF_LETTERS, _after(rest))))


def _without_spelling(kept: list[Piece], run: list[Piece], rest: list[Piece]) -> _Settled | None:
    """Without a whole spelling that is denied, if it is one: «pas H U O T»."""
    denied, name, ahead = letters_of(run), letters_of(kept), _after(rest)
    if length := _spelling_denied(denied, name):
        rest = rest[len(_first_of(run, length)) :]
        return kept, [Piece(Kind.AGAIN, ""), *rest] if name and letters_of(rest) else rest
    again = spelled_again(_letters_after(rest), name)
    if again is None:
        return None
    is_denied = bool(kept) and kept[-1].value == run[0].value
    return kept[:-1] if is_denied else kept, [Piece(Kind.AGAIN, ""), *ahead[len(_first_of(ahead, again)) :]]


def _without_run(kept: list[Piece], denial: Piece, run: list[Piece], rest: list[Piece]) -> _Settled | None:
    """Without letters in a row that are denied together, if these are: «avec un Y à la fin et pas I E»."""
    denied, name, rest = letters_of(run), letters_of(kept), rest[len(run) :]
    is_last = not letters_of(rest)
    if is_last and len(denied) <= _LONGEST_REMARK and any(piece.kind is Kind.ABOUT for piece in kept):
        return kept, rest  # «with a V, not P H»
    if len(denied) > 1 and _letters_after([*run, *rest]) and name.endswith(denied):
        return kept[: -len(denied)], rest  # «V O N I C K, non pas C K, juste C»
    if len(run) == 1:
        return None
    is_together = not any(piece.is_apart for piece in run[1:]) and any(piece.is_apart for piece in kept)
    if is_together and denied[0] != name[-1:] and len(name) >= CERTAINLY_SPELLED and is_last:
        return kept, rest  # «J O L Y, avec un Y à la fin et pas I E»
    if len(name) < 2 or name.endswith(denied[0]) or sound_alike(name[-1], denied[0]):
        return None  # the first of them only: «S C H N, E I et pas I E, D E R»
    is_end = is_alike(denied, name[-len(denied) :])  # «O I S et pas A I S»
    is_clear = len(name) >= CERTAINLY_SPELLED and (len(denied) < _LONGEST_REMARK or is_end)
    return kept if is_clear else [*kept, denial], rest  # else nobody can tell how much is denied


def _without_letter(kept: list[Piece], run: list[Piece], rest: list[Piece]) -> _Settled:
    """Without the one letter that is denied, and what it was told instead of."""
    denied, name = letters_of(run), letters_of(kept)
    ahead, after = _after(rest), _letters_after(rest)
    if len(denied) > 1 and denied[0] != denied[1] and denied[1::-1] == name[-2:]:
        return kept, rest[2:]  # «S C H N, E I et pas I E, D E R»
    rest = rest[1:]
    if kept and kept[-1].kind is Kind.LETTERS and kept[-1].value == run[0].value and after:
        kept = kept[:-1]
    elif name and after[:1] == name[-1]:
        rest = ahead[1:]  # «V, pas B, V comme Victor, E, R»
    elif replaced := _replaced(kept, denied[0]):
        kept = replaced
    elif len(kept) > 1 and kept[-2].kind is Kind.FILLER and kept[-1].value in letters_of(kept[:-1]):
        kept = kept[:-1]  # «S A N C H E Z, un Z, pas un S»
    elif len(after) == 1 and after in name and not letters_of(ahead[1:]):
        rest = ahead[1:]  # «C A L V E T, pas un K, un C»
    return kept, rest[1:] if rest and rest[0].kind is Kind.PLACE else rest


def _replaced(kept: Sequence[Piece], denied: str) -> list[Piece] | None:
    """«D U F O U R D, un T à la fin, pas un D», with the T instead of the D."""
    places = [position for position, piece in enumerate(kept) if piece.kind is Kind.LETTERS]
    if len(places) < _SHORTEST_NAME:
        return None
    last, new = places[-2:]
    is_told = new > last + 1 and all(piece.kind is Kind.FILLER for piece in kept[last + 1 : new])
    return [*kept[:last], *kept[new:]] if is_told and kept[last].value == denied else None


def _spelling_denied(denied: str, name: str) -> int:
    """How many letters are a whole spelling that is denied, and not one letter of it: «pas H U O T»."""
    if not name:
        return len(denied) if len(denied) > _LONGEST_REMARK else 0
    if denied[1:3] == name[:2] or len(name) < _SHORTEST_NAME:
        return 0
    for length in (len(name), len(name) - 1, len(name) + 1):
        if 2 <= length <= len(denied) and denied[length:][:2] in ("", name[:2]) and is_alike(denied[:length], name):
            return length
    return 0


def _first_of(run: Sequence[Piece], length: int) -> list[Piece]:
    """The pieces that `length` letters are."""
    return [piece for position, piece in enumerate(run) if len(letters_of(run[:position])) < length]
