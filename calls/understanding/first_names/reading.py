"""The first name in a clause: behind what introduces it, or where the clause begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.first_names.spelled import cased, is_last_name, spelled_name
from calls.understanding.names import (
    Token,
    is_compound,
    is_first_name,
    is_no_name,
    is_particle,
    listed,
    names_that_are_words,
    no_names,
    phrases,
)
from calls.understanding.text import fold

# «j'appelle», «qu'il»: the beginning of a sentence. «N'Golo» is a name, «m'entendez» is none.
_ELIDED = re.compile(r"(?:[jcsdl]|qu)'|[mtn]'\w+(?:ez|ais|ait|ent)$")
# «Souvent», «normalement»: no adverb is a name, but for the names that are known.
_ADVERB = re.compile(r"\w{3,}(?:ment|vent)$")
# Without an introduction a name comes with little else: «alors, Sophie Durand».
_MOST_NAME_WORDS = 4
# How far «c'est» reaches to who it is: «Pierre, c'est le prénom de mon mari».
_RELATION_REACH = 5
# In English what may stand behind a name that is a word, too.
_BEHIND_NAME = ("short", "speaking", "calling", "here", "and", "please", "thanks", "again", "as", "with")


def name_in(tokens: list[Token], language: str) -> str | None:
    """The name in one clause, the most certain of those that are introduced; else the one it begins with."""
    plain = [token.plain for token in tokens]
    found = {
        section: [
            hit
            for hit in reversed(phrases(section, language).find(plain))
            if not _is_of_others(plain, hit.start, language)
        ]
        for section in ("given", "introduced", "perhaps", "called", "but", "last")
    }
    for hit in phrases("named", language).find(plain):
        if (
            hit.start > 0
            and plain[hit.end : hit.end + 1] not in (["de"], ["du"])
            and plain[max(0, hit.start - 2)] not in listed("like", language)  # «B comme Berthe pour le prénom»
            and is_first_name(plain[hit.start - 1], language)
        ):
            return cased(tokens[hit.start - 1].text)
    for section in ("given", "introduced", "last", "perhaps"):
        for hit in found[section]:
            is_behind = section == "given" and hit.end == len(tokens) and hit.start > 0
            if is_behind and is_first_name(plain[hit.start - 1], language):
                return cased(tokens[hit.start - 1].text)  # «Simon est mon nom et Paul mon prénom»
            if section == "last":
                return _beside_last_name(tokens, hit.start, hit.end, language)
            is_answer = bool(found["given"]) and hit.end == len(tokens) - 1  # «mon prénom est rare, c'est Théophane»
            certain = section != "perhaps" or is_answer
            name = _name_at(tokens[hit.end :], language, certain=certain, is_given=section == "given" or is_answer)
            if name:
                return name
    if name := spelled_name(tokens, language):
        return name
    leads = sorted(hit for hits in found.values() for hit in hits)
    if not leads:
        certain = len(tokens) <= _MOST_NAME_WORDS or _is_followed_by_letters(tokens, language)
        return _name_at(tokens, language, certain=certain)
    if leads[-1].end == len(tokens):
        return _name_at(tokens[: leads[-1].start], language, certain=False)
    is_of_self = plain[leads[0].start : leads[0].end] == ["je", "suis"]  # «Renée, je suis une femme»
    told = plain[leads[0].end : leads[0].end + _RELATION_REACH]
    of_another = not is_of_self and not listed("another", language).isdisjoint(told)
    is_told_of = _is_followed_by_letters(tokens, language)
    name = None if of_another else _name_at(tokens[: leads[0].start], language, certain=is_told_of)
    if name and (is_told_of or is_first_name(fold(name), language)):
        return name
    for section in ("but", "called"):
        for hit in found[section]:
            name = _name_at(tokens[hit.end :], language, certain=section == "called")
            if name:
                return name
    return None


def _beside_last_name(tokens: list[Token], start: int, end: int, language: str) -> str | None:
    """What is known as a first name behind «mon nom c'est», or is told before it."""
    behind = tokens[end:]
    if language == "en":  # «My surname is James» tells no first name, «…, Peter James» does
        behind = list(dropwhile(lambda token: token.plain in listed("filler", language), behind))
    name = _name_at(behind, language, certain=False)
    if name and is_first_name(fold(name), language):
        if language != "en" or fold(name).split()[0] != behind[0].plain:
            return name
        rest = behind[1:]
        plain = [token.plain for token in rest]
        if any(phrases(section, language).find(plain) for section in ("introduced", "perhaps")):
            return name_in(rest, language)  # «My surname is James and I'm Peter»
    is_told = start > 0 and tokens[start - 1].plain in listed("is", language)  # «Martin, c'est mon nom de famille»
    return None if is_told else name_in(tokens[:start], language)


def _is_of_others(plain: Sequence[str], position: int, language: str) -> bool:
    """«Un prénom ancien», «her name's Joan»: not the caller's."""
    if position == 0:
        return False
    if plain[position - 1] in listed("is", language) and plain[position] == "name":
        return plain[position - 2] in listed("another", language)  # «my wife's name is Maureen»
    if plain[position] == "name" and plain[position - 1] in ("last", "family"):
        return True  # «my last name is Martin»
    return (plain[position] == "prenom" and plain[position - 1] == "un") or plain[position - 1] in listed(
        "others", language
    )


def _is_followed_by_letters(tokens: Sequence[Token], language: str) -> bool:
    """«Xabier avec un X»: whether the first word is followed by what is said of a word's letters."""
    named = list(dropwhile(lambda token: token.plain in listed("filler", language), tokens))[1:]
    lead = list(takewhile(lambda token: token.plain in listed("of_letters", language), named))
    after = named[len(lead) : len(lead) + 1]
    return bool(lead and after) and (len(after[0].plain) == 1 or after[0].plain in listed("sign", language))


def _name_at(tokens: Sequence[Token], language: str, *, certain: bool, is_given: bool = False) -> str | None:
    """The name that `tokens` begin with; of an uncertain one, only if it is known or written like one.

    What looks like a last name is one, unless it `is_given` for a first.
    """
    fillers, titles = listed("filler", language), listed("title", language)
    end, never = listed("end", language), no_names(language)
    start = 0
    while start < len(tokens) and tokens[start].plain in fillers | titles:
        start += 1
    has_title = start > 0 and tokens[start - 1].plain in titles
    words_here = {tokens[start]} if _is_word_as_name(tokens, start, language) else set()

    def may_be_name(token: Token) -> bool:
        if is_first_name(token.plain, language) or token in words_here:
            return True
        is_word = any(part in end or part in never for part in (token.plain, *token.plain.split("-")))
        said_otherwise = is_word or _ELIDED.match(token.plain)
        return len(token.plain) > 1 and not said_otherwise and not _ADVERB.match(token.plain)

    if _is_particle_first(tokens[start:], language):
        start += 1
    candidates = list(takewhile(may_be_name, tokens[start:]))
    if not candidates or len(candidates) > _MOST_NAME_WORDS or (has_title and len(candidates) == 1):
        return None
    for position, token in enumerate(candidates):
        is_known = is_first_name(token.plain, language) or token in words_here
        if is_known and not _is_said_again_as_last(candidates, position, language):
            following = candidates[position + 1 : position + 2]
            pair = f"{token.plain}-{following[0].plain}" if following else ""
            if following and (
                is_compound(token.plain, following[0].plain) or any(other.plain == pair for other in tokens)
            ):
                return ("-" if language == "fr" else " ").join([cased(token.text), cased(following[0].text)])
            return cased(token.text)
    if not is_given and is_last_name(candidates[0].plain, language):
        return None
    after = tokens[start + len(candidates) :]
    if after and after[0].plain not in end and not _is_followed_by_letters(tokens, language):
        return None
    may_be_word = candidates[0].plain in names_that_are_words(language)  # «it's will»
    if certain or candidates[0] in words_here or (not after and (candidates[0].text[0].isupper() or may_be_word)):
        return cased(candidates[0].text)
    return None


def _is_word_as_name(tokens: Sequence[Token], position: int, language: str) -> bool:
    """«It's Will», «This is Hope speaking»; but «Will you call me?»."""
    if position >= len(tokens) or tokens[position].plain not in names_that_are_words(language):
        return False
    if position == len(tokens) - 1:
        return True
    following = tokens[position + 1]
    is_written_so = tokens[position].text[0].isupper() and following.text[0].isupper()
    is_last_name = not is_no_name(following.plain, language) and following.plain not in listed("end", language)
    if is_last_name and (is_written_so or len(tokens) == 2):
        return True
    return tokens[position].text[0].isupper() and following.plain in _BEHIND_NAME


def _is_said_again_as_last(candidates: Sequence[Token], position: int, language: str) -> bool:
    """«Martin, Paul Martin»"""
    said = [token.plain for token in candidates]
    return any(
        said[again] == said[position] != said[again - 1] and is_first_name(said[again - 1], language)
        for again in range(position + 2, len(said))
    )


def _is_particle_first(tokens: Sequence[Token], language: str) -> bool:
    """«Le Floch Yann»: whether a last name that begins so is followed by nothing but the first."""
    if len(tokens) != len(("le", "Floch", "Yann")) or not is_particle(tokens[0].plain, language):
        return False
    return not is_no_name(tokens[1].plain, language) and is_first_name(tokens[2].plain, language)
