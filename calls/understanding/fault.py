"""Whether something is wrong, said beside what was asked for: «Globex, et mon portable ne capte plus»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile

from calls.understanding.fixed import fixed, listed
from calls.understanding.numbers import is_number
from calls.understanding.problem import mentions
from calls.understanding.problems.index import ProblemIndex, is_symptom, singular
from calls.understanding.problems.words import phrases_of, words_of
from calls.understanding.text import clauses, words
from calls.understanding.yes_no import Answer

# «Je vous appelle car …» describes something, if that much follows, whatever it is called.
_DESCRIPTION_WORDS = 8
# «Data Cime», «Transports Pages et fils»: what was learnt of answers judges no names.
_SENTENCE_WORDS = 5


def tells_fault(text: str, index: ProblemIndex, language: str) -> bool:
    """Whether a thing of the tenant's is named, and that something is wrong with it, or that the call is about it.

    Or at length why the caller calls. An address, a number, and that one does not have a thing
    («j'ai pas internet, moi») tell no fault.
    """
    if _says(("because",), text, language) and len(words(text, language)) >= _DESCRIPTION_WORDS:
        return True
    told = _without_address(text, index, language)
    return names_thing(told, index, language) and is_complaint(told, language)


def names_thing(text: str, index: ProblemIndex, language: str) -> bool:
    """Whether a thing of the tenant's is what is talked about; «zéro six» is a number."""
    return any(
        mention.counts and mention.code and not is_number(mention.words[0], language)
        for mention in mentions(text, index, language)
    )


def is_complaint(text: str, language: str) -> bool:
    """Whether something does not work, or the caller says what he calls for."""
    if _says(("because", "calls_for"), text, language):
        return True
    if any("said False" in listed(" ".join(clause), language).signs for clause in clauses(text, language)):
        return True
    # The «non» before it answers our question.
    said = list(dropwhile(words_of("openers", language).__contains__, words(text, language)))
    return len(said) >= _SENTENCE_WORDS and fixed(" ".join(said), language) is Answer.NO


def _says(sections: Sequence[str], text: str, language: str) -> bool:
    told = [singular(clause) for clause in clauses(text, language)]
    return any(phrases_of(section, language).find(clause) for section in sections for clause in told)


def _without_address(text: str, index: ProblemIndex, language: str) -> str:
    """What follows an address or a number, if there is one; without what the caller only lacks."""
    told: list[str] = []
    for clause in clauses(text, language):
        said = singular(clause)
        if phrases_of("address", language).find(said) or phrases_of("lacks_it", language).find(said):
            told.clear()  # «Internet ? Non, je n'ai pas ça»
        elif not _only_lacks(said, index, language):
            told.append(" ".join(clause))
    return ", ".join(told)


def _only_lacks(clause: Sequence[str], index: ProblemIndex, language: str) -> bool:
    """«J'ai pas internet», and nothing that tells that it was there: «j'ai pas internet depuis ce matin»."""
    if phrases_of("lately", language).find(clause):
        return False
    articles = words_of("articles", language) | words_of("of", language)
    things = [hit for hit in index.find(clause) if not is_symptom(clause[hit.start : hit.end], language)]
    openers = words_of("openers", language)
    first = next((at for at, word in enumerate(clause) if word not in openers), len(clause) - 1)
    bare = phrases_of("bare_denial", language).at(clause, first)  # «non, pas d'internet»
    for lack in [*phrases_of("lacks", language).find(clause), *([bare] if bare else [])]:
        for hit in things:
            if lack.end <= hit.start and articles.issuperset(clause[lack.end : hit.start]):
                return True
    return False
