"""Words that a voice would say wrongly are handed to it as they sound; nobody reads that."""

from __future__ import annotations

import re
from functools import lru_cache

Pronunciations = tuple[tuple[str, str], ...]  # (written, spoken)


def pronounced(text: str, pronunciations: Pronunciations) -> str:
    """The text for a voice: whole words that are `written`, in upper or lower case, as `spoken`."""
    if not pronunciations:
        return text
    pattern, spoken = _lexicon(pronunciations)
    return pattern.sub(lambda match: spoken.get(match[0].casefold(), match[0]), text)


@lru_cache(256)
def _lexicon(pronunciations: Pronunciations) -> tuple[re.Pattern[str], dict[str, str]]:
    spoken = {written.casefold(): sound for written, sound in pronunciations}
    longest_first = sorted((written for written, _ in pronunciations), key=len, reverse=True)
    words = "|".join(re.escape(written) for written in longest_first)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), spoken
