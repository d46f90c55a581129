"""Telephone numbers, as they are dictated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from calls.understanding.numbers import number
from calls.understanding.phones.parts import PAUSE, PLUS, Link, Part, are_pairs, is_doubted, parts
from calls.understanding.phones.readings import read, read_number
from companies.phone import international

# A dictation of 15 digits, which E.164 allows, needs no more words than these, said twice.
_MOST_WORDS = 60
_SHORTEST_ABROAD = 9
_FRENCH = 10
_LONGEST_NATIONAL = 11
_LONGEST_SAID = 2 * _LONGEST_NATIONAL
_MOBILE = {"06", "07"}
_TENS_WITH_UNITS = "234568"
# A whole number after another is a second one, unless it is said to be instead.
_INSTEAD = (Link.CORRECTION, Link.APOLOGY, Link.REPETITION)
_WITH_TRUNK_ZERO = ("440", "3530", "490", "610")
# Of nine or ten digits, where British ones have eleven: mobiles, Dublin, and the towns whose code is none in Britain.
# Those of 023, 024, 028, 029 and 055 may be British ones that lack a digit, 06 and 07 French ones.
_IRISH = re.compile(r"08[35679][0-9]{7}|01[2-9][0-9]{6}|0[59]1[0-9]{6}|0(?:2[12567]|4[1-79]|5[2-46-9]|9[03-9])[0-9]{7}")
_STARTS = ("0", "+", "33")


def phone(text: str, language: str) -> str | None:
    """The number dictated, in E.164 («+33612345678»); None unless it is whole, and can be no other.

    National numbers: French ones in French; in English British ones (11 digits), Irish ones
    (10 digits, 9 in Dublin), French ones (10 digits, in pairs or from 06) and North American
    ones (10 digits). A number that is corrected or repeated counts as it was said last.
    """
    said = parts(text, language)
    if sum(len(part.spoken) for part in said) > _MOST_WORDS or is_doubted(text, language):
        return None
    for recut, to_number in ((False, _number), (True, _number), (False, _stammered)):
        heard = {number for digits in _heard(said, language, recut) if (number := to_number(digits, language))}
        if heard:
            found = heard.pop()
            return found if not heard and _may_be_french(found, said, language) else None
    return None


def most_digits(text: str, language: str) -> int:
    """How many digits of a number were dictated, be it whole or not."""
    return max((len(digits) for digits in _heard(parts(text, language), language, recut=False)), default=0)


def _may_be_french(found: str, said: Sequence[Part], language: str) -> bool:
    """In English ten digits from zero may be a British number that lacks one, or an Irish one: only pairs tell."""
    is_international = any(part.spoken[0] == PLUS or part.spoken[0].startswith("00") for part in said)
    is_clear = language == "fr" or not found.startswith("+33") or found.startswith("+336")
    return is_clear or is_international or are_pairs(said, language)


def _heard(said: Sequence[Part], language: str, recut: bool) -> set[str]:
    """The digits that all parts together may stand for; those of other countries after a plus."""
    heard = {""}
    denied = ""
    for position, part in enumerate(said):
        if part.link is Link.DENIED:
            denied = next(iter(read(part.spoken, 0, language)), "")
            continue
        alone = read_number(part.spoken, language, recut=recut, is_first=heard == {""})
        if alone == {""}:
            continue  # «ça fait trois fois que j'appelle»
        if whole := {digits for digits in alone if _number(digits, language)}:
            is_other = part.link not in _INSTEAD and any(_number(digits, language) for digits in heard)
            heard = heard | whole if is_other else whole
        else:
            following = said[position + 1 : position + 2]
            if not denied and part.link is Link.CORRECTION and following and following[0].link is Link.DENIED:
                denied = next(iter(read(following[0].spoken, 0, language)), "")
            heard = {
                longer
                for digits in heard
                for longer in (
                    _followed(digits, part, denied, language, recut)
                    if digits
                    else [start for start in alone if start.startswith(_STARTS) or language == "en"] or [""]
                )
            }
        denied = ""
    return heard


def _followed(digits: str, part: Part, denied: str, language: str, recut: bool) -> Iterator[str]:
    """What `digits` become with the part after them."""
    is_foreign = digits.startswith("+")
    corrects = part.link is Link.CORRECTION or bool(denied and digits.endswith(denied))
    if part.link is Link.EITHER:  # «… quarante-cinq ou cinquante-quatre»
        instead = {more for more in read(part.spoken, len(digits), language, recut=recut) if len(more) < len(digits)}
        yield from {digits, *(digits[: -len(more)] + more for more in instead)}
        return
    if not corrects and _number(digits, language):
        read_on = read(part.spoken, len(digits), language, recut=recut)
        resumed = [more for more in read_on if len(more) > 2 and more.startswith(digits[-2:])]
        if resumed:  # «quarante, quarante-trois, oui, c'est ça, quarante-trois, et …»
            yield from (digits + more[2:] for more in resumed)
            return
        longer = {digits + more for more in read_on}
        # «Zéro six… attendez… zéro six quarante-quatre…» begins twice; «vous pouvez appeler après dix-huit heures».
        yield from {said for said in longer if _number(said, language)} or {digits}
        return
    if (corrects or part.link is Link.APOLOGY) and language == "en":
        yield from _group_corrected(digits, part.spoken, language)
    elif corrects or part.link is Link.APOLOGY:
        yield from _corrected(digits, part, denied, language)
    if corrects or len(digits) > _LONGEST_SAID:
        return
    for more in read(part.spoken, len(digits), language, recut=recut, in_pairs=not is_foreign):
        sizes = [size for size in range(2, min(len(digits), len(more)), 2) if digits[-size:] == more[:size]]
        yield from (digits + more[size:] for size in sizes)  # «trente-quatre, je dis bien trente-quatre, …»
        if not sizes or part.link is not Link.REPETITION:
            yield digits + more


def _group_corrected(digits: str, spoken: Sequence[str], language: str) -> Iterator[str]:
    """`digits` with the last of them replaced by as many: «eight one five, no, eight one four, two two six»."""
    end = spoken.index(PAUSE) if PAUSE in spoken else len(spoken)
    for instead in read(spoken[:end], 0, language):
        if 0 < len(instead) <= len(digits):
            yield from (digits[: -len(instead)] + instead + more for more in read(spoken[end:], 0, language))


def _corrected(digits: str, part: Part, denied: str, language: str) -> Iterator[str]:
    """`digits` with what the part says instead of some of them: mostly of the last pair."""
    is_whole = bool(_number(digits, language))
    is_half = len(digits) % 2 == 1  # «soixante-seize, huit, non, zéro huit»
    first = number(part.spoken, 0, language)
    if is_half or (first and len(first[1]) == 1 and first[1] != "0"):  # «cinq, quatre, non, trois, …»
        for instead in read(part.spoken, len(digits) - 1, language):
            yield digits[:-1] + instead
    for instead in read(part.spoken, len(digits), language):
        if len(instead) == 2 and part.of_beginning:
            yield instead + digits[2:]
            continue
        places = [place for place in range(0, len(digits), 2) if digits[place : place + 2] == denied]
        if len(instead) == 2 and len(places) == 1:
            yield digits[: places[0]] + instead + digits[places[0] + 2 :]
            continue
        if is_whole and {digits[:2], instead} == _MOBILE:
            continue  # «non, zéro sept»: the first pair, or the last
        if len(instead) > 1 and not is_half:
            yield digits[:-2] + instead
        for size in range(4, len(digits) + 1, 2):
            again = digits[-size:]
            if any(again[place : place + 2] == instead[place : place + 2] for place in range(0, size, 2)):
                yield digits[:-size] + instead  # «trente, quarante, non, trente, cinquante»


def _number(digits: str, language: str) -> str | None:
    """The number in E.164; one that was said twice is one, and «zéro six, zéro six, douze…» begins once."""
    half = len(digits) // 2
    if half >= _LONGEST_NATIONAL - 1 and digits[:half] == digits[half:]:
        digits = digits[:half]
    elif len(digits) == 12 and digits[0] == "0" and digits[:2] == digits[2:4]:
        digits = digits[2:]
    return _to_e164(digits.lstrip("+"), language, digits.startswith("+"))


def _stammered(digits: str, language: str) -> str | None:
    """The number, if what is too much was said twice: «vingt-sept, euh, vingt-sept», «quarante, quarante-trois»."""
    size = len(digits) - _FRENCH
    places = range(0, len(digits) - size, 2) if size > 0 and size % 2 == 0 else ()
    once = {
        digits[:place] + digits[place + size :]
        for place in places
        if _is_said_again(digits[place : place + size], digits[place + size : place + 2 * size])
    }
    return _number(once.pop(), language) if len(once) == 1 else None


def _is_said_again(said: str, following: str) -> bool:
    is_begun = len(said) == 2 and said[0] in _TENS_WITH_UNITS and said[1] == "0"
    return following == said or (is_begun and following[:1] == said[0])


def _to_e164(digits: str, language: str, is_international: bool) -> str | None:
    if is_international or digits.startswith("00"):
        digits = digits if is_international else digits[2:]
        if digits.startswith("0") or len(digits) < _SHORTEST_ABROAD:
            return None
        if digits.startswith(_WITH_TRUNK_ZERO):
            digits = digits.replace("0", "", 1)  # «plus 44 and then 0 7 7 …»
        number = international(f"+{digits}")
        # Who says 33 without nine digits after it is not done, or was misheard.
        is_incomplete = digits.startswith("33") and len(digits.removeprefix("330").removeprefix("33")) != 9
        return number if number and not is_incomplete else None
    if language == "en" and _IRISH.fullmatch(digits):
        return f"+353{digits[1:]}"
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return international(digits)
    if language == "fr" and re.fullmatch(r"33[1-9][0-9]{8}", digits):
        return international(f"+{digits}")
    if language == "en":
        if re.fullmatch(r"0[1-9][0-9]{9}", digits):
            return f"+44{digits[1:]}"
        if re.fullmatch(r"1?[2-9][0-9]{2}[2-9][0-9]{6}", digits):
            return f"+1{digits[-10:]}"
    return None
