"""One written form for a telephone number, so that a caller is found again."""

from __future__ import annotations

import re

#: What a number without a country is taken for.
HOME = "+33"

# What national numbers begin with that are dialled from abroad with another country code than 33 (ARCEP, decision
# 2018-0881; ITU-T E.164). 06 39 98 is no Mayotte: those numbers are nobody's, for films and examples.
_OVERSEAS = {
    "+262": r"26[239]|639(?!98)|69[23]|7092|7093[5-7]",  # Réunion, Mayotte
    "+590": r"590|69[01]|7090",  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    "+594": r"594|694|7093[0-3]",  # Guyane
    "+596": r"596|69[67]|7091",  # Martinique
    "+508": r"708[45]",  # Saint-Pierre-et-Miquelon
}
# Six digits, before which other French dial the country code: 0508 41 23 45 is +508 41 23 45.
_SAINT_PIERRE = "508"


def international(number: str) -> str:
    """`number` as +33612345678 (E.164); "" when it is none: withheld, an internal extension, words.

    National numbers are French: ten digits that begin with 0.
    """
    digits = re.sub(r"[\s.\-()/]", "", number.replace("(0)", ""))  # +33 (0)6 is written, never dialled
    # As some exchanges show the national number: 33612345678, without a sign.
    if french := re.fullmatch(r"(?:0|(?:\+|00)?330?)([1-9][0-9]{8})", digits):
        return _french(french[1])
    digits = re.sub(r"^00(?=[1-9])", "+", digits)
    return digits if re.fullmatch(r"\+[1-9][0-9]{6,14}", digits) else ""


def forms(number: str) -> tuple[str, ...]:
    """`number` (E.164) in all the forms in which it may be stored.

    Overseas numbers had the country code of France once: +33692123456 for +262692123456.
    """
    former = [HOME + digits for digits in (number[1:], number[4:]) if len(digits) == 9 and _french(digits) == number]
    return tuple(dict.fromkeys([number, *former]))


def is_french_mobile(number: str) -> bool:
    """Whether `number` (E.164) is a mobile one, at home or overseas."""
    return number.startswith(tuple(f"{code}{first}" for code in (HOME, *_OVERSEAS) for first in "67"))


def _french(national: str) -> str:
    """A French number of nine digits, without the 0 before them, in E.164."""
    if national.startswith(_SAINT_PIERRE):
        return f"+{national}"
    return next((code for code, begins in _OVERSEAS.items() if re.match(begins, national)), HOME) + national
