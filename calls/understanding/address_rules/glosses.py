"""«Comme la fête», «comme Robin des bois»: what tells a word of an e-mail address from others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.understanding.address_rules.phrases import SILENT, Kind, asides, phrases
from calls.understanding.letters import Word

_WITH_ARTICLE = re.compile(r"[ld]['’]", re.IGNORECASE)
_OF = ("de", "du", "des", "à")
# «Comme Pierre» may be a letter's example; and what else a likeness may have in it.
_LETTER_LIKENESS = 2
_LIKENESS = frozenset((Kind.PARTICLE, Kind.INTRO, Kind.INTERJECTION, Kind.FILLER, Kind.DOUBT))


def gloss_end(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, *, word: str = ""
) -> int | None:
    """Where «comme la fête», «comme l'oiseau» ends, which tells `word` from others."""
    likeness_end = _likeness_end(heard, plain, position, language) if word else None
    if likeness_end and word in plain[position + 1 : position + 3]:
        return likeness_end  # «moulin, comme le Moulin de la Galette»
    if gloss := asides("gloss", language).at(plain, position):
        end = gloss.end + word_follows(heard, plain, gloss.end, language)
        if plain[end : end + 1] and heard[end].text in _OF and is_in_one_breath(heard, end):
            return end + 2  # «comme le moulin à vent»
        is_about_it = end > gloss.end and word in plain[gloss.end : end + 1]
        return end + (is_about_it and word_follows(heard, plain, end, language))  # «Costa, comme la Costa Brava»
    if likeness_end:
        return likeness_end
    is_noun = (
        plain[position] == "comme"
        and position + 1 < len(plain)
        and (_WITH_ARTICLE.match(heard[position + 1].text) or plain[position + 1] == word)
    )
    return position + 2 if is_noun else None


def _likeness_end(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> int | None:
    """Where the clause «comme Robin des bois», «comme tout le monde» ends, which tells nothing else."""
    if plain[position] != "comme":
        return None
    end = next((end for end in range(position, len(heard)) if not is_in_one_breath(heard, end)), position) + 1
    if end - position <= _LETTER_LIKENESS or end == len(heard):
        return None
    told = [hit.value.kind for hit in phrases(language).find(plain[position + 1 : end])]
    is_letter = any(len(word) == 1 and word not in ("a", "d", "l") for word in plain[position + 1 : end])
    return None if is_letter or not _LIKENESS.issuperset(told) else end


def word_follows(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> bool:
    """Whether a word goes on there in one breath, and not a mark or a letter: the noun of «comme le prénom Noël»."""
    if not is_in_one_breath(heard, position - 1) or len(plain[position]) == 1:
        return False
    mark = phrases(language).at(plain, position)
    return not mark or mark.value.kind not in (Kind.AT, Kind.WEAK_AT, Kind.SEPARATOR, *SILENT)


def is_in_one_breath(heard: Sequence[Word], position: int) -> bool:
    """Whether nothing is written between the word at `position` and the one after it."""
    return position + 1 < len(heard) and heard[position].end + 1 == heard[position + 1].start
