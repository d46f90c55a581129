"""Which company the caller works for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import NamedTuple, TypeVar

from calls.understanding.letters import join_letters
from calls.understanding.names import refuses
from calls.understanding.numbers import number
from calls.understanding.phonetic import sounds_like
from calls.understanding.text import LONGEST_UTTERANCE, Lexicon, compact, table

# How alike a name must be that is not the same, and how much more than any other.
_ALIKE, _MARGIN = 0.9, 0.1
_SHORTEST_ALIKE = 6
_SHORTEST_NAME = 5  # among other words
_SHORTEST_SOUND = 7  # «la totale» sounds like «Total»
_MOST_WORDS = 7
# Of so many names, those that share the most pairs of letters are compared closely.
_SHORTLIST = 6
# A pair of letters that more names have tells nothing.
_COMMON = 100

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&|[.,;:!?…]+(?=\s|$)")


Said = TypeVar("Said", str, tuple[str, ...])


class _Token(NamedTuple):
    plain: str  # folded, without apostrophes; "" for punctuation
    start: int
    end: int


class _Key(NamedTuple):
    """How a company's name is spelled, and how it sounds."""

    spelling: str
    sound: str


class _Index(NamedTuple):
    """A tenant's companies by spelling and by sound; what two companies share leads to neither."""

    by_spelling: dict[str, str]
    by_sound: dict[str, str]
    by_words: dict[tuple[str, ...], str]  # of names that have several
    by_pair: dict[str, list[_Key]]  # two letters of the spelling -> names


def company(text: str, companies: Sequence[str], language: str) -> str | None:
    """The one of `companies` that was named, as it is written there.

    The name stands alone or is introduced («chez», «la société»). Spelling, initials and
    sound are forgiven, one slip in a long name too; None when no company, or more than
    one, may be meant.
    """
    index = _index(tuple(companies), language)
    tokens = _tokens(text, language)
    found: dict[str, int] = {}
    for start, end in _mentions(tokens, language):
        said = tuple(token.plain for token in tokens[start:end])
        name = _lookup(said, index) or _lookup(_in_digits(said, language), index)
        if name:
            found[name] = start
    if not found:
        found = dict(_unintroduced(tokens, index, language))
    if len(found) == 2:
        first, last = sorted(found.values())
        correction = _set("correction", language)
        if not correction.intersection(token.plain for token in tokens[first:last]):
            return None
    elif len(found) > 2:
        return None
    return max(found, key=lambda name: found[name], default=None)


def _unintroduced(tokens: Sequence[_Token], index: _Index, language: str) -> Iterator[tuple[str, int]]:
    """Names in the midst of other words, with where they stand: «je suis ambulancier aux ambulances Perrin».

    Of several words they are taken word by word; a single one, by its sound too, when nothing else goes with it.
    """
    plain = [token.plain for token in tokens]
    article, filler = _set("article", language), _set("filler", language)
    denial, title = _set("denial", language), _set("title", language)
    around = article | filler | _set("correction", language) | {""}
    after = around | _set("end", language)
    leads = {hit.end for hit in _leads(language).find(plain)} | {0}
    position = 0
    while position < len(plain):
        for end in range(min(len(plain), position + _MOST_WORDS), position, -1):
            said = tuple(plain[position:end])
            name = index.by_words.get(said)
            if len(said) == 1 and (position in leads or plain[position - 1] in around):
                name = _lookup(said, index) if len(said[0]) >= _SHORTEST_NAME else None
            follows = plain[end] if end < len(plain) else ""
            # «Nordalys, N O R D A L I S»; «Total Énergies» is another one.
            if name is None or not (follows in after or follows in said[-1] or _lookup((follows,), index) == name):
                continue
            before = _clause_before(plain, position, language)
            if not denial.intersection(before) and not title.intersection(before[-1:]):
                yield name, position
                position = end - 1
                break
        position += 1


def free_company(text: str, language: str) -> str | None:
    """The company named, as it was said, when it is none of the tenant's own."""
    if refuses(text, language):
        return None
    tokens = _tokens(text, language)
    none = _set("none", language)
    for start, end in sorted(_mentions(tokens, language), key=lambda mention: (-mention[0], mention[1])):
        said = [token.plain for token in tokens[start:end]]
        if not said or none.intersection(said) or len(said) > _MOST_WORDS:
            continue
        return _written(text, tokens[start:end])
    return None


@cache
def _set(section: str, language: str) -> frozenset[str]:
    return frozenset(_plain(word) for word in table("company")[language][section])


@cache
def _leads(language: str) -> Lexicon[str]:
    return Lexicon(([_plain(word) for word in phrase.split()], "lead") for phrase in table("company")[language]["lead"])


def _plain(word: str) -> str:
    return "et" if word == "&" else compact(word)


def _tokens(text: str, language: str) -> list[_Token]:
    found = _TOKEN.finditer(text[:LONGEST_UTTERANCE])
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
    return [
        _Token(plain, tokens[start].start, tokens[end - 1].end)
        for plain, start, end in join_letters([token.plain for token in tokens], language)
    ]


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
        if denial.intersection(_clause_before(plain, start, language)):
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


def _clause_before(plain: Sequence[str], position: int, language: str) -> list[str]:
    """What the denial of a name at `position` may stand in: of «c'est pas EDF, c'est la SNEF» the second half."""
    start = position
    while start and plain[start - 1]:
        start -= 1
    clause = list(plain[start:position])
    denial, small = _set("denial", language), _set("anew", language) | _set("filler", language)
    for at in range(len(clause) - 1, 1, -1):
        if clause[at] in _set("anew", language) and clause[at - 1] not in denial | small:
            return clause[at:]
    return clause


@lru_cache(maxsize=64)
def _index(companies: tuple[str, ...], language: str) -> _Index:
    spellings: dict[str, set[str]] = {}
    sounds: dict[str, set[str]] = {}
    words: dict[tuple[str, ...], set[str]] = {}
    by_pair: dict[str, list[_Key]] = {}
    legal_forms = table("company")["legal_forms"]
    for name in companies:
        parts = [part for match in _TOKEN.finditer(name) if (part := _plain(match[0])).isalnum()]
        parts = [part for part in parts if part not in legal_forms] or parts
        key = _Key("".join(parts), sounds_like(tuple(parts)))
        spellings.setdefault(key.spelling, set()).add(name)
        spellings.setdefault("".join(_in_digits(parts, language)), set()).add(name)
        sounds.setdefault(key.sound, set()).add(name)
        if len(parts) > 1:
            words.setdefault(tuple(parts), set()).add(name)
        if len(parts) > 2:
            spellings.setdefault("".join(part[0] for part in parts), set()).add(name)
        for pair in _pairs(key.spelling):
            by_pair.setdefault(pair, []).append(key)
    return _Index(_unique(spellings), _unique(sounds), _unique(words), by_pair)


def _in_digits(parts: Sequence[str], language: str) -> tuple[str, ...]:
    """«atelier vingt-sept» as «atelier 27», as it may be written."""
    written: list[str] = []
    position = 0
    while position < len(parts):
        end, part = number(parts, position, language) or (position + 1, parts[position])
        written.append(part)
        position = end
    return tuple(written)


def _unique(names: dict[Said, set[str]]) -> dict[Said, str]:
    return {key: next(iter(owners)) for key, owners in names.items() if key and len(owners) == 1}


def _pairs(key: str) -> set[str]:
    return {key[position : position + 2] for position in range(len(key) - 1)}


def _lookup(said: tuple[str, ...], index: _Index) -> str | None:
    if len(said) > _MOST_WORDS:
        return None
    key = _Key("".join(said), sounds_like(said))
    if key.spelling in index.by_spelling:
        return index.by_spelling[key.spelling]
    if len(key.spelling) >= _SHORTEST_SOUND and key.sound in index.by_sound:
        return index.by_sound[key.sound]
    return _most_alike(key, index)


def _most_alike(said: _Key, index: _Index) -> str | None:
    owners = (index.by_pair.get(pair, ()) for pair in _pairs(said.spelling))
    shared = Counter(key for keys in owners if len(keys) <= _COMMON for key in keys)
    likeness = sorted(((_likeness(said, key), key) for key, _ in shared.most_common(_SHORTLIST)), reverse=True)
    if not likeness or likeness[0][0] < _ALIKE:
        return None
    if len(likeness) > 1 and likeness[1][0] > likeness[0][0] - _MARGIN:
        return None
    return index.by_spelling.get(likeness[0][1].spelling)


def _likeness(one: _Key, other: _Key) -> float:
    """From 0 to 1; short names are alike only when they are the same."""
    return max(
        SequenceMatcher(None, ours, theirs).ratio()
        # One slip, a letter twice is none; «Transports Leblanc» is not «Transports Blanc».
        if min(len(ours), len(theirs)) >= _SHORTEST_ALIKE
        and abs(len(re.sub(r"(.)\1", r"\1", ours)) - len(re.sub(r"(.)\1", r"\1", theirs))) <= 1
        else 0.0
        for ours, theirs in zip(one, other, strict=True)
    )


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
