"""First names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from calls.understanding.first_names.left_out import (
    without_company,
    without_counter_question,
    without_denied,
    without_idioms,
    without_others,
    without_question,
    without_remark,
)
from calls.understanding.first_names.reading import name_in
from calls.understanding.first_names.spelled import as_spelled, cased, with_letter
from calls.understanding.names import Token, is_first_name, is_no_name, listed, phrases, refuses, tokens_of
from calls.understanding.text import fold, table
from calls.understanding.trading_names import without_trading_names

_PAUSE = re.compile(r"[.,;:!?…]+(?=\s|$)")


def first_name(text: str, language: str) -> str | None:
    """The caller's first name, as «Jean-Luc»; None when none was given.

    A name that nobody has heard of is taken when it was introduced («je m'appelle
    Xochitl») or said alone. «helene» is Hélène, unless «sans accent» was said; other accents
    stay as recognition wrote them. A company that is told instead is none.
    """
    text = without_counter_question(without_trading_names(text, language), language)
    spoken = without_idioms(_hyphenated(tokens_of(text, language), language), language)
    told = without_question(without_remark(spoken, language), language)
    # «Olivier, ça suffira» keeps nothing back.
    if refuses(text if len(told) == len(spoken) else " ".join(token.text for token in told), language):
        return None
    tokens = without_others(without_denied(without_company(told, language), language), language)
    name, is_other_talk = None, False
    for clause, is_nickname in _clauses(tokens, language):
        more = None if is_nickname and name else name_in(clause, language)
        if more and (
            _replaces(fold(more), fold(name), language)
            if name
            else not is_other_talk or is_first_name(fold(more), language)
        ):
            name = more
        # «J'habite Paris, enfin Lyon»: no name is being corrected.
        is_other_talk = is_other_talk or not all(token.plain in listed("filler", language) for token in clause)
    name = _grown(name or _alone(text, tokens, language), tokens, language)
    if _is_doubted(spoken, language):
        return None
    if name is None and _is_only_last_name(spoken, language):
        return None
    name = _in_two_words(as_spelled(text, spoken, name, language), spoken, language)
    name = with_letter(name, spoken) if name and language == "en" else name
    is_plain = bool(phrases("unaccented", language).find([token.plain for token in spoken]))
    return name if name is None or is_plain or language != "fr" else _accented(name)


def _grown(name: str | None, tokens: Sequence[Token], language: str) -> str | None:
    """«Jean, euh, Jean-Luc» as «Jean-Luc»."""
    said = [token for token in tokens if token.plain not in listed("filler", language)]
    for token, longer in pairwise(said):
        if name and token.plain == fold(name) != longer.plain and longer.plain.startswith(token.plain):
            return cased(longer.text) if is_first_name(longer.plain, language) else name
    return name


def _is_only_last_name(tokens: Sequence[Token], language: str) -> bool:
    """«My surname is James, J A M E S»: letters are no first name where none was told."""
    plain = [token.plain for token in tokens]
    is_last = language == "en" and bool(phrases("last", language).find(plain))
    return is_last and not phrases("given", language).find(plain)


def _is_doubted(tokens: Sequence[Token], language: str) -> bool:
    """«Either Mike or Mick»: two names, and nobody can tell which."""
    plain = [token.plain for token in tokens]
    names = [position for position, word in enumerate(plain) if is_first_name(word, language)]
    either = listed("alternatives", language)
    if any(far == near + 2 and plain[near + 1] in either for near, far in pairwise(names)):
        return True
    return bool(phrases("doubt", language).find(plain)) and len({plain[position] for position in names}) > 1


def _in_two_words(name: str | None, tokens: Sequence[Token], language: str) -> str | None:
    """«John Paul with a dash in the middle», «Anna Maria, two words»."""
    plain = [token.plain for token in tokens]
    told = [hit for section in ("hyphenated", "two words") for hit in phrases(section, language).find(plain)]
    if not name or not told or fold(name) not in plain:
        return name
    second = plain.index(fold(name)) + 1
    if second != told[0].start - 1 or is_no_name(plain[second], language):
        return name
    return ("-" if told[0].value == "hyphenated" else " ").join((name, cased(tokens[second].text)))


def _alone(text: str, tokens: Sequence[Token], language: str) -> str | None:
    """A known name between two pauses, or at the end behind one: «… la question. Ludovic», «voilà euh René»."""
    plain = [token.plain for token in tokens]
    if not listed("another", language).isdisjoint(plain):
        return None
    pauses = listed("filler", language)
    parts = [[token for token in tokens_of(part, language) if token.plain not in pauses] for part in _PAUSE.split(text)]
    if len(plain) > 1 and plain[-2] in pauses:
        parts.append([tokens[-1]])
    names = {part[0].plain: part[0].text for part in parts if len(part) == 1 and is_first_name(part[0].plain, language)}
    untitled = {word for before, word in pairwise(["", *plain]) if before not in listed("title", language)}
    return cased(names.popitem()[1]) if len(names) == 1 and names.keys() <= untitled else None


def _clauses(tokens: list[Token], language: str) -> Iterator[tuple[list[Token], bool]]:
    """What is said before and after each «enfin» or «pardon»; and whether as a nickname («…, pour les intimes»)."""
    plain = [token.plain for token in tokens]
    start = 0
    hits = [hit for section in ("repair", "nickname") for hit in phrases(section, language).find(plain)]
    for hit in sorted(hits):
        yield tokens[start : hit.start], hit.value == "nickname"
        start = hit.end
    yield tokens[start:], False


def _replaces(name: str, earlier: str, language: str) -> bool:
    """Whether `name` corrects `earlier`: «Nicolas, enfin Nico» is Nicolas, «Alex, enfin Alexandre» is not Alex."""
    return (
        name.startswith(earlier)
        or not is_first_name(earlier, language)
        or (is_first_name(name, language) and not earlier.startswith(name))
    )


def _hyphenated(tokens: list[Token], language: str) -> list[Token]:
    """«Jean tiret Luc» as «Jean-Luc»."""
    joined: list[Token] = []
    position = 0
    plain = [token.plain for token in tokens]
    while position < len(tokens):
        hyphen = phrases("hyphen", language).at(plain, position)
        after = tokens[hyphen.end] if hyphen and hyphen.end < len(tokens) else None
        is_first = bool(joined) and "-" not in joined[-1].plain and is_first_name(joined[-1].plain, language)
        if hyphen and after and is_first and not is_no_name(after.plain, language):
            before = joined.pop()
            joined.append(Token(f"{before.text}-{after.text}", f"{before.plain}-{after.plain}"))
            position = hyphen.end + 1
        else:
            joined.append(tokens[position])
            position += 1
    return joined


def _accented(name: str) -> str:
    """«Jean-Rene» as «Jean-René»."""
    return "-".join(_with_accents().get(part, part) for part in name.split("-"))


@cache
def _with_accents() -> dict[str, str]:
    names = table("first_names")["accented"].split()
    return {fold(name).capitalize(): name for name in names}
