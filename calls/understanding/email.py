"""Dictated e-mail addresses. A wrong address is worse than none: what is unsure is None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from enum import Enum, auto
from functools import cache
from itertools import groupby, pairwise
from typing import NamedTuple

from calls.understanding.letters import Certainty, Word, letter_at, signs
from calls.understanding.names import is_first_name
from calls.understanding.numbers import number, year
from calls.understanding.text import LONGEST_DICTATION, Lexicon, compact, table

_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[a-z]{2,}"
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_WITH_ARTICLE = re.compile(r"[ld]['’]", re.IGNORECASE)
# «s'appelle», «qu'elle»: a sentence, and no address.
_ELIDED = re.compile(r"(?:[cjmnst]|qu)['’]", re.IGNORECASE)

# Words said in one breath are written as one; beyond this many it was a sentence.
_MOST_WORDS = 3
_MOST_WORDS_GLUED = 6
# So many letters that follow a word and resemble it spell that word.
_SPELLED, _LIKE_THE_WORD = 3, 0.6
# A domain this much like a provider's is that provider misheard.
_LIKE_A_PROVIDER = 0.75


class _Kind(Enum):
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


class _Part(NamedTuple):
    kind: _Kind
    value: str = ""
    has_example: bool = False  # «P comme Pierre»


_TEXT = (_Kind.WORD, _Kind.LETTERS, _Kind.DIGITS, _Kind.PROVIDER, _Kind.PARTICLE)
_SILENT = (_Kind.FILLER, _Kind.PAUSE, _Kind.GLUED)
_SPOKEN = (
    ("at", _Kind.AT, "@"),
    ("weak_at", _Kind.WEAK_AT, "@"),
    ("dot", _Kind.SEPARATOR, "."),
    ("dot_com", _Kind.SEPARATOR, ".com"),
    ("hyphen", _Kind.SEPARATOR, "-"),
    ("underscore", _Kind.SEPARATOR, "_"),
    ("plus", _Kind.SEPARATOR, "+"),
    ("glued", _Kind.GLUED, ""),
    ("filler", _Kind.FILLER, ""),
    ("correction", _Kind.CORRECTION, ""),
    ("repetition", _Kind.REPETITION, ""),
    ("particle", _Kind.PARTICLE, ""),
    ("intro", _Kind.INTRO, ""),
    ("interjection", _Kind.INTERJECTION, ""),
    ("doubt", _Kind.DOUBT, ""),
    ("poison", _Kind.POISON, ""),
)


def email(text: str, language: str) -> str | None:
    """The address dictated, in small letters without accents; None unless it is whole and sure.

    Words with nothing between them are one («pierre martin arobase» is pierremartin@). Of
    an address that is corrected the last version counts, if it is whole.
    """
    if len(text) > LONGEST_DICTATION:
        return None
    address: str | None = None
    before: list[_Part] = []
    for how, parts in _versions(text, language):
        if not any(part.kind in (*_TEXT, _Kind.SEPARATOR, _Kind.AT, _Kind.DOUBT, _Kind.POISON) for part in parts):
            continue
        version = _address(parts)
        if how is _Kind.REPETITION:
            if address and version != address and (version or _has_at(parts)):
                return None
            address = address or version
        else:
            address = version if _replaces(parts, before) else None
        before = parts
    return address


def _versions(text: str, language: str) -> list[tuple[_Kind, list[_Part]]]:
    """The dictation cut at «non, pardon» and «je répète»."""
    versions: list[tuple[_Kind, list[_Part]]] = [(_Kind.REPETITION, [])]
    for part in _parts(text, language):
        if part.kind in (_Kind.CORRECTION, _Kind.REPETITION):
            versions.append((part.kind, []))
        else:
            versions[-1][1].append(part)
    return versions


def _has_at(parts: Iterable[_Part]) -> bool:
    return any(part.kind in (_Kind.AT, _Kind.WEAK_AT) for part in parts)


def _replaces(parts: Sequence[_Part], before: Sequence[_Part]) -> bool:
    """Whether a correction begins anew: «pierre point martin, non, durand» may mean pierre.durand."""
    old = [part for part in before if part.kind in _TEXT]
    new = [part for part in parts if part.kind in _TEXT]
    return not old or _has_at(before) or old[0] == new[0]


@cache
def _phrases(language: str) -> Lexicon[_Part]:
    lists = table("email")[language]
    return Lexicon(
        (_split(phrase), _Part(kind, value)) for section, kind, value in _SPOKEN for phrase in lists[section]
    )


@cache
def _providers() -> Lexicon[_Part]:
    providers = table("email")["providers"].items()
    return Lexicon((_split(said), _Part(_Kind.PROVIDER, name)) for name, entry in providers for said in entry["said"])


def _split(phrase: str) -> list[str]:
    return [compact(word) for word in re.split(r"[ -]", phrase)]


def _parts(text: str, language: str) -> list[_Part]:
    """The utterance as parts of an address."""
    heard, gaps = _words_and_gaps(text)
    plain = [word.plain for word in heard]
    parts: list[_Part] = []
    position = 0
    in_domain = False
    while position < len(heard):
        previous = parts[-1].kind if parts else None
        symbols = _symbols(gaps[position], heard, position)
        in_domain = in_domain or _has_at(symbols)
        end, part = _part_at(heard, plain, position, language, after=(symbols or parts)[-1:], in_domain=in_domain)
        if not (gaps[position] == "-" and part.kind is previous and part.kind in (_Kind.LETTERS, _Kind.DIGITS)):
            parts += symbols  # but «M-A-R-T-I-N» and «quatre-vingt» have no hyphens
        parts.append(part)
        in_domain = in_domain or _has_at([part])
        position = end
    return [*parts, *_symbols(gaps[-1], heard, len(heard))]


def _words_and_gaps(text: str) -> tuple[list[Word], list[str]]:
    """The words, and what is written before each and after the last; a space beside a mark stays."""
    heard, gaps, last = [], [], 0
    for match in _WORD.finditer(text):
        heard.append(Word(compact(match[0]), match[0], match.start(), match.end()))
        gap = text[last : match.start()]
        gaps.append("" if gap.isspace() else gap)
        last = match.end()
    return heard, [*gaps, text[last:]]


def _symbols(gap: str, heard: Sequence[Word], position: int) -> list[_Part]:
    """The marks between two words, as parts."""
    if not gap:
        return []
    tight = not re.search(r"\s", gap)
    symbols = []
    for mark in gap.strip():
        if mark == "@":
            symbols.append(_Part(_Kind.AT, "@"))
        elif mark in "_+" or (mark in ".-" and tight and 0 < position < len(heard)):
            symbols.append(_Part(_Kind.SEPARATOR, mark))
        elif mark == "." and position < len(heard) and heard[position].plain in _endings():
            symbols.append(_Part(_Kind.SEPARATOR, mark))  # «gmail. com»
        elif mark == "." and _is_initial(heard, position):
            symbols.append(_Part(_Kind.DOUBT))  # «P. Martin»: with the full stop, or without?
        else:
            symbols.append(_Part(_Kind.PAUSE))
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
    after: Sequence[_Part],
    in_domain: bool,
) -> tuple[int, _Part]:
    """What stands at `position`, and where it ends; `after` is the part before it, if any."""
    if in_domain:
        if list(after) == [_Part(_Kind.SEPARATOR, ".")] and plain[position] in _endings():
            return position + 1, _Part(_Kind.WORD, plain[position])
        if hit := _providers().at(plain, position):
            return hit.end, hit.value
    if spoken_year := year(plain, position, language):
        return spoken_year[0], _Part(_Kind.DIGITS, spoken_year[1])
    dictated = number(plain, position, language)
    kind_before = after[0].kind if after else None
    if dictated and plain[position] in ("un", "une"):
        if kind_before is _Kind.DIGITS or number(plain, dictated[0], language):
            return dictated[0], _Part(_Kind.DIGITS, dictated[1])  # «zéro un», «un deux trois»; not «un»
        mark = _phrases(language).find(plain[position + 1 : position + 3])[:1]
        if kind_before is _Kind.FILLER and mark and mark[0].value.kind is _Kind.SEPARATOR and not mark[0].start:
            return position + 1 + mark[0].end, mark[0].value  # «puis un tiret»
    phrase = _phrases(language).at(plain, position)
    if phrase and phrase.value.value == "+" and in_domain:
        return phrase.end, _Part(_Kind.WORD, plain[position])  # «electro plus point fr»
    letter = letter_at(heard, plain, position, language)
    if letter and letter.certainty is Certainty.SURE and letter.value.isalpha() and heard[position].text != "à":
        phrase_end = phrase.end if phrase else position
        if letter.end > phrase_end or (letter.end == phrase_end and len(plain[position]) == 1):
            has_example = bool(signs("like", language).find(plain[position : letter.end]))
            return letter.end, _Part(_Kind.LETTERS, compact(letter.value), has_example)
    if phrase:
        value = phrase.value
        return phrase.end, value._replace(value=plain[position]) if value.kind is _Kind.PARTICLE else value
    if letter:
        return letter.end, _Part(_Kind.DOUBT)  # «aime», «elle»: a letter, or a word?
    if dictated:
        return dictated[0], _Part(_Kind.DIGITS, dictated[1])
    if not plain[position].isascii() or _ELIDED.match(heard[position].text):
        return position + 1, _Part(_Kind.DOUBT)
    has_article = _WITH_ARTICLE.match(heard[position].text)
    return position + 1, _Part(_Kind.PARTICLE if has_article else _Kind.WORD, plain[position])


def _address(parts: Sequence[_Part]) -> str | None:
    """The address that the parts make, if they make one without a doubt."""
    ats = [position for position, part in enumerate(parts) if part.kind in (_Kind.AT, _Kind.WEAK_AT)]
    strong = [position for position in ats if parts[position].kind is _Kind.AT]
    ats = strong or ats
    if len(ats) != 1:
        return None
    glued = any(part.kind is _Kind.GLUED for part in parts)
    local = _local(parts[: ats[0]], glued=glued)
    domain = _domain(parts[ats[0] + 1 :], glued=glued)
    if not local or not domain:
        return None
    name, is_whole = domain
    if not is_whole and not strong and not (re.search(r"[._+-]", local) or _is_name_and_number(local)):
        return None  # «je suis chez orange»
    address = f"{local}@{name}"
    return address if _ADDRESS.fullmatch(address) else None


def _is_name_and_number(local: str) -> bool:
    """«karim zéro six chez gmail»; but «depuis 2012 chez orange» is no address."""
    name = local.rstrip("0123456789")
    return len(local) - len(name) > 1 and is_first_name(name)


def _local(parts: Sequence[_Part], *, glued: bool) -> str | None:
    pause = next((position for position, part in enumerate(parts) if part.kind is _Kind.PAUSE), 0)
    if pause and all(part.kind in (_Kind.DOUBT, _Kind.INTRO, _Kind.INTERJECTION) for part in parts[:pause]):
        parts = parts[pause:]  # «c'est tout simple, sophie arobase…»
    said = _without_glosses([part for part in parts if part.kind not in _SILENT])
    cut = max((position + 1 for position, part in enumerate(said) if part.kind is _Kind.INTRO), default=0)
    if any(part.kind in (_Kind.LETTERS, _Kind.SEPARATOR) for part in said[:cut]):
        return None
    said = said[cut:]
    while said and said[0].kind is _Kind.INTERJECTION:
        said = said[1:]
    if not said or (said[0].kind is _Kind.PARTICLE and not glued):
        return None
    return _joined(said, glued=glued)


def _without_glosses(parts: Sequence[_Part]) -> list[_Part]:
    """«P point Durand, P comme Pierre» without the letter told again; any other after a word is doubtful."""
    kept: list[_Part] = []
    for position, part in enumerate(parts):
        following = parts[position + 1].kind if position + 1 < len(parts) else None
        is_gloss = part.has_example and kept and kept[-1].kind is _Kind.WORD and following is not _Kind.LETTERS
        if not is_gloss:
            kept.append(part)
        elif not any(earlier.kind is _Kind.LETTERS and earlier.value == part.value for earlier in kept):
            kept.append(_Part(_Kind.DOUBT))
    return kept


def _domain(parts: Sequence[_Part], *, glued: bool) -> tuple[str, bool] | None:
    """The domain, and whether its ending was said."""
    said: list[_Part] = []
    if any(part.kind is _Kind.POISON for part in parts):
        return None
    for part in parts:
        if part.kind in (_Kind.FILLER, _Kind.GLUED):
            continue
        if part.kind is _Kind.PAUSE and not _ends(said):
            continue
        if part.kind not in (*_TEXT, _Kind.SEPARATOR):
            break
        said.append(part)
    spoken = _joined(said, glued=glued) if said else None
    if not spoken:
        return None
    label, _, ending = spoken.partition(".")
    provider = table("email")["providers"].get(label)
    if not ending:
        default = provider.get("default") if provider and said[-1].kind is _Kind.PROVIDER else None
        return (f"{label}.{default}", False) if default else None
    if provider:
        return (spoken, True) if ending in provider["endings"] else None
    if spoken.rpartition(".")[2] not in _endings() or len(label) < 2 or _is_misheard(label):
        return None
    return spoken, True


def _ends(said: Sequence[_Part]) -> bool:
    """Whether a domain may be over: «…point com,»."""
    return len(said) > 2 and said[-2] == _Part(_Kind.SEPARATOR, ".") and said[-1].value in _endings()


@cache
def _endings() -> frozenset[str]:
    return frozenset(table("email")["endings"]["all"])


def _is_misheard(label: str) -> bool:
    return any(SequenceMatcher(None, label, name).ratio() >= _LIKE_A_PROVIDER for name in table("email")["providers"])


def _joined(parts: Sequence[_Part], *, glued: bool) -> str | None:
    """The text of parts without spaces; None when a part leaves a doubt, or it was a sentence."""
    pieces = []
    for is_text, group in groupby(parts, lambda part: part.kind in _TEXT):
        chunk = list(group)
        if not is_text:
            if len(chunk) > 1 or chunk[0].kind is not _Kind.SEPARATOR:
                return None
            pieces.append(chunk[0].value)
            continue
        if len(chunk) > 1 and any(part.kind is _Kind.PROVIDER for part in chunk):
            return None  # «arobase orange gmail point com»
        if chunk[0].kind is _Kind.PARTICLE and len(chunk) > 1 and pieces and pieces[-1] != ".":
            return None  # «garage tiret du centre»: garage-ducentre or garage-du-centre?
        text = _chunk(chunk, glued=glued)
        if text is None:
            return None
        pieces.append(text)
    return "".join(pieces)


def _chunk(parts: Sequence[_Part], *, glued: bool) -> str | None:
    """Words said one after the other; a word that is spelled too counts once."""
    texts: list[_Part] = []
    for kind, group in groupby(parts, lambda part: part.kind):
        values = [part.value for part in group]
        texts += [_Part(kind, "".join(values))] if kind is _Kind.LETTERS else [_Part(kind, value) for value in values]
    kept: list[_Part] = []
    for text in texts:
        if kept and _spells(text, kept[-1]):
            kept[-1] = text
        elif not (kept and _spells(kept[-1], text) and kept[-1].value == text.value):
            kept.append(text)
    if any(_tells_of(letters, word) for word, letters in pairwise(kept)):
        return None
    spelled = [text.value for text in kept if text.kind is _Kind.LETTERS and len(text.value) >= _SPELLED]
    words = [text.value for text in kept if text.kind is _Kind.WORD]
    if (
        spelled
        and words
        and any(SequenceMatcher(None, one, two).ratio() >= _LIKE_THE_WORD for one in spelled for two in words)
    ):
        return None
    if len(words) > (_MOST_WORDS_GLUED if glued else _MOST_WORDS):
        return None
    return "".join(text.value for text in kept)


def _tells_of(letters: _Part, word: _Part) -> bool:
    """«emma deux M»: of the letters that the word has, or two more of them?"""
    is_double = letters.kind is _Kind.LETTERS and len(letters.value) > 1 and len(set(letters.value)) == 1
    return is_double and word.kind is _Kind.WORD and letters.value[0] in word.value


def _spells(letters: _Part, word: _Part) -> bool:
    return (
        letters.kind is _Kind.LETTERS
        and word.kind in (_Kind.WORD, _Kind.PROVIDER)
        and len(letters.value) >= _SPELLED
        and letters.value[0] == word.value[0]
        and SequenceMatcher(None, letters.value, word.value).ratio() >= _LIKE_THE_WORD
    )
