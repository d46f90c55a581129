"""Words of one letter that are none of the name's: «l'i grec», «with a Y», «I think»."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from calls.understanding.letters import Word, letter_at, letter_names, signs

_ARTICLE = "an"
_PHRASES = ("filler", "interruption", "correction", "repetition", "role", "stumble", "about")
# In French they are told by their accent, or are elided.
_LETTER_WORDS = {"en": frozenset("ai")}


def are_capitals(heard: Sequence[Word]) -> bool:
    return sum(len(word.text) == 1 and word.text.isupper() for word in heard) > 1


def is_elided(heard: Sequence[Word], position: int) -> bool:
    """«l'a», «n'y»; but «l'A U T R E»."""
    elided, behind = heard[position : position + 3], heard[position + 3 : position + 4]
    is_letter = bool(behind) and len(behind[0].text) == 1 and behind[0].text.isupper()
    is_whole = len(elided) == 3 and elided[1].text in "'’" and elided[2].start == elided[0].end + 1
    return is_whole and elided[0].text.islower() and not is_letter


def with_articles(heard: list[Word], language: str) -> list[Word]:
    """«L'i grec», «sur l'E» with the article apart, where letters are capitals; «with a Y» as «with an Y»."""
    if _LETTER_WORDS.get(language):
        return _with_small_words(heard, language)
    if not are_capitals(heard):
        return heard
    plain = [word.plain for word in heard]
    articles = [
        position
        for position, word in enumerate(plain)
        if word == "l"
        and is_elided(heard, position)
        and (heard[position + 2].text.isupper() or letter_names(language).at(plain, position + 2))
    ]
    return [
        word._replace(plain="le", text="le") if position in articles else word
        for position, word in enumerate(heard)
        if position - 1 not in articles
    ]


def _with_small_words(heard: list[Word], language: str) -> list[Word]:
    plain = [word.plain for word in heard]
    if _LETTER_WORDS[language].isdisjoint(plain) and "apostrophe" not in plain:
        return heard
    kept: list[Word] = []
    phrases = [hit for section in _PHRASES for hit in signs(section, language).find(plain)]
    inside = {position for hit in phrases if hit.end > hit.start + 1 for position in range(hit.start, hit.end)}
    for position, word in enumerate(heard):
        if position in inside:
            kept.append(word)
            continue
        if kept and kept[-1].end > word.start:
            continue
        if _is_letter_with_s(heard, position):
            last = heard[position + 2]
            word = Word(f"{word.plain}s", f"{word.text}s", word.start, last.end)  # «the G's a capital»
        elif word.plain == "a" and _is_article(heard, plain, position, language):
            word = word._replace(plain=_ARTICLE, text=_ARTICLE)
        elif word.plain == "i" and _is_pronoun(heard, plain, position, language):
            verb = heard[position + 1]
            word = Word(f"i{verb.plain}", f"{word.text} {verb.text}", word.start, verb.end)
        kept.append(word)
    return kept


def _is_letter_with_s(heard: Sequence[Word], position: int) -> bool:
    parts, behind = heard[position : position + 3], heard[position + 3 : position + 4]
    is_whole = len(parts) == 3 and parts[1].text in "'’" and parts[2].text == "s" and parts[2].end - parts[0].start == 3
    return is_whole and not (behind and len(behind[0].plain) == 1 and behind[0].text != "a")


def _is_article(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> bool:
    if not _goes_on(heard, position):
        return False
    is_behind_letter = position > 0 and _is_adjacent(heard, position - 1) and len(plain[position - 1]) == 1
    letter = letter_at(heard, plain, position + 1, language)
    leads = plain[max(0, position - 2) : position]
    is_led = any(hit.end == len(leads) for hit in signs("article behind", language).find(leads))
    if not letter:
        return is_led or not (is_behind_letter or plain[position + 1] in _beside_letters(language))
    if heard[position].text == "A" or is_behind_letter:
        return False
    is_alone = letter.end == len(heard) or len(plain[letter.end]) > 1 or not _is_adjacent(heard, letter.end - 1)
    return is_led or (is_alone and leads[-1:] in (["and"], ["then"], ["thats"], ["its"]))


def _is_pronoun(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> bool:
    if not _goes_on(heard, position):
        return False
    is_verb = signs("pronoun before", language).at(plain, position + 1) is not None
    is_behind_letter = position > 0 and len(plain[position - 1]) == 1 and _is_adjacent(heard, position - 1)
    may_be_letter = letter_at(heard, plain, position + 1, language) is not None
    return is_verb and not (is_behind_letter and may_be_letter)


def _goes_on(heard: Sequence[Word], position: int) -> bool:
    """Whether a word follows without a pause."""
    return position + 1 < len(heard) and _is_adjacent(heard, position)


def _is_adjacent(heard: Sequence[Word], position: int) -> bool:
    return heard[position + 1].start <= heard[position].end + 1


@cache
def _beside_letters(language: str) -> frozenset[str]:
    """What begins that is said behind a letter: «A as in apple», «A then B»."""
    sections = (
        *_PHRASES,
        "like",
        "marks",
        "place",
        "two",
        "three",
        "denial",
        "beside",
        "apart",
        "doubt",
        "restart",
        "accents",
    )
    return frozenset().union(*(signs(section, language).first_words() for section in sections))
