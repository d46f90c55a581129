"""The text that words and letters make which are said one after the other in an e-mail address."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import dropwhile, groupby, pairwise

from calls.understanding.address_phrases import TEXT, Kind, Part
from calls.understanding.address_remarks import with_remarks
from calls.understanding.names import is_first_name

# Words said in one breath are written as one; beyond this many it was a sentence.
_MOST_WORDS = 3
_MOST_WORDS_GLUED = 6
# So many letters that follow a word and resemble it spell that word.
_SPELLED, _LIKE_THE_WORD = 3, 0.6
_SHORT = 2
_VOWELS = frozenset("aeiouy")
_ARTICLES = frozenset(("le", "la", "les", "l", "the"))


def joined(parts: Sequence[Part], *, glued: bool) -> str | None:
    """The text of parts without spaces; None when a part leaves a doubt, or it was a sentence."""
    obeyed = with_remarks(parts)
    pieces: list[str] = []
    for is_text, group in groupby(obeyed or [], lambda part: part.kind in TEXT):
        chunk = _told_once(list(group))
        if not is_text:
            if len(chunk) > 1 or chunk[0].kind is not Kind.SEPARATOR:
                return None
            pieces.append(chunk[0].value)
            continue
        if len(chunk) > 1 and any(part.kind is Kind.PROVIDER for part in chunk):
            return None  # «arobase orange gmail point com»
        chunk = _without_spelled_again(chunk, pieces)
        is_surname = len(pieces) == 2 and (len(pieces[0]) == 1 or is_first_name(pieces[0]))  # «gwen tiret le goff»
        if chunk[0].kind is Kind.PARTICLE and len(chunk) > 1 and pieces and pieces[-1] != "." and not is_surname:
            return None  # «garage tiret du centre»: garage-ducentre or garage-du-centre?
        text = _chunk(chunk, glued=glued) if chunk[0].kind in TEXT else None
        if text is None:
            return None
        pieces.append(text)
    return "".join(pieces)


def _without_spelled_again(chunk: list[Part], pieces: Sequence[str]) -> list[Part]:
    """«Axeo tiret conseil, A, X, E, O» without the letters."""
    rest = list(dropwhile(lambda part: part.kind is Kind.LETTERS, reversed(chunk)))[::-1]
    letters = Part(Kind.LETTERS, "".join(part.value for part in chunk[len(rest) :]))
    if not rest or len(letters.value) < _SPELLED:
        return chunk
    if letters.value in pieces:
        return rest
    is_like_one = any(piece[0] == letters.value[0] for piece in pieces)
    return [Part(Kind.DOUBT)] if is_like_one and not _spelled_by(letters, rest) else chunk


def _chunk(parts: Sequence[Part], *, glued: bool) -> str | None:
    """Words said one after the other; a word that is spelled too counts once."""
    texts: list[Part] = []
    for kind, group in groupby(parts, lambda part: part.kind):
        values = [part.value for part in group]
        texts += [Part(kind, "".join(values))] if kind is Kind.LETTERS else [Part(kind, value) for value in values]
    kept: list[Part] = []
    for text in texts:
        if kept and _spells_part_of(kept[-1], text):
            continue
        if count := _spelled_by(text, kept):
            kept[-count:] = [text]
        elif not (kept and _is_spelled_before(text, kept[-1])):
            kept.append(text)
    is_unsure = any(
        _is_count(parts, at) or _is_figure_or_word(parts, at) or _is_article(parts, at) for at in range(len(parts))
    )
    if is_unsure or any(_is_in_short(*pair) for pair in pairwise(kept)):
        return None
    spelled = [text.value for text in kept if text.kind is Kind.LETTERS and len(text.value) >= _SPELLED]
    words = [text.value for text in kept if text.kind is Kind.WORD]
    if (
        spelled
        and words
        and any(SequenceMatcher(None, one, two).ratio() >= _LIKE_THE_WORD for one in spelled for two in words)
    ):
        return None
    if len(words) > (_MOST_WORDS_GLUED if glued else _MOST_WORDS):
        return None
    return "".join(text.value for text in kept)


def _told_once(parts: list[Part]) -> list[Part]:
    """«Ricard et fils, ricardetfils» without one of the two."""
    values = [part.value for part in parts]
    for middle in range(1, len(parts)):
        if "".join(values[:middle]) == (again := "".join(values[middle:])) and len(again) >= _SPELLED:
            return parts[:middle]
    return parts


def _spelled_by(letters: Part, before: Sequence[Part]) -> int:
    """How many words before the letters these spell: of «le gall, L, E, G, A, L, L» two."""
    if letters.kind is not Kind.LETTERS:
        return 0
    likest, alike = 0, 0.0
    for count in range(1, min(len(before), _MOST_WORDS) + 1):
        if before[-count].kind not in (Kind.WORD, Kind.PROVIDER, Kind.PARTICLE):
            break
        word = "".join(part.value for part in before[-count:])
        likeness = SequenceMatcher(None, letters.value, word).ratio()
        is_spelled = len(letters.value) >= _SPELLED and letters.value[0] == word[0] and likeness >= _LIKE_THE_WORD
        if (is_spelled or letters.value == word) and likeness > alike:
            likest, alike = count, likeness
    return likest


def _is_in_short(word: Part, short: Part) -> bool:
    """«Jean-Philippe, jp»"""
    is_short = len(short.value) == _SHORT and _VOWELS.isdisjoint(short.value)
    return word.kind is short.kind is Kind.WORD and is_short


def _is_count(parts: Sequence[Part], position: int) -> bool:
    """«Roux, deux M»: two more letters, or of another word?"""
    beside = [part.kind for part in (*parts[max(0, position - 1) : position], *parts[position + 1 : position + 2])]
    is_double = parts[position].kind is Kind.LETTERS and len(parts[position].value) > 1
    return is_double and Kind.WORD in beside and Kind.LETTERS not in beside


def _spells_part_of(word: Part, letters: Part) -> bool:
    """«Mattéo, deux T, E, O»: the letters that the word ends with, or begins with."""
    is_part = word.value.endswith(letters.value) or word.value.startswith(letters.value)
    return letters.kind is Kind.LETTERS and word.kind is Kind.WORD and len(letters.value) >= _SPELLED and is_part


def _is_spelled_before(word: Part, letters: Part) -> bool:
    """«A, X, E, O, axeo»"""
    is_word = word.kind in (Kind.WORD, Kind.PROVIDER) and len(word.value) >= _SPELLED
    return is_word and letters == Part(Kind.LETTERS, word.value)


def _is_article(parts: Sequence[Part], position: int) -> bool:
    """«Martin le tiret du huit», «martin le trente-trois»: of the mark, or of the name?"""
    is_after_name = position > 0 and parts[position - 1].kind in (Kind.WORD, Kind.LETTERS)
    is_last = all(part.kind is Kind.DIGITS for part in parts[position + 1 :])
    return is_after_name and is_last and parts[position].kind is Kind.PARTICLE and parts[position].value in _ARTICLES


def _is_figure_or_word(parts: Sequence[Part], position: int) -> bool:
    """«Trois moulins»: 3moulins, or troismoulins?"""
    part, kinds = parts[position], [part.kind for part in parts]
    if not part.spoken.isalpha() or len(part.value) > 1 or kinds[position + 1 : position + 2] != [Kind.WORD]:
        return False
    return position == 0 or kinds[position - 1] is Kind.WORD
