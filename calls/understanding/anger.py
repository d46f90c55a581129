"""Is the caller angry, or asking for a person?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from calls.understanding.fixed import fixed
from calls.understanding.text import Hit, Lexicon, clauses, lexicon, table, words
from calls.understanding.yes_no import Answer

# The tenant's words and strong expressions are anger on their own, two mild ones together.
_THRESHOLD = 2
_STRONG, _MILD = 2, 1


@lru_cache(maxsize=256)
def _anger(own_words: tuple[str, ...], language: str) -> Lexicon[int]:
    lists = table("anger")[language]
    return lexicon([(own_words, _STRONG), (lists["strong"], _STRONG), (lists["mild"], _MILD)], language)


@cache
def _listed(name: str, section: str, language: str) -> frozenset[str]:
    return frozenset(word for phrase in table(name)[language][section] for word in words(phrase, language))


def is_angry(text: str, own_words: Iterable[str], language: str) -> bool:
    """Whether the caller lets anger show.

    `own_words` are the tenant's: one is enough, like one of the built-in strong
    expressions; mild ones («c'est pas normal») take two. What is negated («je ne suis
    vraiment pas en colère») does not count, nor do oaths of joy («putain, ça remarche !»).
    """
    expressions = _anger(tuple(own_words), language)
    oaths = _listed("anger", "mild", language)
    score = -_STRONG * len(_phrases("harmless", language).find(words(text, language)))
    only_oaths = True
    for clause in clauses(text, language):
        for hit in expressions.find(clause):
            if not (_is_negated(clause[: hit.start], language) or _is_anothers(clause, hit, language)):
                score += hit.value
                only_oaths = only_oaths and oaths.issuperset(clause[hit.start : hit.end])
    if score < _THRESHOLD:
        return False
    return not (only_oaths and fixed(text, language) is Answer.YES)


def _is_negated(before: Sequence[str], language: str) -> bool:
    between, negation = _listed("anger", "between", language), _listed("anger", "negation", language)
    for word in reversed(before):
        if word in negation:
            return True
        if word not in between:
            return False
    return False


@cache
def _phrases(section: str, language: str) -> Lexicon[str]:
    return lexicon([(table("anger")[language][section], section)], language)


def _is_anothers(clause: Sequence[str], hit: Hit[int], language: str) -> bool:
    """«Mon mari est énervé contre la box»; but «mon mari est furieux contre vous» is meant for us."""
    return (
        bool(_phrases("feeling", language).find(clause[hit.start : hit.end]))
        and bool(_phrases("another", language).find(clause[: hit.start]))
        and not _listed("anger", "addressed", language).intersection(clause)
    )


@cache
def _requests(section: str, language: str) -> Lexicon[str]:
    return lexicon([(table("human")[language][section], section)], language)


def wants_human(text: str, language: str) -> bool:
    """Whether the caller asks for a person: «un conseiller», «je veux parler à quelqu'un»."""
    return any(_is_request(clause, language) for clause in clauses(text, language))


def _is_request(clause: Sequence[str], language: str) -> bool:
    def says(section: str) -> bool:
        return bool(_requests(section, language).find(clause))

    if says("always"):
        return True
    people = _requests("person", language).find(clause)
    if not people or says("refusal") or says("past"):
        return False
    first = people[0]
    if list(clause[first.end : first.end + 1]) in (["qui"], ["who"]):
        return False  # «il y a quelqu'un qui a coupé la fibre»
    if any(want.start < first.start for want in _requests("want", language).find(clause)):
        return True
    return _listed("human", "polite", language).issuperset([*clause[: first.start], *clause[first.end :]])
