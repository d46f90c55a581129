"""Dictated e-mail addresses. A wrong address is worse than none: what is unsure is None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise, takewhile

from calls.understanding.address_parts import Kind, Part, address_parts, endings, has_at
from calls.understanding.names import is_first_name
from calls.understanding.text import LONGEST_DICTATION, table

_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[a-z]{2,}"
)
# Words said in one breath are written as one; beyond this many it was a sentence.
_MOST_WORDS = 3
_MOST_WORDS_GLUED = 6
# So many letters that follow a word and resemble it spell that word.
_SPELLED, _LIKE_THE_WORD = 3, 0.6
# A domain this much like a provider's is that provider misheard.
_LIKE_A_PROVIDER = 0.75

_TEXT = (Kind.WORD, Kind.LETTERS, Kind.DIGITS, Kind.PROVIDER, Kind.PARTICLE)
_SILENT = (Kind.FILLER, Kind.PAUSE, Kind.GLUED)


def email(text: str, language: str) -> str | None:
    """The address dictated, in small letters without accents; None unless it is whole and sure.

    Words with nothing between them are one («pierre martin arobase» is pierremartin@). Of
    an address that is corrected the last version counts, if it is whole.
    """
    if len(text) > LONGEST_DICTATION:
        return None
    address: str | None = None
    before: list[Part] = []
    for how, parts in _versions(text, language):
        if not any(part.kind in (*_TEXT, Kind.SEPARATOR, Kind.AT, Kind.DOUBT, Kind.POISON) for part in parts):
            continue
        version = _address(parts, language)
        if how is Kind.REPETITION:
            if address and version != address and (version or has_at(parts)):
                return None
            address = address or version
        else:
            address = version if _replaces(parts, before) else None
        before = parts
    return address


def _versions(text: str, language: str) -> list[tuple[Kind, list[Part]]]:
    """The dictation cut at «non, pardon» and «je répète»."""
    versions: list[tuple[Kind, list[Part]]] = [(Kind.REPETITION, [])]
    for part in address_parts(text, language):
        if part.kind in (Kind.CORRECTION, Kind.REPETITION):
            versions.append((part.kind, []))
        else:
            versions[-1][1].append(part)
    return versions


def _replaces(parts: Sequence[Part], before: Sequence[Part]) -> bool:
    """Whether a correction begins anew: «pierre point martin, non, durand» may mean pierre.durand."""
    old = [part for part in before if part.kind in _TEXT]
    new = [part for part in parts if part.kind in _TEXT]
    return not old or has_at(before) or old[0] == new[0]


def _address(parts: Sequence[Part], language: str) -> str | None:
    """The address that the parts make, if they make one without a doubt."""
    ats = [position for position, part in enumerate(parts) if part.kind in (Kind.AT, Kind.WEAK_AT)]
    strong = [position for position in ats if parts[position].kind is Kind.AT]
    ats = strong or ats
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
    return address if _ADDRESS.fullmatch(address) else None


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
    pause = next((position for position, part in enumerate(parts) if part.kind is Kind.PAUSE), 0)
    if pause and all(part.kind in (Kind.DOUBT, Kind.INTRO, Kind.INTERJECTION) for part in parts[:pause]):
        parts = parts[pause:]  # «c'est tout simple, sophie arobase…»
    said = _without_glosses([part for part in parts if part.kind not in _SILENT])
    cut = max((position + 1 for position, part in enumerate(said) if part.kind is Kind.INTRO), default=0)
    if any(part.kind in (Kind.LETTERS, Kind.SEPARATOR) for part in said[:cut]):
        return None
    said = said[cut:]
    while said and said[0].kind is Kind.INTERJECTION:
        said = said[1:]
    if not said or (not glued and (said[0].kind is Kind.PARTICLE or _begins_with_talk(said, language))):
        return None
    return _joined(said, glued=glued)


def _without_glosses(parts: Sequence[Part]) -> list[Part]:
    """«P point Durand, P comme Pierre» without the letter told again; any other after a word is doubtful."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        following = parts[position + 1].kind if position + 1 < len(parts) else None
        is_gloss = part.has_example and kept and kept[-1].kind is Kind.WORD and following is not Kind.LETTERS
        if not is_gloss:
            kept.append(part)
        elif not any(earlier.kind is Kind.LETTERS and earlier.value == part.value for earlier in kept):
            kept.append(Part(Kind.DOUBT))
    return kept


def _domain(parts: Sequence[Part], local: str, *, glued: bool) -> tuple[str, bool] | None:
    """The domain, and whether its ending was said."""
    said: list[Part] = []
    if any(part.kind is Kind.POISON for part in parts):
        return None
    after: Sequence[Part] = []
    for position, part in enumerate(parts):
        if part.kind in (Kind.FILLER, Kind.GLUED):
            continue
        if part.kind is Kind.PAUSE and not _ends(said):
            continue
        if part.kind not in (*_TEXT, Kind.SEPARATOR) or (part.kind in _TEXT and _ends(said)):
            after = parts[position:]
            break
        said.append(part)
    spoken = _joined(said, glued=glued) if said else None
    if not spoken:
        return None
    label, _, ending = spoken.partition(".")
    if not _is_gloss(after, (local, *re.split(r"[._+-]", local), label)):
        return None
    provider = table("email")["providers"].get(label)
    if not ending:
        default = provider.get("default") if provider and said[-1].kind is Kind.PROVIDER else None
        return (f"{label}.{default}", False) if default else None
    if provider:
        return (spoken, True) if ending in provider["endings"] else None
    if spoken.rpartition(".")[2] not in endings() or len(label) < 2 or _is_misheard(label):
        return None
    return spoken, True


def _is_gloss(after: Sequence[Part], said: Iterable[str]) -> bool:
    """Whether what follows the address changes nothing of it: «…, le bon pain tout attaché»; not «avec un tiret»."""
    told = "".join(part.value for part in takewhile(lambda part: part.kind in (*_TEXT, *_SILENT), after))
    return (not told or told in said) and all(part.kind is not Kind.SEPARATOR for part in after)


def _ends(said: Sequence[Part]) -> bool:
    """Whether a domain may be over: «…point com,»."""
    return len(said) > 2 and said[-2] == Part(Kind.SEPARATOR, ".") and said[-1].value in endings()


def _is_misheard(label: str) -> bool:
    return any(SequenceMatcher(None, label, name).ratio() >= _LIKE_A_PROVIDER for name in table("email")["providers"])


def _joined(parts: Sequence[Part], *, glued: bool) -> str | None:
    """The text of parts without spaces; None when a part leaves a doubt, or it was a sentence."""
    pieces = []
    for is_text, group in groupby(parts, lambda part: part.kind in _TEXT):
        chunk = list(group)
        if not is_text:
            if len(chunk) > 1 or chunk[0].kind is not Kind.SEPARATOR:
                return None
            pieces.append(chunk[0].value)
            continue
        if len(chunk) > 1 and any(part.kind is Kind.PROVIDER for part in chunk):
            return None  # «arobase orange gmail point com»
        if chunk[0].kind is Kind.PARTICLE and len(chunk) > 1 and pieces and pieces[-1] != ".":
            return None  # «garage tiret du centre»: garage-ducentre or garage-du-centre?
        text = _chunk(chunk, glued=glued)
        if text is None:
            return None
        pieces.append(text)
    return "".join(pieces)


def _chunk(parts: Sequence[Part], *, glued: bool) -> str | None:
    """Words said one after the other; a word that is spelled too counts once."""
    texts: list[Part] = []
    for kind, group in groupby(parts, lambda part: part.kind):
        values = [part.value for part in group]
        texts += [Part(kind, "".join(values))] if kind is Kind.LETTERS else [Part(kind, value) for value in values]
    kept: list[Part] = []
    for text in texts:
        if kept and _spells(text, kept[-1]):
            kept[-1] = text
        elif not (kept and _spells(kept[-1], text) and kept[-1].value == text.value):
            kept.append(text)
    if any(_tells_of(letters, word) for word, letters in pairwise(kept)):
        return None
    spelled = [text.value for text in kept if text.kind is Kind.LETTERS and len(text.value) >= _SPELLED]
    words = [text.value for text in kept if text.kind is Kind.WORD]
    if (
        spelled
        and words
        and any(SequenceMatcher(None, one, two).ratio() >= _LIKE_THE_WORD for one in spelled for two in words)
    ):
        return None
    if len(words) > (_MOST_WORDS_GLUED if glued else _MOST_WORDS):
        return None
    return "".join(text.value for text in kept)


def _tells_of(letters: Part, word: Part) -> bool:
    """«emma deux M»: of the letters that the word has, or two more of them?"""
    is_double = letters.kind is Kind.LETTERS and len(letters.value) > 1 and len(set(letters.value)) == 1
    return is_double and word.kind is Kind.WORD and letters.value[0] in word.value


def _spells(letters: Part, word: Part) -> bool:
    return (
        letters.kind is Kind.LETTERS
        and word.kind in (Kind.WORD, Kind.PROVIDER)
        and len(letters.value) >= _SPELLED
        and letters.value[0] == word.value[0]
        and SequenceMatcher(None, letters.value, word.value).ratio() >= _LIKE_THE_WORD
    )
