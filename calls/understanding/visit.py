"""Does the caller want somebody to come?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from calls.understanding.text import Hit, are_all_of, clauses, phrases_of

_REACH = 3  # words between the person and what he is to do
# «Envoyer un mail à quelqu'un»: who gets something does not come.
_TO = frozenset({"a", "to", "with", "avec", "de", "of", "from", "pour", "for", "par", "by"})

_phrases = partial(phrases_of, "visit")


def wants_visit(text: str, language: str) -> bool:
    """Whether somebody is to come: «vous pouvez envoyer quelqu'un ?», «il faudrait qu'un technicien passe».

    Not who waits for somebody who was to come, and not who needs nobody.
    """
    return any(_is_wish(clause, language) for clause in clauses(text, language))


def _is_wish(clause: Sequence[str], language: str) -> bool:
    if _says("no_wish", clause, language):
        return False
    if _says("always", clause, language):
        return True
    if any(_says("want", clause[: call.start], language) for call in _phrases("call", language).find(clause)):
        return True
    people = _phrases("person", language).find(clause)
    return any(_is_sent(clause, person, language) or _is_to_come(clause, person, language) for person in people)


def _is_sent(clause: Sequence[str], person: Hit[str], language: str) -> bool:
    """«Envoyez-moi quelqu'un», "can you get somebody"."""
    sends = _phrases("send", language).find(clause[: person.start])
    if not sends or person.start - sends[-1].end > _REACH:
        return False
    if not _TO.isdisjoint(clause[sends[-1].end : person.start]):
        return False
    before = clause[: sends[-1].start]
    is_order = _phrases("order", language).at(clause, sends[-1].start) is not None
    return _asks(before, language) or (is_order and are_all_of(before, _phrases("lead", language)))


def _is_to_come(clause: Sequence[str], person: Hit[str], language: str) -> bool:
    """«Il faut que quelqu'un vienne», «un technicien peut passer ?»."""
    after = clause[person.end :]
    comes = _phrases("come", language).find(after)
    if not comes or comes[0].start > _REACH:
        return False
    return _asks([*clause[: person.start], *after[: comes[0].start]], language)


def _asks(spoken: Sequence[str], language: str) -> bool:
    return _says("want", spoken, language) or _says("may", spoken, language)


def _says(section: str, spoken: Sequence[str], language: str) -> bool:
    return bool(_phrases(section, language).find(spoken))
