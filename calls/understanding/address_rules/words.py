"""The words of a dictated e-mail address, and what is written between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.understanding.address_rules.phrases import INITIAL, Kind, Part, endings, heard_as
from calls.understanding.letters import Word
from calls.understanding.text import compact

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words_and_gaps(text: str, language: str) -> tuple[list[Word], list[str]]:
    """The words, and what is written before each and after the last; a space beside a mark stays."""
    aliases = heard_as(language)
    heard, gaps, last = [], [], 0
    for match in _WORD.finditer(text):
        plain = compact(match[0])
        heard.append(Word(aliases.get(plain, plain), match[0], match.start(), match.end()))
        gap = text[last : match.start()]
        gaps.append("" if gap.isspace() else gap)
        last = match.end()
    return heard, [*gaps, text[last:]]


def symbols_between(gap: str, heard: Sequence[Word], position: int, *, in_domain: bool, may_end: bool) -> list[Part]:
    """The marks between two words, as parts; whether the ending of a domain may follow."""
    if not gap:
        return []
    tight = not re.search(r"\s", gap)
    symbols = []
    for mark in gap.strip():
        if mark == "@":
            symbols.append(Part(Kind.AT, "@"))
        elif mark in "_+" or (mark in ".-" and tight and 0 < position < len(heard)):
            symbols.append(Part(Kind.SEPARATOR, mark))
        elif mark == "." and in_domain and may_end and position < len(heard) and heard[position].plain in endings():
            symbols.append(Part(Kind.SEPARATOR, mark))  # «gmail. com»
        elif mark == "." and not in_domain and _is_initial(heard, position):
            symbols.append(Part(Kind.DOUBT, INITIAL))  # «P. Martin»: with the full stop, or without?
        else:
            symbols.append(Part(Kind.PAUSE))
    return symbols


def _is_initial(heard: Sequence[Word], position: int) -> bool:
    """Whether the word before `position` is one letter alone, followed by a name."""
    lengths = [len(word.plain) for word in heard[max(0, position - 2) : position]]
    alone = lengths[-1:] == [1] and lengths[:-1] != [1]
    return alone and position < len(heard) and len(heard[position].plain) > 1
