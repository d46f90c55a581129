"""The name of a company that is none of the tenant's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from calls.understanding.companies.mentions import behind_first_names, clause_before, denied_again, is_denied, leads
from calls.understanding.companies.names import MOST_WORDS
from calls.understanding.companies.parts import is_small, is_town, trades
from calls.understanding.companies.tokens import Token, listed, tokens_of
from calls.understanding.english_companies import words as english
from calls.understanding.names import is_first_name, refuses
from calls.understanding.numbers import is_number
from calls.understanding.text import Lexicon, are_all_of, fold, lexicon, phrases_of, table, words
from calls.understanding.trading_names import trading_name

_LONGEST_TOWN = 4  # words: «La Roche-sur-Yon»
_FEWEST_FIGURES, _SHORTEST_QUESTION = 3, 3
_SHORTEST_NUMBER = 8  # figures of a telephone

_KIND_AND_NAME = re.compile(r"\b(?:une?|an?)\s+(\w+)\W+((?:la|le|les|the)\s+\1\b|l['’]\1\b)", re.IGNORECASE)
_SIGN = re.compile(r"\W*(?:c['’]est\s+)?(?P<word>chez|all[oô])\s+(?P<name>\w+)\W*", re.IGNORECASE)


class _Place(NamedTuple):
    """Where a name may begin."""

    start: int
    clause: int
    is_introduced: bool
    is_explanation: bool  # «c'est un salon de coiffure»: what the company does


def free_company(text: str, language: str) -> str | None:
    """The company named, as it was said, when it is none of the tenant's own.

    What introduces a name tells it from talk; else the earliest counts. What follows «non»
    or «pardon» replaces what was said before.
    """
    text = _told_once(_without_counter_question(text))
    if language == "fr" and (sign := _on_sign(text)):
        return sign
    by_trade = trading_name(text, language)
    if by_trade is None and (refuses(text, language) or is_serial_number(text, language)):
        return None
    tokens = tokens_of(text, language)
    plain = [token.plain for token in tokens]
    names = {
        place: name
        for place in _places(plain, language)
        if (name := _name_at(place.start, text, tokens, language)) and not _is_telephone_number(name)
    }
    corrections = [at for at, word in enumerate(plain) if word in listed("correction", language)]
    for since in (*reversed(corrections), 0):
        told = [place for place in names if place.start >= since and not place.is_explanation]
        told = [place for place in told if not _is_kind(place, names, text, plain, language)] or told
        if told:
            meant = min(told, key=lambda place: _rank(place, names[place], text))
            return _written(text, _longest(names[meant], [names[place] for place in told]))
    return _written(text, names[min(names)]) if names else by_trade


def _on_sign(text: str) -> str:
    """«Chez Marcel», «Allo Pizza», where that is all that is said; «chez Globex» and «allô, Globex» lead to a name."""
    said = _SIGN.fullmatch(text)
    if said is None:
        return ""
    word, name = said["word"], said["name"]
    is_sign = is_first_name(fold(name)) if fold(word) == "chez" else bool(trades([fold(name)]))
    return f"{word[:1].upper()}{word[1:]} {name[:1].upper()}{name[1:]}" if is_sign else ""


def _told_once(text: str) -> str:
    """«Une école, l'école Jules Ferry» without the kind, which the name begins with."""
    return _KIND_AND_NAME.sub(r"\2", text)


def _is_telephone_number(name: Sequence[Token]) -> bool:
    """«3 Suisses» and «118 218» are names, «06 12 34 56 78» is none."""
    figures = "".join(token.plain for token in name)
    return figures.isdigit() and len(figures) >= _SHORTEST_NUMBER


def tells_home(text: str, language: str) -> bool:
    """Whether somebody calls for no company: «c'est pour la maison», «it's just residential»."""
    return bool(_home(language).find(words(text, language))) and trading_name(text, language) is None


@cache
def _home(language: str) -> Lexicon[str]:
    return lexicon([(table("company")[language]["home"], "home")], language)


def tells_role(text: str, language: str) -> bool:
    """Whether all that is told is what the caller does: «responsable informatique», «I'm the office manager»."""
    said = words(text, language)
    lexicons = [phrases_of("company", section, language) for section in ("role", "role_of", "role_lead")]
    return bool(lexicons[0].find(said)) and are_all_of(said, *lexicons)


def is_serial_number(text: str, language: str) -> bool:
    """«N Q un huit zéro trois»: what stands on a box."""
    said = [word for word in words(text, language) if word not in listed("filler", language)]
    figures = [word for word in said if is_number(word, language) or word.isdigit()]
    return len(figures) >= _FEWEST_FIGURES and all(len(word) == 1 or word in figures for word in said)


def _without_counter_question(text: str) -> str:
    """«You mean who I work for? Northgate Motors.» without what is asked before the answer."""
    asked, mark, answer = text.partition("?")
    return answer if mark and answer.strip() and len(asked.split()) >= _SHORTEST_QUESTION else text


def _is_kind(
    place: _Place, names: dict[_Place, Sequence[Token]], text: str, plain: Sequence[str], language: str
) -> bool:
    """What kind of house it is, where its name is told, too: «the council, Leeds City Council», «…, solicitors»."""
    name = names[place]
    is_written_small = text[name[0].start].islower()
    is_behind_article = plain[place.start] in listed("article", language)
    is_only_trade = len(name) == 1 and (bool(trades([name[0].plain])) or _is_english_trade(name[0].plain))
    others = [other for at, other in names.items() if at != place and not text[other[0].start].islower()]
    return is_written_small and (is_behind_article or is_only_trade) and bool(others)


def _is_english_trade(word: str) -> bool:
    return bool(english.trades().find([english.singular(word)]))


def _longest(name: Sequence[Token], others: Sequence[Sequence[Token]]) -> Sequence[Token]:
    """«ABC, A B C Cleaning»: the name with all that was said of it."""
    plain = [token.plain for token in name]
    return max((other for other in (name, *others) if [token.plain for token in other][: len(plain)] == plain), key=len)


def tells_employer(text: str, language: str) -> bool:
    """Whether it is said for whom the caller works, whatever was asked: «je suis de chez Globex»."""
    return bool(_employer(language).find(words(text, language)))


@cache
def _employer(language: str) -> Lexicon[str]:
    return lexicon([(table("company")[language]["employer"], "employer")], language)


def _rank(place: _Place, name: Sequence[Token], text: str) -> tuple[bool, bool, int, int]:
    """The least is meant: in one clause the last («c'est la compta de chez Garay»), of several the first."""
    is_name = _has_capitals(name, text) or bool(trades([token.plain for token in name]))
    return not place.is_introduced, not is_name, place.clause, -place.start


def _places(plain: Sequence[str], language: str) -> Iterator[_Place]:
    """The beginning of each clause, and what follows an introduction."""
    hits = [hit for hit in leads(language).find(plain) if not _is_part(plain, hit.start, hit.end, language)]
    introduced = {hit.end for hit in hits}
    introduced |= set(behind_first_names(plain))
    leading = {hit.start for hit in hits}
    passed, title = listed("filler", language), listed("title", language)
    indefinite = listed("article", language) & listed("some", language)
    for begin in sorted({0} | {at + 1 for at, word in enumerate(plain) if not word} | introduced):
        if is_denied(clause_before(plain, begin, language), plain[begin : begin + 1], language):
            continue
        start = begin
        while start < len(plain) and plain[start] in passed:
            start += 1
        if start == len(plain) or start in leading or plain[max(0, start - 1)] in title:
            continue
        yield _Place(start, plain[:start].count(""), begin in introduced, plain[start] in indefinite)


def _is_part(plain: Sequence[str], start: int, end: int, language: str) -> bool:
    """«La Boîte à Outils», «la société du Midi»: what introduces other names is a part of this one."""
    follows = plain[end : end + 1]
    return plain[start] in listed("article", language) and not _inside(language).isdisjoint(follows)


def _inside(language: str) -> frozenset[str]:
    return listed("of", language) | listed("links", language)


def _name_at(start: int, text: str, tokens: Sequence[Token], language: str) -> Sequence[Token]:
    """The words of the name that begins there; none if it is no name."""
    plain = [token.plain for token in tokens]
    article, filler, ends = (listed(section, language) for section in ("article", "filler", "end"))
    while plain[start : start + 1] and plain[start] in article and not _is_of_name(start, text, tokens, language):
        start += 1
    if start == len(plain) or not plain[start] or plain[start] in listed("denial", language):
        return []
    stop = ends | listed("title", language) | {""}
    end = start + 1
    while end < len(plain) and (plain[end] not in stop or _is_link(end, text, tokens, language)):
        end += 1
    while end > start and plain[end - 1] in filler:
        end -= 1
    said, name = plain[start:end], tokens[start:end]
    if not said or len(said) > MOST_WORDS or said[0] in denied_again(plain, language):
        return []
    if said[0] in ends and is_town(said[1:]):
        return []  # «à Lyon»
    # Articles that stand inside a name are like words of talk: «la» and «là».
    is_talk = said[0] in ends or not (listed("none", language) - article).isdisjoint(said)
    is_title = len(said) > 1 and _has_capitals(name, text) and listed("anew", language).isdisjoint(said)
    return [] if is_talk and not is_title else name


def _is_of_name(at: int, text: str, tokens: Sequence[Token], language: str) -> bool:
    """Whether an article is the name's: «La Maison du Fromage», but «la mairie de Brest»."""
    if at + 1 == len(tokens) or not tokens[at + 1].plain:
        return False
    follows = tokens[at + 1]
    return follows.plain in _inside(language) or (text[tokens[at].start].isupper() and text[follows.start].isupper())


def _is_link(at: int, text: str, tokens: Sequence[Token], language: str) -> bool:
    """Whether a name goes on behind a word that ends others: «Boîte à Outils», but «Legrand à Limoges»."""
    plain = [token.plain for token in tokens]
    if plain[at] not in listed("links", language) or at + 1 == len(plain):
        return False
    sections = ("end", "none", "filler", "denial", "title")
    is_other = plain[at + 1] == "" or any(plain[at + 1] in listed(section, language) for section in sections)
    is_common = plain[at + 1] in listed("article", language) and not text[tokens[at + 1].start].isupper()
    towns = (plain[at + 1 : at + 1 + length] for length in range(1, _LONGEST_TOWN + 1))
    return not (is_other or is_common or any(map(is_town, towns)))


def _has_capitals(name: Sequence[Token], text: str) -> bool:
    """Whether recognition wrote it as a name, whatever its first word is: that may begin a sentence."""
    return all(is_small(token.plain) or not text[token.start].islower() for token in name[1:])


def _written(text: str, tokens: Sequence[Token]) -> str:
    """The name as recognition wrote it, spelled initials joined, with a capital."""
    name = ""
    for position, token in enumerate(tokens):
        part = text[token.start : token.end]
        if len(token.plain) < len(re.sub(r"['’-]", "", part)):
            part = token.plain.upper()
        gap = text[tokens[position - 1].end : token.start] if position else ""
        name += ("-" if gap == "-" else " " if position else "") + part
    return name[:1].upper() + name[1:]
