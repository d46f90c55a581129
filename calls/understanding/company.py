"""Which company the caller works for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise, takewhile, zip_longest
from typing import NamedTuple

from calls.understanding.company_names import (
    MOST_WORDS,
    CompanyIndex,
    Match,
    Told,
    company_index,
    is_particular,
)
from calls.understanding.company_parts import is_common, is_small, name_words, trade_hits, trades, word_set
from calls.understanding.letters import join_letters
from calls.understanding.names import refuses
from calls.understanding.phonetic import sounds_like
from calls.understanding.text import LONGEST_UTTERANCE, Lexicon, compact, table

_SHORTEST_NAME = 5  # among other words
# What may follow a name.
_AFTER = ("article", "filler", "correction", "end", "aside")
# What may stand before one.
_BEFORE = ("article", "filler", "correction", "before")

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&|[.,;:!?…]+(?=\s|$)")
# «L'hôtel» as two words.
_UNELIDED = re.compile(rf"[ld]['’](?!accord\b)(?=[^\W_]{{3}})|{_TOKEN.pattern}", re.IGNORECASE)


class _Token(NamedTuple):
    plain: str  # folded, without apostrophes; "" for punctuation
    start: int
    end: int
    is_spelled: bool = False


def company(text: str, companies: Sequence[str], language: str) -> str | None:
    """The one of `companies` that was named, as it is written there.

    A part of its name is enough when it has all that sets the company apart, and a trade
    with it; `company_names` tells how. Spelling, initials and sound are forgiven, one slip
    in a long name too; None when no company, or more than one, may be meant.
    """
    index = company_index(tuple(companies), language)
    tokens = _tokens(text, language, _UNELIDED)
    plain = [token.plain for token in tokens]
    around = _trades_around(plain, language)
    found = {}
    for start, end in _mentions(tokens, language):
        if _is_no_name(plain, start, end, language):
            continue
        match = index.find(plain[start:end], around, also_alike=True)
        if match and _is_enough(match, tokens[end:], language) and not _is_longer(plain[start:end], tokens[end:]):
            found[match.name] = start
    if not found:
        found = dict(_unintroduced(tokens, index, around, language))
    if len(found) == 2:
        first, last = sorted(found.values())
        correction = _set("correction", language)
        if not correction.intersection(token.plain for token in tokens[first:last]):
            return None
    elif len(found) > 2:
        return None
    return max(found, key=lambda name: found[name], default=None)


def _is_no_name(plain: Sequence[str], start: int, end: int, language: str) -> bool:
    """Whether it is a single word that means something else: «est», «au total»."""
    indefinite = _set("no_name", language)
    while start < end - 1 and plain[start] in indefinite | _set("article", language):
        start += 1
    is_function = plain[start] in _set("end", language) | _set("aside", language)
    return start == end - 1 and (is_function or bool(indefinite.intersection(plain[max(0, start - 1) : start])))


def _trades_around(plain: Sequence[str], language: str) -> frozenset[str]:
    """The trades that are told, but for what is denied: «pas la maison de retraite»."""
    denial = _set("denial", language)
    return trades(list(takewhile(lambda word: word not in denial, plain)))


def _is_enough(match: Match, after: Sequence[_Token], language: str) -> bool:
    """Whether so much of a name is enough; without its number or region, when nothing else is told."""
    if match.told is Told.BEGUN:
        return not any(token.plain for token in after)
    return match.told > Told.APART or is_particular(match)


def _unintroduced(
    tokens: Sequence[_Token], index: CompanyIndex, around: frozenset[str], language: str
) -> Iterator[tuple[str, int]]:
    """Names in the midst of other words, with where they stand: «je suis ambulancier aux ambulances Perrin»."""
    plain = [token.plain for token in tokens]
    leads = {hit.end for hit in _leads(language).find(plain)} | {0}
    title = _set("title", language)
    inside = {at for hit in trade_hits(plain) for at in range(hit.start + 1, hit.end)}  # «communauté de communes»
    position, denied = 0, 0
    while position < len(plain):
        if position in inside or not index.may_begin(plain[position]):
            position += 1
            continue
        clause = _clause_before(plain, position, language)
        # What a denial was meant for it is not meant for twice: «pas DHL, Groupama».
        is_denied = position > denied and _is_denied(clause[-(position - denied) :], language)
        for end in range(min(len(plain), position + MOST_WORDS), position, -1):
            said = plain[position:end]
            if "" in said or is_small(said[-1]) or _is_no_name(plain, position, end, language):
                continue
            if not is_denied and not _is_over(tokens, end, said, language):
                continue
            match = index.find(said, around, also_alike=False)
            if match is None or not _is_enough(match, tokens[end:], language):
                continue
            if is_denied:
                denied = position = end
                leads.add(end)
                break
            if not _is_set_off(plain, position, said, match, leads, language):
                continue
            if title.intersection(clause[-1:]) and not trades(name_words(match.name)):
                continue
            yield match.name, position
            position = end
            break
        else:
            position += 1


def _is_set_off(
    plain: Sequence[str], position: int, said: Sequence[str], match: Match, leads: set[int], language: str
) -> bool:
    """Whether what stands before a name is no part of it; the less was said, the surer that must be."""
    if match.told is Told.PART and is_common(said):
        return False
    if not trades(said) and _belongs_to_trade(plain, position, language):
        return False
    is_single = sum(not is_small(word) for word in said) == 1
    if position in leads:
        return True
    if is_single and len(said[-1]) < _SHORTEST_NAME:
        return False
    before = frozenset().union(*(_set(section, language) for section in _BEFORE), {""})
    is_second = plain[position - 1] == "et" and position > 1 and plain[position - 2] not in before  # «Rivière et Morel»
    # «Factrice à la Poste»
    is_at = plain[position - 1] in _set("at", language) and position > 1 and plain[position - 2] in before - {""}
    is_led = is_at or (plain[position - 1] in before and not is_second)
    return is_led or (not is_single and match.told >= Told.PART)


def _is_over(tokens: Sequence[_Token], end: int, said: Sequence[str], language: str) -> bool:
    """Whether a name may end before tokens[end]; «Total Énergies» is another one than «Total»."""
    if end == len(tokens):
        return True
    if _is_longer(said, tokens[end:]):
        return False
    follows = tokens[end]
    after = [token.plain for token in tokens[end + 1 : end + 2]]
    if follows.plain == "et":  # «Morel et Dupuis»
        return not after or after[0] in _set("end", language)
    if follows.plain in _set("of", language):
        return len(said) > 1
    if not follows.plain or any(follows.plain in _set(section, language) for section in _AFTER):
        return True
    if follows.plain in "".join(said):  # «Nordalys, N O R D A L I S»
        return follows.is_spelled or follows.plain in said[-1]
    return sounds_like((follows.plain,)) == sounds_like(tuple(said))


def _is_longer(said: Sequence[str], after: Sequence[_Token]) -> bool:
    """Whether the name of a place goes on: «la mairie de Saint-Aubin», «du Cormier»."""
    if not word_set("civic") & trades(said) or len(after) < 2 or is_small(after[1].plain):
        return False
    return after[0].plain in word_set("of") | word_set("in_towns")


def _belongs_to_trade(plain: Sequence[str], position: int, language: str) -> bool:
    """«La pharmacie de la poste»: what is named belongs to a trade before it."""
    small = _set("of", language) | {"la", "le", "les", "l"}
    while position and plain[position - 1] in small:
        position -= 1
    return position > 0 and bool(trades(plain[position - 1 : position]))


def free_company(text: str, language: str) -> str | None:
    """The company named, as it was said, when it is none of the tenant's own."""
    if refuses(text, language):
        return None
    tokens = _tokens(text, language)
    none = _set("none", language)
    for start, end in sorted(_mentions(tokens, language), key=lambda mention: (-mention[0], mention[1])):
        said = [token.plain for token in tokens[start:end]]
        if not said or none.intersection(said) or len(said) > MOST_WORDS:
            continue
        return _written(text, tokens[start:end])
    return None


@cache
def _set(section: str, language: str) -> frozenset[str]:
    return frozenset(_plain(word) for word in table("company")[language][section])


@cache
def _leads(language: str) -> Lexicon[str]:
    phrases = table("company")[language]["lead"]
    written = {form for phrase in phrases for form in (phrase, re.sub(r"\bl'", "l' ", phrase))}
    return Lexicon(([_plain(word) for word in form.split()], "lead") for form in sorted(written))


def _plain(word: str) -> str:
    return "et" if word == "&" else compact(word)


def _tokens(text: str, language: str, pattern: re.Pattern[str] = _TOKEN) -> list[_Token]:
    found = pattern.finditer(text[:LONGEST_UTTERANCE])
    tokens = [
        _Token(_plain(match[0]) if match[0][0].isalnum() or match[0] == "&" else "", match.start(), match.end())
        for match in found
    ]
    # «R.C.F. Élec.»: the full stop of an initial ends nothing.
    tokens = [
        token
        for token, before in zip(tokens, [None, *tokens], strict=False)
        if token.plain or before is None or len(before.plain) != 1
    ]
    tokens = _without_pronouns(_without_examples(tokens, language), language)
    # The L of «à l'appareil» is no initial.
    letters = [token.plain + ("'" if text[token.end - 1] in "'’" else "") for token in tokens]
    return [
        _Token(_once(plain.rstrip("'")), tokens[start].start, tokens[end - 1].end, is_spelled=end - start > 1)
        for plain, start, end in join_letters(letters, language)
    ]


def _without_examples(tokens: Sequence[_Token], language: str) -> list[_Token]:
    """«A comme Anatole, C comme Célestin» as «A C»."""
    plain = [token.plain for token in tokens]
    kept: list[_Token] = []
    position, has_example = 0, False
    while position < len(tokens):
        is_letter = len(plain[position]) == 1
        example = is_letter and position + 2 < len(plain) and plain[position + 1] in _set("like", language)
        if has_example and is_letter and kept[-1].plain == "":
            kept.pop()
        kept.append(tokens[position])
        has_example = example or (has_example and not plain[position])
        position += 3 if example else 1
    return kept


def _without_pronouns(tokens: Sequence[_Token], language: str) -> list[_Token]:
    """«La pharmacie, celle de la gare» as «la pharmacie de la gare»."""
    that, of = _set("that", language), _set("of", language)
    kept: list[_Token] = []
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.plain in that and following and following.plain in of:
            stop = 1 if kept and not kept[-1].plain else 0
            noun = kept[-1 - stop].plain if len(kept) > stop else ""
            if noun and trades([noun]):
                del kept[len(kept) - stop :]
                continue
        kept.append(token)
    return kept


def _once(spelled: str) -> str:
    """«B T M, B comme Bernard, T, M»: initials told twice are the same ones."""
    half = len(spelled) // 2
    return spelled[:half] if half > 1 and spelled[:half] == spelled[half:] else spelled


def _mentions(tokens: Sequence[_Token], language: str) -> Iterator[tuple[int, int]]:
    """Where a name may stand: at the start of the utterance or of a part of it, or introduced."""
    plain = [token.plain for token in tokens]
    starts = {0} | {position + 1 for position, word in enumerate(plain) if not word}
    starts |= {hit.end for hit in _leads(language).find(plain)}
    article, filler = _set("article", language), _set("filler", language)
    stop = _set("end", language) | {""}
    denial, title = _set("denial", language), _set("title", language)
    seen = set()
    for start in sorted(starts):
        if _is_denied(_clause_before(plain, start, language), language):
            continue
        while start < len(plain) and plain[start] in filler:
            start += 1
        if start and plain[start - 1] in title:
            continue  # «Monsieur Total» is a person
        bare = start
        while bare < len(plain) and plain[bare] in article:
            bare += 1
        end = bare + 1 if bare < len(plain) and plain[bare] else bare
        while end < len(plain) and plain[end] not in stop:
            end += 1
        while end > bare and plain[end - 1] in filler:
            end -= 1
        for begin in {start, bare}:
            if begin < end and (begin, end) not in seen and plain[begin] not in denial:
                seen.add((begin, end))
                yield begin, end


def _is_denied(clause: Sequence[str], language: str) -> bool:
    """Whether a name behind `clause` is not the caller's company: «je suis plus chez», «mon fils travaille chez»."""
    kin, works = _set("kin", language), _set("works", language)
    is_other = any(one in kin and other in works for one, other in pairwise(clause))
    return is_other or not _set("denial", language).isdisjoint(clause)


def _clause_before(plain: Sequence[str], position: int, language: str) -> list[str]:
    """What the denial of a name at `position` may stand in: of «c'est pas EDF, c'est la SNEF» the second half."""
    start = position
    while start and plain[start - 1]:
        start -= 1
    clause = list(plain[start:position])
    denial, small = _set("denial", language), _set("anew", language) | _set("filler", language)
    for at in range(len(clause) - 1, 1, -1):
        if clause[at] in _set("yet", language) and clause[at - 1] in small | _set("correction", language):
            return clause[at:]  # «pas Garnier, enfin si»
        if clause[at] in _set("anew", language) and clause[at - 1] not in denial | small:
            return clause[at:]
    return clause


def _written(text: str, tokens: Sequence[_Token]) -> str:
    """The name as recognition wrote it, spelled initials joined, with a capital."""
    name = ""
    for position, token in enumerate(tokens):
        part = text[token.start : token.end]
        if len(token.plain) < len(re.sub(r"['’-]", "", part)):
            part = token.plain.upper()
        gap = text[tokens[position - 1].end : token.start] if position else ""
        name += ("-" if gap == "-" else " " if position else "") + part
    return name[:1].upper() + name[1:]
