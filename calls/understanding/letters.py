"""Spoken letters: their names, and initials joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from calls.understanding.text import Lexicon, fold, table


@cache
def letter_names(language: str) -> Lexicon[str]:
    """Every name of a letter, folded; «double vé» and «i grec» have two words."""
    return Lexicon(
        (fold(name).replace("'", "").split(), letter)
        for letter, names in table("letters")[language].items()
        for name in names
    )


def join_letters(plain: Sequence[str], language: str) -> Iterator[tuple[str, int, int]]:
    """`plain` with initials («S N C F», «erre cé effe») as one word each: (word, start, end).

    Two spoken letter names may be two words («c'est au»), so a run that is not written
    in single letters needs three of them.
    """
    names = letter_names(language)
    position = 0
    while position < len(plain):
        letters = ""
        end = position
        single = True
        while end < len(plain) and (hit := names.at(plain, end)):
            single = single and len(plain[end]) == 1
            letters += hit.value
            end = hit.end
        if (len(letters) > 1 and single) or len(letters) > 2:
            yield letters, position, end
            position = end
        else:
            yield plain[position], position, position + 1
            position += 1
