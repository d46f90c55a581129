"""Who calls from a known number, and is not whom it is known for: «non, moi c'est Bruno, son collègue»."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

from calls.understanding.names import is_first_name, is_particle, listed, tokens_of
from calls.understanding.phonetic import phonetic
from calls.understanding.text import Lexicon, clauses, fold, lexicon, phrases_of, table, words

_LONGEST_NAME = 3  # words, behind what introduces it: «Bruno Le Goff»
_BEFORE_SPEAKS = 3  # and before «à l'appareil»
_SPEAKS = -1  # wherever it is said
_VERBS = {"est", "is", "was", "qui", "who"}  # «Sarah is here with me»
_WHO = {"qui", "who", "that"}  # «c'est Bruno qui a appelé» is somebody else again


class Other(NamedTuple):
    """Names that were not told are empty."""

    first_name: str
    last_name: str
    is_colleague: bool


class _Known(NamedTuple):
    """Whom we greeted, folded."""

    first_name: str
    last_name: str


def another_caller(text: str, first_name: str, last_name: str, language: str) -> Other | None:
    """Who calls instead of whom we greeted by the first name; None: nobody else, as far as was said.

    Another name counts where the caller begins with it («bonjour, c'est Martine»), after a «non», and
    beside what one is to the other. Without a name, the known one is denied («c'est pas Camille»), is
    gone, or the caller tells what he is to her («je suis sa fille», «la femme de Luc»).
    """
    known = _Known(fold(first_name), fold(last_name))
    said, spoken = words(text, language), clauses(text, language)
    relations = _phrases("relation", language).find(said), _phrases("colleague", language).find(said)
    other = _introduced(text, known, language, is_surely=any(relations) or _begins_with_no(said, language))
    is_related = any(_tells_relation(clause, known, language) for clause in spoken)
    is_denied = any(_denies(clause, known, language) or _is_gone(clause, known, language) for clause in spoken)
    if other is None and not is_related and not is_denied:
        return None
    first, last = other or ("", "")
    colleague = _phrases("colleague", language)
    is_colleague = any(colleague.find(clause) or colleague.find(_owned(clause)) for clause in spoken)
    return Other(first, last, is_colleague)


def introduced(text: str, language: str) -> tuple[str, str] | None:
    """The first and last name that a caller begins with: «oui bonjour, c'est Fabrice de chez Globex»; see `Other`."""
    return _introduced(text, _Known("", ""), language, is_surely=False)


def _denies(clause: Sequence[str], known: _Known, language: str) -> bool:
    """«C'est pas Camille»; but not «c'est pas Camille qui a appelé»."""
    while clause and clause[0] in _no(language) | listed("filler", language):
        clause = clause[1:]
    hit = _phrases("denies", language).at(clause, 0) if clause else None
    behind = clause[hit.end : hit.end + 2] if hit else []
    return list(behind[:1]) == [known.first_name] and _WHO.isdisjoint(behind[1:])


def _is_gone(clause: Sequence[str], known: _Known, language: str) -> bool:
    """«Luc Berger n'habite plus ici», «c'est plus son numéro»."""
    if _phrases("not_theirs", language).find(clause):
        return True
    return any(
        hit.start > 0 and clause[hit.start - 1] in _names(known) for hit in _phrases("gone", language).find(clause)
    )


def _tells_relation(clause: Sequence[str], known: _Known, language: str) -> bool:
    """«Je suis sa fille», «ici la secrétaire de monsieur Berger», «I'm Tom's wife», «j'appelle pour Luc»."""
    for hit in _phrases("introduces", language).find(clause):
        start = _past_name(clause, hit.end, known, language)
        end = _past_relation(clause, start, language)
        if end == start or not _WHO.isdisjoint(clause[end : end + 1]):
            continue  # «c'est sa fille qui l'a débranchée»
        is_told = start == hit.end and _relations(language).at(clause, start) is not None
        if is_told or not _names(known).isdisjoint([*clause[hit.end : start], *clause[end:]]):
            return True
    return any(
        _past_name(clause, hit.end, known, language) > hit.end for hit in _phrases("on_behalf", language).find(clause)
    )


def _past_name(clause: Sequence[str], position: int, known: _Known, language: str) -> int:
    """Behind the known one's name with its title; `position` where it is not there."""
    end = position
    while end < len(clause) and clause[end] in _names(known) | _listed("title", language):
        end += 1
    return end if not _names(known).isdisjoint(clause[position:end]) else position


def _past_relation(clause: Sequence[str], position: int, language: str) -> int:
    relation = _relations(language).at(_owned(clause), position) if position < len(clause) else None
    return relation.end if relation else position


_OWNERS = {"le": "son", "la": "sa", "un": "son", "une": "sa", "the": "his"}


def _owned(clause: Sequence[str]) -> list[str]:
    """«La femme de Luc» as «sa femme»."""
    return [_OWNERS.get(word, word) for word in clause]


def _names(known: _Known) -> frozenset[str]:
    return frozenset([known.first_name, *known.last_name.split()])


@cache
def _relations(language: str) -> Lexicon[str]:
    """As `_owned` writes them: «son épouse» is «sa» behind «l'»."""
    lists = table("another_caller")[language]
    phrases = {phrase for section in ("relation", "colleague") for phrase in lists[section]}
    return lexicon([(phrases | {phrase.replace("sa ", "son ") for phrase in phrases}, "relation")], language)


def _introduced(text: str, known: _Known, language: str, *, is_surely: bool) -> tuple[str, str] | None:
    """The first and last name that somebody gives himself, where they are another's than the known ones.

    `is_surely`: wherever he does so; else only where he begins with it.
    """
    begins = True
    for clause in clauses(text, language):
        position = _begin(clause, language)
        for start, name in _names_given(clause, language):
            is_opening = start == _SPEAKS or (begins and start <= position)
            if not ((is_surely and len(name) <= _LONGEST_NAME) or is_opening):
                continue
            if (found := _other(name, text, known, language)) is not None:
                return found
        begins = begins and position == len(clause)
    return None


def _names_given(clause: Sequence[str], language: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Where a caller begins to give a name, and the words from it on."""
    for hit in _phrases("introduces", language).find(clause):
        behind = clause[_past_relation(clause, hit.end, language) :]  # «c'est sa collègue Julie»
        if behind:
            yield hit.start, behind
    begin = _begin(clause, language)
    for hit in _phrases("speaks", language).find(clause):
        before = range(max(0, hit.start - _BEFORE_SPEAKS), hit.start)
        first = next((at for at in before if is_first_name(clause[at], language)), None)
        is_told = first is not None and (first == begin or _phrases("introduces", language).find(clause[:first]))
        if is_told and _VERBS.isdisjoint(clause[first : hit.start]):
            yield _SPEAKS, clause[first : hit.start]


def _begin(clause: Sequence[str], language: str) -> int:
    """How many words of greeting it begins with."""
    position = 0
    while position < len(clause) and clause[position] in listed("filler", language) | _no(language):
        position += 1
    return position


def _other(name: Sequence[str], text: str, known: _Known, language: str) -> tuple[str, str] | None:
    written = {token.plain: token.text for token in tokens_of(text, language)}
    is_titled = name[0] in _listed("title", language)
    behind = name[1:]
    if not _WHO.isdisjoint(behind[:2]) or _phrases("sent_by", language).find(behind):
        return None
    if is_titled:
        is_name = bool(behind) and len(behind[0]) > 1 and written.get(behind[0], "")[:1].isupper()
        is_other = is_name and bool(known.last_name) and not _sounds_alike(behind[0], known.last_name.split()[0])
        return ("", _as_written(behind[:1], written, language)) if is_other else None
    is_word = name[0] in _listed("words", language) and not written.get(name[0], "")[:1].isupper()
    if is_word or not is_first_name(name[0], language) or name[0] in _names(known):
        return None
    if known.first_name and _is_same(
        name[0], known.first_name, language, is_denied=_begins_with_no(words(text, language), language)
    ):
        return None
    return written.get(name[0], name[0]).capitalize(), _last_name(behind, written, known, language)


def _last_name(behind: Sequence[str], written: dict[str, str], known: _Known, language: str) -> str:
    """What is written like one, or is that of the known one: «Martine Durand»."""
    parts: list[str] = []
    for word in behind[:_LONGEST_NAME]:
        is_written = written.get(word, "")[:1].isupper() and word not in listed("filler", language)
        if not (is_written or word in known.last_name.split() or (is_particle(word, language) and len(behind) > 1)):
            break
        parts.append(word)
    while parts and is_particle(parts[-1], language):
        parts.pop()
    return _as_written(parts, written, language)


def _as_written(parts: Sequence[str], written: dict[str, str], language: str) -> str:
    """As the last names that were spelled: «LE GOFF», «Jones»."""
    name = " ".join(written.get(part, part) for part in parts)
    return name.upper() if language == "fr" else name


def _is_same(name: str, known: str, language: str, *, is_denied: bool) -> bool:
    """«Tom» and «Thomas», «Bob» and «Robert»; not «Luc» and «Lucas», who are two."""
    if any({name, known} <= group for group in _nicknames(language)):
        return True
    if _sounds_alike(name, known):
        return True
    shorter, longer = sorted((name.replace("th", "t"), known.replace("th", "t")), key=len)
    is_two = shorter in _listed("no_short_form", language) and is_first_name(longer, language)
    begins_alike = longer.startswith(shorter) or phonetic(longer).startswith(phonetic(shorter))
    return begins_alike and not is_two


def _sounds_alike(one: str, other: str) -> bool:
    return one == other or phonetic(one) == phonetic(other)


def _begins_with_no(said: Sequence[str], language: str) -> bool:
    return bool(said) and said[0] in _no(language)


@cache
def _listed(section: str, language: str) -> frozenset[str]:
    return frozenset(fold(word) for word in table("another_caller")[language][section])


@cache
def _nicknames(language: str) -> tuple[frozenset[str], ...]:
    groups = (*table("another_caller")["fr"]["nicknames"], *table("another_caller")["en"]["nicknames"])
    return tuple(frozenset(fold(group).split()) for group in groups)


def _no(language: str) -> frozenset[str]:
    return _listed("no", language)


_phrases = partial(phrases_of, "another_caller")
