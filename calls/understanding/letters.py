"""Letters as they are spoken: their names, «M comme Michel», «deux N», «e accent aigu»."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from calls.understanding.names import is_first_name
from calls.understanding.text import LONGEST_DICTATION, Lexicon, compact, fold, table

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# «D' A U T R Y»
_APOSTROPHE_APART = re.compile(r"['’]\s+[^\W\d_](?![^\W_])")
# English words that are written like a letter and an elided one.
_CONTRACTED = ("i'm", "i'd")
_NATO_AT_LEAST = 3
# The letters with an accent that western European names have (Latin-1).
ACCENTED = frozenset("àáâãäåçèéêëìíîïñòóôõöùúûüýÿ")

# So many letters that resemble a word beside them spell that word.
SPELLED, _LIKE_THE_WORD = 3, 0.6
# First letters that a word may be heard with instead of one another.
_SAME_SOUND = ("ck", "cs", "gj", "iy", "sz", "kq", "vw")

_VOWELS = frozenset("aeiouy")
# Letters whose names are taken for one another; the others are not misheard.
_ALIKE = ("bcdgptvwz", "flmnrsxz", "ahk", "gijy", "eioquy")


class Certainty(IntEnum):
    """How surely a word is a letter: anywhere, among letters, or only between two of them."""

    INSIDE = 0
    HOMOPHONE = 1
    SURE = 2


class Word(NamedTuple):
    """A word of a dictation: compared by `plain`, shown by `text`, found at start:end."""

    plain: str
    text: str
    start: int
    end: int


class Letter(NamedTuple):
    """One or more equal letters, dictated at words[start:end]."""

    start: int
    end: int
    value: str
    certainty: Certainty
    has_example: bool = False


def dictated(text: str) -> list[Word]:
    """The words of a dictation. «D'A» is D, apostrophe, A; «J'ai» stays one word."""
    found = []
    for match in _TOKEN.finditer(text[:LONGEST_DICTATION]):
        head, mark, tail = match[0].replace("’", "'").partition("'")
        is_apart = len(head) == 1 and not mark and _APOSTROPHE_APART.match(text, match.end())
        is_contracted = f"{head}'{tail}".lower() in _CONTRACTED
        if mark and len(head) == len(tail) == 1 and not is_contracted:
            found.append(Word(compact(head), head, match.start(), match.start() + 1))
            found.append(Word("apostrophe", mark, match.start() + 1, match.start() + 2))
            found.append(Word(compact(tail), tail, match.start() + 2, match.end()))
        else:
            found.append(Word(compact(match[0]), match[0], match.start(), match.end()))
            if is_apart:
                found.append(Word("apostrophe", "'", match.end(), match.end() + 1))
    return found


@cache
def letter_names(language: str) -> Lexicon[tuple[str, Certainty]]:
    sections = {"names": Certainty.SURE, "homophones": Certainty.HOMOPHONE, "inside": Certainty.INSIDE}
    return Lexicon(
        ([compact(word) for word in re.split(r"[ -]", name)], (letter, certainty))
        for section, certainty in sections.items()
        for letter, names in table("letters")[language][section].items()
        for name in names
    )


def letter_name(letter: str, language: str) -> str:
    """How a letter is called, as one word: «effe»; a vowel as it is written."""
    if letter in "aeiou":
        return letter
    sections = (table("letters")[language][section] for section in ("names", "homophones", "inside"))
    return next((compact(section[letter][0]) for section in sections if letter in section), letter)


@cache
def signs(section: str, language: str) -> Lexicon[str]:
    """A section of words/spelling.toml; the value is the phrase's key, or the section's name."""
    lists: Any = table("spelling")["nato"] if section == "nato" else table("spelling")[language][section]
    groups = lists.items() if isinstance(lists, dict) else [(section, lists)]
    return Lexicon(
        ([word.plain for word in dictated(phrase)], value) for value, phrases in groups for phrase in phrases
    )


@cache
def _first_words(language: str) -> frozenset[str]:
    """What a letter's name, or how often it is written, begins with."""
    lists = (letter_names(language), signs("two", language), signs("three", language))
    return frozenset(word for words in lists for word in words.first_words())


def may_begin_letter(word: Word, plain: Sequence[str], position: int, language: str) -> bool:
    """Whether a letter may stand at `position`; most words of most sentences begin none."""
    return (
        plain[position] in _first_words(language)
        or len(word.text) == 1
        or plain[position + 1 : position + 2] == ["comme"]
    )


def letter_at(words: Sequence[Word], plain: Sequence[str], position: int, language: str) -> Letter | None:
    """The letter dictated at `position`, with its count, its example and its accent; `plain` is the words' own."""
    if not may_begin_letter(words[position], plain, position, language):
        return None
    start, count = position, 1
    for times, section in ((2, "two"), (3, "three")):
        # «double vé» is a letter of its own, so counts come after letters' names.
        if (hit := signs(section, language).at(plain, position)) and not letter_names(language).at(plain, position):
            position, count = hit.end, times
            break
    if position >= len(words):
        return None
    named = _named(words, plain, position, language, counted=count > 1)
    if named is None:
        return None
    end, value, certainty = named
    if count == 1 and end < len(plain) and (hit := signs("twice", language).at(plain, end)):
        following = "".join(plain[hit.end : hit.end + 1])
        leading = signs("two", language).at(plain, end)  # «O deux fois la lettre L»
        # «G A deux fois L»: it is a consonant that is doubled.
        is_behind = value not in _VOWELS or len(following) != 1 or following in _VOWELS
        if is_behind and not (leading and leading.end > hit.end):
            end, count = hit.end, 2
    example = _example(words, plain, end, value, certainty, language)
    if example:
        end, value, certainty = *example, Certainty.SURE
        if count == 1 and (twice := _twice_behind(words, plain, end, language)):
            end, count = twice, 2
    elif end < len(words) and words[end].text[0] in "dD" and fold(words[end].text).startswith(f"d'{fold(value)}"):
        end, certainty = end + 1, Certainty.SURE  # «I d'Irène», «E d'Émile»
    if end < len(plain) and (accent := signs("accents", language).at(plain, end)):
        written = accent.value in unicodedata.normalize("NFD", value)  # «É accent aigu»
        accented = value if written else unicodedata.normalize("NFC", value + accent.value)
        # An accent that the letter cannot have stays beside it: one of the two was misheard.
        impossible = accented not in ACCENTED and value + accent.value
        end, value, certainty = accent.end, impossible or accented, Certainty.SURE
    is_sure = count > 1 and certainty
    return Letter(start, end, value * count, Certainty.SURE if is_sure else certainty, example is not None)


def _twice_behind(words: Sequence[Word], plain: Sequence[str], position: int, language: str) -> int | None:
    """Where «(T comme Thérèse) deux fois» ends; «deux fois L» is of the letter after it."""
    twice = signs("twice", language).at(plain, position) if position < len(plain) else None
    is_last = twice and (twice.end == len(plain) or words[twice.end].start > words[twice.end - 1].end + 1)
    return twice.end if twice and is_last else None


def is_contradicted(letter: Letter, plain: Sequence[str], language: str) -> bool:
    """Whether the letter was heard otherwise than its example has it: «b comme Pierre»."""
    is_alone = letter.has_example and signs("like", language).at(plain, letter.start + 1) is not None
    return is_alone and len(plain[letter.start]) == 1 and plain[letter.start] != compact(letter.value)


def _named(
    words: Sequence[Word], plain: Sequence[str], position: int, language: str, *, counted: bool
) -> tuple[int, str, Certainty] | None:
    if hit := letter_names(language).at(plain, position):
        return hit.end, *hit.value
    word = words[position]
    if (
        language == "en"
        and counted
        and len(word.plain) == 1
        and plain[position + 1 : position + 3] == ["apostrophe", "s"]
    ):
        is_plural = words[position + 1].start == word.end and words[position + 2].start == word.end + 1
        if is_plural:
            return position + 3, word.plain, Certainty.SURE  # «two p's»
    if len(word.text) == 1 and word.text.isalpha():
        return position + 1, unicodedata.normalize("NFC", word.text.lower()), Certainty.SURE
    if counted and language == "en" and len(word.plain) == 2 and word.plain.endswith("s"):
        return position + 1, word.plain[0], Certainty.SURE  # «two Ls»
    # A letter that was not recognised is told by its example: «aime comme Michel», «Hé comme Eugène».
    if len(word.plain) <= 4 and word.plain.isalpha() and position + 1 < len(plain) and plain[position + 1] == "comme":
        is_denial = signs("denial", language).at([word.plain], 0)
        example = "".join(plain[position + 2 : position + 3])
        if not is_denial or example[:1] == word.plain[0]:  # «pas comme Jésus»
            return position + 1, word.plain[0], Certainty.INSIDE
    return None


def spells(letters: str, word: str) -> bool:
    """Whether `letters` are how the word is written that was heard as `word`: «Roy, R O I»."""
    if letters == word or len(letters) < SPELLED or not word:
        return letters == word
    begin_alike = letters[0] == word[0] or any(letters[0] in pair and word[0] in pair for pair in _SAME_SOUND)
    return begin_alike and resembles(letters, word)


def resembles(letters: str, word: str) -> bool:
    """Whether so many letters are the same that one is the other, misheard or miswritten."""
    return SequenceMatcher(None, letters, word).ratio() >= _LIKE_THE_WORD


def sound_alike(letter: str, other: str) -> bool:
    return any(letter in group and other in group for group in _ALIKE)


def _example(
    words: Sequence[Word], plain: Sequence[str], position: int, value: str, certainty: Certainty, language: str
) -> tuple[int, str] | None:
    """«comme Michel»: where it ends, and the letter that it stands for.

    Letters sound alike and examples do not: «N comme Michel» is an M. But «M, A comme
    le fruit» remains an A.
    """
    if position >= len(plain) or not (like := signs("like", language).at(plain, position)):
        return None
    at = like.end
    while at < len(plain) and (stumble := signs("stumble", language).at(plain, at)):
        at = stumble.end
    if at >= len(plain):
        return None
    code = signs("nato", language).at(plain, at)
    if code and code.end > at + 1 and code.value == value:
        return code.end, value  # «X like X-ray»
    if len(plain[at]) < 2 or not plain[at].isalpha():
        return None
    example = compact(words[at].text.replace("’", "'").rpartition("'")[2]) or plain[at]  # «comme l'école»
    if len(example) > 3 and example[:4] in "".join(word for word in plain[:position] if len(word) == 1):
        return None  # «B, L, A, N, C, H, E, T, comme Blanche»
    if example[0] == unicodedata.normalize("NFD", value)[0]:
        return at + 1, value
    is_example = is_first_name(example) or signs("nato", language).at(plain, at) is not None
    if certainty is Certainty.SURE and not sound_alike(value[0], example[0]):
        return None  # «…, E, R, M. Comme Guillaume»
    if (
        plain[position] in ("comme", "as", "like")
        and like.end <= position + 2
        and (is_example or (certainty < Certainty.SURE and like.end == position + 1 and "'" not in words[at].text))
    ):
        return at + 1, example[0]
    return None


def join_letters(plain: Sequence[str], language: str) -> Iterator[tuple[str, int, int]]:
    """`plain` with initials («S N C F», «erre cé effe») as one word each: (word, start, end).

    Two spoken names of letters may as well be two words, so a run that is not written
    in single letters needs three of them.
    """
    names = letter_names(language)
    position = 0
    while position < len(plain):
        letters, end, single = "", position, True
        while end < len(plain):
            if len(plain[end]) == 1 and plain[end].isalpha():
                letters, end = letters + plain[end], end + 1
            # «J L B, je crois»: behind letters written as such two letters are a word.
            elif (len(plain[end]) > 2 or not (letters and single)) and (
                (hit := names.at(plain, end)) and hit.value[1] > Certainty.INSIDE
            ):
                letters, end, single = letters + hit.value[0], hit.end, False
            else:
                break
        if len(letters) > (1 if single else 2):
            yield letters, position, end
            position = end
        else:
            yield plain[position], position, position + 1
            position += 1


def nato_run(plain: Sequence[str], position: int, language: str) -> tuple[int, str] | None:
    """«Mike Alpha Romeo», «double Tango»: where it ends, and the letters; three at least, or two that are no names."""
    letters, end = "", position
    are_names = False
    while end < len(plain):
        two = signs("two", language).at(plain, end)
        start = two.end if two else end
        hit = signs("nato", language).at(plain, start) if start < len(plain) else None
        if not hit:
            break
        letters, end = letters + hit.value * (2 if two else 1), hit.end
        are_names = are_names or is_first_name(plain[start]) or hit.value in "cmp"
        if end + 1 < len(plain) and plain[end + 1] == hit.value and signs("like", language).at(plain, end):
            end += 2  # «lima comme L»
    fewest = _NATO_AT_LEAST - (language == "en" and not are_names)
    return (end, letters) if len(letters) >= fewest else None
