"""The word lists that descriptions of problems are read by (`words/problem.toml`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain

from calls.understanding.problems.index import singular
from calls.understanding.text import Lexicon, table, words


@cache
def _lists(language: str) -> dict[str, tuple[Lexicon[str], frozenset[str]]]:
    """The word lists by their names: as phrases, and as the words in them."""
    lists = {
        section: [singular(words(phrase, language)) for phrase in phrases]
        for section, phrases in table("problem")[language].items()
    }
    lists["linking"] = [*lists["articles"], *lists["of"]]
    lists["where"] = [*lists["since"], *lists["beside"], *lists["on"]]
    return {
        section: (Lexicon((phrase, section) for phrase in phrases), frozenset(chain(*phrases)))
        for section, phrases in lists.items()
    }


def words_of(section: str, language: str) -> frozenset[str]:
    return _lists(language)[section][1]


def phrases_of(section: str, language: str) -> Lexicon[str]:
    return _lists(language)[section][0]


def is_listed(phrase: Sequence[str], section: str, language: str) -> bool:
    hit = phrases_of(section, language).at(phrase, 0)
    return hit is not None and hit.end == len(phrase)


def ends_with(clause: Sequence[str], section: str, language: str) -> bool:
    return bool(phrases_of(section, language).at(clause, len(clause) - 1))
