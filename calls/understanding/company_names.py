"""A tenant's companies, found by what was said of their names.

A name is made of what the company does («Plomberie Chauffage»), of what sets it apart
(«Delattre»), and of small words. A mention means a company when it has all that sets it
apart, and no trade that is not the company's; «la plomberie Delattre» is enough, «la
menuiserie Delattre» is another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cache, lru_cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.names import is_first_name
from calls.understanding.numbers import number
from calls.understanding.phonetic import phonetic, sounds_like
from calls.understanding.text import Hit, Lexicon, compact, fold, table

# How alike a name must be that is not the same, and how much more than any other.
_ALIKE, _MARGIN = 0.9, 0.1
_SHORTEST_ALIKE = 6
_SHORTEST_SOUND = 7  # «la totale» sounds like «Total»
_MOST_LETTERS_APART = 3
_SHORTEST_INITIALS = 3
_BEGINNING = 2  # letters
MOST_WORDS = 7
# Of so many names, those that share the most pairs of letters are compared closely.
_SHORTLIST = 6
# A pair of letters that more names have tells nothing.
_COMMON = 100

_DOUBLED = re.compile(r"([a-z])\1")
_WORD = re.compile(r"[^\W_]+|&")


class Told(IntEnum):
    """How much of a name was said."""

    BEGUN = 0  # without its number or its region: «Ouest Isolation» of «Ouest Isolation 35»
    APART = 1  # only what sets it apart: «Delattre»
    PART = 2  # with one of its trades: «plomberie Delattre»
    WHOLE = 3


class _Parts(NamedTuple):
    """The words of a name or of a mention, taken apart."""

    trades: frozenset[str]
    apart: tuple[str, ...]  # with the small words between them
    is_trade_first: bool


class _Name(NamedTuple):
    written: str
    parts: _Parts
    is_begun: bool = False


class _Key(NamedTuple):
    """How words are spelled, and how they sound."""

    spelling: str
    sound: str
    words: tuple[str, ...]


class Match(NamedTuple):
    name: str
    told: Told


class CompanyIndex:
    """Companies by the spelling and the sound of what sets them apart; what fits two leads to neither."""

    def __init__(self, companies: Iterable[str], language: str) -> None:
        self._language = language
        self._by_spelling: dict[str, set[_Name]] = {}
        self._by_sound: dict[str, set[_Name]] = {}
        self._beginnings: set[str] = set()
        self._by_pair: dict[str, list[_Key]] = {}
        for written in companies:
            self._add(written)

    def _add(self, written: str) -> None:
        legal_forms = table("company")["legal_forms"]
        words = tuple(word for word in name_words(written) if word not in legal_forms) or name_words(written)
        apart = _taken_apart(words)
        if not apart.trades and is_common(apart.apart):  # «Société Générale»
            apart = _whole(words)
        variants = [apart, _whole(words), _whole(in_digits(words, self._language))]
        if "chez" in words[1:]:  # «Pizzeria Chez Nino»
            at = words.index("chez")
            variants += _taken_apart(words[:at] + words[at + 1 :]), _whole(words[at:])
        if not apart.trades and len(_content(words)) > 1:
            # «Carrefour City à Castellane»
            variants += (_whole((*words[:-1], of, words[-1])) for of in ("a", "de"))
        for parts in variants:
            self._add_keys(_Name(written, parts))
        for key in _keys(apart, of_name=True):
            for pair in _pairs(key.spelling):
                self._by_pair.setdefault(pair, []).append(key)
        if len(words) > 2:  # as initials
            self._add_keys(_Name(written, _whole(("".join(word[0] for word in words),))))
        if beginning := _beginning(written):
            self._add_keys(_Name(written, _taken_apart(beginning), is_begun=True))

    def _add_keys(self, name: _Name) -> None:
        for key in _keys(name.parts, of_name=True):
            self._by_spelling.setdefault(key.spelling, set()).add(name)
            self._by_sound.setdefault(key.sound, set()).add(name)
            self._beginnings |= {key.spelling[:_BEGINNING], key.sound[:_BEGINNING]}

    def may_begin(self, word: str) -> bool:
        """Whether a mention may begin with `word`: not what is said has to be looked up."""
        if _singular(word) in _beginnings_of_trades():
            return True
        return any(start[:_BEGINNING] in self._beginnings for start in (word, phonetic(word)))

    def find(self, said: Sequence[str], around: frozenset[str], *, also_alike: bool) -> Match | None:
        """The company that `said` names, all of it and nothing else.

        `around` are the trades told in the whole utterance; one slip is forgiven with `also_alike`.
        """
        if len(said) > MOST_WORDS:
            return None
        words = tuple(said)
        readings = dict.fromkeys(
            reading
            for written in dict.fromkeys((words, in_digits(words, self._language)))
            for reading in (_whole(written), _taken_apart(written))
        )
        keyed = [(parts, _keys(parts)) for parts in readings]
        for parts, keys in keyed:
            if match := self._match(self._by_spelling, {key.spelling for key in keys}, parts, around):
                return match
        if len("".join(_without_leading(words, _small()))) >= _SHORTEST_SOUND:
            for parts, keys in keyed:
                if match := self._match(self._by_sound, {key.sound for key in keys}, parts, around):
                    return match
        return self._alike(*keyed[-1], around) if also_alike else None

    def _match(
        self, names: dict[str, set[_Name]], keys: Iterable[str], parts: _Parts, around: frozenset[str]
    ) -> Match | None:
        found = {name for key in keys for name in names.get(key, ())}
        if not found:
            return None
        matches = {match for name in found if (match := _match(name, parts, around))}
        best = max((match.told for match in matches), default=None)
        matches = {match for match in matches if match.told is best}
        return matches.pop() if len(matches) == 1 else None

    def _alike(self, parts: _Parts, keys: Sequence[_Key], around: frozenset[str]) -> Match | None:
        for said in keys:
            owners = (self._by_pair.get(pair, ()) for pair in _pairs(said.spelling))
            shared = Counter(key for keys in owners if len(keys) <= _COMMON for key in keys)
            likeness = {key: _likeness(said, key) for key, _ in shared.most_common(_SHORTLIST)}
            most = max(likeness.values(), default=0.0)
            near = {key.spelling for key, likely in likeness.items() if likely > most - _MARGIN}
            if most >= _ALIKE and (match := self._match(self._by_spelling, near, parts, around)):
                return match
        return None


@lru_cache(maxsize=256)
def company_index(companies: tuple[str, ...], language: str) -> CompanyIndex:
    return CompanyIndex(companies, language)


def name_words(name: str) -> tuple[str, ...]:
    """A name's words as they are compared; «L'Atelier» is two."""
    return tuple("et" if word == "&" else word for word in _WORD.findall(fold(name)))


def trade_hits(words: Sequence[str]) -> list[Hit[str]]:
    return _trades().find([_singular(word) for word in words])


def trades(words: Sequence[str]) -> frozenset[str]:
    """What is said of anybody's trade."""
    return frozenset(hit.value for hit in trade_hits(words)) - _set("owners")


def is_common(words: Sequence[str]) -> bool:
    """Whether many are named after these words."""
    return all(word in _set("words") or word in _small() for word in words)


def is_small(word: str) -> bool:
    """Whether a name cannot end in it: «de», «la»."""
    return word in _small() - {"un", "une"}


def is_particular(match: Match) -> bool:
    """Whether what sets the company apart is so rare that nothing else is called that."""
    apart = _content(_taken_apart(name_words(match.name)).apart)
    return (len(apart) > 1 and _is_rare(apart)) or _has_initials(match.name)


def _has_initials(name: str) -> bool:
    first = re.match(rf"[A-Z]{{{_SHORTEST_INITIALS},}}\b", name)
    return first is not None and not trades([fold(first[0])]) and fold(first[0]) not in _empty()


def _content(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _small()]


def _is_rare(words: Iterable[str]) -> bool:
    return any(word not in _common() and not is_first_name(word) and not word.isdigit() for word in words)


def _beginning(written: str) -> tuple[str, ...]:
    """What is left of a name without the number or the region that it ends in; nothing, if it is not enough."""
    words = name_words(written)
    end = len(words)
    while end and (words[end - 1].isdigit() or words[end - 1] in _set("regions") or words[end - 1] in _small()):
        end -= 1
    content = _content(words[:end])
    is_enough = _has_initials(written) or (len(content) > 1 and (_is_rare(content) or bool(trades(content))))
    return words[:end] if 0 < end < len(words) and is_enough else ()


def _match(name: _Name, said: _Parts, around: frozenset[str]) -> Match | None:
    own = name.parts.trades
    if said.trades - own - _set("vague") and not _is_described(name, said):
        return None
    if said.trades == own:
        told = Told.WHOLE
    elif said.trades & own or not own or (said.trades and own <= _set("owners")) or _is_chamber(own, said.trades):
        told = Told.PART
    elif said.trades:
        return None
    else:
        is_corroborated = own & around and not around - own - _set("vague")
        told = Told.PART if is_corroborated else Told.APART
    if told is Told.PART and is_common(name.parts.apart) and (said.trades | around) & own != own:
        return None  # «la clinique du Port» may be another than «Clinique vétérinaire du Port»
    if said.trades and own and said.is_trade_first != name.parts.is_trade_first and is_common(name.parts.apart):
        return None  # «Nord Textile» is not «Textile du Nord»
    return Match(name.written, Told.BEGUN if name.is_begun else told)


def _is_described(name: _Name, said: _Parts) -> bool:
    """«Le restaurant La Table de Marius» describes it; «le garage Renault» is another than Renault."""
    apart = _content(name.parts.apart)
    return not name.parts.trades and said.is_trade_first and len(apart) > 1 and _is_rare(apart)


def _taken_apart(words: Sequence[str]) -> _Parts:
    hits = trade_hits(words)
    of_trade = {position for hit in hits for position in range(hit.start, hit.end)}
    apart: list[str] = []
    for position, word in enumerate(words):
        if position in of_trade:
            continue
        if _singular(word) not in _empty():
            apart.append(word)
        while apart and apart[-1] in _small() and _singular(word) in _empty():
            apart.pop()  # «du docteur»
    is_told_twice = len({hit.value for hit in hits}) < len(hits)  # «garage Hamon, garage …»
    if is_told_twice or all(word in _small() for word in apart):
        return _Parts(frozenset(), tuple(words), is_trade_first=False)
    while apart[-1] in _small():
        apart.pop()
    return _Parts(frozenset(hit.value for hit in hits), tuple(apart), is_trade_first=0 in of_trade)


def _whole(words: tuple[str, ...]) -> _Parts:
    return _Parts(frozenset(), words, is_trade_first=False)


def _keys(parts: _Parts, *, of_name: bool = False) -> list[_Key]:
    """What sets it apart, with and without small words: «du lac», «dulac», «le lac».

    Behind a trade the article tells: «Transports Le Blanc» is not «Transports Blanc».
    """
    definite = parts.apart
    is_civic = bool(parts.trades & _set("civic"))
    prepositions = _set("glue") | (_set("at") if is_civic else set())
    while len(definite) > 1 and definite[0] in prepositions:
        full = table("company_names")["contracted"].get(definite[0])
        definite = (full, *definite[1:]) if full else definite[1:]
    forms = [parts.apart, definite]
    silent = _set("articles") if is_civic or not parts.trades else _set("droppable") if of_name else set()
    if len(definite) > 1 and definite[0] in silent:
        forms.append(definite[1:])
    return [_key(form) for form in dict.fromkeys(forms)]


def _key(words: Sequence[str]) -> _Key:
    spoken = tuple(word for word in words if not word.isdigit())
    digits = "" if len(spoken) == len(words) else "".join(word for word in words if word.isdigit())
    return _Key(_DOUBLED.sub(r"\1", "".join(words)), sounds_like(spoken) + digits, tuple(words))


@cache
def _trades() -> Lexicon[str]:
    names = table("company_names")
    lists = [*names["trades"], *([word] for word in (*names["vague"], *names["owners"]))]
    return Lexicon(
        ([_singular(word) for word in name_words(phrase)], fold(same[0])) for same in lists for phrase in same
    )


@cache
def _beginnings_of_trades() -> frozenset[str]:
    names = table("company_names")
    phrases = [phrase for same in names["trades"] for phrase in same]
    return frozenset(_singular(name_words(phrase)[0]) for phrase in (*phrases, *names["vague"], *names["empty"]))


def _is_chamber(own: frozenset[str], said: frozenset[str]) -> bool:
    """«Le cabinet Ansart» is what lawyers have, and plumbers have not."""
    return bool(said) and said <= _set("chambers") and bool(own & _set("liberal"))


@lru_cache(maxsize=8192)
def _singular(word: str) -> str:
    return re.sub(r"(?<=..)[sx]$", "", word)


@cache
def _set(section: str) -> frozenset[str]:
    words = table("company_names")[section]
    return frozenset(compact(word) for word in (words.split() if isinstance(words, str) else words))


@cache
def _empty() -> frozenset[str]:
    return frozenset(_singular(word) for word in _set("empty")) | frozenset(table("company")["legal_forms"])


@cache
def _small() -> frozenset[str]:
    return _set("glue") | _set("articles") | _set("of") | {"saint", "sainte", "st", "ste", "chez"}


@cache
def _common() -> frozenset[str]:
    return _set("words") | _set("surnames")


def _without_leading(words: tuple[str, ...], unwanted: frozenset[str]) -> tuple[str, ...]:
    return words[len(list(takewhile(unwanted.__contains__, words[:-1]))) :]


def in_digits(parts: Sequence[str], language: str) -> tuple[str, ...]:
    """«atelier vingt-sept» as «atelier 27», as it may be written."""
    written: list[str] = []
    position = 0
    while position < len(parts):
        end, part = number(parts, position, language) or (position + 1, parts[position])
        written.append(part)
        position = end
    return tuple(written)


def _pairs(key: str) -> set[str]:
    return {key[position : position + 2] for position in range(len(key) - 1)}


def _likeness(one: _Key, other: _Key) -> float:
    """Of what was said and a name, from 0 to 1; short names are alike only when they are the same."""
    if abs(len(one.spelling) - len(other.spelling)) > _MOST_LETTERS_APART:
        return 0.0
    if one.words[0] in _set("articles") and other.words[0] not in _set("articles"):
        return 0.0  # «l'horizon» is no slip for «Horizon»
    ours, theirs = _joined(one.words), _joined(other.words)
    if any(word.isdigit() for word in (*ours, *theirs)):
        return 0.0
    if len(ours) == len(theirs) > 1:  # «la Croix-Rouge» is not «la Croix-Rousse»
        return min(_word_likeness(our, their) for our, their in zip(ours, theirs, strict=True))
    if min(len(one.spelling), len(other.spelling)) < _SHORTEST_ALIKE:
        return 0.0
    return max(
        SequenceMatcher(None, ours, theirs).ratio()
        # One slip; «Transports Leblanc» is not «Transports Blanc».
        if min(len(ours), len(theirs)) >= _SHORTEST_ALIKE and abs(len(ours) - len(theirs)) <= 1
        else 0.0
        for ours, theirs in zip(one[:2], other[:2], strict=True)
    )


def _joined(words: Sequence[str]) -> list[str]:
    """With «l'» and «d'» as a part of what they stand before."""
    return re.sub(r"\b([ld]) ", r"\1", " ".join(words)).split()


def _word_likeness(one: str, other: str) -> float:
    ours, theirs = _key([_singular(one)]), _key([_singular(other)])
    return 1.0 if ours.sound == theirs.sound else _likeness(ours, theirs)
