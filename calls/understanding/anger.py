"""Is the caller angry, or asking for a person?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import takewhile

from calls.understanding.text import Lexicon, clauses, lexicon, table, words

# The tenant's words and strong expressions are anger on their own, two mild ones together.
_THRESHOLD = 2
_STRONG, _MILD = 2, 1


@lru_cache(maxsize=256)
def _anger(own_words: tuple[str, ...], language: str) -> Lexicon[int]:
    lists = table("anger")[language]
    return lexicon([(lists["mild"], _MILD), (lists["strong"], _STRONG), (own_words, _STRONG)], language)


@cache
def _listed(name: str, section: str, language: str) -> frozenset[str]:
    return frozenset(word for phrase in table(name)[language][section] for word in words(phrase, language))


def is_angry(text: str, own_words: Iterable[str], language: str) -> bool:
    """Whether the caller lets anger show.

    `own_words` are the tenant's: one is enough, like one of the built-in strong
    expressions; mild ones («putain», «c'est pas normal») take two. What is negated
    («je ne suis vraiment pas en colère») does not count.
    """
    spoken = words(text, language)
    between = _listed("anger", "between", language)
    negation = _listed("anger", "negation", language)
    score = 0
    for hit in _anger(tuple(own_words), language).find(spoken):
        before = spoken[: hit.start]
        adverbs = len(list(takewhile(lambda word: word in between and word not in negation, reversed(before))))
        if before[: len(before) - adverbs][-1:] and before[len(before) - adverbs - 1] in negation:
            continue
        score += hit.value
    return score >= _THRESHOLD


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
