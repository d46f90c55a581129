"""What is said in the dictation of an e-mail address, piece by piece: words, letters, marks, what is no part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from calls.understanding.letter_remarks import Remark, remark_at
from calls.understanding.letters import Certainty, Letter, Word, letter_at, letter_names, signs
from calls.understanding.names import is_first_name
from calls.understanding.numbers import number, year
from calls.understanding.text import Hit, Lexicon, compact, table

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
    GLUED = auto()  # with nothing between; without the mark, if there is a value
    PAUSE = auto()
    FILLER = auto()
    CORRECTION = auto()
    REPETITION = auto()
    REMARK = auto()  # on the letters of the word before it
    DENIAL = auto()  # of what follows: «pas gmail»
    IN_DIGITS = auto()  # of the number before it
    IN_LETTERS = auto()
    ABBREVIATED = auto()  # of the word before it, by the letters after it
    DOUBT = auto()  # nobody can tell what this makes of the address before it
    POISON = auto()  # nor, said after it, of the whole


class Part(NamedTuple):
    kind: Kind
    value: str = ""
    has_example: bool = False  # «P comme Pierre»
    remark: Remark | None = None
    spoken: str = ""  # a number, if it was one word


TEXT = (Kind.WORD, Kind.LETTERS, Kind.DIGITS, Kind.PROVIDER, Kind.PARTICLE)
SILENT = (Kind.FILLER, Kind.PAUSE, Kind.GLUED)


# No letter is written so many times in a row.
_TRIPLE = 3
_SHORTEST_WORD = 3
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
    ("no_dot", Kind.GLUED, "."),
    ("no_hyphen", Kind.GLUED, "-"),
    ("filler", Kind.FILLER, ""),
    ("correction", Kind.CORRECTION, ""),
    ("repetition", Kind.REPETITION, ""),
    ("particle", Kind.PARTICLE, ""),
    ("before_a_word", Kind.INTRO, _BEFORE_A_WORD),
    ("intro", Kind.INTRO, ""),
    ("interjection", Kind.INTERJECTION, ""),
    ("denial", Kind.DENIAL, ""),
    ("in_digits", Kind.IN_DIGITS, ""),
    ("in_letters", Kind.IN_LETTERS, ""),
    ("abbreviated", Kind.ABBREVIATED, ""),
    ("doubt", Kind.DOUBT, ""),
    ("poison", Kind.POISON, ""),
)


@cache
def _phrases(language: str) -> Lexicon[Part]:
    lists = table("email")[language]
    also = {"fr": "et ", "en": "and "}[language]
    return Lexicon(
        (_split(lead + phrase), Part(kind, value))
        for section, kind, value in _SPOKEN
        for phrase in lists[section]
        for lead in ("", also if kind in SILENT else "")
    )


@cache
def _providers(*, right_after_at: bool) -> Lexicon[Part]:
    return Lexicon(
        (_split(said), Part(Kind.PROVIDER, name))
        for name, entry in table("email")["providers"].items()
        if right_after_at or not entry.get("is_a_word")
        for said in entry["said"]
    )


@cache
def _asides(section: str, language: str) -> Lexicon[str]:
    return Lexicon((_split(phrase), section) for phrase in table("email")[language][section])


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
        symbols = _symbols(gaps[position], heard, position, is_over=is_over(parts))
        in_domain = in_domain or has_at(symbols)
        if gaps[position] == gaps[position + 1] == "-" and len(plain[position]) > 1:
            end, part = position + 1, Part(Kind.WORD, plain[position])  # «batz-sur-mer»
        elif remark := _remark_at(heard, plain, position, language, parts=[*parts, *symbols]):
            end, part = remark
        else:
            end, part = _part_at(heard, plain, position, language, after=(symbols or parts)[-1:], in_domain=in_domain)
        if not (gaps[position] == "-" and part.kind is previous and part.kind in (Kind.LETTERS, Kind.DIGITS)):
            parts += symbols  # but «M-A-R-T-I-N» and «quatre-vingt» have no hyphens
        parts.append(part)
        in_domain = in_domain or has_at([part])
        position = end
    return list(_without_talk([*parts, *_symbols(gaps[-1], heard, len(heard), is_over=True)]))


def _remark_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, *, parts: Sequence[Part]
) -> tuple[int, Part] | None:
    """«Avec deux N», «comme la fête», said of the text before it; and where that ends."""
    before = [part for part in parts if part.kind not in (Kind.CORRECTION, *SILENT)]
    if not before or before[-1].kind in (Kind.AT, Kind.SEPARATOR) or all(part.kind not in TEXT for part in before):
        return None
    if end := _gloss_end(heard, plain, position, language, word=before[-1].value):
        return end, Part(Kind.FILLER)
    listed = before[-1].kind is Kind.REMARK
    said = [part for part in before if part.kind is not Kind.REMARK][-1] if listed else before[-1]
    word = said.value if said.kind in (Kind.WORD, Kind.PROVIDER) else ""
    found = remark_at(heard, plain, position, language, word=word, is_listed=listed)
    return (found[0], Part(Kind.REMARK, remark=found[1])) if found else None


def _gloss_end(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, *, word: str = ""
) -> int | None:
    """Where «comme la fête», «comme l'oiseau» ends, which tells `word` from others."""
    if gloss := _asides("gloss", language).at(plain, position):
        return min(gloss.end + 1, len(plain))
    is_noun = (
        plain[position] == "comme"
        and position + 1 < len(plain)
        and (_WITH_ARTICLE.match(heard[position + 1].text) or plain[position + 1] == word)
    )
    return position + 2 if is_noun else None


def _without_talk(parts: Iterable[Part]) -> Iterator[Part]:
    """With the verb after «je», the noun after «mon» taken for what they are: no part of the address."""
    is_verb_or_noun = is_compound = False
    for part in parts:
        if is_verb_or_noun and part.kind in (Kind.WORD, Kind.DOUBT) and not is_first_name(part.value):
            part = Part(Kind.INTRO)
            is_compound = True
        elif is_compound and part == Part(Kind.SEPARATOR, "-"):
            is_verb_or_noun = True  # «mon petit-fils»
            continue
        else:
            is_compound = False
        if part.kind is not Kind.PARTICLE or not is_verb_or_noun:  # «je la retrouve»
            is_verb_or_noun = part.kind is Kind.INTRO and part.value == _BEFORE_A_WORD
        yield part


def has_at(parts: Iterable[Part]) -> bool:
    return any(part.kind in (Kind.AT, Kind.WEAK_AT) for part in parts)


def is_over(parts: Sequence[Part]) -> bool:
    """Whether a domain may be over: «…point com»."""
    last = parts[-1].value if parts else ""
    return parts[-2:-1] == [Part(Kind.SEPARATOR, ".")] and last in endings() and last not in second_levels()


def _words_and_gaps(text: str) -> tuple[list[Word], list[str]]:
    """The words, and what is written before each and after the last; a space beside a mark stays."""
    heard, gaps, last = [], [], 0
    for match in _WORD.finditer(text):
        heard.append(Word(compact(match[0]), match[0], match.start(), match.end()))
        gap = text[last : match.start()]
        gaps.append("" if gap.isspace() else gap)
        last = match.end()
    return heard, [*gaps, text[last:]]


def _symbols(gap: str, heard: Sequence[Word], position: int, *, is_over: bool) -> list[Part]:
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
        elif mark == "." and not is_over and position < len(heard) and heard[position].plain in endings():
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
        if hit := _providers(right_after_at=has_at(after)).at(plain, position):
            return hit.end, hit.value
    if spoken_year := year(plain, position, language):
        return spoken_year[0], Part(Kind.DIGITS, spoken_year[1])
    if (lead := _asides("before_a_number", language).at(plain, position)) and (
        dictated := year(plain, lead.end, language) or number(plain, lead.end, language)
    ):
        return dictated[0], Part(Kind.DIGITS, dictated[1])  # «le chiffre deux»
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
    if (
        phrase
        and phrase.value.kind is Kind.AT
        and kind_before in (Kind.SEPARATOR, Kind.LETTERS)
        and heard[position].text == "a"
        and (at := _phrases(language).at(plain, position + 1))
        and at.value.kind is Kind.AT
    ):
        return position + 1, Part(Kind.LETTERS, "a")  # «point a, arobase»
    if (lead := _asides("before_a_letter", language).at(plain, position)) and lead.end < len(plain):
        letter = letter_at(heard, plain, lead.end, language)
        if letter and letter.certainty is Certainty.SURE:
            return letter.end, Part(Kind.LETTERS, compact(letter.value), has_example=True)
    letter = _letter_at(heard, plain, position, language)
    if letter and letter.certainty is Certainty.SURE and letter.value.isalpha() and heard[position].text != "à":
        phrase_end = phrase.end if phrase else position
        if letter.end > phrase_end or (letter.end == phrase_end and len(plain[position]) == 1):
            has_example = bool(signs("like", language).find(plain[position : letter.end]))
            return letter.end, Part(Kind.LETTERS, compact(letter.value), has_example)
    if phrase and phrase.value.kind is Kind.GLUED and plain[phrase.end : phrase.end + 1] == ["entre"]:
        both = next((end for end in range(phrase.end + 2, min(phrase.end + 5, len(plain))) if plain[end] == "et"), None)
        return (min(both + 2, len(plain)) if both else phrase.end + 1), phrase.value
    if phrase and phrase.value.kind is kind_before is Kind.SEPARATOR and phrase.end == position + 2:
        first, second = (_phrases(language).at([word], 0) for word in plain[position : phrase.end])
        if not first and second and second.value.kind is Kind.SEPARATOR:
            return position + 1, Part(Kind.WORD, plain[position])  # «tiret petit tiret four»
    if phrase and _is_named(plain, position, phrase, language, after=after):
        return phrase.end, Part(Kind.WORD, plain[position])
    if phrase:
        value = phrase.value
        is_word = value.kind in (Kind.PARTICLE, Kind.WEAK_AT, Kind.INTERJECTION)
        return phrase.end, value._replace(value=plain[position]) if is_word else value
    if letter:
        return letter.end, Part(Kind.DOUBT)  # «aime», «elle»: a letter, or a word?
    if dictated:
        spoken = plain[position] if dictated[0] == position + 1 else ""
        return dictated[0], Part(Kind.DIGITS, dictated[1], spoken=spoken)
    if not plain[position].isascii() or _ELIDED.match(heard[position].text):
        return position + 1, Part(Kind.DOUBT)
    has_article = _WITH_ARTICLE.match(heard[position].text)
    return position + 1, Part(Kind.PARTICLE if has_article else Kind.WORD, plain[position])


def _is_named(plain: Sequence[str], position: int, phrase: Hit[Part], language: str, *, after: Sequence[Part]) -> bool:
    """Whether a word of talk is part of the address, between two marks: «arobase perso point alliadis…»."""
    is_word = phrase.end == position + 1 < len(plain) and len(plain[position]) >= _SHORTEST_WORD
    if not is_word or phrase.value.kind not in (Kind.INTRO, Kind.INTERJECTION, Kind.DOUBT):
        return False
    following = _phrases(language).at(plain, position + 1)
    marks = (Kind.AT, Kind.SEPARATOR)
    return bool(after) and after[0].kind in marks and following is not None and following.value.kind in marks


def _letter_at(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> Letter | None:
    """The letter at `position`; but «noël comme la fête» is a word, though a letter may be misheard as any."""
    has_gloss = position + 1 < len(plain) and _gloss_end(heard, plain, position + 1, language)
    if has_gloss and len(plain[position]) > 1 and not letter_names(language).at(plain, position):
        return None
    letter = letter_at(heard, plain, position, language)
    if letter and number(plain, position, language):
        is_triple = len(letter.value) == _TRIPLE and letter.value != "www"  # «trois D»
        return None if is_triple or letter.certainty is Certainty.INSIDE else letter  # «deux en chiffres»
    return letter


@cache
def endings() -> frozenset[str]:
    return frozenset(table("email")["endings"]["all"])


@cache
def second_levels() -> frozenset[str]:
    """Those that may stand before another ending: «.co.uk»."""
    return frozenset(table("email")["endings"]["only_second"])
