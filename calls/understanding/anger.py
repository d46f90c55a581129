"""Is the caller angry, or asking for a person?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache, lru_cache

from calls.understanding.fixed import fixed
from calls.understanding.learned import is_learned
from calls.understanding.text import Hit, Lexicon, clauses, lexicon, table, words
from calls.understanding.yes_no import Answer


class _Sign(StrEnum):
    OWN = "own"
    STRONG = "strong"
    MILD = "mild"
    # What takes one of them back.
    CALM = "calm"
    HARMLESS = "harmless"


# The tenant's words and strong expressions are anger on their own, two mild ones together.
_THRESHOLD = 2
_WEIGHT = {_Sign.OWN: 2, _Sign.STRONG: 2, _Sign.MILD: 1, _Sign.CALM: 0, _Sign.HARMLESS: -2}
# Of one sign, so many tell the learnt judgement something.
_MOST_SIGNS = 2
# «Pas vraiment.» In so few words only a listed expression is anger.
_TOO_SHORT = 2


@lru_cache(maxsize=256)
def _anger(own_words: tuple[str, ...], language: str) -> Lexicon[_Sign]:
    lists = table("anger")[language]
    return lexicon([(own_words, _Sign.OWN), *((lists[sign], sign) for sign in (_Sign.STRONG, _Sign.MILD))], language)


@cache
def _listed(name: str, section: str, language: str) -> frozenset[str]:
    return frozenset(word for phrase in table(name)[language][section] for word in words(phrase, language))


def is_angry(text: str, own_words: Iterable[str], language: str) -> bool:
    """Whether the caller lets anger show.

    `own_words` are the tenant's: one is enough. Without one, it is judged by what was learnt,
    with what the word lists find among its signs; what has hardly a word by the lists alone:
    one strong expression, or two mild ones. What is negated («je ne suis vraiment pas en
    colère») does not count, nor do oaths of joy («putain, ça remarche !»).
    """
    found = list(_expressions(text, own_words, language))
    signs = Counter(sign for _expression, sign in found)
    spoken = words(text, language)
    signs[_Sign.HARMLESS] = len(_phrases("harmless", language).find(spoken))
    oaths = _listed("anger", "oaths", language)
    said = [expression for expression, sign in found if sign is not _Sign.CALM]
    if said and all(oaths.issuperset(expression) for expression in said) and fixed(text, language) is Answer.YES:
        return False
    if not signs[_Sign.OWN] and (said or len(spoken) > _TOO_SHORT):
        return is_learned("anger", spoken, language, _numbered(signs))
    return sum(_WEIGHT[sign] * count for sign, count in signs.items()) >= _THRESHOLD


def _numbered(signs: Counter[_Sign]) -> Iterator[str]:
    for sign, count in signs.items():
        for number in range(min(count, _MOST_SIGNS)):
            yield f"{sign} {number}"


def angry_words(text: str, own_words: Iterable[str], language: str) -> list[str]:
    """The expressions that `is_angry` weighs, folded; what is negated or another's is left out."""
    found = _expressions(text, own_words, language)
    return [" ".join(expression) for expression, sign in found if sign is not _Sign.CALM]


def _expressions(text: str, own_words: Iterable[str], language: str) -> Iterator[tuple[Sequence[str], _Sign]]:
    expressions = _anger(tuple(own_words), language)
    for clause in clauses(text, language):
        for hit in expressions.find(clause):
            before, expression = clause[: hit.start], clause[hit.start : hit.end]
            calm = (
                _is_negated(before, expression, language)
                or _blames_oneself(before, expression, language)
                or _is_anothers(clause, hit, language)
            )
            yield expression, _Sign.CALM if calm else hit.value


def _follows(leads: frozenset[str], before: Sequence[str], language: str) -> bool:
    """Whether one of `leads` comes before, with nothing but small words after it."""
    between = _listed("anger", "between", language)
    for word in reversed(before):
        if word in leads:
            return True
        if word not in between:
            return False
    return False


def _is_negated(before: Sequence[str], expression: Sequence[str], language: str) -> bool:
    """«Pas en colère»; but «ça marche toujours pas votre truc» negates the working."""
    starts_clause = expression[0] in _listed("anger", "clause_start", language)
    if starts_clause and before and before[-1] not in _listed("anger", "reported", language):
        return False
    return _follows(_listed("anger", "negation", language), before, language)


def _blames_oneself(before: Sequence[str], expression: Sequence[str], language: str) -> bool:
    """«Je suis complètement nul», «je suis incapable de vous le dire»."""
    return expression[-1] in _listed("anger", "blame", language) and _follows(
        _listed("anger", "oneself", language), before, language
    )


@cache
def _phrases(section: str, language: str) -> Lexicon[str]:
    return lexicon([(table("anger")[language][section], section)], language)


def _is_anothers(clause: Sequence[str], hit: Hit[_Sign], language: str) -> bool:
    """«Mon mari est énervé contre la box»; but «mon mari est furieux contre vous» is meant for us."""
    others = _phrases("another", language).find(clause[: hit.start])
    return (
        bool(others)
        and bool(_phrases("feeling", language).find(clause[hit.start : hit.end]))
        # «mon mari est parti et moi j'en ai marre»
        and not _listed("anger", "speaker", language).intersection(clause[others[-1].end : hit.start])
        and not _phrases("addressed", language).find(clause)
    )


@cache
def _requests(section: str, language: str) -> Lexicon[str]:
    return lexicon([(table("human")[language][section], section)], language)


def wants_human(text: str, language: str) -> bool:
    """Whether the caller asks for a person: «un conseiller», «je veux parler à quelqu'un»."""
    listed = any(asks_for_person(clause, language) for clause in clauses(text, language))
    return is_learned("human", words(text, language), language, ["listed"] if listed else [])


def _is_own(clause: Sequence[str], person: Hit[str], language: str) -> bool:
    """«Je ne peux plus joindre ma secrétaire»; «mon conseiller» is ours."""
    owned = _listed("human", "own", language).intersection(clause[max(0, person.start - 1) : person.start])
    return bool(owned) and not _listed("human", "ours", language).intersection(clause[person.start : person.end])


def asks_for_person(clause: Sequence[str], language: str) -> bool:
    """Whether a clause does by the word lists, whatever was learnt."""

    def says(section: str) -> bool:
        return bool(_requests(section, language).find(clause))

    if says("always"):
        return True
    if says("past"):
        return False
    people = [hit for hit in _requests("person", language).find(clause) if not _is_own(clause, hit, language)]
    return any(_is_asked_for(clause, person, language) for person in people)


def _is_asked_for(clause: Sequence[str], person: Hit[str], language: str) -> bool:
    before, after = clause[: person.start], clause[person.end :]
    if _requests("refusal", language).find(before):
        return False
    politeness = _listed("human", "polite", language)
    if politeness.issuperset([*before, *after]):
        return True
    if _requests("offer", language).find(after):
        return True  # «un de vos collègues pourrait me prendre ?»
    lead = [word for word in before if word not in _listed("human", "article", language)]
    if lead[-1:] == ["moi"] and lead[-2:-1] and lead[-2].endswith("ez"):
        return True  # «trouvez-moi quelqu'un qui comprend»
    if after[:1] in (["qui"], ["who"]):
        return False  # «il y a quelqu'un qui a coupé la fibre»
    if any(hit.value == "want" for hit in _wants(language).find(before)):
        return True
    available = politeness.issuperset(after) or bool(_requests("available", language).find(after))
    return available and bool(_requests("there", language).find(before))


@cache
def _wants(language: str) -> Lexicon[str]:
    """`want`, and what begins like one and is none: «je peux pas payer le technicien»."""
    lists = table("human")[language]
    return lexicon([(lists[section], section) for section in ("want", "no_want")], language)
