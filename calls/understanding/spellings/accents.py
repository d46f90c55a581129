"""Accents that are told after the letters: «avec un accent aigu sur le premier E»."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from calls.understanding.letters import ACCENTED, Word, letter_at, signs

# The letters that French names have with each accent; at the end only É is heard of.
_BEARERS = {"\u0301": "e", "\u0300": "eau", "\u0302": "aeiou", "\u0308": "eiu", "\u0327": "c"}
# Those that names from elsewhere have on other letters, too: «O avec un tréma, Z, D, E, M, I, R».
_FOREIGN = ("\u0308", "\u0303")
_ACUTE = "\u0301"
# The keys of `which` in words/spelling.toml, as indices of the letter's places in the name.
_WHICH = {"first": 0, "second": 1, "last": -1}


class AccentRemark(NamedTuple):
    """That a letter has an accent («» is whichever can bear it); negated, that it has none."""

    accent: str
    letter: str = ""
    which: str = ""
    is_negated: bool = False


def _accent_remark_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str
) -> tuple[int, AccentRemark] | None:
    """The remark on an accent at `position`, and where it ends."""
    without = signs("without", language).at(plain, position)
    leads = (signs(section, language).at(plain, position) for section in ("with the", "about", "and a"))
    lead = without or next((hit for hit in leads if hit), None)
    none = signs("unaccented", language).at(plain, position)
    is_negated = bool(none or without)
    at = none.end if none else lead.end if lead else position
    small = signs("small", language).at(plain, at) if at < len(plain) else None
    at = small.end if small else at
    accent = signs("accents", language).at(plain, at) if at < len(plain) else None
    if not accent and not none:
        return None
    end = accent.end if accent else at  # «sans accent sur le E»
    if accent and end < len(plain) and (above := signs("above", language).at(plain, end)):
        end = above.end
    on = signs("on", language).at(plain, end) if end < len(plain) else None
    if not on:
        return (end, AccentRemark(accent.value, is_negated=is_negated)) if accent and lead else None
    which = signs("which", language).at(plain, on.end) if on.end < len(plain) else None
    at = which.end if which else on.end
    letter = letter_at(heard, plain, at, language) if at < len(plain) else None
    if not letter:
        return None
    remark = AccentRemark(accent.value if accent else "", letter.value[0], which.value if which else "", is_negated)
    return letter.end, remark


def _bearer_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str
) -> tuple[int, AccentRemark] | None:
    """«Le premier E prend un accent aigu», and where it ends."""
    the = signs("bearing", language).at(plain, position)
    if not the or the.value != "the" or the.end >= len(plain):
        return None
    which = signs("which", language).at(plain, the.end)
    at = which.end if which else the.end
    letter = letter_at(heard, plain, at, language) if at < len(plain) else None
    bears = signs("bearing", language).at(plain, letter.end) if letter and letter.end < len(plain) else None
    accent = signs("accents", language).at(plain, bears.end) if bears and bears.end < len(plain) else None
    if not letter or not bears or not accent or bears.value != "bears":
        return None
    return accent.end, AccentRemark(accent.value, letter.value[0], which.value if which else "")


def without_accent_remarks(heard: list[Word], language: str) -> tuple[list[Word], list[AccentRemark]]:
    """The words without «avec un accent aigu sur le E», and what was remarked."""
    plain = [word.plain for word in heard]
    if not any(signs(section, language).find(plain) for section in ("accents", "unaccented")):
        return heard, []
    kept: list[Word] = []
    remarks: list[AccentRemark] = []
    position = 0
    while position < len(heard):
        found = _accent_remark_at(heard, plain, position, language) or _bearer_at(heard, plain, position, language)
        if found:
            found = _told_again_up_to(plain, found[0], found[1].accent, language), found[1]
        if found and kept and _is_of_the_letter(kept, heard[found[0] :], found[1]):
            letter = unicodedata.normalize("NFC", kept[-1].text + found[1].accent)
            kept[-1] = kept[-1]._replace(text=letter)
            position = found[0]
        elif found:
            position = found[0]
            remarks.append(found[1])
        else:
            kept.append(heard[position])
            position += 1
    return kept, remarks


def _told_again_up_to(plain: Sequence[str], position: int, accent: str, language: str) -> int:
    """Where «(deux points dessus), le tréma» ends."""
    the = signs("bearing", language).at(plain, position) if position < len(plain) else None
    again = signs("accents", language).at(plain, the.end) if the and the.end < len(plain) else None
    return again.end if again and the and the.value == "the" and again.value == accent else position


def _is_of_the_letter(kept: Sequence[Word], ahead: Sequence[Word], remark: AccentRemark) -> bool:
    """«M, U avec un tréma, deux L»: of the letter before it, where others follow that do not begin the name again."""
    if remark.letter or remark.is_negated or not ahead or len(kept[-1].text) != 1:
        return False
    first = next((word.plain for word in kept if len(word.plain) == 1), "")
    goes_on = len(ahead[0].plain) == 1 and ahead[0].plain != first
    counted = len(ahead) > 1 and len(ahead[1].plain) == 1 and ahead[0].plain in ("deux", "2", "double", "two")
    accented = unicodedata.normalize("NFC", kept[-1].text.lower() + remark.accent)
    may_bear = remark.accent in _FOREIGN or kept[-1].plain in _BEARERS.get(remark.accent, "")
    return (goes_on or counted) and accented in ACCENTED and may_bear


def accented(name: str, remarks: Iterable[AccentRemark]) -> str | None:
    """`name` as the remarks have it; None when nobody can tell which letter is meant."""
    remarks = list(remarks)
    # «Tréma sur le E ? Non, pas de tréma»
    denied = {remark.accent for remark in remarks if remark.is_negated and not remark.letter}
    for remark in remarks:
        if remark.accent in denied:
            continue
        amended = name if remark.is_negated else _with_accent(name, remark)
        if amended is None:
            return None
        name = amended
    return name


def _with_accent(name: str, remark: AccentRemark) -> str | None:
    bearers = remark.letter or _BEARERS.get(remark.accent, "")
    if any(remark.accent in unicodedata.normalize("NFD", letter) for letter in name):
        return name  # it was said with the letters already
    places = [place for place, letter in enumerate(name) if letter in bearers]
    last = len(name) - 1
    if not remark.letter and last in places:
        places = [last] if remark.accent == _ACUTE else places[:-1]
    if remark.which in _WHICH and places:
        index = _WHICH[remark.which]
        places = places[index:][:1]
    if not places or (len(places) > 1 and remark.which != "all"):
        return None
    letters = list(name)
    for place in places:
        letters[place] = unicodedata.normalize("NFC", letters[place] + remark.accent)
        if letters[place] not in ACCENTED:
            return None
    return "".join(letters)
