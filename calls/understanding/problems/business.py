"""Whether the caller wants something of the company that is no fault: a bill, a contract, an order, a loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from calls.understanding.fixed import listed
from calls.understanding.problems.index import ProblemIndex, singular
from calls.understanding.text import GAP, Hit, Lexicon, clauses, phrases_of, table, words

# Between «depuis» and what happened then: «depuis que j'ai déménagé».
_EVENT_WITHIN = 6
# What is business together, within so many words: «comment on change …», «la box … pas arrivée», «j'attends ma box».
_PAIRS = (("asks_how", "how_to", 8), ("parcel", "not_arrived", 10), ("awaits", "parcel", 3))
# Words between a trouble and what it is with: «un souci avec ma dernière facture».
_TROUBLE_WITHIN = 5


def is_business(text: str, index: ProblemIndex, language: str) -> bool:
    """Whether all that is told is the company's business: «j'ai perdu mon code PUK», «où est mon colis ?».

    Not where something fails besides («j'ai déménagé, et la box ne marche plus»), nor where the
    tenant's own keywords name it. What was lost or damaged may well fail: «… mon téléphone est bloqué»;
    and business has its own troubles: «une erreur sur ma facture», «le technicien est toujours pas là».
    """
    told = clauses(text, language)
    wants = [_wants(singular(clause), language) for clause in told]
    if not any(wants):  # an errand that `farewell` lets nobody go with must lead to a person
        errand = phrases_of("farewell", "errand", language)
        others = [clause for clause in told if not errand.find(clause)]
        fails = any(index.find(singular(clause)) or _fails(clause, language) for clause in others)
        return len(others) < len(told) and not fails
    is_lost = any(hit.value == "loss" for hits in wants for hit in hits)
    for clause, hits in zip(told, wants, strict=True):
        things = index.find(singular(clause))
        if any(_names(thing, hit, singular(clause), language) for hit in hits for thing in things):
            return False
        beside = _beside(clause, hits, index, language) if hits else [clause]
        is_another = bool(things) and not hits
        if (is_another or not is_lost) and any(_fails(part, language) for part in beside):
            return False
    return True


def _names(thing: Hit[str], hit: Hit[str], clause: Sequence[str], language: str) -> bool:
    """Whether a tenant's keyword is all of what is wanted, or a secret in it («mot de passe oublié»)."""
    if thing.start <= hit.start and hit.end <= thing.end:
        return True
    overlaps = thing.start < hit.end and hit.start < thing.end
    return overlaps and bool(_lexicon(language, "secret").find(clause[thing.start : thing.end]))


def _wants(clause: Sequence[str], language: str) -> list[Hit[str]]:
    events = _lexicon(language, "event")
    said = _lexicon(language, "business", "loss").find(clause)
    return [
        hit
        for hit in [*said, *_together(clause, language)]
        if not events.find(clause[max(hit.start - _EVENT_WITHIN, 0) : hit.start])
    ]


def _together(clause: Sequence[str], language: str) -> Iterator[Hit[str]]:
    goes_on = _lexicon(language, "goes_on")
    for first, second, within in _PAIRS:
        for one in _lexicon(language, first).find(clause):
            for other in _lexicon(language, second).find(clause[one.end : one.end + within])[:1]:
                end = one.end + other.end
                if end == len(clause) or not goes_on.at(clause, end):  # «j'attends ma box qui redémarre»
                    yield Hit(one.start, end, "business")


def _beside(clause: Sequence[str], hits: Sequence[Hit[str]], index: ProblemIndex, language: str) -> list[Sequence[str]]:
    """What is told besides the business, without its own trouble."""
    start, end = min(hit.start for hit in hits), max(hit.end for hit in hits)
    before, after = clause[:start], clause[end:]
    for trouble in _lexicon(language, "trouble").find(singular(before))[-1:]:
        if start - trouble.end <= _TROUBLE_WITHIN:
            before = before[: trouble.start]
    if after and _lexicon(language, "is_so").at(singular(after), 0):
        turns = (hit.start for hit in _lexicon(language, "turn").find(singular(after)))
        own = next(turns, len(after))
        if not index.find(singular(clause[start : end + own])):  # «la clé wifi n'est pas acceptée»
            after = after[own:]
    return [before, after]


def _fails(clause: Sequence[str], language: str) -> bool:
    taken = {at for hit in _lexicon(language, "no_fault").find(singular(clause)) for at in range(hit.start, hit.end)}
    told = listed(" ".join(word for at, word in enumerate(clause) if at not in taken), language).signs
    return "said False" in told or bool(_lexicon(language, "fails").find(singular(clause)))


@cache
def _lexicon(language: str, *sections: str) -> Lexicon[str]:
    lists = table("business")[language]
    return Lexicon((_gapped(phrase, language), section) for section in sections for phrase in lists[section])


def _gapped(phrase: str, language: str) -> list[str]:
    first, *others = (singular(words(part, language)) for part in phrase.split(GAP))
    return [*first, *(word for part in others for word in (GAP, *part))]
