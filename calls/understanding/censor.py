"""Replace insults and charged words in what people read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from calls.understanding.text import Lexicon, fold

_WORD = re.compile(r"[^\W_]+")
_UNSAID = "***"


def censor(text: str, replacements: Mapping[str, str]) -> str:
    """`text` with whole words replaced («connexion» and «Concarneau» stay), their case kept.

    Plurals are found too, and words that were written without their accents. An empty
    replacement leaves `***`.
    """
    lexicon = _lexicon(tuple(replacements.items()))
    spans = [match.span() for match in _WORD.finditer(text)]
    plain = [_singular(text[start:end]) for start, end in spans]
    pieces = []
    copied = 0
    for hit in lexicon.find(plain):
        start, end = spans[hit.start][0], spans[hit.end - 1][1]
        found, (phrase, replacement) = text[start:end], hit.value
        if _is_address(text, start, end) or not _same_accents(found, phrase):
            continue
        pieces += [text[copied:start], _in_case_of(found, replacement)]
        copied = end
    return "".join([*pieces, text[copied:]])


@lru_cache(maxsize=256)
def _lexicon(replacements: tuple[tuple[str, str], ...]) -> Lexicon[tuple[str, str]]:
    return Lexicon(
        ([_singular(word) for word in _WORD.findall(phrase)], (phrase, replacement or _UNSAID))
        for phrase, replacement in replacements
    )


def _singular(word: str) -> str:
    plain = fold(word)
    return plain[:-1] if len(plain) > 3 and plain[-1] in "sx" else plain


def _same_accents(found: str, phrase: str) -> bool:
    """«salé» is not «sale»; but recognition may have dropped the accents of «enculé»."""
    return fold(found) == found.lower() or fold(phrase) != phrase.lower()


def _is_address(text: str, start: int, end: int) -> bool:
    """Whether the word is a part of an e-mail or web address, which stays usable."""
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return "@" in around


def _in_case_of(found: str, replacement: str) -> str:
    letters: Sequence[str] = [letter for letter in found if letter.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return replacement.upper()
    return replacement[:1].upper() + replacement[1:] if letters and letters[0].isupper() else replacement
