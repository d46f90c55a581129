"""A name that was said beside its letters: they bear each other out, and a word is never one of the letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from calls.understanding.letters import Certainty, Word, letter_at, signs
from calls.understanding.names import is_first_name, is_particle
from calls.understanding.spellings.fit import letters_of, stands
from calls.understanding.spellings.pieces import OF_LETTERS, Kind, Piece
from calls.understanding.text import fold

_FEWEST_LETTERS = 3
_MOST_WORDS = 4
# Of a name are told one by one: «un O, un T».
_MOST_TOLD = 3
_HYPHEN_TOLD = "\N{HYPHEN}"
_INSIDE = (Kind.LETTERS, Kind.MARK, Kind.FILLER, Kind.WORD)


def bare(said: str) -> str:
    """«Le Floc'h» as «lefloch»."""
    return "".join(letter for letter in fold(said) if letter.isalnum())


def with_names_whole(heard: Sequence[Word], text: str, language: str) -> tuple[list[Word], frozenset[str]]:
    """The words with each name of several («Le Gall») as one, and which words are none of the letters.

    What is spelled too is none: «Zola, comme l'écrivain, Z O L A» has no «Z comme …».
    """
    letters = _letters_of(heard, language)
    if len(letters) < _FEWEST_LETTERS:
        return list(heard), frozenset()
    whole: list[Word] = []
    said: set[str] = set()
    position = 0
    while position < len(heard):
        word, end = heard[position], _name_end(heard, text, position, letters, language)
        if double := _double_name_at(heard, position, letters, language):
            word, end = double
            said.add(word.plain)
        elif end > position + 1:
            last = heard[end - 1].end
            word = Word("".join(part.plain for part in heard[position:end]), text[word.start : last], word.start, last)
            said.add(word.plain)
        elif len(word.plain) >= _FEWEST_LETTERS and word.plain in letters:
            others = _letters_of([*heard[:position], *heard[end:]], language)  # «Kay, K A Y»
            is_led = word.plain in (letters, others) or [near.plain for near in heard[end : end + 1]] == ["comme"]
            said.update({word.plain} if is_led else ())  # «Haine, H A I N E»
        whole.append(word)
        position = end
    return whole, frozenset(said)


def _double_name_at(heard: Sequence[Word], start: int, letters: str, language: str) -> tuple[Word, int] | None:
    """«Martin trait d'union Delcourt» as one word, and where it ends, if both are spelled."""
    plain = [word.plain for word in heard[start : start + _MOST_WORDS]]
    mark = signs("marks", language).at(plain, 1) if len(plain) > 1 and len(plain[0]) > 1 else None
    if not mark or mark.value != "-" or mark.end >= len(plain) or len(plain[mark.end]) < 2:
        return None
    first, last, end = heard[start], heard[start + mark.end], start + mark.end + 1
    if first.plain + last.plain not in letters or heard[start + 1].start > first.end + 1:
        return None
    return Word(first.plain + last.plain, f"{first.text}{_HYPHEN_TOLD}{last.text}", first.start, last.end), end


def _letters_of(heard: Sequence[Word], language: str) -> str:
    plain = [word.plain for word in heard]
    letters, position = "", 0
    while position < len(heard):
        letter = letter_at(heard, plain, position, language)
        if letter and letter.certainty is Certainty.SURE:
            letters += bare(letter.value)
            position = letter.end
        else:
            position += 1
    return letters


def _name_end(heard: Sequence[Word], text: str, start: int, letters: str, language: str) -> int:
    """Where the name of several words ends that begins at `start`, if it is spelled, or the last of them."""
    first = heard[start]
    following = heard[start + 1 : start + 2]
    if first.plain == "o" and following and len(following[0].plain) >= _FEWEST_LETTERS:
        is_one = following[0].start == first.end + 1 and letters.startswith(first.plain + following[0].plain, 1)
        return start + 1 + is_one  # «o sullivan o apostrophe s u …»
    if len(first.plain) < 2 or (start and heard[start - 1].plain == "comme"):
        return start + 1
    run = [first]
    for word in heard[start + 1 : start + _MOST_WORDS]:
        if word.start > run[-1].end + 1 or len(word.plain) < 2:
            break
        run.append(word)
    for length in range(len(run), 1, -1):
        words = run[:length]
        name, last = "".join(word.plain for word in words), words[-1]
        is_with_first = is_first_name(first.plain) and text[first.end] != "-" and len(words) == 2
        if len(name) > _FEWEST_LETTERS and name in letters and not is_with_first:
            return start + length
        is_linked = all(text[word.end] == "-" or is_particle(word.plain, language) for word in words[:-1])
        are_names = is_linked and first.text[0].isupper() and last.text[0].isupper()
        if are_names and len(last.plain) >= _FEWEST_LETTERS and last.plain in letters:
            return start + length
    return start + 1


class _Name(NamedTuple):
    """A name that was said as `value`, of which `spelled` are the letters of pieces[start:end]."""

    value: str
    spelled: str
    start: int
    end: int


class _Remark(NamedTuple):
    """Letters that are no part of the spelling: `how` is what leads them, «» where nothing does."""

    letters: str
    how: str
    place: str
    each: Sequence[str]

    def is_counted(self) -> bool:
        return len(self.each) == 1 and len(self.letters) > 1

    def is_true_of(self, name: str) -> bool:
        letter = self.letters[0]
        if self.how == "denied":
            return self.letters not in name
        if self.how == "only one":
            return letter in name and letter * 2 not in name
        if self.is_counted():
            return self.letters in name or name.count(letter) == len(self.letters)  # «deux M»
        is_there = stands(name, self.letters, self.place)
        if self.how == "other":
            return not is_there
        return is_there or (1 < len(self.each) <= _MOST_TOLD and all(part in name for part in self.each))


def as_said(pieces: Sequence[Piece], language: str) -> Sequence[Piece] | None:
    """Only the name, where it was said and spelled alike, and all else that is told is true of it.

    None when what was told before its letters is not: «avec deux L, O L I V E I R A».
    """
    if parts := _in_parts(pieces):
        are_first = [is_first_name(bare(part)) for part in parts]
        if all(are_first):
            return None  # «Lambert, L A M B E R T, Julie, J U L I E»
        if not are_first[0]:
            surnames = [part for part, is_first in zip(parts, are_first, strict=True) if not is_first]
            return [Piece(Kind.LETTERS, re.sub(r" ?([-']) ?", r"\1", " ".join(surnames)))]
    if led := _without_lead(pieces):
        return led
    for name in _names(pieces):
        value = bare(name.value)
        before, after = (list(_remarks(side)) for side in (pieces[: name.start], pieces[name.end :]))
        if not _is_whole(pieces, name):
            continue
        untrue = [remark for remark in before if not remark.is_true_of(value)]
        if untrue and all((remark.how or remark.place) and remark.how != "denied" for remark in untrue):
            return None
        false = [remark for remark in after if not remark.is_true_of(value)]
        if any(remark.is_counted() and not remark.how for remark in false):
            return None  # «M O R E T T I. Deux R»
        if not untrue and not false:
            return [Piece(Kind.LETTERS, _written(name, pieces, language))]
    return pieces


def _without_lead(pieces: Sequence[Piece]) -> Sequence[Piece] | None:
    """«It ends in E N, not O N, so P E T E R S E N» without what is true of the name that is spelled last."""
    run = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, reversed(pieces)))[::-1]
    if len(run) < len(pieces) and pieces[-len(run) - 1].kind is Kind.DENIAL:
        denied = [*run[:1], *takewhile(lambda piece: not piece.is_apart, run[1:])]
        run = run[len(denied) :]
    lead = pieces[: len(pieces) - len(run)]
    if len(run) <= _FEWEST_LETTERS or not any(piece.kind is Kind.DENIAL for piece in lead):
        return None
    name = letters_of(run)
    told = list(_remarks(lead))
    are_true = all((remark.how or remark.place) and remark.is_true_of(name) for remark in told)
    return [*(piece for piece in lead if piece.kind is Kind.WORD), *run] if told and are_true else None


def _in_parts(pieces: Sequence[Piece]) -> list[str]:
    """«Carvalho, C A R V A L H O, et puis Pinto, P I N T O»: each word with its letters."""
    names: list[str] = []
    word = letters = ""
    for piece in [*pieces, Piece(Kind.WORD, "")]:
        if piece.kind in OF_LETTERS:
            letters += piece.value
        elif piece.kind is Kind.WORD:
            if bare(letters):
                if bare(letters) != bare(word):
                    return []
                names.append(letters.strip())
            elif names:
                return []
            word, letters = piece.value, ""
        elif piece.kind is not Kind.FILLER:
            return []
    are_linked = any(piece.value == "-" for piece in pieces) and any(is_first_name(bare(name)) for name in names)
    return names if len(names) > 1 and not are_linked else []


def _names(pieces: Sequence[Piece]) -> Iterator[_Name]:
    """The names that were said and spelled, the longest first."""
    said = [piece.value for piece in pieces if piece.kind is Kind.WORD and len(bare(piece.value)) >= _FEWEST_LETTERS]
    for value in sorted(said, key=lambda value: len(bare(value)), reverse=True):
        words = re.split("[ -]", value)
        # «Marie-Sainte. Marie comme le prénom, …»; but «Jean-Martin, M A R T I N» may be a first name and the last.
        is_of_name = not is_first_name(bare(words[0])) or any(piece.value in ("-", words[0]) for piece in pieces)
        wholes = {bare(value), bare(words[-1])} if is_of_name else {bare(value)}
        for spelled in sorted(wholes, key=len, reverse=True):
            for start, first in enumerate(pieces):
                end = _spelled_end(pieces, start, spelled, bare(value)) if first.kind is Kind.LETTERS else None
                if end:
                    yield _Name(value, spelled, start, end)
                    break


def _spelled_end(pieces: Sequence[Piece], start: int, spelled: str, name: str) -> int | None:
    """Where the letters from `start` on are `spelled`, with nothing between but marks and words of the name."""
    letters = ""
    for position, piece in enumerate(pieces[start:], start=start):
        if piece.kind not in _INSIDE or (piece.kind is Kind.WORD and bare(piece.value) not in name):
            return None
        letters += bare(piece.value) if piece.kind is Kind.LETTERS else ""
        if letters == spelled:
            return position + 1
        if not spelled.startswith(letters):
            return None
    return None


def _is_whole(pieces: Sequence[Piece], name: _Name) -> bool:
    """Whether no letter beside it goes on with the name, and nothing behind it changes it."""
    after = pieces[name.end :]
    first = pieces[name.start]
    lead = [piece.kind for piece in pieces[max(0, name.start - 2) : name.start]]
    if lead[-1:] == [Kind.LETTERS] and lead != [Kind.ABOUT, Kind.LETTERS] and not first.is_apart:
        return False  # «Nana … A N A N A»; but «one s e l l i s»
    if any(piece.kind in (Kind.CORRECTION, Kind.RESTART) for piece in after):
        return False
    if not after or after[0].kind is not Kind.LETTERS or after[0].has_example:
        return True
    again = bare(letters_of(list(takewhile(lambda piece: piece.kind is Kind.LETTERS, after))))
    inside = [piece for piece in pieces[name.start + 1 : name.end] if piece.kind is Kind.LETTERS]
    is_after_pause = after[0].is_apart and not all(piece.is_apart for piece in inside)
    is_counted = len(after[0].value) > 1
    # «A C H A R D. A, C, H, c'est ça», «M O R E T T I. Deux T»
    return is_after_pause and (is_counted or (len(again) > 1 and name.spelled.startswith(again)))


def _remarks(pieces: Sequence[Piece]) -> Iterator[_Remark]:
    how = place = ""
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        position += 1
        if piece.kind is Kind.LETTERS:
            run = list(takewhile(lambda other: other.kind is Kind.LETTERS, pieces[position - 1 :]))
            position += len(run) - 1
            behind = [near.value for near in pieces[position : position + 1] if near.kind is Kind.PLACE]
            yield _Remark(bare(letters_of(run)), how, (*behind, place)[0], [bare(letter.value) for letter in run])
            position += len(behind)
            how, place = "" if how == "denied" else how, ""  # «pas un T, un D»
        elif piece.kind is Kind.PLACE:
            place = piece.value
        elif piece.kind is not Kind.FILLER:
            how = {Kind.ABOUT: piece.value, Kind.DENIAL: "denied"}.get(piece.kind, "")


def _written(name: _Name, pieces: Sequence[Piece], language: str) -> str:
    """The letters, with what stands between the words as they were said, where that was told or heard."""
    inside = [piece for piece in pieces[name.start : name.end] if piece.kind in OF_LETTERS]
    plain = "".join(piece.value for piece in inside)
    letters, said = letters_of(inside), bare(name.value)
    led = len(said) - len(name.spelled)
    value = name.value.replace("’", "'")
    between = {letter for letter in value if not letter.isalnum()}
    marks = {piece.value for piece in pieces if piece.kind is Kind.MARK} | {_HYPHEN_TOLD}
    is_alike = sum(map(str.isalnum, value)) == len(said) and len(letters) == len(name.spelled)
    if not between or not is_alike or not {piece.value for piece in inside if piece.kind is Kind.MARK} <= between:
        return plain
    if led:
        marks = between
    elif between == {" "} and "-" in marks and value.count(" ") == 1:
        value = value.replace(" ", "-")  # «Dupuis Lebrun avec un tiret, …»
    elif _are_apart(name, inside, pieces[name.start : name.end]):
        marks.add(" ")
    if any(piece.kind is Kind.FILLER and signs("attached", language).find(piece.value.split()) for piece in pieces):
        marks.discard(" ")
    written = iter("".join(filter(str.isalnum, value.lower()))[:led] + letters)
    kept = (next(written) if letter.isalnum() else letter if letter in marks else "" for letter in value)
    return "".join(kept).replace(_HYPHEN_TOLD, "-")


def _are_apart(name: _Name, inside: Sequence[Piece], pieces: Sequence[Piece]) -> bool:
    """Whether the words of the name were spelled apart: «De Kersauson. D E, et après, K E R S A U S O N»."""
    ends = {len(bare(" ".join(name.value.split(" ")[:count]))) for count in range(1, name.value.count(" ") + 1)}
    pauses = [near.is_apart for near in inside[1:]]
    letters = 0
    for piece, following in pairwise(pieces):
        letters += len(bare(piece.value)) if piece.kind is Kind.LETTERS else 0
        is_pause = following.kind is not Kind.LETTERS or (following.is_apart and not all(pauses))
        if piece.kind is Kind.LETTERS and is_pause:
            ends.discard(letters)
    return " " in name.value and not ends
