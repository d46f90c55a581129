"""First names, and callers who keep theirs to themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from calls.understanding.learned import LANGUAGES, is_learned
from calls.understanding.text import LONGEST_UTTERANCE, Lexicon, fold, lexicon, table, words

_TOKEN = re.compile(r"[^\W\d_]+(?:[-‐'’][^\W\d_]+)*")
# «j'appelle», «qu'il»: the beginning of a sentence. «N'Golo» is a name, «m'entendez» is none.
_ELIDED = re.compile(r"(?:[jcs]|qu)'|[mtdln]'\w+(?:ez|ais|ait|ent)$")
# Without an introduction a name comes with little else: «alors, Sophie Durand».
_MOST_NAME_WORDS = 4
# How far a negation reaches to what is not given: «pas l'intention de vous le donner».
_NEGATION_REACH = 6


class _Token(NamedTuple):
    """A word as it was written, and folded; «c'est» and «Jean-Luc» are one word here."""

    text: str
    plain: str


def _tokens(text: str) -> list[_Token]:
    return [_Token(word, fold(word)) for word in _TOKEN.findall(text[:LONGEST_UTTERANCE])]


@cache
def _known() -> frozenset[str]:
    lists = table("first_names")
    return frozenset(fold(name) for name in f"{lists['french']} {lists['world']}".split())


@cache
def _compounds() -> dict[str, frozenset[str]]:
    return {first: frozenset(seconds.split()) for first, seconds in table("first_names")["compounds"].items()}


@cache
def _words(section: str, language: str) -> frozenset[str]:
    return frozenset(token.plain for entry in table("names")[language][section] for token in _tokens(entry))


@cache
def _no_names(language: str) -> frozenset[str]:
    """Words that are said where a name is expected; those of other answers are among them."""
    answers = table("yes_no")[language].values()
    return _words("never", language) | {
        word for phrases in answers for entry in phrases for word in words(entry, language)
    }


@cache
def _leads(section: str, language: str) -> Lexicon[str]:
    phrases = table("names")[language][section]
    written = {form for phrase in phrases for form in (phrase, phrase.replace("-", " "))}  # «appelez moi»
    return Lexicon(([token.plain for token in _tokens(form)], section) for form in sorted(written))


@cache
def _refusals(sections: tuple[str, ...], language: str) -> Lexicon[str]:
    lists = table("names")["refusal"][language]
    return lexicon([(lists[section], section) for section in sections], language)


@cache
def _refusal_words(section: str, language: str) -> frozenset[str]:
    return frozenset(
        word for phrase in table("names")["refusal"][language][section] for word in words(phrase, language)
    )


def _withholds(spoken: Sequence[str], language: str) -> bool:
    """«Je vous donne pas mon nom», «j'ai pas l'intention de vous le dire»: giving, negated."""

    def says(section: str, start: int, end: int) -> bool:
        return not _refusal_words(section, language).isdisjoint(spoken[max(0, start) : end])

    for at, word in enumerate(spoken):
        if word in _refusal_words("give", language) and says("negation", at + 1, at + 2):
            return True
        if (
            word in _refusal_words("giving", language)
            and (says("negation", at - _NEGATION_REACH, at) or says("negation", at + 1, at + 3))
            and not says("not_giving", at - 1, at)
        ):
            return not says("understanding", 0, at)
    return False


def refuses(text: str, language: str) -> bool:
    """Whether the caller does not give what was asked for, because he will not or cannot."""
    spoken = words(text, language)
    if not spoken:
        return False
    listed = _is_listed_refusal(spoken, language)
    return is_learned("refusal", spoken, ["listed"] if listed else []) if language in LANGUAGES else listed


def _is_listed_refusal(spoken: Sequence[str], language: str) -> bool:
    found = {hit.value for hit in _refusals(("always", "harmless"), language).find(spoken)}
    if "always" in found or _withholds(spoken, language):
        return True
    alone = _refusals(("alone", "filler"), language).find(spoken)
    return any(hit.value == "alone" for hit in alone) and sum(hit.end - hit.start for hit in alone) == len(spoken)


def first_name(text: str, language: str) -> str | None:
    """The caller's first name, as «Jean-Luc»; None when none was given.

    A name that nobody has heard of is taken when it was introduced («je m'appelle
    Xochitl») or said alone; accents stay as recognition wrote them.
    """
    if refuses(text, language):
        return None
    tokens = _without_denied(_without_remark(_tokens(text), language), language)
    plain = [token.plain for token in tokens]
    introductions = [
        (hit, section != "perhaps")
        for section in ("given", "introduced", "perhaps")
        for hit in reversed(_leads(section, language).find(plain))
    ]
    for hit, certain in introductions:
        name = _name_at(tokens[hit.end :], language, certain=certain)
        if name:
            return name
    if introductions:
        last = max(introductions)[0]
        return _name_at(tokens[: last.start], language, certain=False) if last.end == len(tokens) else None
    return _name_at(tokens, language, certain=len(tokens) <= _MOST_NAME_WORDS)


def _without_remark(tokens: list[_Token], language: str) -> list[_Token]:
    """«Ophélie, c'est bon» without what was said to be done with it."""
    remarks = [hit for hit in _leads("remark", language).find([token.plain for token in tokens]) if hit.start > 0]
    return tokens[: remarks[-1].start] if remarks and remarks[-1].end == len(tokens) else tokens


def _without_denied(tokens: list[_Token], language: str) -> list[_Token]:
    """«Pas Véronique, Valérie»: what the name is not, left out."""
    deny = _words("deny", language)
    kept: list[_Token] = []
    is_denied = False
    for position, token in enumerate(tokens):
        after_denial = position > 0 and tokens[position - 1].plain in deny
        is_denied = is_first_name(token.plain) and (after_denial or (is_denied and _follows(tokens, position)))
        if is_denied and after_denial:
            kept.pop()
        if not is_denied:
            kept.append(token)
    return kept


def _follows(tokens: Sequence[_Token], position: int) -> bool:
    """Whether a word makes one name with the word before it."""
    return tokens[position].plain in _compounds().get(tokens[position - 1].plain, ())


def is_no_name(plain: str, language: str) -> bool:
    """Whether a folded word is said where a name is expected, and is none."""
    return plain in _no_names(language) or plain in _words("filler", language)


def _name_at(tokens: Sequence[_Token], language: str, *, certain: bool) -> str | None:
    """The name that `tokens` begin with; of an uncertain one, only if it is known or written like one."""
    fillers, titles = _words("filler", language), _words("title", language)
    end, never = _words("end", language), _no_names(language)
    start = 0
    while start < len(tokens) and tokens[start].plain in fillers | titles:
        start += 1
    has_title = start > 0 and tokens[start - 1].plain in titles

    def may_be_name(token: _Token) -> bool:
        if is_first_name(token.plain):
            return True
        said_otherwise = token.plain in end or token.plain in never or _ELIDED.match(token.plain)
        return len(token.plain) > 1 and not said_otherwise

    candidates = list(takewhile(may_be_name, tokens[start:]))
    if not candidates or len(candidates) > _MOST_NAME_WORDS or (has_title and len(candidates) == 1):
        return None
    for position, token in enumerate(candidates):
        if is_first_name(token.plain):
            following = candidates[position + 1 : position + 2]
            if following and following[0].plain in _compounds().get(token.plain, ()):
                return ("-" if language == "fr" else " ").join([_cased(token.text), _cased(following[0].text)])
            return _cased(token.text)
    after = tokens[start + len(candidates) :]
    if after and after[0].plain not in end:
        return None
    if certain or (not after and candidates[0].text[0].isupper()):
        return _cased(candidates[0].text)
    return None


def is_first_name(plain: str) -> bool:
    """Whether a folded word is a first name that many people have."""
    return plain in _known() or ("-" in plain and plain.split("-")[0] in _known())


def _cased(name: str) -> str:
    """«JEAN-LUC» and «jean-luc» as «Jean-Luc»; «McKenna» stays."""
    if not (name.islower() or name.isupper()):
        return name
    return re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), name)
