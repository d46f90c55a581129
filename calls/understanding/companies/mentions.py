"""Where the name of the caller's company may stand in what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from calls.understanding.companies.tokens import Token, listed, plain_word
from calls.understanding.names import is_first_name
from calls.understanding.text import Lexicon, table

_CONTRACTED = (("de", "du"), ("de", "des"), ("à", "au"), ("à", "aux"))
_OF_HOUSE = ("de", "chez")


@cache
def leads(language: str) -> Lexicon[str]:
    phrases = list(table("company")[language]["lead"])
    # «Directeur du», «je travaille aux».
    phrases += [re.sub(rf"\b{bare}$", form, phrase) for phrase in phrases for bare, form in _CONTRACTED]
    written = {form for phrase in phrases for form in (phrase, re.sub(r"\bl'", "l' ", phrase))}
    return Lexicon(([plain_word(word) for word in form.split()], "lead") for form in sorted(written))


def mentions(tokens: Sequence[Token], language: str) -> Iterator[tuple[int, int]]:
    """Where a name may stand: at the start of the utterance or of a part of it, or introduced."""
    plain = [token.plain for token in tokens]
    starts = {0} | {position + 1 for position, word in enumerate(plain) if not word}
    starts |= {hit.end for hit in leads(language).find(plain)}
    starts |= set(behind_first_names(plain))
    article, filler = listed("article", language), listed("filler", language)
    denial, title = listed("denial", language), listed("title", language)
    stop = listed("end", language) | title | {""}
    seen = set()
    denied = denied_again(plain, language)
    for start in sorted(starts):
        if is_denied(clause_before(plain, start, language), plain[start : start + 1], language):
            continue
        while start < len(plain) and plain[start] in filler:
            start += 1
        if start and plain[start - 1] in title:
            continue  # «Monsieur Total» is a person
        bare = start
        # What recognition writes as «et»: «Et chez Garay» for Etchegaray.
        joined = start - 1 if start and plain[start - 1] in listed("joined", language) else start
        while bare < len(plain) and plain[bare] in article:
            bare += 1
        end = bare + 1 if bare < len(plain) and plain[bare] else bare
        while end < len(plain) and plain[end] not in stop:
            end += 1
        while end > bare and plain[end - 1] in filler:
            end -= 1
        for begin in (joined, start, bare):
            if begin < end and (begin, end) not in seen and plain[begin] not in denial and plain[begin] not in denied:
                seen.add((begin, end))
                yield begin, end


def behind_first_names(plain: Sequence[str]) -> Iterator[int]:
    """Where the house begins that somebody names himself by: «Jean-Marc de JMB»."""
    return (at + 2 for at, (one, of) in enumerate(pairwise(plain)) if of in _OF_HOUSE and is_first_name(one))


def denied_again(plain: Sequence[str], language: str) -> set[str]:
    """What is denied and told of at once: «pas Chauvin, Chauvin, c'est ceux d'en face»."""
    negation, end = listed("negation", language), listed("end", language) | {""}
    rows = zip(plain, plain[1:], plain[2:], plain[3:], [*plain[4:], ""], strict=False)
    return {
        name
        for no, name, pause, again, after in rows
        if no in negation and name and not pause and name == again and after in end
    }


def persons(plain: Sequence[str], language: str) -> Iterator[tuple[int, int]]:
    """The surnames in «Monsieur Chapuis, je suis architecte»."""
    title, stop = listed("title", language), listed("end", language) | {""}
    for start in (position + 1 for position, word in enumerate(plain[:-1]) if word in title):
        end = next((at for at in range(start, len(plain)) if plain[at] in stop), len(plain))
        if start < end:
            yield start, end


def is_denied(clause: Sequence[str], first: Sequence[str], language: str) -> bool:
    """Whether a name behind it is not the caller's company: «plus chez», «mon fils qui travaille chez», «je vais à»."""
    kin, works = listed("kin", language), listed("works", language)
    is_other = any(
        (one in kin and other in works) or (one in listed("goes", language) and other in listed("towards", language))
        for one, other in pairwise(word for word in (*clause, *first) if word not in listed("who", language))
    )
    return is_other or not listed("denial", language).isdisjoint(clause)


def clause_before(plain: Sequence[str], position: int, language: str) -> list[str]:
    """What the denial of a name at `position` may stand in: of «c'est pas EDF, c'est la SNEF» the second half."""
    start = position
    while start and plain[start - 1]:
        start -= 1
    clause = list(plain[start:position])
    denial, small = listed("denial", language), listed("anew", language) | listed("filler", language)
    for at in range(len(clause) - 1, 1, -1):
        if clause[at] in listed("yet", language) and clause[at - 1] in small | listed("correction", language):
            return clause[at:]  # «pas Garnier, enfin si»
        if clause[at] in listed("anew", language) and clause[at - 1] not in denial | small:
            return clause[at:]
    return clause


def is_of_house(before: Sequence[str], language: str) -> bool:
    """Whether a name behind `before` is a company's for certain: «je bosse chez Kerbrat», «je roule pour»."""
    house = listed("house", language)
    while before and before[-1] not in house and before[-1] in listed("article", language):
        before = before[:-1]
    if not before:
        return False
    works = listed("works", language).intersection(clause_before(before, len(before), language))
    return before[-1] in house or (before[-1] == "pour" and bool(works))
