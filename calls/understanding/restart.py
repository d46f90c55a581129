"""Was the thing restarted before the call, as most remedies ask for?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import takewhile
from typing import Final

from calls.understanding.problem import mentions
from calls.understanding.problems.index import ProblemIndex
from calls.understanding.text import Hit, clauses, phrases_of, words

_JOINTS: Final = {"fr": frozenset({"et", "mais", "ou"}), "en": frozenset({"and", "but", "or"})}

_phrases = partial(phrases_of, "restart")


def tells_restart(text: str, code: str, index: ProblemIndex, language: str) -> bool:
    """Whether what belongs to a kind of problem was restarted: «j'ai déjà redémarré la box trois fois».

    Not if it was something else («mon ordinateur»), or nobody did («elle a redémarré toute
    seule»), and not if that has helped before.
    """
    if _says("helped", words(text, language), language):
        return False
    kinds = {mention.code for mention in mentions(text, index, language)} - {"", code}
    return any(
        not _is_denied(clause, hit, language) and _is_of(clause[hit.end :], code, kinds, index, language)
        for clause in clauses(text, language)
        for hit in _phrases("restarted", language).find(clause)
    )


def only_restarts(text: str, language: str) -> bool:
    """Whether a step asks for that and nothing else: «débranchez votre box dix secondes, puis rebranchez-la»."""
    told = words(text, language)
    return _says("restarts", told, language) and not _says("other", told, language)


def _is_of(after: Sequence[str], code: str, others: Collection[str], index: ProblemIndex, language: str) -> bool:
    """Whether what follows names a thing of this kind; «je l'ai redémarrée» may be of any that was named."""
    if not after or not _phrases("article", language).at(after, 0):
        return not others
    thing = list(takewhile(lambda word: word not in _JOINTS[language], after))
    return code in {mention.code for mention in mentions(" ".join(thing), index, language)}


def _is_denied(clause: Sequence[str], hit: Hit[str], language: str) -> bool:
    return _says("denied", clause[max(0, hit.start - 2) : hit.end], language)


def _says(section: str, spoken: Sequence[str], language: str) -> bool:
    return bool(_phrases(section, language).find(spoken))
