"""Telephone numbers: as they are dictated, and as networks write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from calls.understanding.numbers import is_number, readings
from calls.understanding.text import LONGEST_UTTERANCE, words

_COUNTRY_CODES = {
    "FR": "33", "BE": "32", "CH": "41", "LU": "352", "GB": "44", "IE": "353",
    "DE": "49", "ES": "34", "IT": "39", "US": "1", "CA": "1",
}  # fmt: skip

# E.164 allows 15 digits; a dictation needs no more parts than that, repeated once.
_MOST_DIGITS = 15
_MOST_PARTS = 40

_COMPOUND = re.compile(r"(?<![^\W_])[^\W\d_]++(?:-[^\W\d_]++)+")

_PLUS = "plus"
_FILLERS = {
    "fr": frozenset(
        [
            "euh",
            "hum",
            "ben",
            "alors",
            "donc",
            "puis",
            "ensuite",
            "apres",
            "tiret",
            "point",
            "virgule",
            "espace",
            "oui",
            "voila",
            "et",
            "c",
            "est",
            "le",
        ]
    ),
    "en": frozenset(["um", "uh", "er", "then", "and", "dash", "hyphen", "dot", "space", "comma"]),
}
_TWICE = {"fr": {"double": 2, "triple": 3}, "en": {"double": 2, "triple": 3, "treble": 3}}


def phone(text: str, language: str) -> str | None:
    """The number dictated, in E.164 («+33612345678»); None unless it is whole.

    National numbers: French ones in French; in English British ones (11 digits),
    French ones (10 digits from 0) and North American ones (10 digits).
    A number that is corrected or repeated counts as it was said last.
    """
    runs = _runs(text, language)
    joined = [part for run in runs for part in run]
    if len(joined) > _MOST_PARTS:
        return None
    heard = {number for run in runs if (number := _read(run, language))}
    if len(heard) > 1:
        return _read(runs[-1], language)
    if heard:
        return heard.pop()
    return _read(joined, language) if len(runs) > 1 and not _was_corrected(text, language) else None


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


def _was_corrected(text: str, language: str) -> bool:
    return bool({"non", "pardon", "trompe", "no", "sorry", "wrong"}.intersection(words(text, language)))


def _runs(text: str, language: str) -> list[list[str]]:
    """The dictated parts: words and digits that may be of one number, cut where something else is said."""
    text = re.sub(r"\+\s*(?=[0-9])", f" {_PLUS} ", text[:LONGEST_UTTERANCE]).replace("(0)", " ")
    runs: list[list[str]] = [[]]
    repeat = 1
    spoken = words(_COMPOUND.sub(lambda match: _whole(match[0], language), text), language)
    for position, word in enumerate(spoken):
        if word in _TWICE[language]:
            repeat = _TWICE[language][word]
        elif language == "fr" and word == "fois" and runs[-1][-1:] in (["deux"], ["2"], ["trois"], ["3"]):
            repeat = 2 if runs[-1].pop() in ("deux", "2") else 3
        elif word == _PLUS or is_number(word, language):
            runs[-1].extend([word] * repeat)
            repeat = 1
        elif word == "et" and runs[-1] and spoken[position + 1 : position + 2] in (["un"], ["une"], ["onze"], ["1"]):
            runs[-1].append(word)
        elif word not in _FILLERS[language] and runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _whole(compound: str, language: str) -> str:
    """«quatre-vingt-dix» as 90: what recognition joined with hyphens is one number."""
    parts = words(compound, language)
    if parts and is_number(parts[0], language):
        for end, digits in readings(parts, 0, language):
            if end == len(parts):
                return digits
    return compound


def _read(parts: Sequence[str], language: str) -> str | None:
    """The number that all of `parts` make together; a number said twice is one."""
    if not parts:
        return None
    half = len(parts) // 2
    if len(parts) % 2 == 0 and parts[:half] == parts[half:]:
        repeated = _read(parts[:half], language)
        if repeated:
            return repeated
    international = parts[0] == _PLUS
    digits = next(_spellings(parts[1:] if international else parts, language, international), None)
    return digits and _to_e164(digits, language, international)


def _spellings(parts: Sequence[str], language: str, international: bool) -> Iterator[str]:
    """Every way of reading `parts` that is a number somebody could call, the likeliest first."""
    dead_ends: set[tuple[int, str]] = set()

    def read(position: int, digits: str) -> Iterator[str]:
        if len(digits) > _MOST_DIGITS + 2 or (position, digits) in dead_ends:
            return
        if position == len(parts):
            if _to_e164(digits, language, international):
                yield digits
            return
        found = False
        if parts[position] == "et":
            readings_here: Iterator[tuple[int, str]] = iter([(position + 1, "")])
        elif parts[position] == _PLUS:
            return
        else:
            readings_here = readings(parts, position, language)
            if international and position == 0:
                readings_here = islice(readings_here, 1)  # «plus trente-trois» is France, not Greece
        for end, more in readings_here:
            for whole in read(end, digits + more):
                found = True
                yield whole
        if not found:
            dead_ends.add((position, digits))

    yield from read(0, "")


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
