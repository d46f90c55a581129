"""What is told of an address that is whole: a piece of it with its marks, or what is written instead of a piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, groupby, takewhile

from calls.understanding.address_rules.phrases import TALK, TEXT, Kind, Part, text_of
from calls.understanding.text import table

_ARTICLES = ("un", "le", "la", "l")
_ARE_MARKS = re.compile("[._-]+")
_NO_TEXT = re.compile("[^a-z0-9]")


def amended(address: str, said: Sequence[Part]) -> tuple[str, list[Part]] | None:
    """The address as a correction has it, and what was said after that; None when nobody can tell of what it is.

    «…, non, luc tiret roy» tells a piece that is there with its marks, «…, pardon, zéro deux, pas zéro un» what
    is written instead of what.
    """
    clauses = list(_clauses(list(dropwhile(lambda part: part.kind in TALK, said))))
    for new, old, count in _readings(clauses):
        changed = with_marks(address, new) or _with_instead(address, new, old)
        if changed and _may_end(changed):
            return changed, [part for clause in clauses[count:] for part in (*clause, Part(Kind.PAUSE))]
    return None


def _may_end(address: str) -> bool:
    label, _, ending = address.partition("@")[2].partition(".")
    provider = table("email")["providers"].get(label)
    return not provider or ending in provider["endings"]


def _clauses(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """What was said between pauses, and from «pas» on."""
    for is_pause, group in groupby(parts, lambda part: part.kind is Kind.PAUSE):
        if is_pause:
            continue
        clause = list(group)
        before = list(takewhile(lambda part: part.kind is not Kind.DENIAL, clause))
        yield from filter(None, (before, clause[len(before) :]))


def _readings(clauses: Sequence[Sequence[Part]]) -> Iterator[tuple[str, str, int]]:
    """What is written, what is not, and how many clauses told that."""
    told = [_told(clause) for clause in clauses[:2]]
    denied = [bool(clause) and clause[0].kind is Kind.DENIAL for clause in clauses[:2]]
    if len(told) == 2 and all(told) and denied[0] is not denied[1]:
        yield told[denied[0]], told[denied[1]], 2
    if told and told[0] and not denied[0]:
        yield told[0], "", 1


def _told(clause: Sequence[Part]) -> str:
    """What a clause tells of the address; nothing where it may be a sentence."""
    said = [part for part in clause if part.kind not in (*TALK, Kind.DENIAL)]
    if said and said[0].kind in (Kind.PARTICLE, Kind.DOUBT) and len(said) > 1 and said[1].kind is Kind.SEPARATOR:
        del said[0]  # «un tiret»
    return text_of(said) if all(part.kind in (*TEXT, Kind.SEPARATOR) for part in said) else ""


def with_marks(address: str, told: str, *, has_others: bool = True) -> str | None:
    """The address with the marks that a piece of it is told with; it may have been heard with others."""
    if not _ARE_MARKS.search(told.strip("._-")) or told != told.strip("._-"):
        return None
    pattern = "[._-]?".join(map(re.escape, _NO_TEXT.sub("", told)))
    places = list(re.finditer(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", address))
    if len(places) != 1 or (place := places[0])[0] == told or not (has_others or place[0].isalnum()):
        return None
    return address[: place.start()] + told + address[place.end() :]


def _with_instead(address: str, new: str, old: str) -> str | None:
    """The address with `new` in the place of `old`, which is of its kind and there once."""
    mailbox, at, domain = address.partition("@")
    if not old or new == old or _kind(new) != _kind(old) or {new, old} & table("email")["providers"].keys():
        return None  # «pas gmail, orange»: point what?
    if _kind(old) == "mark":
        return mailbox.replace(old, new) + at + domain if mailbox.count(old) == 1 else None
    edge = "0-9" if _kind(old) == "digits" else "a-z"
    places = list(re.finditer(rf"(?<![{edge}]){re.escape(old)}(?![{edge}])", address))
    return address[: places[0].start()] + new + address[places[0].end() :] if len(places) == 1 else None


def _kind(text: str) -> str:
    if text.isdecimal():
        return "digits"
    return "word" if text.isalpha() else "mark" if _ARE_MARKS.fullmatch(text) else "ending" if text[0] == "." else ""
