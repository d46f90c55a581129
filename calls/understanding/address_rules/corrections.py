"""What a caller takes back while dictating an e-mail address: «point fr, non, point com»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.address_rules.phrases import (
    ATS,
    OF_THE_ADDRESS,
    SILENT,
    TALK,
    TEXT,
    Kind,
    Part,
    endings,
    has_at,
    is_over,
    last_of,
    text_of,
    without_last,
)
from calls.understanding.address_rules.spelling import first_unit, last_unit, spelled_once, spelled_words
from calls.understanding.letters import SPELLED, sound_alike, spells
from calls.understanding.names import is_first_name
from calls.understanding.text import table

_DOT = Part(Kind.SEPARATOR, ".")
_DENIED_ANYWHERE = (Kind.PROVIDER, Kind.SEPARATOR)


def corrected(before: Sequence[Part], after: Sequence[Part]) -> list[Part] | None:
    """`before` with what was said instead of some of it, `after`; None when nobody can tell of what."""
    parts = _corrected(before, after)
    local = _local(_without_introduction(before))
    if parts and Part(Kind.GLUED) in before and has_at(before) and parts[: len(local)] == local:
        return [Part(Kind.GLUED), *parts]  # «le petit prince, tout attaché, arobase…»
    return parts


def _corrected(before: Sequence[Part], after: Sequence[Part]) -> list[Part] | None:
    old, new = _without_introduction(before), list(dropwhile(_is_talk, after))
    new = _once(_without_denied(old, new))
    is_mark_last = bool(old and new) and old[-1].kind is Kind.SEPARATOR
    if is_mark_last and any(
        part in (Part(Kind.GLUED), Part(Kind.GLUED, old[-1].value)) for part in takewhile(_is_talk, after)
    ):
        letters = text_of(takewhile(lambda part: part.kind is Kind.LETTERS, old))
        is_again = bool(letters and _first_text(new) == letters) or _first_text(new).startswith(_first_text(old))
        return new if is_again else [*old[:-1], *after]  # «marie tiret, non, tout attaché»
    denied = {part.value for part in takewhile(_is_talk, after) if part.kind is Kind.GLUED and part.value}
    if denied and not has_at(old):  # «pierre point martin, non, sans le point»
        old = [part for part in old if part.kind is not Kind.SEPARATOR or part.value not in denied]
        if new and has_at(new[:1]):
            return [*old, *after]
    if (
        [part.kind for part in new[:2]] == [Kind.PROVIDER, Kind.PAUSE]
        and new[0] in old
        and any(part.kind in TEXT for part in new[2:])
    ):
        new = list(dropwhile(_is_talk, new[1:]))  # «j'ai dit gmail, c'est hotmail point com»
    if has_at(old) and has_at(new) and _names_providers(_local(new)):
        return [*_local(old), *new[len(_local(new)) :]]  # «…arobase orange, non, c'est free, arobase free point fr»
    if [part.kind for part in new[:2]] == [Kind.PARTICLE, Kind.SEPARATOR]:
        del new[0]  # «non, le tiret du bas»
    if not new:
        return _without_first_try(before)
    if new[0].remark and old:  # «deux N, non, un seul»
        run = last_of(old, Kind.LETTERS)
        words = old[: len(old) - len(run)]
        if spelled_words(Part(Kind.LETTERS, text_of(run)), words) and new[0].remark.is_true_of(words[-1].value):
            return [*words, *new]  # «thibault, T H I B A U D, non, A U L T à la fin»
        return [*(old[:-1] if old[-1].remark else old), *new]
    if (
        not any(part.kind in TEXT for part in old)
        or _is_denied(before)
        or (has_at(old) and _local(new) and has_at(new))
        or (Part(Kind.INTRO, OF_THE_ADDRESS) in _local(after) and has_at(after))
    ):
        return _from_first_text(old, after)
    if not has_at(old):
        return _local_corrected(old, new)
    if has_at(new):
        return [*_local(old), *new]  # «…, non, arobase orange point fr»
    end = next((end for end, part in enumerate(new) if part.kind is Kind.PAUSE and is_over(new[:end])), len(new))
    if any(part.kind not in (*TALK, *TEXT, Kind.SEPARATOR) for part in new[:end]):
        return None
    told = [part for part in new[:end] if not _is_talk(part)]
    address = _address_corrected(old, told) if told else None
    return [*address, *new[end:]] if address else None


def _once(parts: list[Part]) -> list[Part]:
    """«(Non,) vingt-trois, vingt-trois» once"""
    end = next((end for end, part in enumerate(parts) if part.kind is Kind.PAUSE), len(parts))
    again = list(dropwhile(lambda part: part.kind is Kind.PAUSE, parts[end:]))
    is_again = end > 0 and again[:end] == parts[:end] and all(part.kind is Kind.PAUSE for part in again[end : end + 1])
    return [*parts[:end], *again[end:]] if is_again else parts


def continued(before: Sequence[Part], after: Sequence[Part]) -> list[Part]:
    """What is said `after` «donc», or with `before` where it only goes on: «patrick point vidal, donc V I D A L»."""
    old, new = _without_introduction(before), [part for part in _local(after) if not _is_talk(part)]
    letters = last_of(old, Kind.LETTERS)
    again = list(takewhile(lambda part: part.kind is Kind.LETTERS, new))
    if letters and text_of(again).startswith(text_of(letters)):
        return [*old[: -len(letters)], *after]  # «R O Y, je répète, R O Y»
    if old[:1] and old[0].kind is Kind.SEPARATOR and has_at(after):
        return list(after)  # «…, pardon, tiret du bas simon, donc jérôme tiret du bas simon arobase…»
    is_begun = any(part.kind in (Kind.SEPARATOR, Kind.LETTERS) for part in old) and not has_at(old)
    return [*before, *after] if is_begun and _first_text(new) != _first_text(old) else list(after)


def _names_providers(parts: Sequence[Part]) -> bool:
    said = [part for part in parts if not _is_talk(part) and part.kind is not Kind.DENIAL]
    return bool(said) and all(part.value in table("email")["providers"] for part in said)


def _is_talk(part: Part) -> bool:
    return part.kind in TALK


def _without_introduction(parts: Sequence[Part]) -> list[Part]:
    """The address so far, without what was said before it and in its midst."""
    local = _local(parts)
    spoken = list(takewhile(lambda part: part.kind is not Kind.INTRO, reversed(local)))[::-1]
    if any(part.kind is Kind.SEPARATOR for part in local[: len(local) - len(spoken)]):
        spoken = local  # «gérard point schneider, je vous l'épelle, S C H…»
    return [part for part in (*spoken, *parts[len(local) :]) if not _is_talk(part)]


def _local(parts: Sequence[Part]) -> list[Part]:
    return list(takewhile(lambda part: part.kind not in ATS, parts))


def _is_denied(parts: Sequence[Part]) -> bool:
    """«Pas Hotmail, pardon, c'est…»"""
    return next((part.kind for part in parts if not _is_talk(part)), None) is Kind.DENIAL


def _from_first_text(old: Sequence[Part], after: Sequence[Part]) -> list[Part]:
    """`after` without the new piece where the whole is told behind it: «…, non, trente-quatre, karim trente-quatre»."""
    start = next((place for place, part in enumerate(after) if part.value == _first_text(old)), 0)
    piece = [part for part in after[:start] if not _is_talk(part)]
    piece = piece[2 * (piece[:1] == [Part(Kind.DENIAL)]) :]  # «42 cent, non, pas cent, 42, karim 42»
    rest = [part.value for part in after[start:] if part.kind in TEXT]
    is_told_again = all(part.kind in TEXT and part.value in rest for part in piece)
    return list(after[start:] if piece and is_told_again else after)


def _without_denied(old: Sequence[Part], new: list[Part]) -> list[Part]:
    """«Point com, non, pas point com, point fr» without what is not."""
    letters = text_of(last_of(old, Kind.LETTERS))
    if letters and [part.kind for part in new[:3]] == [Kind.DENIAL, Kind.WORD, Kind.PAUSE] and new[1].value == letters:
        return list(dropwhile(_is_talk, new[2:]))  # «B A R, non, pas bar, B E R»
    denied = max((count for count in (1, 2) if len(new) > count + 1 and new[1 : count + 1] == old[-count:]), default=0)
    if not denied and len(new) > 2 and new[1] in old and new[1].kind in _DENIED_ANYWHERE and _is_talk(new[2]):
        denied = 1  # «c'est plus gmail, c'est orange point fr», «pas un tiret, un point»
    return list(dropwhile(_is_talk, new[denied + 1 :])) if denied and new[0].kind is Kind.DENIAL else new


def _without_first_try(parts: Sequence[Part]) -> list[Part]:
    """«Point com, euh, point fr, pardon» without the ending that was taken back."""
    said = [part for part in parts if part.kind not in SILENT]
    if len(said) > 3 and is_over(said) and is_over(said[:-2]):
        return [*said[:-4], *said[-2:]]
    return list(parts)


def _local_corrected(old: list[Part], new: list[Part]) -> list[Part] | None:
    """`old` ends where its at sign was not said yet."""
    local = [part for part in _local(new) if not _is_talk(part)]
    if not local:
        return None
    unit, new_unit = last_unit(old), first_unit(local)
    letters = last_of(old, Kind.LETTERS)
    rest = old[: len(old) - len(letters)]
    again = Part(Kind.LETTERS, text_of(takewhile(lambda part: part.kind is Kind.LETTERS, local)))
    if letters and letters[0] == local[0] and spelled_words(again, rest):
        return [*rest, *new]  # «Meyer, M E I, non, M E Y E R»
    if new_unit == local and _is_letter(new_unit) and len(unit) > 1 and unit[-1].kind is Kind.LETTERS:
        # «D U P O N D, non, T»; but «M A R I, non, E» may go on
        return [*old[:-1], *new] if sound_alike(unit[-1].value[0], new_unit[0].value) else None
    if _first_text(local) == _first_text(old) or text_of(local) == text_of(old):
        # «maxime tiret, non, point, maxime point…»
        return list(dropwhile(lambda part: part.kind in (Kind.SEPARATOR, *SILENT), new))
    if has_at(new) and (marked := _with_mark(old, local)):
        return [*marked, *new[1:]]
    if local[0].kind is Kind.SEPARATOR:
        if old[-1].kind is Kind.SEPARATOR:
            return [*without_last(old, Kind.SEPARATOR), *new]  # «point, non, tiret martin»
        if len(local) > 1 and old[-1] == local[1]:
            return [*(old[:-2] if old[-2:-1] and old[-2].kind is Kind.SEPARATOR else old[:-1]), *new]
        return None
    marks = [part.value for part in local if part.kind is Kind.SEPARATOR]
    if marks and (old[-1] == local[-1] or marks == [part.value for part in old if part.kind is Kind.SEPARATOR]):
        return new  # «michel point bernard, non, bernard point michel»
    chunk = last_of(old, *TEXT)
    if chunk and chunk[-1].kind is Kind.WORD and text_of(chunk[:-1]) == _name(new_unit):
        return [*old[: -len(chunk)], *new]  # «R O C H E, rochelle, non, roche»
    if unit[-1].kind is new_unit[0].kind is Kind.DIGITS:
        is_all = len(text_of(unit)) == len(text_of(new_unit))
        return [*old[: -len(unit) if is_all else -1], *new] if is_all or len(new_unit) == 1 else None
    if not chunk or len(unit) != len(chunk) or not _may_stand_for(new_unit, unit):
        return None
    if any(spells(_name(new_unit), part.value) for part in old[: -len(unit)]):
        return None  # «luc point roy, non, L U K»
    if len(unit) == len(old):  # «martin, non, dupont»; but «pierre, non, martin» may go on
        return None if is_first_name(unit[0].value) and not is_first_name(_name(new_unit)) else new
    return [*old[: -len(unit)], *new] if all(part.kind in (Kind.REMARK, *TEXT) for part in local) else None


def _with_mark(parts: Sequence[Part], new: Sequence[Part]) -> list[Part] | None:
    """`parts` with another mark between two names, if it is all that is `new`: «non, c'est un tiret du bas»."""
    places = [place for place, part in enumerate(parts[:-1]) if part.kind is Kind.SEPARATOR]
    if [part.kind for part in new] != [Kind.SEPARATOR] or len(places) != 1 or parts[-1].kind is Kind.SEPARATOR:
        return None
    return [*parts[: places[0]], *new, *parts[places[0] + 1 :]]


def _name(unit: Sequence[Part]) -> str:
    return text_of(part for part in unit if part.kind is unit[-1].kind)


def _is_letter(unit: Sequence[Part]) -> bool:
    return len(unit) == 1 and unit[0].kind is Kind.LETTERS and len(unit[0].value) == 1


def _may_stand_for(new: Sequence[Part], old: Sequence[Part]) -> bool:
    """Whether `new` is said instead of `old`; letters may as well go on, unless they begin again."""
    if _is_letter(new) or _is_letter(old) or {Kind.WORD, Kind.LETTERS}.isdisjoint(part.kind for part in (*new, *old)):
        return len(new) == len(old) and new[0].kind is old[0].kind
    return new[0].kind is Kind.WORD or old[0].kind is Kind.WORD or new[0].value[:1] == old[0].value[:1]


def _first_text(parts: Sequence[Part]) -> str:
    return next((part.value for part in parts if part.kind in TEXT), "")


def _address_corrected(old: list[Part], new: list[Part]) -> list[Part] | None:
    """`old` has an at sign and `new` none, so `new` is said instead of a part that is like it."""
    local = _local(old)
    at, domain = old[len(local)], old[len(local) + 1 :]
    label = list(takewhile(lambda part: part != _DOT, domain))
    if new[0].value in endings() and new[1:] == [_DOT, new[0]]:
        del new[1:]  # «non, fr, point fr»
    new = spelled_once(new)
    kinds = [part.kind for part in new]
    if new[0] == _DOT:
        if new.count(_DOT) == 1 and domain.count(_DOT) > 1:
            label = domain[: len(domain) - domain[::-1].index(_DOT) - 1]  # «univ tiret nantes»
        return [*local, at, *label, *new] if label else None
    if len(new) == 1 and new[0].value in endings() and len(label) < len(domain):
        return [*local, at, *label, _DOT, *new]
    if is_over(new):
        return [*local, at, *new]
    if len(new) == 1 and new[0].value in table("email")["providers"] and domain:
        return old if new[0] in domain else [*local, at, *new]
    digits = [position for position, part in enumerate(old) if part.kind is Kind.DIGITS]
    if kinds == [Kind.DIGITS] and len(digits) == 1:
        return [*old[: digits[0]], *new, *old[digits[0] + 1 :]]
    places = [place for place, part in enumerate(local) if part.kind is Kind.WORD and spells(new[0].value, part.value)]
    if kinds in ([Kind.WORD], [Kind.LETTERS]) and len(places) == 1 and len(new[0].value) >= SPELLED:
        return [*old[: places[0]], *new, *old[places[0] + 1 :]]  # «…, non, lucile, L U C I L E»
    if new[0].value == _first_text(local):
        return [*new, at, *domain]  # «non, pierre tiret martin»
    return None
