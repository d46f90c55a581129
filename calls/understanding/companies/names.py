"""A tenant's companies, found by what was said of their names.

A name is made of what the company does («Plomberie Chauffage»), of what sets it apart
(«Delattre»), and of small words. A mention means a company when it has all that sets it
apart, and no trade that is not the company's; «la plomberie Delattre» is enough, «la
menuiserie Delattre» is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.companies.entries import Entry, Name, Told, entry_of
from calls.understanding.companies.keys import (
    MOST_LETTERS_APART,
    ByPairs,
    Key,
    key_pronunciations,
    keyed_readings,
    likeness,
    misheard,
    pairs_of,
    with_bodies,
)
from calls.understanding.companies.parts import (
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
    word_set,
)
from calls.understanding.companies.pieces import Mention, Pieces
from calls.understanding.companies.readings import (
    apart_of,
    has_initials,
    is_civic,
)
from calls.understanding.companies.sounds import Sounds
from calls.understanding.phonetic import phonetic

# How alike a name must be that is not the same, and how much more than any other.
_ALIKE, _MARGIN = 0.9, 0.1
_SHORTEST_SOUND = 7  # «la totale» sounds like «Total»
_SHORTEST_OF_TRADE = 5  # «Kerbra, les camions»
_BEGINNING = 3  # letters
# «Le syndicat des eaux de la vallée de la Braye»; in the midst of other words there are more places to look at.
MOST_WORDS, MOST_WORDS_AMONG = 10, 7
# Of so many names, those that share the most pairs of letters are compared closely.
_SHORTLIST = 6


class Match(NamedTuple):
    name: str
    told: Told


class CompanyIndex:
    """Companies by the spelling and the sound of what sets them apart; what fits two leads to neither."""

    def __init__(self, companies: Iterable[str], language: str) -> None:
        self._language = language
        self._by_spelling: dict[str, set[Name]] = {}
        self._by_sound: dict[str, set[Name]] = {}
        self._by_pronunciation: dict[str, set[Name]] = {}
        self._beginnings: set[str] = set()
        self._by_pair: ByPairs[Key] = ByPairs()
        self._longest = 0
        self._shared: set[tuple[str, ...]] = set()
        entries = [entry_of(written, language) for written in companies]
        self._pieces = Pieces(entry.written for entry in entries)
        self._sounds = Sounds((entry.written for entry in entries), language)
        for entry in entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        for name, key in entry.keys:
            if name.is_alias and self._pieces.named(name.parts.apart, name.parts.trades) - {name.written}:
                # «Mairie de Capdenac-Gare» and «… -le-Haut», «LEG Maintenance» and «Loire Électricité Générale»
                self._shared.add(name.parts.apart)
                continue
            self._by_spelling.setdefault(key.spelling, set()).add(name)
            self._by_sound.setdefault(key.sound, set()).add(name)
            said = key_pronunciations(key) if not is_common(key.words) else ()
            for sound in said:
                self._by_pronunciation.setdefault(sound, set()).add(name)
            sounds = (key.spelling, key.sound, *said)
            self._beginnings |= {sound[:length] for sound in sounds for length in range(1, _BEGINNING + 1)}
        for key in entry.alike:
            self._longest = max(self._longest, len(key.spelling))
            self._by_pair.add(key, pairs_of(key.spelling))

    def may_begin(self, word: str) -> bool:
        """Whether a mention may begin with `word`: not what is said has to be looked up."""
        if singular(word) in beginnings_of_trades():
            return True
        return any(start[:_BEGINNING] in self._beginnings for start in (word, phonetic(word)))

    def has_word(self, word: str) -> bool:
        return self._pieces.has_word(word)

    def find(self, said: Sequence[str], around: frozenset[str], *, also_alike: bool) -> Match | None:
        """The company that `said` names, all of it and nothing else.

        `around` are the trades told in the whole utterance; one slip is forgiven with `also_alike`.
        """
        if len(said) > MOST_WORDS:
            return None
        words = tuple(said)
        keyed = keyed_readings(words, self._language)
        for parts, keys in keyed:
            # «Immo plus», for «Agence Immoplus», tells of no other trade.
            told = around if parts.trades or not around else around - trades(parts.apart)
            if match := self._match(self._by_spelling, {key.spelling for key in keys}, parts, told):
                return match
        length = len("".join(_without_leading(words, small_words())))
        if length >= (_SHORTEST_OF_TRADE if around else _SHORTEST_SOUND):
            for parts, keys in keyed:
                match = self._match(self._by_sound, {key.sound for key in keys}, parts, around)
                is_short = len("".join(parts.apart)) < _SHORTEST_OF_TRADE
                if (
                    match
                    and (length >= _SHORTEST_SOUND or match.told >= Told.PART)
                    and (match.told > Told.SHORT or not is_short)
                ):
                    return match
            for parts, keys in keyed:
                sounds = {sound for key in keys for sound in key_pronunciations(key)}
                match = self._match(self._by_pronunciation, sounds, parts, around)
                if match and match.told >= Told.PART:
                    return match
        if match := self._before_address(words, around):
            return match
        return self._alike(*keyed[-1], around) if also_alike else None

    def find_in_part(self, mention: Mention) -> str | None:
        """As `Pieces.only`."""
        words = in_digits(with_bodies(mention.words), self._language)
        is_shared = not mention.around and words in self._shared
        return None if is_shared else self._pieces.only(mention._replace(words=words))

    def find_in_parts(self, words: Sequence[str], around: frozenset[str], talk: frozenset[str]) -> str | None:
        """As `Pieces.told_in_parts`."""
        return self._pieces.told_in_parts(in_digits(tuple(words), self._language), around, talk)

    def nearest(self, said: Sequence[str], around: frozenset[str]) -> str | None:
        """As `Sounds.nearest`, or `by_initials`."""
        words = misheard(tuple(said))
        name = self._sounds.nearest(words, around) or self._sounds.by_initials(words, around)
        return name if name and not self._is_anothers(name, taken_apart(words), around) else None

    def _before_address(self, words: tuple[str, ...], around: frozenset[str]) -> Match | None:
        """«Les transports Etcheverry Bayonne», «boulangerie Schmitt rue des Clefs»."""
        end = before_address(words)
        if end == len(words):
            return None
        match = self.find(words[:end], around, also_alike=False)
        return match if match and match.told >= Told.PART else None

    def _match(self, names: dict[str, set[Name]], keys: Set[str], parts: Parts, around: frozenset[str]) -> Match | None:
        if names.keys().isdisjoint(keys):
            return None
        found = {name for key in keys for name in names.get(key, ())}
        matches = {match for name in found if (match := _match(name, parts, around))}
        best = max((match.told for match in matches), default=None)
        told = parts.trades or (around if best is Told.PART else frozenset())
        if best and best < Told.WHOLE and self._is_shared(parts, told):
            return None
        matches = {match for match in matches if match.told is best}
        if len(matches) > 1 and best is Told.PART:  # «Vasseur, les transports», with Groupe Vasseur
            matches = {match for match in matches if not around.isdisjoint(trades(name_words(match.name)))}
        match = matches.pop() if len(matches) == 1 else None
        return match if match and not self._is_anothers(match.name, parts, around) else None

    def _is_anothers(self, name: str, parts: Parts, around: frozenset[str]) -> bool:
        """Whether it was written as only another has it: «Novalis» may be Novalys, and may be Novalis Formation."""
        said = content(parts.apart)
        named = self._pieces.named(said, parts.trades | around)
        having = [company for company in named if set(said).issubset(name_words(company))]
        return bool(having) and name not in having

    def _is_shared(self, parts: Parts, trades: frozenset[str]) -> bool:
        """Whether another company has what was said, and the trade, or one that nobody knows."""
        if not parts.trades and parts.apart in self._shared:
            return True
        return len(self._pieces.named(parts.apart, trades)) > 1

    def _alike(self, parts: Parts, keys: Sequence[Key], around: frozenset[str]) -> Match | None:
        for said in keys:
            if len(said.spelling) > self._longest + MOST_LETTERS_APART:
                continue
            pairs = pairs_of(said.spelling)
            likely = self._by_pair.sharing(pairs, len(pairs) / 2)
            alike = {key: likeness(said, key) for key in likely[:_SHORTLIST]}
            most = max(alike.values(), default=0.0)
            near = {key.spelling for key, so_much in alike.items() if so_much > most - _MARGIN}
            if most >= _ALIKE and (match := self._match(self._by_spelling, near, parts, around)):
                return match
        return None


@lru_cache(maxsize=256)
def company_index(companies: tuple[str, ...], language: str) -> CompanyIndex:
    return CompanyIndex(companies, language)


def is_particular(match: Match) -> bool:
    """Whether what sets the company apart is so rare that nothing else is called that."""
    apart = content(apart_of(match.name))
    is_place = is_civic(name_words(match.name))  # «je vous appelle des Sables-d'Olonne»
    return (len(apart) > 1 and is_rare(apart) and not is_place) or is_coined(apart) or has_initials(match.name)


def is_unusual(match: Match) -> bool:
    """Whether what sets the company apart is nobody else's as far as anybody knows, though it may be a surname."""
    return is_rare(content(apart_of(match.name)))


def is_surname(match: Match) -> bool:
    """Whether it tells nothing but that it is a company, and whose: «Ets Carpentier»."""
    words = name_words(match.name)
    is_of_somebody = word_set("surnames").issuperset(apart_of(match.name)) and not trades(words)
    return is_of_somebody and any(is_empty(word) for word in words)


def is_joined(match: Match, said: Sequence[str]) -> bool:
    """Whether recognition took one long word for several, as it does with made-up ones: «techni flamme»."""
    apart = content(apart_of(match.name))
    heard = [word for word in content(said) if len(word) > 1]
    return len(heard) > len(apart) == 1 and len(apart[0]) >= _SHORTEST_SOUND and is_rare(apart)


def has_article(match: Match, said: Sequence[str]) -> bool:
    """Whether `said` has the article that is a part of an unusual name: «l'Absinthe»; «Le Bihan» is a surname."""
    article = apart_of(match.name)[0]
    return said[:1] == [article] and article in word_set("articles") - {"le"} and is_unusual(match)


def _match(name: Name, said: Parts, around: frozenset[str]) -> Match | None:
    own, apart = name.parts.trades, name.parts.apart
    vague = word_set("vague")
    if own and said.trades and own.isdisjoint(said.trades):
        own |= said.trades & _trades_by_word(name.written)  # «Rouxel Expertise» of «Rouxel Expertise Comptable»
    foreign = {trade for trade in said.trades - own - vague if not is_kindred(trade, own & (said.trades | around))}
    is_inside = _is_inside(own, said.trades | around, apart)
    if is_inside or is_housed(own, frozenset(foreign)):
        foreign = set()  # «le notaire Guichard» of «Étude Guichard»
    others = {trade for trade in around - own - vague - word_set("jobs") if not is_kindred(trade, own)}
    # «L'atelier d'architecture Kéops»: the trade tells what an atelier that is.
    is_specified = bool(own & (said.trades | around)) and own <= vague - word_set("houses") and is_rare(apart)
    if foreign and not (_is_described(name, said) or is_specified or (not own and foreign <= known_trades(apart))):
        return None
    if said.trades == own:
        is_all = not any(is_empty(word) and word not in said.apart for word in name_words(name.written))
        told = Told.WHOLE if is_all else Told.PART
    elif others and own - vague and said.trades and said.trades <= vague and not (own - vague) & around:
        return None  # «le cabinet Roussel, c'est un cabinet d'avocats»
    elif (
        said.trades & own
        or not own
        or (said.trades and own <= word_set("owners"))
        or is_housed(own, said.trades)
        or is_inside
    ):
        told = Told.PART
    elif said.trades:
        return None
    elif others:
        if not is_specified and is_coined(content(apart)):
            return None
        told = Told.PART if is_specified else Told.AMONG
    else:
        told = Told.PART if own & around or any(is_kindred(trade, own) for trade in around) else Told.APART
    untold = (own - vague - word_set("owners") or own) - said.trades - around
    if told is Told.PART and is_common(apart) and not all(is_kindred(trade, said.trades) for trade in untold):
        return None  # «la clinique du Port» may be another than «Clinique vétérinaire du Port»
    is_turned = said.is_trade_first != name.parts.is_trade_first and name_words(name.written)[0] not in vague
    if said.trades and own and is_turned and is_common(apart):
        return None  # «Nord Textile» is not «Textile du Nord»
    if name.told is Told.SHORT and told < Told.PART:
        return None
    return Match(name.written, min(told, name.told))


@lru_cache(maxsize=16384)
def _trades_by_word(name: str) -> frozenset[str]:
    return frozenset(trade for word in name_words(name) for trade in trades((word,)))


def _is_inside(own: frozenset[str], told: frozenset[str], apart: Sequence[str]) -> bool:
    """«Le notaire» of an «étude», which tells hardly more; «le cabinet d'avocats Desrosiers Lemaire», both named."""
    inside = told - own - word_set("vague")
    is_enough = own == {"etude"} or (len(content(apart)) > 1 and not is_common(apart))
    is_vague = bool(own) and own <= word_set("vague")
    return is_vague and is_enough and all(is_housed(frozenset({trade}), own) for trade in inside)


def _is_described(name: Name, said: Parts) -> bool:
    """«Le restaurant La Table de Marius» describes it; «le garage Renault» is another than Renault."""
    apart = content(name.parts.apart)
    return not name.parts.trades and said.is_trade_first and len(apart) > 1 and is_rare(apart)


def _without_leading(words: tuple[str, ...], unwanted: frozenset[str]) -> tuple[str, ...]:
    return words[len(list(takewhile(unwanted.__contains__, words[:-1]))) :]
