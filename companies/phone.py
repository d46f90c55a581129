"""One written form for a telephone number, so that a caller is found again."""

from __future__ import annotations

import re

#: What a number without a country is taken for.
HOME = "+33"


def international(number: str) -> str:
    """`number` as +33612345678 (E.164); "" when it is none: withheld, an internal extension, words.

    National numbers are French: ten digits that begin with 0.
    """
    digits = re.sub(r"[\s.\-()/]", "", number.replace("(0)", ""))  # +33 (0)6 is written, never dialled
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return HOME + digits[1:]
    # As some exchanges show the national number: 33612345678, without a sign.
    digits = re.sub(r"^(00(?=[1-9])|(?=33[1-9][0-9]{8}$))", "+", digits)
    return digits if re.fullmatch(r"\+[1-9][0-9]{6,14}", digits) else ""
