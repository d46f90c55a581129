"""The text that words and letters make which are said one after the other in an e-mail address."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from calls.understanding.address_rules.phrases import AND, TEXT, Kind, Part, endings, text_of
from calls.understanding.address_rules.remarks import with_remarks
from calls.understanding.address_rules.spelling import spelled_once, without_told_again
from calls.understanding.letters import SPELLED, resembles
from calls.understanding.names import is_first_name

# Words said in one breath are written as one; beyond this many it was a sentence.
_MOST_WORDS = 3
_MOST_WORDS_GLUED = 6
_SHORT = 2
_VOWELS = frozenset("aeiouy")
_ARTICLES = frozenset(("le", "la", "les", "l", "the"))


def joined(parts: Sequence[Part], *, glued: bool) -> str | None:
    """The text of parts without spaces; None when a part leaves a doubt, or it was a sentence."""
    obeyed = with_remarks(spelled_once(parts))
    pieces: list[str] = []
    last = ""
    is_told = False
    for is_text, group in groupby(_once(obeyed or []), lambda part: part.kind in TEXT):
        chunk = list(group)
        if not is_text:
            mark = text_of(part for part in chunk if part.kind is Kind.SEPARATOR)
            if mark not in ("__", chunk[0].value) or any(part.kind is not Kind.SEPARATOR for part in chunk):
                return None
            pieces.append(mark)
            continue
        if chunk[0].kind is Kind.LETTERS and len(chunk[0].value) >= SPELLED and pieces[-2:-1] == [chunk[0].value]:
            return None  # «eric point, E R I C, point lemoine»
        if is_told and not (pieces[-1] == "." and chunk[0].value in endings()):
            return None  # «patrick point vidal, P A T R I C K, tiret…»
        said, chunk = chunk, without_told_again(chunk, pieces)
        is_told = not {part.value for part in said[len(chunk) :]} <= {part.value for part in chunk}
        if len(chunk) > 1 and any(part.kind is Kind.PROVIDER for part in chunk):
            return None  # «arobase orange gmail point com»
        is_surname = len(pieces) == 2 and (len(pieces[0]) == 1 or is_first_name(pieces[0]))  # «gwen tiret le goff»
        if chunk[0].kind is Kind.PARTICLE and len(chunk) > 1 and pieces and pieces[-1] != "." and not is_surname:
            return None  # «garage tiret du centre»: garage-ducentre or garage-du-centre?
        if last == chunk[0].value and pieces[-2:-1] != [last]:
            return None  # «roux assurances tiret assurances»
        last = chunk[-1].value
        text = _chunk(chunk, pieces, glued=glued) if chunk[0].kind in TEXT else None
        if text is None:
            return None
        pieces.append(text)
    return "".join(pieces)


def _once(parts: list[Part]) -> list[Part]:
    """«Patrick point vidal, P A T R I C K, point, V I D A L» without the second."""
    values = [part.value for part in parts]
    for end in range(3, len(parts) // 2 + 1):
        if values[:end] == values[end : 2 * end] and parts[end - 1].kind in TEXT and parts[end].kind in TEXT:
            return [*parts[:end], *parts[2 * end :]]
    return parts


def _chunk(parts: Sequence[Part], pieces: Sequence[str], *, glued: bool) -> str | None:
    """Words said one after the other, where no letters may be another word's."""
    is_unsure = any(
        _is_count(parts, at) or _is_figure_or_word(parts, at) or _is_article(parts, at) for at in range(len(parts))
    )
    if is_unsure or any(_is_in_short(*pair) or _is_begun(*pair) for pair in pairwise(parts)):
        return None
    values = [part.value for part in parts]
    spelled = [part.value for part in parts if part.kind is Kind.LETTERS and len(part.value) >= SPELLED]
    words = [part.value for part in parts if part.kind is Kind.WORD]
    if any(resembles(one, two) for one in spelled for two in words):
        return None
    if any(part.kind is Kind.WORD and part.value in (*pieces, *values[:at]) for at, part in enumerate(parts) if at):
        return None  # «pierre point martin pierre»
    last = values[-1]
    if len(parts) > 1 and parts[-1] == AND:
        return None  # «pierre et point martin»
    if any(
        part.has_example and len(part.value) > 1 and word.startswith(part.value) for part in parts for word in words
    ):
        return None  # «vidal, V comme Victor, I comme Irma»
    if len(parts) > 1 and last in spelled and any(piece[0] == last[0] for piece in pieces):
        return None  # «axeo tiret conseil, A, X, I, O»
    if len(words) > (_MOST_WORDS_GLUED if glued else _MOST_WORDS):
        return None
    return text_of(parts)


def _is_in_short(word: Part, short: Part) -> bool:
    """«Jean-Philippe, jp»"""
    is_short = len(short.value) == _SHORT and _VOWELS.isdisjoint(short.value)
    return word.kind is short.kind is Kind.WORD and is_short


def _is_begun(word: Part, whole: Part) -> bool:
    """«Lamb… Lambert»"""
    is_part = word.value != whole.value and whole.value.startswith(word.value)
    return word.kind is whole.kind is Kind.WORD and len(word.value) >= SPELLED and is_part


def _is_count(parts: Sequence[Part], position: int) -> bool:
    """«Roux, deux M»: two more letters, or of another word?"""
    beside = [part.kind for part in (*parts[max(0, position - 1) : position], *parts[position + 1 : position + 2])]
    value = parts[position].value
    is_double = parts[position].kind is Kind.LETTERS and len(value) > 1 and len(set(value)) == 1
    return is_double and Kind.WORD in beside and Kind.LETTERS not in beside


def _is_article(parts: Sequence[Part], position: int) -> bool:
    """«Martin le tiret du huit», «martin le trente-trois»: of the mark, or of the name? «Deux le deux»"""
    if [part.kind for part in parts[max(0, position - 1) : position + 2]] == [Kind.DIGITS, Kind.PARTICLE, Kind.DIGITS]:
        return True
    is_after_name = position > 0 and parts[position - 1].kind in (Kind.WORD, Kind.LETTERS)
    is_last = all(part.kind is Kind.DIGITS for part in parts[position + 1 :])
    return is_after_name and is_last and parts[position].kind is Kind.PARTICLE and parts[position].value in _ARTICLES


def _is_figure_or_word(parts: Sequence[Part], position: int) -> bool:
    """«Trois moulins»: 3moulins, or troismoulins?"""
    part, kinds = parts[position], [part.kind for part in parts]
    if not part.spoken.isalpha() or len(part.value) > 1 or kinds[position + 1 : position + 2] != [Kind.WORD]:
        return False
    return position == 0 or kinds[position - 1] is Kind.WORD
