"""Companies by any part of their names that no other company has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise, takewhile
from typing import NamedTuple

from calls.understanding.companies.parts import (
    content,
    is_common,
    is_empty,
    is_housed,
    is_kindred,
    is_rare,
    name_words,
    singular,
    small_words,
    trade_hits,
    trades,
    untraded,
    word_set,
)
from calls.understanding.companies.readings import is_civic
from calls.understanding.names import is_first_name
from calls.understanding.phonetic import pronunciations
from calls.understanding.text import table

# Words that recognition took for several: «de Surmont» of «Desurmont».
_MOST_JOINED = 3
_MOST_WORDS = 20
_SHORTEST_SOUND = 5  # letters


class Mention(NamedTuple):
    """What may be a part of a company's name, and what was said around it."""

    words: tuple[str, ...]  # "" for a pause
    around: frozenset[str]  # the trades told in the whole utterance
    rest: tuple[str, ...]  # what follows
    is_certain: bool = False  # that a company is named
    is_person: bool = False  # «Monsieur Chapuis, je suis architecte»
    is_first: bool = False  # nothing but talk stands before it


class Pieces:
    """Who has which word in its name."""

    def __init__(self, companies: Iterable[str]) -> None:
        self._holders: dict[str, set[str]] = {}
        self._words: set[str] = set()
        self._bodies: dict[str, list[str]] = {}
        for company in companies:
            for body in trades(name_words(company)) & word_set("bodies"):
                self._bodies.setdefault(body, []).append(company)
            for keys, is_word in _spans(company):
                for key in keys:
                    self._holders.setdefault(key, set()).add(company)
                if is_word:
                    self._words.update(keys)

    def only(self, mention: Mention) -> str | None:
        """The only company that has in its name what was said, and more."""
        said = tuple(word for word in mention.words if word)
        if len(said) > _MOST_WORDS:
            return None
        apart = untraded(said)
        told = trades(said)
        if not content(apart):
            return self._only_body(told, mention)
        companies, heard = self.having(apart)
        if not companies:
            told = frozenset()
            companies, heard = self.having(said)  # «Syndic Pro», «SyndicPro»
        forms = set(table("company")["legal_forms"]).intersection(said)
        of_form = {company for company in companies if forms and forms.issubset(name_words(company))}
        companies = of_form or companies  # «Alpes Habitat, la SCOP», with Alpes Habitat Conseil
        titles = word_set("titles").intersection(apart)
        fit = [company for company in companies if _fits(company, told, titles, mention.around)]
        if len(companies) > 1 or mention.is_person:
            known = told | mention.around
            fit = [company for company in fit if not known.isdisjoint(trades(name_words(company)))]
        if len(fit) != 1 or not _is_enough(fit[0], heard, mention):
            return None
        is_shared = len(self.having(content(apart))[0]) > 1  # «la Divette», with Optique Divette
        return None if is_shared and not (told | mention.around | of_form) else fit[0]

    def _only_body(self, told: frozenset[str], mention: Mention) -> str | None:
        """«C'est l'ADMR», where nothing else was named."""
        rest = [word for word in untraded(mention.rest) if word and word not in word_set("of_bodies")]
        if len(told) != 1 or not mention.is_first or content(rest):
            return None
        only = [company for body in told for company in self._bodies.get(body, ())]
        return only[0] if len(only) == 1 else None

    def told_in_parts(self, words: Sequence[str], around: frozenset[str], talk: frozenset[str]) -> str | None:
        """The company of which all words were told, with pauses between: «L'Inter à Dourdan, enfin l'Intermarché»."""
        holders = [(at, name) for at, word in enumerate(words) for name in self._holders.get(singular(word), ())]
        places: dict[str, list[int]] = {}
        for at, name in holders:
            places.setdefault(name, []).append(at)
        fit = [name for name, at in places.items() if _is_told_in_parts(name, at, words, around, talk)]
        most = max((len(_weighty(name_words(name))) for name in fit), default=0)
        fit = [name for name in fit if len(_weighty(name_words(name))) == most]
        return fit[0] if len(fit) == 1 else None

    def has_word(self, word: str) -> bool:
        return singular(word) in self._words

    def named(self, said: Sequence[str], told: frozenset[str]) -> set[str]:
        """The companies that have what was said, and one of the trades if there are any."""
        companies, _ = self.having(said)
        return {company for company in companies if not told or not told.isdisjoint(trades(name_words(company)))}

    def having(self, said: Sequence[str]) -> tuple[set[str], list[str]]:
        """The companies that have every word, and the words as they are found there."""
        companies: set[str] | None = None
        heard: list[str] = []
        position = 0
        while position < len(said):
            silent = said[position] in _silent() or is_empty(said[position])
            for end in range(min(position + _MOST_JOINED, len(said)), position + silent, -1):
                keys = _keys(tuple(said[position:end]))
                holders: set[str] = set().union(*(self._holders.get(key, ()) for key in keys))
                if companies is not None:
                    holders &= companies
                if holders:
                    companies = holders
                    is_word = not self._words.isdisjoint(keys)
                    heard += ["".join(said[position:end])] if is_word else said[position:end]
                    break
            else:
                if not silent:
                    return set(), []
                end = position + 1
            position = end
        return companies or set(), heard


@cache
def _silent() -> frozenset[str]:
    """What may be said of a name that does not have it."""
    return small_words() | word_set("streets") | word_set("at")


def _is_told_in_parts(
    name: str, places: Sequence[int], words: Sequence[str], around: frozenset[str], talk: frozenset[str]
) -> bool:
    own = _weighty(untraded(name_words(name)))
    trade = [
        at for hit in trade_hits(words) if hit.value in trades(name_words(name)) for at in range(hit.start, hit.end)
    ]
    places = sorted({*places, *trade})
    heard = {singular(words[at]) for at in places}
    is_trade_told = bool(trade) or not trades(name_words(name))
    if not own or not is_trade_told or not heard.issuperset(map(singular, own)):
        return False
    if len(own) + bool(trade) < 2 or (is_common(own) and not trade) or "" not in words[places[0] : places[-1]]:
        return False
    if not _fits(name, frozenset(), frozenset(), around):
        return False
    # «Claire Morel, … la boulangerie Ferrand» is no «Boulangerie Morel Ferrand».
    persons = (words[at - 1] for at in places if at and not is_first_name(words[at]))
    if len(own) > 1 and any(is_first_name(word) and singular(word) not in heard for word in persons):
        return False
    # What follows a word of the name without a pause is another's: «Super U, à Moncoutant-les-Bains».
    for at in places:
        rest = takewhile(lambda word: word and word not in talk, words[at + 1 :])
        if any(word not in small_words() and singular(word) not in heard for word in rest):
            return False
    return True


# One company more does not cost as much as all of them.
@lru_cache(maxsize=16384)
def _spans(company: str) -> list[tuple[tuple[str, ...], bool]]:
    """How the words of a name may be said, one by one and together; and whether it is one word."""
    words = untraded(name_words(company)) or name_words(company)
    ends = [(start, end) for start in range(len(words)) for end in range(start + 1, start + _MOST_JOINED + 1)]
    return [
        (_keys(words[start:end]), end == start + 1)
        for start, end in ends
        if end <= len(words) and not small_words().issuperset(words[start:end])
    ]


@lru_cache(maxsize=8192)
def _keys(words: tuple[str, ...]) -> tuple[str, ...]:
    one = tuple(singular(word) for word in words)
    spelled = "".join(one)
    return (spelled, *pronunciations(one)) if len(spelled) >= _SHORTEST_SOUND else (spelled,)


def _fits(company: str, told: frozenset[str], titles: frozenset[str], around: frozenset[str]) -> bool:
    """Whether it has the trades that were told with its name, and none that those told elsewhere are foreign to."""
    name = name_words(company)
    own = trades(name)
    foreign = told - own
    foreign = foreign | titles.difference(name) if own else foreign - word_set("vague")
    others = around - told - own - word_set("vague") - word_set("jobs")
    return (not foreign or is_housed(own, foreign)) and (not own or all(is_kindred(trade, own) for trade in others))


def _is_enough(company: str, apart: Sequence[str], mention: Mention) -> bool:
    """Whether so much of a name tells it from companies that nobody has told of."""
    name = name_words(company)
    said = [word for word in mention.words if word]
    named, heard, apart = _weighty(name), _weighty(said), _weighty(apart)
    if not apart or len(named) == 1 or word_set("brands").issuperset(apart):
        return False
    # «Super U», but not «Super U. Au Mans.»
    is_over = not any(mention.rest[:1]) and word_set("to").isdisjoint([word for word in mention.rest if word][:1])
    is_begun = 1 < len(heard) < len(named) and named[: len(heard)] == heard and is_over
    if is_civic(name):
        return is_begun and not any(mention.rest)
    is_in_parts = not word_set("at").isdisjoint(said) or len(said) < len(mention.words)
    is_turned = named != heard and sorted(named) == sorted(heard)
    is_all_apart = _length(_weighty(untraded(name))) <= _length(apart)
    # «imprimerie de la Bastide» for Imprimerie Bastide
    is_otherwise = is_turned or (is_all_apart and not is_begun and _has_another_trade(name, said))
    if (is_otherwise and not is_in_parts) or _is_another(name, said, apart, mention.rest):
        return False
    is_trade_told = not trades(name).isdisjoint(mention.around)
    is_person = mention.is_person or not word_set("titles").isdisjoint(said)
    is_house = any(is_empty(word) and word in name for word in said)  # «la SCP Vasseur»
    if mention.is_certain or is_house or (is_person and is_trade_told):
        return True
    if _is_place(name, apart) and not is_trade_told:
        return False
    is_many = is_all_apart and len(apart) > 1
    return is_rare(apart) or is_many or (is_begun and not word_set("surnames").issuperset(apart))


def _has_another_trade(name: Sequence[str], said: Sequence[str]) -> bool:
    """Whether a trade was told with the name; of a name that tells none, «cabinet» is no trade of another's."""
    vague = 0 if trades(name) else len(trades(said) & word_set("vague"))
    return len(_weighty(said)) - len(_weighty(untraded(said))) > vague


def _is_another(name: Sequence[str], said: Sequence[str], apart: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether it is one of several where the name is of one, or where another part of the house is."""
    if any({_is_one(said, word), _is_one(name, word)} == {True, False} for word in apart):
        return True
    left_out = set(name).difference(said)
    # «Intersport à Biscarrosse» is no «Intersport Mont-de-Marsan».
    behind = [word for word in name[name.index(said[0]) + 1 :] if word in left_out] if said[0] in name else []
    if not word_set("to").isdisjoint(rest[:1]) and content(untraded(behind)) and not set(behind) & set(rest):
        return True
    is_elsewhere = not word_set("departments").isdisjoint(rest)
    numbered = table("company_names")["numbered_departments"]
    # «Sport et handicap, dans l'Isère» is where «Sport et Handicap 38» is.
    is_there = any(set(numbered.get(word, "-").split()) <= set(rest) for word in left_out)
    return is_elsewhere and not is_there and any(word.isdigit() or word in word_set("regions") for word in left_out)


def _is_place(name: Sequence[str], apart: Sequence[str]) -> bool:
    """«Je vous appelle de Jaude» is no «Pharmacie de Jaude» for certain."""
    return len(apart) == 1 and any(one in word_set("of") and other == apart[0] for one, other in pairwise(name))


def _length(words: Sequence[str]) -> int:
    return len("".join(words))


def _is_one(words: Sequence[str], named: str) -> bool | None:
    """Whether there is one of what is named, or several: «des Étoiles» is not «de l'Étoile»."""
    articles = [before for before, word in pairwise(words) if singular(word) == singular(named)]
    if not articles or articles[0] in ("de", "d") or articles[0] not in word_set("articles") | word_set("glue"):
        return None
    return articles[0] not in ("les", "des", "aux")


def _weighty(words: Sequence[str]) -> list[str]:
    return [word for word in content(words) if not is_empty(word)]
