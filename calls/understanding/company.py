"""Which company the caller works for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from calls.understanding.companies.corrections import corrected, is_instead, is_open, is_taken_back, trades_around
from calls.understanding.companies.entries import Told
from calls.understanding.companies.mentions import (
    clause_before,
    denied_again,
    is_denied,
    is_of_house,
    leads,
    mentions,
    persons,
)
from calls.understanding.companies.names import (
    MOST_WORDS_AMONG,
    CompanyIndex,
    Match,
    company_index,
    has_article,
    is_joined,
    is_particular,
    is_surname,
    is_unusual,
)
from calls.understanding.companies.parts import (
    content,
    is_common,
    is_empty,
    is_small,
    name_words,
    trade_hits,
    trades,
    word_set,
)
from calls.understanding.companies.pieces import Mention
from calls.understanding.companies.tokens import Token, listed, tokens_of
from calls.understanding.english_companies.decision import english_company
from calls.understanding.phonetic import pronunciations, sounds_like

_SHORTEST_NAME = 5  # among other words
# What may follow a name.
_AFTER = ("article", "filler", "correction", "end", "aside")
# What may stand before one.
_BEFORE = ("article", "filler", "correction", "before")
_TALK = ("end", "talk", "filler")
_NO_NAME = ("no_name", "article")
_BEFORE_A_BODY = ("article", "before", *_TALK)


def company(text: str, companies: Sequence[str], language: str) -> str | None:
    """The one of `companies` that was named, as it is written there.

    A part of its name is enough when it has all that sets the company apart, and a trade
    with it (`company_names` tells how), or when no other company's name has it
    (`company_pieces`). Spelling, initials and sound are forgiven, one slip in a long name
    too; None when no company, or more than one, may be meant. English names are read by
    `english_companies`.
    """
    if language == "en":
        return english_company(text, companies)
    index = company_index(tuple(companies), language)
    tokens = corrected(tokens_of(text, language, splits_articles=True), language)
    plain = [token.plain for token in tokens]
    if is_open(plain, language):
        return None
    heard = _Heard(tokens, plain, list(mentions(tokens, language)), trades_around(plain, language), language)
    ways = (_named, _unintroduced, _in_part, _in_parts, _by_sound)
    found = next(filter(None, (dict(way(heard, index)) for way in ways)), {})
    if not found:
        return None
    first, last = min(found.values()), max(found.values())
    if len(found) > 2 or (len(found) == 2 and not is_instead(plain[first:last], language)):
        return None
    return None if is_taken_back(plain[last:], language) else max(found, key=found.__getitem__)


class _Heard(NamedTuple):
    tokens: Sequence[Token]
    plain: Sequence[str]  # their words, "" for a pause
    spans: Sequence[tuple[int, int]]  # where a name may stand
    around: frozenset[str]  # the trades that were told
    language: str


def _named(heard: _Heard, index: CompanyIndex) -> Iterator[tuple[str, int]]:
    """Companies where one may stand, with where they stand."""
    tokens, plain, spans, around, language = heard
    places = listed("before_place", language) | word_set("in_towns")
    ends = set()  # «groupe Thévenet» is not told as «Thévenet», too
    for start, end in spans:
        if end in ends or _is_no_name(plain, start, end, language) or (start and plain[start] in places):
            continue
        match = index.find(plain[start:end], around, also_alike=True)
        if match is None or _is_longer(plain[start:end], tokens[end:]):
            continue
        if _is_enough(match, tokens, start, end, language) or (
            match.told is Told.APART and has_article(match, plain[start:end])
        ):
            ends.add(end)
            yield match.name, start


def _is_no_name(plain: Sequence[str], start: int, end: int, language: str) -> bool:
    """Whether it is a single word that means something else: «est», «au total»."""
    indefinite, small = listed("no_name", language), _any_of(_NO_NAME, language)
    while start < end - 1 and plain[start] in small:
        start += 1
    if start < end - 1:
        return False
    is_function = plain[start] in listed("end", language) or plain[start] in listed("aside", language)
    return is_function or not indefinite.isdisjoint(plain[max(0, start - 1) : start])


def _is_enough(match: Match, tokens: Sequence[Token], start: int, end: int, language: str) -> bool:
    """Whether so much of a name is enough; without its number or region, when nothing else is told."""
    if is_surname(match) and not any(is_empty(token.plain) for token in tokens[:end]):
        return False  # «chez Carpentier» of «Ets Carpentier»
    if match.told is Told.SHORT:
        return end == len(tokens) or tokens[end].plain in (listed("end", language) | {""}) - word_set("in_towns")
    if match.told is Told.APART and (
        is_joined(match, [token.plain for token in tokens[start:end]])
        or (is_unusual(match) and is_of_house([token.plain for token in tokens[:start]], language))
    ):
        return True
    return match.told > Told.APART or is_particular(match)


def _unintroduced(heard: _Heard, index: CompanyIndex) -> Iterator[tuple[str, int]]:
    """Names in the midst of other words, with where they stand: «je suis ambulancier aux ambulances Perrin»."""
    tokens, plain, _, around, language = heard
    led = {hit.end for hit in leads(language).find(plain)} | {0}
    title = listed("title", language)
    inside = {at for hit in trade_hits(plain) for at in range(hit.start + 1, hit.end)}  # «communauté de communes»
    talk = listed("talk", language)
    denied_twice = denied_again(plain, language)
    foreign = [
        at for at, word in enumerate(plain) if word in denied_twice or (word in talk and not index.has_word(word))
    ]
    position, denied = 0, 0
    while position < len(plain):
        if position in inside or position in foreign or not index.may_begin(plain[position]):
            position += 1
            continue
        last = next((at for at in foreign if at > position), len(plain))
        clause = clause_before(plain, position, language)
        # What a denial was meant for it is not meant for twice: «pas DHL, Groupama».
        is_not_meant = position > denied and is_denied(
            clause[-(position - denied) :], plain[position : position + 1], language
        )
        for end in range(min(last, position + MOST_WORDS_AMONG), position, -1):
            said = _said(plain[position:end], language)
            if not said or is_small(said[-1]) or _is_no_name(plain, position, end, language):
                continue
            if not is_not_meant and not _is_over(tokens, end, said, language):
                continue
            match = index.find(said, around, also_alike=False)
            if match is None or not _is_enough(match, tokens, position, end, language):
                continue
            if is_not_meant:
                denied = position = end
                led.add(end)
                break
            if not _is_set_off(plain, position, said, match, led, language):
                continue
            if title.intersection(clause[-1:]) and not trades(name_words(match.name)):
                continue
            yield match.name, position
            position = end
            break
        else:
            position += 1


def _in_part(heard: _Heard, index: CompanyIndex) -> Iterator[tuple[str, int]]:
    """Companies of which only a part was named in one of the spans, but no other's, with where they stand."""
    tokens, plain, spans, around, language = heard
    article, title = listed("article", language), listed("title", language)
    places = listed("before_place", language)
    others: list[set[str]] = []
    longest_first = sorted([*spans, *persons(plain, language)], key=lambda span: span[0] - span[1])
    for start, end in longest_first:
        said = set(plain[start:end])
        # «Delage, Delage automobiles»
        is_of_other = plain[start - 1 : start] != ["chez"] and any(
            said < other and trades(list(other - said)) for other in others
        )
        if is_of_other or plain[start] in places or _is_no_name(plain, start, end, language):
            continue
        while start and plain[start - 1] in article:
            start -= 1
        is_certain = tokens[end - 1].is_spelled or is_of_house(plain[:start], language)
        is_person = not title.isdisjoint(plain[max(0, start - 1) : start])
        is_first = _is_first(plain, start, language)
        pause = _next_pause(plain, end)
        whole = len(plain) - (not plain[-1])
        # «Krys, l'opticien à Échirolles»
        is_named = len(content(plain[start:end])) > len(trade_hits(plain[start:end]))
        for last in dict.fromkeys((whole, pause, end) if is_named else (pause, end)):
            words, rest = tuple(plain[start:last]), tuple(plain[last:])
            if name := index.find_in_part(Mention(words, around, rest, is_certain, is_person, is_first)):
                yield name, start
                break
        else:
            others.append(said)


def _is_first(plain: Sequence[str], start: int, language: str) -> bool:
    """Whether only talk stands before it: «bonjour, c'est»."""
    led = {at for hit in leads(language).find(plain[:start]) for at in range(hit.start, hit.end)}
    before = _any_of(_BEFORE_A_BODY, language)
    return all(at in led or not word or word in before for at, word in enumerate(plain[:start]))


@cache
def _any_of(sections: Sequence[str], language: str) -> frozenset[str]:
    return frozenset().union(*(listed(section, language) for section in sections))


def _next_pause(plain: Sequence[str], position: int) -> int:
    return next((at for at in range(position, len(plain)) if not plain[at]), len(plain))


def _in_parts(heard: _Heard, index: CompanyIndex) -> Iterator[tuple[str, int]]:
    """The company of which all words were told, with pauses between, if nothing is denied."""
    if not listed("denial", heard.language).isdisjoint(heard.plain):
        return
    if name := index.find_in_parts(heard.plain, heard.around, _any_of(_TALK, heard.language)):
        yield name, 0


def _by_sound(heard: _Heard, index: CompanyIndex) -> Iterator[tuple[str, int]]:
    """Companies that one of the spans sounds like, with where they stand; what is spelled besides is no sound."""
    tokens, plain, spans, around, language = heard
    if any(token.is_spelled for token in tokens):
        return
    starts = {start: end for start, end in spans if not is_small(plain[start])}
    for start, end in starts.items():
        if _is_no_name(plain, start, end, language):
            continue
        for last in dict.fromkeys((_next_pause(plain, end), end)):
            if name := index.nearest(plain[start:last], around):
                yield name, start
                break


def _is_one_of_two(plain: Sequence[str], position: int, language: str) -> bool:
    """«La boulangerie Pelletier et la boucherie Ménard»: whoever calls for two names one that is not known."""
    position += plain[position] == "et"
    while position and plain[position - 1] in listed("article", language):
        position -= 1
    return plain[position - 1 : position] == ["et"] and bool(trades(clause_before(plain, position - 1, language)))


def _said(words: Sequence[str], language: str) -> list[str]:
    """Words that may be one name, «Kiné Santé, à Montferrand» without its comma; nothing if they are not one."""
    places = listed("before_place", language)
    if any(not word and after not in places for word, after in zip_longest(words, words[1:])):
        return []
    return [word for word in words if word]


def _is_set_off(
    plain: Sequence[str], position: int, said: Sequence[str], match: Match, led: set[int], language: str
) -> bool:
    """Whether what stands before a name is no part of it; the less was said, the surer that must be."""
    if match.told is Told.PART and is_common(said):
        return False
    if not trades(said) and _belongs_to_trade(plain, position, language):
        return False
    is_single = sum(not is_small(word) for word in said) == 1
    while position and sounds_like((plain[position - 1],)) == sounds_like(tuple(said)):
        position -= 1  # «Axilis, A X I L Y S»
    if position in led:
        return True
    if is_single and len(said[-1]) < _SHORTEST_NAME:
        return False
    before = _any_of(_BEFORE, language) | {""}
    is_second = plain[position - 1] == "et" and position > 1 and plain[position - 2] not in before  # «Rivière et Morel»
    if _is_one_of_two(plain, position, language):
        return False
    # «Factrice à la Poste»
    is_at = plain[position - 1] in listed("at", language) and position > 1 and plain[position - 2] in before - {""}
    is_led = is_at or (plain[position - 1] in before and not is_second)
    return is_led or (not is_single and match.told >= Told.PART)


def _is_over(tokens: Sequence[Token], end: int, said: Sequence[str], language: str) -> bool:
    """Whether a name may end before tokens[end]; «Total Énergies» is another one than «Total»."""
    if end == len(tokens):
        return True
    if _is_longer(said, tokens[end:]):
        return False
    follows = tokens[end]
    after = [token.plain for token in tokens[end + 1 : end + 2]]
    if follows.plain == "et":  # «Morel et Dupuis»
        return not after or after[0] in listed("end", language)
    if follows.plain in listed("of", language):
        return len(said) > 1
    if not follows.plain or follows.plain in _any_of(_AFTER, language):
        return True
    if follows.plain in "".join(said):  # «Nordalys, N O R D A L I S»
        return follows.is_spelled or follows.plain in said[-1]
    if follows.is_spelled and not set(pronunciations((follows.plain,))).isdisjoint(pronunciations((said[-1],))):
        return True
    return sounds_like((follows.plain,)) == sounds_like(tuple(said))


def _is_longer(said: Sequence[str], after: Sequence[Token]) -> bool:
    """Whether the name of a place goes on: «la mairie de Saint-Aubin», «du Cormier»."""
    if "mairie" not in trades(said) or len(after) < 2 or is_small(after[1].plain):
        return False
    if after[0].plain == "en" and any(
        "".join(word.plain for word in after[1:end]) in word_set("departments") for end in (2, 3, 4)
    ):
        return False
    return after[0].plain in word_set("of") | word_set("in_towns")


def _belongs_to_trade(plain: Sequence[str], position: int, language: str) -> bool:
    """«La pharmacie de la poste»: what is named belongs to a trade before it."""
    small = listed("of", language) | {"la", "le", "les", "l"}
    while position and plain[position - 1] in small:
        position -= 1
    return position > 0 and bool(trades(plain[position - 1 : position]))
