"""Companies that are told where a person is asked for: «Garage du Centre», «Northgate Motors»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from calls.understanding.companies.parts import singular, trade_hits, word_set
from calls.understanding.english_companies import words as english
from calls.understanding.names import is_first_name, listed, phrases
from calls.understanding.text import fold, table, words

_CLAUSE = re.compile(r"[^.,;:!?…]+(?:[.,;:!?…]+(?!\s|$)[^.,;:!?…]+)*")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|&")
# «RCF», «KPMG»: nobody is called so.
_INITIALS = re.compile(r"(?=.{3})[B-DF-HJ-NP-TV-XZ]+")
# So end who does it, and many a family: «Carpenter».
_WHO_DOES = ("er", "or", "ist", "smith", "man")
# Behind these stands a person.
_PERSON = {"fr": ("given", "introduced"), "en": ("given",)}
_FEWEST_WORDS = 2
# «Northgate Motors in Galway»
_BEHIND = ("in", "at", "over", "down", "up", "here", "on", "from")


def trading_name(text: str, language: str) -> str | None:
    """The company that is named by what it does, as it was said; None: none is, or nothing but what it does."""
    for clause in _clauses(text):
        name = _company_in(text[slice(*clause)], language)
        if len(name) >= _FEWEST_WORDS:
            return text[clause[0] + name[0].start() : clause[0] + name[-1].end()]
    return None


def without_trading_names(text: str, language: str) -> str:
    """«Garage du Centre, Michel Dupont» without the garage."""
    kept, at = "", 0
    for start, end in _clauses(text):
        kept += text[at : start if _company_in(text[start:end], language) else end]
        at = end
    return kept + text[at:]


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _CLAUSE.finditer(text))


def _company_in(clause: str, language: str) -> Sequence[re.Match[str]]:
    """The words of the company that a clause names; none, if it tells of a person."""
    spoken = words(clause, language)
    if any(phrases(section, language).find(spoken) for section in _PERSON[language]):
        return []
    said = list(_WORD.finditer(clause))
    return _french(said) if language == "fr" else _english(said)


def _french(said: Sequence[re.Match[str]]) -> Sequence[re.Match[str]]:
    """What a company does comes first: «(c'est la) boucherie Sanzot»."""
    plain = [re.sub(r"^[ld]'", "", fold(match[0])) for match in said]
    start = 0
    while start < len(plain) and plain[start] in _lead("fr") - _houses():
        start += 1
    if start == len(plain) or is_first_name(plain[start]) or plain[start] in word_set("surnames"):
        return []
    trades = [hit for hit in trade_hits(plain[start:]) if hit.start == 0 and hit.value not in word_set("owners")]
    is_trade = bool(trades) or singular(plain[start]) in _houses()
    return said[start:] if is_trade or _INITIALS.fullmatch(said[start][0]) else []


def _english(said: Sequence[re.Match[str]]) -> Sequence[re.Match[str]]:
    """What a company does comes last: «(this is) Northgate Motors (in Galway)»."""
    plain = [english.singular(re.sub(r"['’]s$", "", fold(match[0]))) for match in said]
    start = 0
    while start < len(plain) and english.is_talk(re.sub(r"['’].*", "", plain[start])):
        start += 1
    if start == len(plain) or is_first_name(plain[start], "en"):
        return []
    if _INITIALS.fullmatch(said[start][0]):
        return said[start:]
    forms = [at for at in range(start, len(plain)) if plain[at] in english.listed("legal_forms")]
    hits = [hit for hit in english.trades().find(plain) if hit.end > start + 1]
    trades = [hit for hit in hits if not _is_family(fold(said[hit.end - 1][0]))]
    ends = [*(hit.end for hit in trades), *(at + 1 for at in forms)]
    if not ends or any(word in english.listed("talk") for word in plain[start : max(ends)]):
        return []
    is_over = max(ends) == len(plain) or plain[max(ends)] in _BEHIND
    return said[start : max(ends)] if is_over else []


def _is_family(word: str) -> bool:
    return word.endswith(_WHO_DOES) or word in listed("last_names", "en")


@cache
def _lead(language: str) -> frozenset[str]:
    """What leads to a company, and what is said before that."""
    lists = table("company")[language]
    said = [*lists["lead"], *lists["filler"], *lists["article"]]
    return frozenset(fold(part) for phrase in said for word in phrase.split() for part in (word, *word.split("'")))


@cache
def _houses() -> frozenset[str]:
    names = table("company_names")
    said = [*names["vague"], *names["empty"], *names["begin"], *table("company")["legal_forms"]]
    longer = [word for word in said if len(word) > 3]  # «et» is no «Ets», «sa fille» no «SA»
    return frozenset(singular(fold(word)) for word in longer) - word_set("titles")
