"""The last name told once more, beside a «yes»: «oui, Jean Moreau, M O R E A U»."""

from __future__ import annotations

from itertools import pairwise

from calls.understanding.names import is_no_name, tokens_of
from calls.understanding.phonetic import phonetic
from calls.understanding.spelling import spelling
from calls.understanding.spellings.tellings import is_alike
from calls.understanding.text import fold

# Letters that a name has in common with the one that was noted.
_SAME_LETTERS = 2


def last_name_again(text: str, first_name: str, noted: str, language: str) -> str | None:
    """The last name, where it is spelled or said otherwise than it was noted; None: as it was noted, or not at all.

    A word counts after the first name only, and if it sounds otherwise: recognition writes
    «Moreau» of each «Moro», and letters know better.
    """
    spelled = spelling(text, language)
    if spelled is not None:
        is_of_last = fold(spelled) not in (fold(first_name), fold(noted))
        return spelled if is_of_last and (_begins_alike(spelled, noted) or is_alike(spelled, noted)) else None
    for first, last in pairwise(tokens_of(text, language)):
        if first.plain != fold(first_name) or is_no_name(last.plain, language):
            continue
        sounds_so = phonetic(last.text) == phonetic(noted) or fold(noted).startswith(last.plain)
        if not sounds_so and _begins_alike(last.text, noted):
            return last.text.upper() if language == "fr" else last.text[:1].upper() + last.text[1:]
    return None


def _begins_alike(name: str, noted: str) -> bool:
    return fold(name)[:_SAME_LETTERS] == fold(noted)[:_SAME_LETTERS]
