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
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.company_parts import (
    Parts,
    before_address,
    beginnings_of_trades,
    content,
    in_digits,
    is_coined,
    is_common,
    is_empty,
    is_housed,
    is_kindred,
    is_rare,
    known_trades,
    name_words,
    singular,
    small_words,
    taken_apart,
    trades,
    whole,
    word_set,
)
from calls.understanding.phonetic import phonetic, sounds_like
from calls.understanding.text import fold, table

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


class Told(IntEnum):
    """How much of a name was said."""

    BEGUN = 0  # without its number or its region: «Ouest Isolation» of «Ouest Isolation 35»
    APART = 1  # only what sets it apart: «Delattre»
    PART = 2  # with one of its trades: «plomberie Delattre»
    WHOLE = 3


class _Name(NamedTuple):
    written: str
    parts: Parts
    is_begun: bool = False


class _Key(NamedTuple):
    """How words are spelled, and how they sound."""

    spelling: str
    sound: str
    words: tuple[str, ...]


class Match(NamedTuple):
    name: str
    told: Told


class _Entry(NamedTuple):
    """What a company is found by: its readings with their keys, and the keys that forgive one slip."""

    keys: list[tuple[_Name, _Key]]
    alike: list[_Key]


class CompanyIndex:
    """Companies by the spelling and the sound of what sets them apart; what fits two leads to neither."""

    def __init__(self, companies: Iterable[str], language: str) -> None:
        self._language = language
        self._by_spelling: dict[str, set[_Name]] = {}
        self._by_sound: dict[str, set[_Name]] = {}
        self._beginnings: set[str] = set()
        self._by_pair: dict[str, list[_Key]] = {}
        for written in companies:
            self._add(_entry(written, language))

    def _add(self, entry: _Entry) -> None:
        for name, key in entry.keys:
            self._by_spelling.setdefault(key.spelling, set()).add(name)
            self._by_sound.setdefault(key.sound, set()).add(name)
            self._beginnings |= {key.spelling[:_BEGINNING], key.sound[:_BEGINNING]}
        for key in entry.alike:
            for pair in _pairs(key.spelling):
                self._by_pair.setdefault(pair, []).append(key)

    def may_begin(self, word: str) -> bool:
        """Whether a mention may begin with `word`: not what is said has to be looked up."""
        if singular(word) in beginnings_of_trades():
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
            for reading in (whole(written), taken_apart(written))
        )
        keyed = [(parts, _keys(parts)) for parts in readings]
        for parts, keys in keyed:
            if match := self._match(self._by_spelling, {key.spelling for key in keys}, parts, around):
                return match
        if len("".join(_without_leading(words, small_words()))) >= _SHORTEST_SOUND:
            for parts, keys in keyed:
                if match := self._match(self._by_sound, {key.sound for key in keys}, parts, around):
                    return match
        if match := self._before_address(words, around):
            return match
        return self._alike(*keyed[-1], around) if also_alike else None

    def _before_address(self, words: tuple[str, ...], around: frozenset[str]) -> Match | None:
        """«Les transports Etcheverry Bayonne», «boulangerie Schmitt rue des Clefs»."""
        end = before_address(words)
        if end == len(words):
            return None
        match = self.find(words[:end], around, also_alike=False)
        return match if match and match.told >= Told.PART else None

    def _match(
        self, names: dict[str, set[_Name]], keys: Iterable[str], parts: Parts, around: frozenset[str]
    ) -> Match | None:
        found = {name for key in keys for name in names.get(key, ())}
        if not found:
            return None
        matches = {match for name in found if (match := _match(name, parts, around))}
        best = max((match.told for match in matches), default=None)
        matches = {match for match in matches if match.told is best}
        return matches.pop() if len(matches) == 1 else None

    def _alike(self, parts: Parts, keys: Sequence[_Key], around: frozenset[str]) -> Match | None:
        for said in keys:
            owners = (self._by_pair.get(pair, ()) for pair in _pairs(said.spelling))
            shared = Counter(key for keys in owners if len(keys) <= _COMMON for key in keys)
            likeness = {key: _likeness(said, key) for key, _ in shared.most_common(_SHORTLIST)}
            most = max(likeness.values(), default=0.0)
            near = {key.spelling for key, likely in likeness.items() if likely > most - _MARGIN}
            if most >= _ALIKE and (match := self._match(self._by_spelling, near, parts, around)):
                return match
        return None


# One company more does not cost as much as all of them.
@lru_cache(maxsize=16384)
def _entry(written: str, language: str) -> _Entry:
    legal_forms = table("company")["legal_forms"]
    words = tuple(word for word in name_words(written) if word not in legal_forms) or name_words(written)
    apart = taken_apart(words)
    if not apart.trades and is_common(apart.apart):  # «Société Générale»
        apart = whole(words)
    variants = [apart, whole(words), whole(in_digits(words, language))]
    if "chez" in words[1:]:  # «Pizzeria Chez Nino»
        at = words.index("chez")
        variants += taken_apart(words[:at] + words[at + 1 :]), whole(words[at:])
    if not apart.trades and len(content(words)) > 1:
        # «Carrefour City à Castellane»
        variants += (whole((*words[:-1], of, words[-1])) for of in ("a", "de"))
    if len(words) > 2:  # as initials
        variants.append(whole(("".join(word[0] for word in words),)))
    names = [_Name(written, parts) for parts in dict.fromkeys(variants)]
    if beginning := _beginning(written):
        names.append(_Name(written, taken_apart(beginning), is_begun=True))
    keys = [(name, key) for name in names for key in _keys(name.parts, of_name=True)]
    return _Entry(keys, _keys(apart, of_name=True))


@lru_cache(maxsize=256)
def company_index(companies: tuple[str, ...], language: str) -> CompanyIndex:
    return CompanyIndex(companies, language)


def is_particular(match: Match) -> bool:
    """Whether what sets the company apart is so rare that nothing else is called that."""
    apart = content(taken_apart(name_words(match.name)).apart)
    return (len(apart) > 1 and is_rare(apart)) or is_coined(apart) or _has_initials(match.name)


def _has_initials(name: str) -> bool:
    first = re.match(rf"(?=[0-9]?[A-Z][A-Z0-9]?[A-Z])[A-Z0-9]{{{_SHORTEST_INITIALS},}}\b", name)
    return first is not None and not trades([fold(first[0])]) and not is_empty(fold(first[0]))


def _beginning(written: str) -> tuple[str, ...]:
    """What is left of a name without the number or the region that it ends in; nothing, if it is not enough."""
    words = name_words(written)
    if is_coined(words[:1]) and is_common(words[1:]):  # «Novatech Systèmes»
        return words[:1] if len(words) > 1 else ()
    end = len(words)
    left_out = word_set("regions") | small_words()
    while end and (words[end - 1].isdigit() or words[end - 1] in left_out):
        end -= 1
    said = content(words[:end])
    is_enough = _has_initials(written) or (len(said) > 1 and (is_rare(said) or bool(trades(said))))
    return words[:end] if 0 < end < len(words) and is_enough else ()


def _match(name: _Name, said: Parts, around: frozenset[str]) -> Match | None:
    own, apart = name.parts.trades, name.parts.apart
    vague = word_set("vague")
    foreign = {trade for trade in said.trades - own - vague if not is_kindred(trade, own & said.trades)}
    others = {trade for trade in around - own - vague if not is_kindred(trade, own)}
    # «L'atelier d'architecture Kéops»: the trade tells what an atelier that is.
    is_specified = bool(own & (said.trades | around)) and own <= vague - word_set("houses") and is_rare(apart)
    if foreign and not (_is_described(name, said) or is_specified or (not own and foreign <= known_trades(apart))):
        return None
    if said.trades == own:
        told = Told.WHOLE
    elif others and own - vague and said.trades and said.trades <= vague and not (own - vague) & around:
        return None  # «le cabinet Roussel, c'est un cabinet d'avocats»
    elif said.trades & own or not own or (said.trades and own <= word_set("owners")) or is_housed(own, said.trades):
        told = Told.PART
    elif said.trades:
        return None
    elif others:
        if not is_specified and is_coined(content(apart)):
            return None
        told = Told.PART if is_specified else Told.APART
    else:
        told = Told.PART if own & around else Told.APART
    if told is Told.PART and is_common(apart) and (said.trades | around) & own != own:
        return None  # «la clinique du Port» may be another than «Clinique vétérinaire du Port»
    if said.trades and own and said.is_trade_first != name.parts.is_trade_first and is_common(apart):
        return None  # «Nord Textile» is not «Textile du Nord»
    return Match(name.written, Told.BEGUN if name.is_begun else told)


def _is_described(name: _Name, said: Parts) -> bool:
    """«Le restaurant La Table de Marius» describes it; «le garage Renault» is another than Renault."""
    apart = content(name.parts.apart)
    return not name.parts.trades and said.is_trade_first and len(apart) > 1 and is_rare(apart)


def _keys(parts: Parts, *, of_name: bool = False) -> list[_Key]:
    """What sets it apart, with and without small words: «du lac», «dulac», «le lac».

    Behind a trade the article tells: «Transports Le Blanc» is not «Transports Blanc».
    """
    definite = parts.apart
    is_civic = bool(parts.trades & word_set("civic"))
    prepositions = word_set("glue") | (word_set("at") if is_civic else set())
    while len(definite) > 1 and definite[0] in prepositions:
        full = table("company_names")["contracted"].get(definite[0])
        definite = (full, *definite[1:]) if full else definite[1:]
    forms = [parts.apart, definite]
    silent = word_set("articles") if is_civic or not parts.trades else word_set("droppable") if of_name else set()
    if of_name and len(content(definite)) > 1:
        silent = silent | word_set("articles")  # «hôtel Lion d'Or»
    if len(definite) > 1 and definite[0] in silent:
        forms.append(definite[1:])
    return [_key(form) for form in dict.fromkeys(forms)]


def _key(words: Sequence[str]) -> _Key:
    spoken = tuple(word for word in words if not word.isdigit())
    digits = "" if len(spoken) == len(words) else "".join(word for word in words if word.isdigit())
    return _Key(_DOUBLED.sub(r"\1", "".join(words)), sounds_like(spoken) + digits, tuple(words))


def _without_leading(words: tuple[str, ...], unwanted: frozenset[str]) -> tuple[str, ...]:
    return words[len(list(takewhile(unwanted.__contains__, words[:-1]))) :]


def _pairs(key: str) -> set[str]:
    return {key[position : position + 2] for position in range(len(key) - 1)}


def _likeness(one: _Key, other: _Key) -> float:
    """Of what was said and a name, from 0 to 1; short names are alike only when they are the same."""
    if abs(len(one.spelling) - len(other.spelling)) > _MOST_LETTERS_APART:
        return 0.0
    if one.words[0] in word_set("articles") and other.words[0] not in word_set("articles"):
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
    ours, theirs = _key([singular(one)]), _key([singular(other)])
    return 1.0 if ours.sound == theirs.sound else _likeness(ours, theirs)
