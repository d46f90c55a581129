"""A company whose name recognition did not know, and wrote as what it sounds like: «Chimanski», «Saint-Ouchard».

Recognition writes a name that it does not know as words that it does, or as none at all.
So a mention that is no company's by its letters means the one that it sounds like, if no
other comes near, the trade is the same and what differs is not known to be something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import dropwhile, product
from typing import NamedTuple

from calls.understanding.companies.keys import ByPairs, pairs_of
from calls.understanding.companies.parts import (
    Parts,
    content,
    is_known,
    name_words,
    singular,
    small_words,
    taken_apart,
    trades,
    untraded,
    word_set,
)
from calls.understanding.companies.readings import is_civic, without_trade
from calls.understanding.phonetic import OF_NAMES, difference, pronunciations
from calls.understanding.text import table

# How much of the sound must be the same: of a short name more.
_ALIKE = ((8, 0.8), (6, 0.83), (0, 0.9))
_ALIKE_BESIDES = 0.75  # where another word of the name was told, and the trade
_ALIKE_PLACE, _ALIKE_OTHER_PLACE = 0.82, 0.88  # there are others beside it, and other first letters are another's
_ALIKE_OTHERWISE = 0.95  # with an article that the name has not: «du Prieuré» is no Perrier
_ALIKE_ALONE, _ALIKE_IN_PIECES = 0.9, 0.83  # where nothing else of the company was told
# What recognition knows it rarely writes for something else.
_ALIKE_TO_KNOWN, _SHORTEST_KNOWN = 0.85, 8
_MARGIN = 0.1
_MOST_WORDS = 8
# Of so many names, those that share the most pairs of sounds are compared closely.
_SHORTLIST, _PAIRS_SHARED = 3, 0.4
_MOST_SAID = 4
_SHORTEST, _HARDLY_ALIKE = 5, 0.45  # letters
_NEVER = 2.0
_INITIALS, _FEW_INITIALS = re.compile(r"[A-Z]{2,5}"), 2
_SAINTS = ("saint", "sainte")
_OF_NAMES = (*_SAINTS, "chez")
_ENDING = re.compile(r"(?<=...)(?:es?|[sx])$")


class _Name(NamedTuple):
    written: str
    trades: frozenset[str]
    apart: tuple[str, ...]
    has_article: bool


class _Initials(NamedTuple):
    name: _Name  # without them
    heard: re.Pattern[str]


class Sounds:
    """Companies by the sound of what sets them apart."""

    def __init__(self, companies: Iterable[str], language: str) -> None:
        self._by_pair: ByPairs[_Name] = ByPairs()
        companies = list(companies)
        self._initials = [initials for company in companies if (initials := _initials(company, language))]
        for name in map(_name, companies):
            self._by_pair.add(name, _pairs(name.apart))

    def by_initials(self, words: Sequence[str], around: frozenset[str]) -> str | None:
        """The company whose initials were written as they are called: «Esse Emka Transport» for SMK Transports."""
        told, said = trades(words), untraded(words)
        found = {
            name.written
            for name, heard in self._initials
            if _fits(name.trades, told, around)
            and said[len(said) - len(name.apart) :] == name.apart
            and heard.fullmatch("".join(said[: len(said) - len(name.apart)]))
        }
        return found.pop() if len(found) == 1 else None

    def nearest(self, words: Sequence[str], around: frozenset[str]) -> str | None:
        """The company that the words sound like; `around` are the trades told in the whole utterance."""
        if len(words) > _MOST_WORDS:
            return None
        parts = _parts(tuple(words))
        apart = _bare(parts.apart)
        likely = self._by_pair.sharing(_pairs(apart), _PAIRS_SHARED * len(pairs_of(_said(apart)[0])))
        fitting = (name for name in likely if _fits(name.trades, parts.trades, around))
        near = [_near(apart, name) for name, _ in zip(fitting, range(_SHORTLIST), strict=False)]
        near.sort(key=lambda one: -one.likeness)
        if not near or (len(near) > 1 and near[1].likeness > near[0].likeness - _MARGIN):
            return None
        nearest = near[0]
        is_enough = nearest.likeness >= _enough(nearest, has_article=_has_article(parts.apart))
        return nearest.name.written if is_enough else None


class _Near(NamedTuple):
    name: _Name
    said: tuple[str, ...]  # what was said otherwise than it is written
    own: tuple[str, ...]
    likeness: float
    is_alone: bool  # nothing was said as it is written


def _near(said: tuple[str, ...], name: _Name) -> _Near:
    ours, theirs = _different(said, name.apart)
    likeness = _likeness(ours, theirs)
    if len("".join(ours)) < _SHORTEST and likeness > _HARDLY_ALIKE:  # «Ran-l’Étape»: as a whole
        ours, theirs = said, name.apart
        likeness = _likeness(ours, theirs)
    return _Near(name, ours, theirs, likeness, is_alone=len(ours) == len(said))


def _enough(near: _Near, *, has_article: bool) -> float:
    """How alike it must be."""
    is_alone = near.is_alone and not near.name.trades
    if _is_other_word(near) or (is_alone and _is_longer(near)):
        return _NEVER
    if all(map(is_known, content(near.said))):
        length = max(map(len, (*_said(near.said), *_said(near.own))))
        is_taken = length >= _SHORTEST_KNOWN and not all(map(is_known, content(near.own)))
        return _ALIKE_TO_KNOWN if is_taken or not near.is_alone else _NEVER
    if is_alone and not small_words().isdisjoint(near.said):
        return _NEVER  # «data les solutions»
    if is_alone:
        return _ALIKE_IN_PIECES if len(near.said) > len(near.own) == 1 else _ALIKE_ALONE
    if "mairie" in near.name.trades:
        begin_alike = near.said[0] in _SAINTS or _said(near.said)[0][:1] == _said(near.own)[0][:1]
        return _ALIKE_PLACE if begin_alike else _ALIKE_OTHER_PLACE
    if not near.is_alone and near.name.trades:
        return _ALIKE_BESIDES
    if has_article != near.name.has_article:
        return _ALIKE_OTHERWISE
    length = max(map(len, _said(near.own)))
    return next(enough for least, enough in _ALIKE if length >= least)


def _is_other_word(near: _Near) -> bool:
    """Whether it is one with another ending: «des Rochers» is not «des Roches»."""
    shorter, longer = _stems(near)
    return len(near.said) == len(near.own) if shorter == longer else _is_longer(near) and near.likeness < 1


def _is_longer(near: _Near) -> bool:
    """Whether one begins with all of the other: «pixel» is not «Pixelis»."""
    shorter, longer = _stems(near)
    return shorter != longer and longer.startswith(shorter)


def _stems(near: _Near) -> list[str]:
    return sorted((_ENDING.sub("", "".join(words)) for words in (near.said, near.own)), key=len)


@lru_cache(maxsize=16384)
def _name(written: str) -> _Name:
    parts = _parts(name_words(written))
    return _Name(written, parts.trades, _bare(parts.apart), _has_article(parts.apart))


@lru_cache(maxsize=16384)
def _initials(written: str, language: str) -> _Initials | None:
    first, _, rest = written.replace(".", "").partition(" ")
    names = table("company")[language]["initials"]
    if not _INITIALS.fullmatch(first) or any(letter not in names for letter in first.lower()):
        return None
    parts = _parts(name_words(rest)) if rest else Parts(frozenset(), (), is_trade_first=False)
    # A trade alone is left as it is: «SMK Transports».
    apart = () if parts.apart == name_words(rest) and trades(parts.apart) else parts.apart
    if len(first) <= _FEW_INITIALS and not rest:
        return None
    heard = re.compile("".join(f"h?(?:{names[letter]})" for letter in first.lower()))
    return _Initials(_Name(written, trades(name_words(rest)), apart, has_article=False), heard)


def _parts(words: tuple[str, ...]) -> Parts:
    return without_trade(words) if is_civic(words) else taken_apart(words)


def _has_article(apart: Sequence[str]) -> bool:
    """«(Pharmacie) du Prieuré», «de la Liberté»: no surname."""
    first = [word for word in apart[:2] if word in small_words()]
    return any(word in ("du", "des", "le", "la", "les", "l") for word in first)


def _fits(own: frozenset[str], told: frozenset[str], around: frozenset[str]) -> bool:
    return told == own or (not told and bool(own & around) and around <= own)


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without what stands before it or is hardly heard in it: «les Hauts de Chaume» as «hauts chaume»."""
    rest = tuple(dropwhile(lambda word: word in small_words() and word not in _OF_NAMES, words))
    return tuple(word for word in rest if word not in word_set("of")) or words


def _different(said: tuple[str, ...], own: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is left of both without the words that they begin or end with alike."""
    begin, end = 0, 0
    least = min(len(said), len(own))
    while begin < least and singular(said[begin]) == singular(own[begin]):
        begin += 1
    begin -= begin > 0 and said[begin - 1] in _SAINTS  # «Saint-Ouchard»: what is heard of it may be the name's
    while end < least - begin and singular(said[-1 - end]) == singular(own[-1 - end]):
        end += 1
    return said[begin : len(said) - end], own[begin : len(own) - end]


@lru_cache(maxsize=8192)
def _likeness(said: tuple[str, ...], own: tuple[str, ...]) -> float:
    """Of sounds, from 0 to 1; 0 where it is not enough for anything."""
    most = 0.0
    for one, other in product(_said(said), _said(own)):
        length = max(len(one), len(other), 1)
        most = max(most, 1 - difference(one, other, OF_NAMES, (1 - max(most, _HARDLY_ALIKE)) * length) / length)
    return most


def _said(words: tuple[str, ...]) -> tuple[str, ...]:
    return pronunciations(words)[:_MOST_SAID]


def _pairs(words: tuple[str, ...]) -> set[str]:
    return {pair for sound in _said(words) for pair in pairs_of(sound)}
