"""Where a tenant's keywords stand in what was said, also as recognition writes what they sound like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache, reduce
from typing import TypeVar

from calls.understanding.numbers import is_digits, is_number, number
from calls.understanding.phonetic import phonetic
from calls.understanding.text import Hit, Lexicon, table, words

# Of sounds: what is shorter sounds like too many words («eau» as «au»).
_SHORTEST_SOUND = 3
# Words that recognition may make of one keyword: «A D S L».
_MOST_PIECES = 4
# Consonants that are written for one another, and no vowels.
_ROUGHLY = str.maketrans("bcdfgjkmpqtvxz0123456789", "pstpsssnpstpss##########", "aehiouwy")
# Letters that are said, in words as problems have them: «box», «modem», «routeur».
_SAID_AT_END = re.compile(r"(?:[xmrz]|rnet)$|^[b-df-hj-np-tv-z]{2,}$")
_ENGLISH_I = re.compile(r"ee|ea(?!u)")

K = TypeVar("K")


class ProblemIndex:
    """A tenant's keywords, folded once: `{code: [keywords]}`. A keyword given to two types names neither."""

    def __init__(self, keywords: Mapping[str, Iterable[str]], language: str) -> None:
        phrases = [
            (way, code)
            for code, phrases in keywords.items()
            for phrase in phrases
            for linked in _ways_to_link(words(phrase, language), language)
            for way in _ways_to_hear(linked, language)
        ]
        self._kinds_with: dict[str, set[str]] = {}
        for phrase, code in phrases:
            for word in singular(phrase):
                self._kinds_with.setdefault(word, set()).add(code)
        self.lexicon = Lexicon(_of_one((tuple(singular(phrase)), code) for phrase, code in phrases).items())
        self.lookalikes = Lexicon(
            (singular(words(phrase, language)), None) for phrase in table("problem")[language]["lookalikes"]
        )
        things = [
            (phrase, code)
            for phrase, code in phrases
            if language == "fr" and not is_symptom(singular(phrase), language)
        ]
        self.sounds = _of_one((sound, code) for phrase, code in things for sound in _ways_to_say(phrase))
        self.openings = {sound[:end] for sound in self.sounds for end in range(1, len(sound) + 1)}
        self.outlines = {_outline("".join(phrase))[:end] for phrase, _ in things for end in range(4)}
        self.outlines |= {_outline(phrase[0]) for phrase, _ in things if phrase}
        self.outlines |= {_outline(sound) for sound in self.sounds if is_digits(sound)}
        self.may_begin = lru_cache(maxsize=2048)(self._may_begin)

    def kinds_with(self, word: str) -> Set[str]:
        """The types that have the word in a keyword: «téléphone» is in «téléphone fixe»."""
        return self._kinds_with.get(word, frozenset())

    def find(self, clause: Sequence[str]) -> list[Hit[str]]:
        """The keywords in a clause of folded words in the singular, in order."""
        found = self.lexicon.find(clause)
        if self.sounds:
            heard = list(self._heard(clause, {position for hit in found for position in range(hit.start, hit.end)}))
            found = sorted(found + heard) if heard else found
        if not found:
            return found
        seeming = [range(hit.start, hit.end) for hit in self.lookalikes.find(clause)]
        # «adresse IP fixe» is no landline, unless the tenant means just that.
        return [
            hit
            for hit in found
            if not (seeming and any(_is_part(range(hit.start, hit.end), other) for other in seeming))
            and not (_is_figure(clause[hit.end - 1]) and _is_dictated(hit, clause))
        ]

    def _heard(self, clause: Sequence[str], taken: set[int]) -> Iterator[Hit[str]]:
        nouns_follow = _nouns_follow()
        end = 0
        for start, word in enumerate(clause):
            if not self.may_begin(word) or start < end or start in taken:
                continue
            # «la boxe» is a box, «je boxe» is none; letters and figures are no other words.
            before = clause[start - 1] if start else "le"
            if before in nouns_follow or _is_figure(word):
                hit = self._heard_at(clause, start, taken)
                if hit:
                    yield hit
                    end = hit.end

    def _may_begin(self, word: str) -> bool:
        """Whether a keyword sounds so at its beginning; a quick look first, as most words need not be listened to."""
        return _outline(word) in self.outlines and _sound(word) in self.openings

    def _heard_at(self, clause: Sequence[str], start: int, taken: set[int]) -> Hit[str] | None:
        """The longest keyword that the words from `start` sound like: «fri boxe», «quatre G», «carte Cime»."""
        said = ""
        found = None
        for end, word in enumerate(clause[start : start + _MOST_PIECES], start + 1):
            said = _joined(said, _sound(word))
            if said not in self.openings or end - 1 in taken:
                break
            if said in self.sounds:
                found = Hit(start, end, self.sounds[said])
        return found


def _is_part(span: range, of: range) -> bool:
    return of.start <= span.start and span.stop <= of.stop and span != of


def _is_dictated(hit: Hit[str], clause: Sequence[str]) -> bool:
    """Whether it belongs to a number told: «zéro quatre» names a line, «zéro quatre douze …» is where to call."""
    beside = (*clause[max(hit.start - 1, 0) : hit.start], *clause[hit.end : hit.end + 1])
    return is_number(clause[hit.end - 1], "fr") and any(is_number(word, "fr") for word in beside)


def _ways_to_link(phrase: list[str], language: str) -> Iterator[list[str]]:
    """«téléphone de la maison» is also «téléphone de maison»."""
    yield phrase
    ways = [words(way, language) for way in table("problem")[language]["of"]]
    for link in Lexicon((way, None) for way in ways).find(phrase[1:-1])[:1]:
        yield from ([*phrase[: link.start + 1], *way, *phrase[link.end + 1 :]] for way in ways)


def _ways_to_hear(phrase: list[str], language: str) -> Iterator[list[str]]:
    """«home broadband» is also «home brode band»."""
    yield phrase
    for said, ways in table("problem")["misheard"].get(language, {}).items():
        for hit in Lexicon([(words(said, language), None)]).find(phrase):
            yield from ([*phrase[: hit.start], *way.split(), *phrase[hit.end :]] for way in ways)


def singular(phrase: Sequence[str]) -> list[str]:
    return [word[:-1] if word[-1] in "sx" and len(word) > 3 else word for word in phrase]


def is_symptom(keyword: Sequence[str], language: str) -> bool:
    """Whether it is what happens, rather than what it happens to: «rame», «capte»."""
    return tuple(keyword) in _symptoms(language)


@cache
def _symptoms(language: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(singular(words(phrase, language))) for phrase in table("problem")[language]["symptom"])


def _of_one(named: Iterable[tuple[K, str]]) -> dict[K, str]:
    """What names one type only."""
    codes: dict[K, set[str]] = {}
    for key, code in named:
        codes.setdefault(key, set()).add(code)
    return {key: next(iter(owners)) for key, owners in codes.items() if len(owners) == 1}


def _ways_to_say(phrase: Sequence[str]) -> Iterator[str]:
    """As it is spelled, in the singular, and as English words are said: «fri boxe», «oui fi»; in figures «06»."""
    english = [_ENGLISH_I.sub("i", word).replace("w", "ou") for word in phrase]
    told = [number([word], 0, "fr") for word in phrase]
    if all(told):
        yield "".join(figures[1] for figures in told if figures)
    for said in (phrase, singular(phrase), english):
        sound = reduce(_joined, map(_sound, said), "")
        if len(sound) >= _SHORTEST_SOUND or any(map(is_digits, sound)):
            yield sound


def _joined(said: str, sound: str) -> str:
    return said + (sound[1:] if said[-1:] == sound[:1] else sound)


@lru_cache(maxsize=8192)
def _sound(word: str) -> str:
    return phonetic(_as_said(word))


def _as_said(word: str) -> str:
    """Digits for a number, and final letters that are said so that they are heard."""
    told = number([word], 0, "fr")
    if told and word not in _nouns_follow():
        return told[1]
    word = word.replace("ction", "xion")
    return word + "e" if _SAID_AT_END.search(word) else word


@lru_cache(maxsize=8192)
def _is_figure(word: str) -> bool:
    """A letter or a number."""
    return len(word) == 1 or is_number(word, "fr")


def _outline(word: str) -> str:
    """The first consonants, roughly."""
    return _as_said(word).translate(_ROUGHLY)[:3]


@cache
def _nouns_follow() -> frozenset[str]:
    return frozenset(table("problem")["fr"]["nouns_follow"])
