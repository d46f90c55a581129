"""What is heard while the bot speaks, and is no attempt to take over."""

from __future__ import annotations

from functools import cache

from calls.understanding.text import LONGEST_UTTERANCE, Lexicon, fold, lexicon, table, words

# What recognition writes of silence and breath, learned from subtitles.
_HALLUCINATED = ("sous-titr", "sous titr", "amara.org", "thanks for watching", "merci d'avoir regarde")


@cache
def _phrases(section: str, language: str) -> Lexicon[str]:
    return lexicon([(table("backchannel")[language][section], section)], language)


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
    plain = fold(text[:LONGEST_UTTERANCE])
    if any(phrase in plain for phrase in _HALLUCINATED):
        return True
    return _sounds().issuperset(words(text, "fr"))
