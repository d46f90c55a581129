"""What is heard while the bot speaks, and is no attempt to take over."""

from __future__ import annotations

import re
from functools import cache, partial

from calls.understanding.text import LONGEST_UTTERANCE, phrases_of, table, words

# What recognition writes of silence and breath, learned from subtitles: at the start of a sentence,
# and as far as is known, else to the end of the sentence.
_HALLUCINATED = re.compile(
    r"""(?:^|(?<=[.!?…\n]))[\ \t«"([♪-]*
    (?: sous[ -]?titr\w*\s* (?: st\W{0,2}\s?\d+ | soci[eé]t[eé]\s+radio-canada | mfp | fr\s?\d*
          | (?:r[eé]alis[eé]s?\s+)?(?:par\w*|pour)\s+(?:la\s+communaut[eé]\s+d\W)?amara\.org
          | [^.!?…\n]* )
      | merci\s+d\Wavoir\s+regard[eé](?:\s+(?:cette|la|ma)\s+vid[eé]o)?
      | thanks?\s+(?:you\s+)?for\s+watching
      | (?:subtitles|captions?)\s+by\s+(?:the\s+amara\.org\s+community|[^.!?…\n]*)
      | (?:www\.)?amara\.org
    )[\s.!?…»")\]♪-]*""",
    re.IGNORECASE | re.VERBOSE,
)


_phrases = partial(phrases_of, "backchannel")


@cache
def _sounds() -> frozenset[str]:
    return frozenset(
        word
        for language in ("fr", "en")
        for sound in table("backchannel")[language]["sound"]
        for word in words(sound, language)
    )


def is_backchannel(text: str, language: str) -> bool:
    """Whether the caller only shows that he listens: «hum», «oui oui», «ah d'accord»."""
    if text.rstrip().endswith("?"):
        return False
    spoken = words(text, language)
    acknowledged = sum(hit.end - hit.start for hit in _phrases("acknowledgement", language).find(spoken))
    return 0 < len(spoken) == acknowledged


def is_noise(text: str) -> bool:
    """Whether no word was said: empty, «euh», a breath, or what recognition makes of silence."""
    return _sounds().issuperset(words(strip_hallucinations(text), "fr"))


def strip_hallucinations(text: str) -> str:
    """`text` without the credits of subtitles that recognition hears in silence."""
    return _HALLUCINATED.sub(" ", text[:LONGEST_UTTERANCE]).strip()
