"""Whether the caller wants something of the company that is no fault: a bill, a contract, an order, a loss."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from calls.understanding.fixed import listed
from calls.understanding.problems.index import ProblemIndex, singular
from calls.understanding.text import GAP, Hit, Lexicon, clauses, table, words

# Between «depuis» and what happened then: «depuis que j'ai déménagé».
_EVENT_WITHIN = 6


def is_business(text: str, index: ProblemIndex, language: str) -> bool:
    """Whether all that is told is the company's business: «j'ai perdu mon code PUK», «où est mon colis ?».

    Not where something fails besides («j'ai déménagé, et la box ne marche plus»), nor where the
    tenant's own keywords name it. What was lost or damaged may well fail: «… mon téléphone est bloqué».
    """
    told = clauses(text, language)
    wants = [_wants(singular(clause), language) for clause in told]
    if not any(wants):
        return False
    is_lost = any(hit.value == "loss" for hits in wants for hit in hits)
    for clause, hits in zip(told, wants, strict=True):
        things = index.find(singular(clause))
        if any(thing.start <= hit.start and hit.end <= thing.end for hit in hits for thing in things):
            return False
        beside = [clause[: hits[0].start], clause[hits[-1].end :]] if hits else [clause]
        is_another = bool(things) and not hits
        if (is_another or not is_lost) and any(_fails(part, language) for part in beside):
            return False
    return True


def _wants(clause: Sequence[str], language: str) -> list[Hit[str]]:
    events = _lexicon(language, "event")
    return [
        hit
        for hit in _lexicon(language, "business", "loss").find(clause)
        if not events.find(clause[max(hit.start - _EVENT_WITHIN, 0) : hit.start])
    ]


def _fails(clause: Sequence[str], language: str) -> bool:
    told = listed(" ".join(clause), language).signs
    return "said False" in told or bool(_lexicon(language, "fails").find(singular(clause)))


@cache
def _lexicon(language: str, *sections: str) -> Lexicon[str]:
    lists = table("business")[language]
    return Lexicon((_gapped(phrase, language), section) for section in sections for phrase in lists[section])


def _gapped(phrase: str, language: str) -> list[str]:
    first, *others = (singular(words(part, language)) for part in phrase.split(GAP))
    return [*first, *(word for part in others for word in (GAP, *part))]
