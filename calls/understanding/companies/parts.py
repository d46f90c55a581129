"""What a company's name, or a mention of one, is made of.

What the company does («Plomberie Chauffage»), what sets it apart («Delattre»), and small
words. `words/company_names.toml` has the lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from calls.understanding.letters import letter_names
from calls.understanding.names import is_first_name
from calls.understanding.numbers import has_number, number, year
from calls.understanding.text import Hit, Lexicon, compact, fold, table

# Not «I», «V», «X»: initials have them.
_ROMAN = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "xi": "11",
    "xii": "12",
    "xiv": "14",
}
ABBREVIATED = {"&": "et", "co": "compagnie", "cie": "compagnie", "ets": "etablissements", "dr": "docteur"}
_CLIPPED = re.compile(r"\bp['’]?tit(?=e?s?\b)")
_WORD = re.compile(r"[^\W_]+|&")


class Parts(NamedTuple):
    """The words of a name or of a mention, taken apart."""

    trades: frozenset[str]
    apart: tuple[str, ...]  # with the small words between them
    is_trade_first: bool


@lru_cache(maxsize=16384)
def name_words(name: str) -> tuple[str, ...]:
    """A name's words as they are compared; «L'Atelier» is two."""
    return tuple(ABBREVIATED.get(word, word) for word in _WORD.findall(unclipped(fold(name))))


def unclipped(text: str) -> str:
    """«P'tits» as «petits»; folded text."""
    return _CLIPPED.sub("petit", text)


def trade_hits(words: Sequence[str]) -> tuple[Hit[str], ...]:
    return _trade_hits(tuple(words))


# Of one utterance the same words are asked for many times.
@lru_cache(maxsize=8192)
def _trade_hits(words: tuple[str, ...]) -> tuple[Hit[str], ...]:
    return tuple(_trades().find([singular(word) for word in words]))


def trades(words: Sequence[str]) -> frozenset[str]:
    """What is said of anybody's trade."""
    return _all_trades(tuple(words))


@lru_cache(maxsize=8192)
def _all_trades(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(hit.value for hit in _trade_hits(words)) - word_set("owners")


def trades_of_goods(words: Sequence[str]) -> frozenset[str]:
    """What is done by those who name what they sell, mend or drive: «Vandamme, les camions»."""
    articles = word_set("articles") | word_set("of")
    return frozenset(
        trade for before, word in pairwise(words) if before in articles for trade in _goods().get(singular(word), ())
    )


def untraded(words: Sequence[str]) -> tuple[str, ...]:
    """The words but for those of a trade."""
    hits = trade_hits(words)
    if not hits:
        return tuple(words)
    of_trade = {position for hit in hits for position in range(hit.start, hit.end)}
    return tuple(word for position, word in enumerate(words) if position not in of_trade)


def is_common(words: Sequence[str]) -> bool:
    """Whether many are named after these words."""
    return _common_or_small().issuperset(words)


def is_small(word: str) -> bool:
    """Whether a name cannot end in it: «de», «la»."""
    return word not in ("un", "une") and word in small_words()


def content(words: Sequence[str]) -> list[str]:
    """What is said of it but for small words."""
    small = small_words()
    return [word for word in words if word not in small]


def is_rare(words: Iterable[str]) -> bool:
    """Whether not many are called that, as far as anybody knows."""
    return any(word not in _common() and not is_first_name(word) and not word.isdigit() for word in words)


def is_known(word: str) -> bool:
    """Whether recognition knows the word as a name, so that it was hardly written for another."""
    return word in _known_names() or is_first_name(word) or is_town([word]) or word.isdigit() or bool(trades([word]))


def is_coined(words: Sequence[str]) -> bool:
    """Whether it is a single word that somebody made up, so that hardly another is called that: «Novalis»."""
    is_single = len(words) == 1 and words[0] not in _common() and not is_first_name(words[0])
    return is_single and _coined().fullmatch(words[0]) is not None


@lru_cache(maxsize=8192)
def is_empty(word: str) -> bool:
    """Whether a word tells nothing of what the company is: «société»."""
    return singular(word) in _empty()


def is_kindred(trade: str, others: frozenset[str]) -> bool:
    """Whether a house has one trade with another: «boulangerie pâtisserie»."""
    return any(trade in group and not others.isdisjoint(group) for group in _kindred())


def is_housed(trades: frozenset[str], said: frozenset[str]) -> bool:
    """«Le cabinet Ansart» is what lawyers have, and plumbers have not."""
    return bool(said) and all(not trades.isdisjoint(_houses().get(house, ())) for house in said)


def known_trades(words: Sequence[str]) -> frozenset[str]:
    """What everybody knows of a company: AXA insures."""
    return frozenset(trade for word in words for trade in _known().get(word, ()))


def is_town(words: Sequence[str]) -> bool:
    return "-".join(words) in _towns()


def before_address(words: Sequence[str]) -> int:
    """How many words stand before a street or a town that they end in: 2 of «garage Benali La Rochelle»."""
    for at in range(1, len(words)):
        is_place = words[at] in word_set("streets") or is_town(words[at:])
        if is_place and not is_small(words[at - 1]) and words[at - 1] not in word_set("at"):
            return at
    return len(words)


def taken_apart(words: Sequence[str]) -> Parts:
    """What is done there, and what sets it apart; all of them, where nothing would be left."""
    hits, small = trade_hits(words), small_words()
    apart: list[str] = []
    for word in untraded(words):
        if not is_empty(word):
            apart.append(word)
            continue
        while apart and apart[-1] in small:
            apart.pop()  # «du docteur»
    is_told_twice = len({hit.value for hit in hits}) < len(hits)  # «garage Hamon, garage …»
    if is_told_twice or small.issuperset(apart):
        return Parts(frozenset(), tuple(words), is_trade_first=False)
    while apart[-1] in small:
        apart.pop()
    return Parts(frozenset(hit.value for hit in hits), tuple(apart), is_trade_first=bool(hits) and hits[0].start == 0)


def whole(words: tuple[str, ...]) -> Parts:
    return Parts(frozenset(), words, is_trade_first=False)


@cache
def _trades() -> Lexicon[str]:
    names = table("company_names")
    lists = [*names["trades"], *([word] for word in (*names["vague"], *names["owners"]))]
    return Lexicon(
        ([singular(word) for word in name_words(phrase)], fold(same[0])) for same in lists for phrase in same
    )


@cache
def beginnings_of_trades() -> frozenset[str]:
    names = table("company_names")
    phrases = [phrase for same in names["trades"] for phrase in same]
    return frozenset(singular(name_words(phrase)[0]) for phrase in (*phrases, *names["vague"], *names["empty"]))


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    return re.sub(r"(?<=..)[sx]$", "", word)


@cache
def word_set(section: str) -> frozenset[str]:
    words = table("company_names")[section]
    return frozenset(compact(word) for word in (words.split() if isinstance(words, str) else words))


@cache
def _empty() -> frozenset[str]:
    return frozenset(singular(word) for word in word_set("empty")) | frozenset(table("company")["legal_forms"])


@cache
def small_words() -> frozenset[str]:
    return word_set("glue") | word_set("articles") | word_set("of") | {"saint", "sainte", "st", "ste", "chez"}


@cache
def _common_or_small() -> frozenset[str]:
    return word_set("words") | small_words()


@cache
def _towns() -> frozenset[str]:
    return frozenset(fold(town) for town in table("company_names")["towns"].split())


@cache
def _coined() -> re.Pattern[str]:
    begin, end = ("|".join(sorted(word_set(section))) for section in ("coined_begin", "coined_end"))
    return re.compile(rf"(?:{begin})[a-z]?(?:{end})|(?:ax|nov)(?:{end})")


@cache
def _kindred() -> list[frozenset[str]]:
    return [frozenset(fold(trade) for trade in group) for group in table("company_names")["kindred"]]


@cache
def _houses() -> dict[str, frozenset[str]]:
    houses = table("company_names")["houses"]
    return {fold(house): frozenset(fold(trade) for trade in inside) for house, inside in houses.items()}


@cache
def _goods() -> dict[str, frozenset[str]]:
    goods: dict[str, frozenset[str]] = {}
    for trade, things in table("company_names")["goods"].items():
        for thing in things.split():
            word = singular(fold(thing))
            goods[word] = goods.get(word, frozenset()) | {fold(trade)}
    return goods


@cache
def _known() -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for trade, companies in table("company_names")["known"].items():
        for company in companies.split():
            known.setdefault(company, []).append(trade)
    return known


@cache
def _known_names() -> frozenset[str]:
    return word_set("surnames") | word_set("other_surnames") | word_set("brands")


@cache
def _common() -> frozenset[str]:
    return word_set("words") | word_set("surnames") | word_set("brands")


def in_digits(words: tuple[str, ...], language: str) -> tuple[str, ...]:
    """«atelier vingt-sept» as «atelier 27» and «m deux elle» as «m2l», as it may be written; "" for a pause."""
    if "" not in words:
        return _in_digits(words, language)
    # No number goes on behind a pause, and of one utterance the same clauses are asked for many times.
    written: list[str] = []
    start = 0
    for end in (*(at for at, word in enumerate(words) if not word), len(words)):
        written += ("",) if start else ()
        written += _in_digits(words[start:end], language) if start < end else ()
        start = end + 1
    return tuple(written)


@lru_cache(maxsize=8192)
def _in_digits(words: tuple[str, ...], language: str) -> tuple[str, ...]:
    parts = words if _ROMAN.keys().isdisjoint(words) else tuple(_ROMAN.get(word, word) for word in words)
    if not has_number(parts, language):
        has_initials = any(len(one) == len(other) == 1 for one, other in pairwise(parts))
        return _initials_joined(parts, language) if has_initials else parts
    written: list[str] = []
    position = 0
    while position < len(parts):
        end, part = (
            year(parts, position, language) or number(parts, position, language) or (position + 1, parts[position])
        )
        written.append(part)
        position = end
    return _initials_joined(written, language)


def _initials_joined(parts: Sequence[str], language: str) -> tuple[str, ...]:
    """Letters and digits side by side as one word; a letter's name counts next to a digit: «3 dé»."""
    joined: list[str] = []
    is_open = False
    for position, part in enumerate(parts):
        near = (*parts[max(0, position - 1) : position], *parts[position + 1 : position + 2])
        letter = part if len(part) == 1 and part.isalpha() else ""
        if not letter and any(other.isdigit() for other in near):
            hit = letter_names(language).at([part], 0)
            letter = hit.value[0] if hit else ""
        is_sign = bool(letter) or (part.isdigit() and len(part) == 1)
        if is_sign and is_open:
            joined[-1] += letter or part
        else:
            joined.append(letter or part)
        is_open = is_sign
    return tuple(joined)
