"""Characters that are none: JSON and addresses can spell them, no column and no answer in UTF-8 holds them."""

from __future__ import annotations

import re
from typing import Final

_NONE: Final = re.compile("[\x00\ud800-\udfff]")  # NUL, which PostgreSQL refuses, and halves of a pair of UTF-16


def can_be_stored(text: str) -> bool:
    return _NONE.search(text) is None


def legible(text: str) -> str:
    """`text` as it can be answered."""
    return _NONE.sub("�", text)
