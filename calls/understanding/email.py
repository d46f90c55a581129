"""Dictated e-mail addresses. A wrong address is worse than none: what is unsure is None."""

from __future__ import annotations

import re

from calls.understanding.addresses.ranking import likeliest
from calls.understanding.text import LONGEST_DICTATION

# «luc/roy@free.fr»: no address has it, and nobody can tell what was said.
_ODD = re.compile(r"\w[^\w\s.,;:!?…'’@_+-]+\w\S*@|@\S*\w[^\w\s.,;:!?…'’@_+-]+\w")

# «howard . lunt @ sky . com»: no full stop of a sentence stands between two spaces.
_SPACED = re.compile(r"(?<=\w) ([._+]) (?=[a-z0-9])")


def email(text: str, language: str) -> str | None:
    """The address dictated, in small letters without accents; None unless it is whole and sure.

    Words with nothing between them are one («pierre martin arobase» is pierremartin@). Of
    an address that is corrected the last version counts, if it is whole. Rules read plain
    dictations; what was learnt from sentences reads the others, and asks the rules in doubt.
    """
    if _ODD.search(text[:LONGEST_DICTATION]):
        return None
    text = _SPACED.sub(r"\1", text)
    return likeliest(text, language)
