"""Which of the letters that were told are the caller's last name: «le prénom c'est P A U L et le nom C O L I N»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.names import is_first_name
from calls.understanding.spellings.fit import CERTAINLY_SPELLED, is_alike, is_like, letters_of
from calls.understanding.spellings.pieces import OF_LETTERS, Kind, Piece
from calls.understanding.text import compact

# So many letters more than the name are another name, and no remark on it.
_LONGEST_REMARK = 3
_SHORTEST_WORD = 3


def of_surname(pieces: Sequence[Piece]) -> list[Piece]:
    """Without the first name, or the former one, that was spelled too."""
    sections: list[tuple[str, list[Piece]]] = []
    role, since = "", list[Piece]()
    for position, piece in enumerate(pieces):
        if piece.kind is not Kind.ROLE:
            since.append(piece)
            continue
        marked, _, where = piece.value.partition(" ")
        if where and marked == "first_name" and _is_of_word(since):
            since.pop()  # «B O U C H A R E B. Mohamed, c'est le prénom»
            continue
        ahead = takewhile(lambda other: other.kind is not Kind.ROLE, pieces[position + 1 :])
        is_of_last = where == "behind" or not any(other.kind in (Kind.LETTERS, Kind.WORD) for other in ahead)
        if is_of_last and (where or not role) and letters_of(since):
            sections.append((marked, since))  # «M A S S O N pour le nom»
            role, since = "", []
        elif not (is_of_last and letters_of(since)) and not (where and _has_words(since)):
            sections.append((role, since))
            role, since = marked, []
    sections.append((role, since))
    if {role for role, _ in sections} <= {"", "surname"}:
        return [piece for _, section in sections for piece in section]
    spelled = [(role, section) for role, section in sections if letters_of(section)]
    surnames = [section for role, section in spelled if role == "surname"]
    unmarked = [piece for role, section in spelled if not role for piece in section]
    former = [section for role, section in spelled if role == "former"]
    return (surnames[-1:] or [unmarked] if surnames or unmarked else former[-1:] or [[]])[0]


def _is_of_word(since: Sequence[Piece]) -> bool:
    """Whether the last thing that was said is a name, and not the one that was spelled."""
    name, last = letters_of(since), since[-1] if since else None
    is_word = last is not None and last.kind is Kind.WORD and last.is_apart
    return bool(name and last and is_word and last.value[0].isupper() and not is_alike(last.value, name))


def is_doubted(pieces: Sequence[Piece]) -> bool:
    """Whether two spellings are offered: «L E F E B V R E ou bien L E F E V R E», «C H O U L E T ou Chollet»."""
    for position, piece in enumerate(pieces):
        before, after = letters_of(pieces[:position]), pieces[position + 1 :]
        if piece.kind is Kind.DOUBT and before:
            return letters_of(after) != "" or any(is_like(other, before) for other in after)
    return False


def _has_words(pieces: Sequence[Piece]) -> bool:
    return any(piece.kind is Kind.WORD for piece in pieces)


def confirmed(pieces: Sequence[Piece]) -> list[Piece]:
    """Without what follows on a name that was spelled and said: «K R I E G E R, Krieger, K comme Karine»."""
    spelled = letters_of(pieces)
    said = [compact(piece.value) for piece in pieces if piece.kind is Kind.WORD]
    is_double = any(piece.kind is Kind.MARK for piece in pieces)  # «Martin, M A R T I N, trait d'union, Dubois, …»
    for first in filter(is_first_name, [] if is_double else said):
        if spelled.startswith(first) and spelled.removeprefix(first) in said:
            return [Piece(Kind.LETTERS, spelled.removeprefix(first))]  # «Lucie Chauvin, L U C I E C H A U V I N»
    runs = _runs(pieces)
    for position, piece in enumerate(pieces):
        if piece.kind is not Kind.WORD:
            continue
        word = compact(piece.value)
        for start, run_end in runs.get(word, ()):
            end = max(run_end, position + 1)
            after = pieces[end:]
            is_amended = any(other.kind in (Kind.CORRECTION, Kind.RESTART, Kind.AGAIN) for other in after)
            if not is_amended and len(letters_of(after)) <= _LONGEST_REMARK:
                if any(other.kind is Kind.ABOUT for other in after):
                    return [*pieces[:position], *pieces[position + 1 :]]
                return [*_without_lead(pieces[:start], word), *pieces[start:end]]
    return list(pieces)


def _runs(pieces: Sequence[Piece]) -> dict[str, list[tuple[int, int]]]:
    """Where letters are told without other words between them, by the words that they make."""
    runs: dict[str, list[tuple[int, int]]] = {}
    start = 0
    while start < len(pieces):
        run = list(takewhile(lambda piece: piece.kind in (*OF_LETTERS, Kind.FILLER), pieces[start:]))
        word = compact(letters_of(run))
        if len(word) >= _SHORTEST_WORD:
            runs.setdefault(word, []).append((start, start + len(run)))
        start += len(run) + 1
    return runs


def _without_lead(lead: Sequence[Piece], word: str) -> list[Piece]:
    """«Rousselle avec deux S et deux L, donc …» without what is true of the name that is spelled after it."""
    about = next((place for place, piece in enumerate(lead) if piece.kind is Kind.ABOUT), len(lead))
    is_true = all(piece.value in word for piece in lead[about:] if piece.kind is Kind.LETTERS)
    return list(lead[:about]) if is_true and not letters_of(lead[:about]) else list(lead)


def without_wait(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """«B A R, sorry, one second, K E R», «M O R, hang on, the dog's barking, G A N» without what was waited for."""
    wait = next((at for at, piece in enumerate(pieces) if piece.kind is Kind.INTERRUPTION), 0)
    before = list(pieces[:wait])
    while before and before[-1].kind in (Kind.CORRECTION, Kind.FILLER):
        before.pop()
    talk = (Kind.INTERRUPTION, Kind.WORD, Kind.FILLER, Kind.CORRECTION)
    rest = list(
        dropwhile(lambda piece: piece.kind in talk and piece.value[:1] == piece.value[:1].lower(), pieces[wait:])
    )
    begun, run = letters_of(before), letters_of(rest)
    goes_on = run and rest[0].kind is Kind.LETTERS and len(begun) > 1 and run[0] != begun[0]
    return without_wait([*before, *rest]) if wait and goes_on and before[-1].kind is Kind.LETTERS else pieces


def after_all(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """What is spelled after another was taken back: «B E R N A R D, non, ça c'est mon mari, moi c'est D U P U I S»."""
    for position, piece in enumerate(pieces):
        before = letters_of(pieces[:position])
        if piece.kind is Kind.RESTART and len(before) >= _SHORTEST_WORD:
            again = letters_of(pieces[position:])
            if len(again) >= CERTAINLY_SPELLED and again[:2] == before[:2]:
                return after_all(pieces[position + 1 :])  # «je dis n'importe quoi, … je reprends: G I R A U L T»
        if piece.kind in (Kind.CORRECTION, Kind.INTERRUPTION) and len(before) > 1:
            run = list(dropwhile(lambda other: other.kind is not Kind.LETTERS, pieces[position:]))
            again = letters_of(list(takewhile(lambda other: other.kind in OF_LETTERS, run)))
            if len(again) >= max(CERTAINLY_SPELLED, len(before)) and again[:2] == before[:2]:
                return after_all(run)  # «H U double G, no, sorry, H U G H E S», «B A R, one second, B A R L O W»
        if piece.kind is not Kind.CORRECTION or len(before) < _SHORTEST_WORD:
            continue
        talk = list(takewhile(lambda other: other.kind not in OF_LETTERS, pieces[position:]))
        start = position + len(talk)
        run = list(takewhile(lambda other: other.kind in OF_LETTERS, pieces[start:]))
        is_led = talk[-1].kind is Kind.AGAIN or (talk[-1].kind is Kind.ROLE and talk[-1].value == "surname")
        says_why = sum(other.kind is Kind.WORD for other in talk) > 1
        # «Ah non, la ligne est à ma belle-mère, c'est Castaing, C A S T A I N G»
        is_said = any(other.kind is Kind.WORD and compact(other.value) == compact(letters_of(run)) for other in talk)
        if (is_said or (is_led and says_why)) and len(letters_of(run)) >= CERTAINLY_SPELLED:
            return pieces[start - 1 :]
    return pieces
