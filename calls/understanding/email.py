"""Dictated e-mail addresses. A wrong address is worse than none: what is unsure is None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import dropwhile, takewhile

from calls.understanding.address_corrections import corrected
from calls.understanding.address_parts import (
    SILENT,
    TEXT,
    Kind,
    Part,
    address_parts,
    endings,
    has_at,
    is_over,
    second_levels,
)
from calls.understanding.address_remarks import (
    as_told,
    changes_nothing,
    without_name,
    without_talk_inside,
)
from calls.understanding.address_text import joined
from calls.understanding.names import is_first_name
from calls.understanding.text import LONGEST_DICTATION, table

_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[a-z]{2,}"
)
# A domain this much like a provider's is that provider misheard.
_LIKE_A_PROVIDER = 0.75

# Letters that are words too, and so no dictation.
_ARE_WORDS = ("a", "i", "y")


def email(text: str, language: str) -> str | None:
    """The address dictated, in small letters without accents; None unless it is whole and sure.

    Words with nothing between them are one («pierre martin arobase» is pierremartin@). Of
    an address that is corrected the last version counts, if it is whole.
    """
    if len(text) > LONGEST_DICTATION:
        return None
    address: str | None = None
    before: list[Part] = []
    for how, said in _versions(text, language):
        parts: list[Part] | None = said
        has_content = any(part.kind not in (Kind.INTRO, Kind.INTERJECTION, *SILENT) for part in said)
        if how is Kind.REPETITION:
            if not has_content:
                continue
            version = _address(said, language)
            if address and version != address and (version or has_at(said)):
                return None
            address = address or version
        elif has_content or before:
            parts = corrected(before, said)
            address = _address(parts, language) if parts else None
        before = parts or said
    return address


def _versions(text: str, language: str) -> list[tuple[Kind, list[Part]]]:
    """The dictation cut at «non, pardon» and «je répète»."""
    versions: list[tuple[Kind, list[Part]]] = [(Kind.REPETITION, [])]
    for part in as_told(address_parts(text, language)):
        if part.kind in (Kind.CORRECTION, Kind.REPETITION):
            versions.append((part.kind, []))
        else:
            versions[-1][1].append(part)
    return versions


def _address(parts: Sequence[Part], language: str) -> str | None:
    """The address that the parts make, if they make one without a doubt."""
    parts = without_talk_inside(_with_chez(parts))
    ats = [position for position, part in enumerate(parts) if part.kind in (Kind.AT, Kind.WEAK_AT)]
    strong = [position for position in ats if parts[position].kind is Kind.AT]
    ats = strong or ats
    if len(ats) == 2:
        return _told_twice(parts, ats[0], language)
    if len(ats) != 1:
        return None
    glued = any(part.kind is Kind.GLUED for part in parts)
    local = _local(parts[: ats[0]], language, glued=glued)
    domain = _domain(parts[ats[0] + 1 :], local, glued=glued) if local else None
    if not local or not domain:
        return None
    name, is_whole = domain
    if not is_whole and not strong and not (re.search(r"[._+-]", local) or _is_name_and_number(local)):
        return None  # «je suis chez orange»
    address = f"{local}@{name}"
    marks = {"-": address, ".": local}
    if any(part.kind is Kind.GLUED and part.value and part.value in marks[part.value] for part in parts):
        return None  # «pierre point martin, sans point»
    return address if _ADDRESS.fullmatch(address) else None


def _with_chez(parts: Sequence[Part]) -> list[Part]:
    """«Friterie chez Momo arobase…»: where the at sign was said too, a word among others."""
    if all(part.kind is not Kind.AT for part in parts):
        return list(parts)
    kinds = [part.kind for part in parts]
    kept = []
    for position, part in enumerate(parts):
        beside = kinds[position - 1 : position] + kinds[position + 1 : position + 2]
        if part.kind is Kind.WEAK_AT and beside == [Kind.AT, Kind.PROVIDER]:
            continue
        is_word = part.kind is Kind.WEAK_AT and beside in ([Kind.WORD, Kind.WORD], [Kind.AT, Kind.WORD])
        kept.append(Part(Kind.WORD, part.value) if is_word else part)
    return kept


def _told_twice(parts: Sequence[Part], at: int, language: str) -> str | None:
    """The address that was told again, if it is the same."""
    end = next((end for end in range(at + 1, len(parts)) if is_over(parts[:end])), None)
    if end is None:
        return None
    address = _address(parts[:end], language)
    return address if address == _address(parts[end:], language) else None


def _is_name_and_number(local: str) -> bool:
    """«karim zéro six chez gmail»; but «depuis 2012 chez orange» is no address."""
    name = local.rstrip("0123456789")
    return len(local) - len(name) > 1 and is_first_name(name)


def _begins_with_talk(said: Sequence[Part], language: str) -> bool:
    """«Regardez Pierre arobase», «lentement Pierre arobase»: more likely a remark than a name."""
    first = said[0].value
    is_first_of_two = [part.kind for part in said[:2]] == [Kind.WORD, Kind.WORD]
    return (
        is_first_of_two and first.endswith(tuple(table("email")[language]["talk_endings"])) and not is_first_name(first)
    )


def _local(parts: Sequence[Part], language: str, *, glued: bool) -> str | None:
    cut = max((position + 1 for position in range(len(parts)) if _is_introduction(parts, position)), default=0)
    if any(
        part.kind is Kind.SEPARATOR or (part.kind is Kind.LETTERS and part.value not in _ARE_WORDS)
        for part in parts[:cut]
    ):
        return None
    said = _without_glosses([part for part in without_name(parts[cut:]) if part.kind not in SILENT])
    mailbox = said[-1].value if said else ""
    said = list(dropwhile(lambda part: part.kind is Kind.INTERJECTION, said))
    if not said and mailbox in table("email")[language]["mailbox"]:
        return mailbox
    if not said or (not glued and (said[0].kind is Kind.PARTICLE or _begins_with_talk(said, language))):
        return None
    first = list(takewhile(lambda part: part.kind in TEXT, said))
    if not glued and len(first) > 1 and len(first) < len(said) and _ends_with_initial(first):
        return None
    return joined(said, glued=glued)


def _ends_with_initial(parts: Sequence[Part]) -> bool:
    """«Sonia D point Roy»: more likely D. Roy, after something else."""
    *_, word, letter = parts
    return word.kind is Kind.WORD and letter.kind is Kind.LETTERS and len(letter.value) == 1


def _is_introduction(parts: Sequence[Part], position: int) -> bool:
    """Whether what is said up to there is no part of the address: «parce que moi j'en ai pas,»."""
    kind, following = parts[position].kind, parts[position + 1 : position + 2]
    is_clause_end = kind in (Kind.DOUBT, Kind.DENIAL) and [part.kind for part in following] == [Kind.PAUSE]
    return kind is Kind.INTRO or (is_clause_end and any(part.kind in TEXT for part in parts[position:]))


def _without_glosses(parts: Sequence[Part]) -> list[Part]:
    """«P point Durand, P comme Pierre» without the letter told again; any other after a word is doubtful."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        following = parts[position + 1].kind if position + 1 < len(parts) else None
        is_gloss = part.has_example and kept and following is not Kind.LETTERS
        if is_gloss and kept[-1] in (part, Part(Kind.LETTERS, part.value)):
            continue  # «point R, la lettre R»
        if not is_gloss or kept[-1].kind is not Kind.WORD:
            kept.append(part)
        elif all(earlier.kind is not Kind.LETTERS or earlier.value != part.value for earlier in kept):
            is_more = part.value not in kept[-1].value  # «Laura, S comme Sophie»
            kept.append(part if is_more else Part(Kind.DOUBT))
    return kept


def _domain(parts: Sequence[Part], local: str, *, glued: bool) -> tuple[str, bool] | None:
    """The domain, and whether its ending was said."""
    said: list[Part] = []
    after: Sequence[Part] = []
    for position, part in enumerate(parts):
        if part.kind in (Kind.FILLER, Kind.GLUED):
            continue
        if part.kind is Kind.PAUSE and not is_over(said):
            continue
        is_part = part.kind in (*TEXT, Kind.SEPARATOR) or (part.remark and said)
        if not is_part or (part.value != "." and is_over(said)):
            after = parts[position:]
            break
        said.append(part)
    spoken = joined(said, glued=glued) if said else None
    if not spoken:
        return None
    label, _, ending = spoken.partition(".")
    if not changes_nothing(after, f"{local}@{spoken}"):
        return None
    provider = table("email")["providers"].get(label)
    if not ending:
        is_whole = provider and said[-1].kind is Kind.PROVIDER and len(provider["endings"]) == 1
        return (f"{label}.{provider['endings'][0]}", False) if is_whole else None
    if provider:
        return (spoken, True) if ending in provider["endings"] else None
    *names, last = spoken.split(".")
    if last not in endings() or len(label) < 2 or _is_misheard(label):
        return None
    if len(names) > 1 and names[-1] in endings() - second_levels():
        return None  # «point com, euh, point fr»
    return spoken, True


def _is_misheard(label: str) -> bool:
    return any(SequenceMatcher(None, label, name).ratio() >= _LIKE_A_PROVIDER for name in table("email")["providers"])
