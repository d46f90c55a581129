"""What is said in the dictation of an e-mail address, piece by piece: words, letters, marks, what is no part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from calls.understanding.letters import Certainty, Word, letter_at, signs
from calls.understanding.names import is_first_name
from calls.understanding.numbers import number, year
from calls.understanding.text import Lexicon, compact, table

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_WITH_ARTICLE = re.compile(r"[ld]['’]", re.IGNORECASE)
# «s'appelle», «qu'elle»: a sentence, and no address.
_ELIDED = re.compile(r"(?:[cjmnst]|qu)['’]", re.IGNORECASE)


class Kind(Enum):
    WORD = auto()
    LETTERS = auto()
    DIGITS = auto()
    SEPARATOR = auto()
    AT = auto()
    WEAK_AT = auto()  # «chez», which mostly is just «chez»
    PROVIDER = auto()
    PARTICLE = auto()  # part of an address only inside it: «de la tour»
    INTRO = auto()  # what comes before an address
    INTERJECTION = auto()
    GLUED = auto()
    PAUSE = auto()
    FILLER = auto()
    CORRECTION = auto()
    REPETITION = auto()
    DOUBT = auto()  # nobody can tell what this makes of the address before it
    POISON = auto()  # nor, said after it, of the whole


class Part(NamedTuple):
    kind: Kind
    value: str = ""
    has_example: bool = False  # «P comme Pierre»


# An introduction that one more word belongs to.
_BEFORE_A_WORD = "one more"
_SPOKEN = (
    ("at", Kind.AT, "@"),
    ("weak_at", Kind.WEAK_AT, "@"),
    ("dot", Kind.SEPARATOR, "."),
    ("dot_com", Kind.SEPARATOR, ".com"),
    ("hyphen", Kind.SEPARATOR, "-"),
    ("underscore", Kind.SEPARATOR, "_"),
    ("plus", Kind.SEPARATOR, "+"),
    ("glued", Kind.GLUED, ""),
    ("filler", Kind.FILLER, ""),
    ("correction", Kind.CORRECTION, ""),
    ("repetition", Kind.REPETITION, ""),
    ("particle", Kind.PARTICLE, ""),
    ("before_a_word", Kind.INTRO, _BEFORE_A_WORD),
    ("intro", Kind.INTRO, ""),
    ("interjection", Kind.INTERJECTION, ""),
    ("doubt", Kind.DOUBT, ""),
    ("poison", Kind.POISON, ""),
)


@cache
def _phrases(language: str) -> Lexicon[Part]:
    lists = table("email")[language]
    return Lexicon((_split(phrase), Part(kind, value)) for section, kind, value in _SPOKEN for phrase in lists[section])


@cache
def _providers() -> Lexicon[Part]:
    providers = table("email")["providers"].items()
    return Lexicon((_split(said), Part(Kind.PROVIDER, name)) for name, entry in providers for said in entry["said"])


def _split(phrase: str) -> list[str]:
    return [compact(word) for word in re.split(r"[ -]", phrase)]


def address_parts(text: str, language: str) -> list[Part]:
    """The utterance as parts of an address."""
    heard, gaps = _words_and_gaps(text)
    plain = [word.plain for word in heard]
    parts: list[Part] = []
    position = 0
    in_domain = False
    while position < len(heard):
        previous = parts[-1].kind if parts else None
        symbols = _symbols(gaps[position], heard, position)
        in_domain = in_domain or has_at(symbols)
        end, part = _part_at(heard, plain, position, language, after=(symbols or parts)[-1:], in_domain=in_domain)
        if not (gaps[position] == "-" and part.kind is previous and part.kind in (Kind.LETTERS, Kind.DIGITS)):
            parts += symbols  # but «M-A-R-T-I-N» and «quatre-vingt» have no hyphens
        parts.append(part)
        in_domain = in_domain or has_at([part])
        position = end
    return list(_without_talk([*parts, *_symbols(gaps[-1], heard, len(heard))]))


def _without_talk(parts: Iterable[Part]) -> Iterator[Part]:
    """With the verb after «je», the noun after «mon» taken for what they are: no part of the address."""
    is_verb_or_noun = False
    for part in parts:
        if is_verb_or_noun and part.kind is Kind.WORD and not is_first_name(part.value):
            part = Part(Kind.INTRO)
        if part.kind is not Kind.PARTICLE or not is_verb_or_noun:  # «je la retrouve»
            is_verb_or_noun = part.kind is Kind.INTRO and part.value == _BEFORE_A_WORD
        yield part


def has_at(parts: Iterable[Part]) -> bool:
    return any(part.kind in (Kind.AT, Kind.WEAK_AT) for part in parts)


def _words_and_gaps(text: str) -> tuple[list[Word], list[str]]:
    """The words, and what is written before each and after the last; a space beside a mark stays."""
    heard, gaps, last = [], [], 0
    for match in _WORD.finditer(text):
        heard.append(Word(compact(match[0]), match[0], match.start(), match.end()))
        gap = text[last : match.start()]
        gaps.append("" if gap.isspace() else gap)
        last = match.end()
    return heard, [*gaps, text[last:]]


def _symbols(gap: str, heard: Sequence[Word], position: int) -> list[Part]:
    """The marks between two words, as parts."""
    if not gap:
        return []
    tight = not re.search(r"\s", gap)
    symbols = []
    for mark in gap.strip():
        if mark == "@":
            symbols.append(Part(Kind.AT, "@"))
        elif mark in "_+" or (mark in ".-" and tight and 0 < position < len(heard)):
            symbols.append(Part(Kind.SEPARATOR, mark))
        elif mark == "." and position < len(heard) and heard[position].plain in endings():
            symbols.append(Part(Kind.SEPARATOR, mark))  # «gmail. com»
        elif mark == "." and _is_initial(heard, position):
            symbols.append(Part(Kind.DOUBT))  # «P. Martin»: with the full stop, or without?
        else:
            symbols.append(Part(Kind.PAUSE))
    return symbols


def _is_initial(heard: Sequence[Word], position: int) -> bool:
    """Whether the word before `position` is one letter alone, followed by a name."""
    lengths = [len(word.plain) for word in heard[max(0, position - 2) : position]]
    alone = lengths[-1:] == [1] and lengths[:-1] != [1]
    return alone and position < len(heard) and len(heard[position].plain) > 1


def _part_at(
    heard: Sequence[Word],
    plain: Sequence[str],
    position: int,
    language: str,
    *,
    after: Sequence[Part],
    in_domain: bool,
) -> tuple[int, Part]:
    """What stands at `position`, and where it ends; `after` is the part before it, if any."""
    if in_domain:
        if list(after) == [Part(Kind.SEPARATOR, ".")] and plain[position] in endings():
            return position + 1, Part(Kind.WORD, plain[position])
        if hit := _providers().at(plain, position):
            return hit.end, hit.value
    if spoken_year := year(plain, position, language):
        return spoken_year[0], Part(Kind.DIGITS, spoken_year[1])
    dictated = number(plain, position, language)
    kind_before = after[0].kind if after else None
    if dictated and plain[position] in ("un", "une"):
        if kind_before is Kind.DIGITS or number(plain, dictated[0], language):
            return dictated[0], Part(Kind.DIGITS, dictated[1])  # «zéro un», «un deux trois»; not «un»
        mark = _phrases(language).find(plain[position + 1 : position + 3])[:1]
        if kind_before is Kind.FILLER and mark and mark[0].value.kind is Kind.SEPARATOR and not mark[0].start:
            return position + 1 + mark[0].end, mark[0].value  # «puis un tiret»
    phrase = _phrases(language).at(plain, position)
    if phrase and phrase.value.value == "+" and in_domain:
        return phrase.end, Part(Kind.WORD, plain[position])  # «electro plus point fr»
    letter = letter_at(heard, plain, position, language)
    if letter and letter.certainty is Certainty.SURE and letter.value.isalpha() and heard[position].text != "à":
        phrase_end = phrase.end if phrase else position
        if letter.end > phrase_end or (letter.end == phrase_end and len(plain[position]) == 1):
            has_example = bool(signs("like", language).find(plain[position : letter.end]))
            return letter.end, Part(Kind.LETTERS, compact(letter.value), has_example)
    if phrase:
        value = phrase.value
        return phrase.end, value._replace(value=plain[position]) if value.kind is Kind.PARTICLE else value
    if letter:
        return letter.end, Part(Kind.DOUBT)  # «aime», «elle»: a letter, or a word?
    if dictated:
        return dictated[0], Part(Kind.DIGITS, dictated[1])
    if not plain[position].isascii() or _ELIDED.match(heard[position].text):
        return position + 1, Part(Kind.DOUBT)
    has_article = _WITH_ARTICLE.match(heard[position].text)
    return position + 1, Part(Kind.PARTICLE if has_article else Kind.WORD, plain[position])


@cache
def endings() -> frozenset[str]:
    return frozenset(table("email")["endings"]["all"])
