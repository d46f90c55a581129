"""Telephone numbers: as they are dictated, and as networks write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from calls.understanding.numbers import number
from calls.understanding.phone_parts import Link, Part, parts
from calls.understanding.phone_readings import read, read_number

_COUNTRY_CODES = {
    "FR": "33", "BE": "32", "CH": "41", "LU": "352", "GB": "44", "IE": "353",
    "DE": "49", "ES": "34", "IT": "39", "US": "1", "CA": "1",
}  # fmt: skip

# E.164 allows 15 digits; a dictation needs no more words than these, said twice.
_MOST_DIGITS = 15
_MOST_WORDS = 60
_LONGEST_NATIONAL = 11
_LONGEST_SAID = 2 * _LONGEST_NATIONAL
_MOBILE = {"06", "07"}


def phone(text: str, language: str) -> str | None:
    """The number dictated, in E.164 («+33612345678»); None unless it is whole, and can be no other.

    National numbers: French ones in French; in English British ones (11 digits),
    French ones (10 digits from 0) and North American ones (10 digits).
    A number that is corrected or repeated counts as it was said last.
    """
    said = parts(text, language)
    if sum(len(part.spoken) for part in said) > _MOST_WORDS:
        return None
    for recut in (False, True):
        heard = {number for digits in _heard(said, language, recut) if (number := _number(digits, language))}
        if heard:
            return heard.pop() if len(heard) == 1 else None
    return None


def normalise_number(raw: str, region: str) -> str | None:
    """A caller id («0612345678», «0033…», «"Pierre" <+336…>», «sip:+336…@host») in E.164.

    `region` is the country of the line, such as FR: what a number without country code
    belongs to. None for hidden numbers («anonymous») and internal extensions.
    """
    if match := re.search(r"<([^<>]*)>", raw):
        raw = match[1]
    raw = re.sub(r"^\s*(?:sips?|tel):", "", raw, flags=re.IGNORECASE).split("@")[0].split(";")[0]
    digits = re.sub(r"[\s().\-/]", "", raw.replace("(0)", ""))
    if not re.fullmatch(r"\+?[0-9]{1,17}", digits, flags=re.ASCII):
        return None
    code = _COUNTRY_CODES.get(region.upper(), "")
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0") and code:
        digits = code + (digits if region.upper() == "IT" else digits[1:])
    elif code and not (digits.startswith(code) and len(digits) > 10):
        if len(digits) < 9:
            return None
        digits = code + digits
    return _e164(digits)


def _e164(digits: str) -> str | None:
    if digits.startswith("0") or not 8 <= len(digits) <= _MOST_DIGITS:
        return None
    if digits.startswith("33") and not re.fullmatch(r"33[1-9][0-9]{8}", digits):
        return None
    return f"+{digits}"


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
            heard = whole
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
                    else [start for start in alone if start[:1] in ("0", "+") or language == "en"] or [""]
                )
            }
        denied = ""
    return heard


def _followed(digits: str, part: Part, denied: str, language: str, recut: bool) -> Iterator[str]:
    """What `digits` become with the part after them."""
    is_foreign = digits.startswith("+")
    corrects = part.link is Link.CORRECTION or bool(denied and digits.endswith(denied))
    if not corrects and _number(digits, language):
        yield digits  # «vous pouvez appeler après dix-huit heures»
        return
    if corrects or part.link is Link.APOLOGY:
        yield from _corrected(digits, part, denied, language)
    if corrects or len(digits) > _LONGEST_SAID:
        return
    for more in read(part.spoken, len(digits), language, recut=recut, in_pairs=not is_foreign):
        sizes = [size for size in range(2, min(len(digits), len(more)), 2) if digits[-size:] == more[:size]]
        yield from (digits + more[size:] for size in sizes)  # «trente-quatre, je dis bien trente-quatre, …»
        if not sizes or part.link is not Link.REPETITION:
            yield digits + more


def _corrected(digits: str, part: Part, denied: str, language: str) -> Iterator[str]:
    """`digits` with what the part says instead of some of them: mostly of the last pair."""
    is_whole = bool(_number(digits, language))
    first = number(part.spoken, 0, language)
    if first and len(first[1]) == 1 and first[1] != "0":  # «cinq, quatre, non, trois, …»
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
        if len(instead) > 1:
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


def _to_e164(digits: str, language: str, international: bool) -> str | None:
    if international or digits.startswith("00"):
        digits = digits if international else digits[2:]
        if digits.startswith("330"):  # «+33 (0)6»
            digits = "33" + digits[3:]
        return _e164(digits) if len(digits) >= 9 else None
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return f"+33{digits[1:]}"
    if language == "en":
        if re.fullmatch(r"0[1-9][0-9]{9}", digits):
            return f"+44{digits[1:]}"
        if re.fullmatch(r"1?[2-9][0-9]{2}[2-9][0-9]{6}", digits):
            return f"+1{digits[-10:]}"
    return None
