"""What callers say to «does it work now?» besides yes and no."""

from __future__ import annotations

import re
from collections.abc import Collection

from calls.understanding.attempts import is_halfway, is_under_way
from calls.understanding.fault import tells_fault
from calls.understanding.fixed import fixed
from calls.understanding.problem import problem
from calls.understanding.problems.index import ProblemIndex
from calls.understanding.requests import says
from calls.understanding.text import words
from calls.understanding.visit import wants_visit
from calls.understanding.yes_no import Answer

# Where something else may begin: «oui. Et mon portable …», «yes but what about my mobile».
_JOINT = re.compile(r"(?<=[.,;:!?…])\s+|\s+(?=(?:mais|par contre|sinon|et|but|and)\b)", re.IGNORECASE)
_PARTLY = frozenset({"pas", "sauf", "not", "except"})
_MATTER_WORDS = 3  # of a second problem that has no name: «une question», and no more, tells none


def is_to_come(text: str, language: str) -> bool:
    """Whether it is too early to tell: «elle redémarre», «elle est débranchée», «je vais voir»."""
    return is_halfway(text, language) or is_under_way(text, language)


def cannot_tell(text: str, language: str) -> bool:
    """Whether the caller has no way to know: «je peux pas vous dire, il a le téléphone avec lui»."""
    return says("cannot_tell", text, language) and fixed(text, language) is Answer.UNCLEAR


def asks_for_visit(text: str, language: str) -> bool:
    """Whether somebody is to come, whatever works: «ça marche, mais envoyez quelqu'un»."""
    is_asked = says("asks_visit", text, language) or wants_visit(text, language)
    return is_asked and not says("needs_none", text, language)


def tells_another(
    text: str, index: ProblemIndex, language: str, known: Collection[str], *, is_fixed: bool = False
) -> bool:
    """Whether another problem than the `known` ones is told after it works: «oui, mais mon fixe grésille aussi».

    `is_fixed`: it was said before to work, and need not be again.
    """
    parts = _JOINT.split(text)
    for number, part in enumerate(parts):
        before, after = " ".join(parts[:number]), " ".join(parts[number:])
        if not (is_fixed or fixed(before, language) is Answer.YES):
            continue
        if says("another", after, language) and not says("needs_none", after, language):
            return True
        if _PARTLY.intersection(words(after, language)[:2]):
            return False  # «oui, mais pas sur mon portable» is of the same
        codes = {problem(part, index, language), problem(after, index, language)} - {None, *known}
        if not codes:
            continue
        if tells_fault(after, index, language) or says("besides", after, language):
            return len(words(after, language)) >= _MATTER_WORDS
    return False
