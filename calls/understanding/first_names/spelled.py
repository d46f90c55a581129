"""First names that are spelled, and what tells them from family names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import takewhile

from calls.understanding.letters import dictated, letter_names, signs, spells
from calls.understanding.names import Token, is_first_name, is_no_name, listed, no_names
from calls.understanding.spelling import spelling
from calls.understanding.text import fold, table

# A word that is no longer is not told to be a last name by how it is built.
_LONGEST_ENDING = 5
# What letters are said to stand for: «Catherine with a K».
_SOUNDS_OF = {
    "k": ("c",), "c": ("k",), "ph": ("v", "f", "ff"), "v": ("ph",), "f": ("ph",), "y": ("i", "ie"), "i": ("y",),
    "g": ("j",), "j": ("g",), "s": ("z",), "z": ("s",), "ck": ("k", "c"),
}  # fmt: skip
_SPELLED = frozenset(("spelled", "spelt"))
_SILENT_AT_END = ("e", "h")
_TWO_LETTERS = ("ph", "ck")
# So many letters said one by one are a spelling.
_FEWEST_SPELLED = 3


def as_spelled(text: str, tokens: Sequence[Token], name: str | None, language: str) -> str | None:
    """«Sean. S-H-A-U-N, actually», «G E O F F»: the name as its letters have it."""
    heard = [word.plain for word in dictated(text)]
    letters = [word for word in heard if len(word) == 1 or signs("nato", language).at([word], 0)]
    letters += [word for word in heard if len(word) > 1 and letter_names(language).at([word], 0)]
    if language != "en" or len(letters) < _FEWEST_SPELLED:
        return name
    introductions = "|".join(sorted(table("names")[language]["given"], key=len, reverse=True))
    spelled = spelling(re.sub(rf"\b(?:{introductions})\b('s)?", " ", text, flags=re.IGNORECASE), language)
    if not spelled or len(spelled) < _FEWEST_SPELLED or " " in spelled:
        return name
    others = [token.plain for token in _without_examples(tokens, language) if len(token.plain.split("-")[0]) > 1]
    idle = no_names(language).union(letters, *(listed(section, language) for section in ("filler", "spelling", "end")))
    said = [word for word in others if word not in idle]  # of words that are as like, the first
    likest = max(said, key=lambda word: SequenceMatcher(None, word, fold(spelled)).ratio(), default=None)
    is_like = likest and (
        spells(fold(spelled), likest) or (likest[0] == fold(spelled)[0] and not _SPELLED.isdisjoint(heard))
    )
    if likest is None or (is_like and likest == fold(name or likest)):
        return spelled
    return name


def spelled_name(tokens: Sequence[Token], language: str) -> str | None:
    """«Ewa, E, W, A», «N comme Noé, O comme Oscar, …»: the word whose letters are said."""
    signs = [token for token in tokens if len(token.plain) == 1]
    letters = "".join(token.plain for token in signs)
    if len(letters) < _FEWEST_SPELLED:
        return None
    others = {token.plain for token in _without_examples(tokens, language)} - {token.plain for token in signs}
    if is_first_name(letters, language) and others <= listed("filler", language) | listed("spelling", language):
        return "".join(token.text for token in signs).capitalize()
    has_known = any(is_first_name(token.plain, language) for token in tokens)
    for position, token in enumerate(tokens):
        is_last_name = has_known or (position > 0 and tokens[position - 1].plain in listed("title", language))
        if (
            len(token.plain) > _FEWEST_SPELLED - 1
            and letters.startswith(token.plain[:2])
            and set(letters) <= set(token.plain)
            and (is_first_name(token.plain, language) or not (is_last_name or _may_not_be_first(token.plain, language)))
        ):
            return cased(token.text)
    return None


def with_letter(name: str, tokens: Sequence[Token]) -> str | None:
    """«Catherine with a K» as Katherine; None where nobody can tell which name has that letter.

    «Steven with a P H» is Stephen.
    """
    plain = [token.plain for token in tokens]
    at = plain.index(fold(name)) + 1 if fold(name) in plain else len(plain)
    if plain[at : at + 1] != ["with"] or plain[at + 1 : at + 2] not in (["a"], ["an"]):
        return name
    told = list(takewhile(lambda word: len(word) == 1 or word in _TWO_LETTERS, plain[at + 2 :]))
    letters = "".join(told)
    if not letters or len(letters) > len("ph") or letters[0] in fold(name):
        return name
    if any(len(word) == 1 and word not in "ai" for word in plain[at + 2 + len(told) :]):
        return None  # «with a K and a Y»
    changed = {
        fold(name)[:place] + letters + fold(name)[place + len(sound) :]
        for sound in _SOUNDS_OF.get(letters, ())
        for place in range(len(name))
        if fold(name).startswith(sound, place)
    }
    if letters in _SILENT_AT_END:
        changed.add(fold(name) + letters)
    known = [other for other in changed if is_first_name(other, "en")]
    return cased(known[0]) if len(known) == 1 else None


def _without_examples(tokens: Sequence[Token], language: str) -> list[Token]:
    """«N comme Noé» as «N»."""
    like = listed("like", language)
    of_letters = {
        at
        for at in range(1, len(tokens) - 1)
        if tokens[at].plain in like and tokens[at + 1].plain[0] == tokens[at - 1].plain
    }
    return [token for at, token in enumerate(tokens) if not of_letters & {at, at - 1}]


def _may_not_be_first(plain: str, language: str) -> bool:
    return is_no_name(plain, language) or is_last_name(plain, language)


def is_last_name(plain: str, language: str) -> bool:
    """Whether an unknown word is some family's name, one of those that many have or built like them: «Etcheverry»."""
    if is_first_name(plain, language):
        return False
    if plain in listed("last_names", language):
        return True
    begin, end = (table("names")[language][section] for section in ("last_begin", "last_end"))
    is_built_so = len(plain) > _LONGEST_ENDING and (plain.startswith(tuple(begin)) or plain.endswith(tuple(end)))
    return is_built_so or (bool(end) and plain in _last_names())


@cache
def _last_names() -> frozenset[str]:
    return frozenset(fold(name) for name in table("company_names")["surnames"].split())


def cased(name: str) -> str:
    """«JEAN-LUC» and «jean-luc» as «Jean-Luc»; «McKenna» stays."""
    if not (name.islower() or name.isupper()):
        return name
    return re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), name)
