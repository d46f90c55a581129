"""The words that Deepgram is told to expect: so many as it takes, and changed in the stream.

https://developers.deepgram.com/docs/keyterm, https://developers.deepgram.com/docs/configure
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# 500 tokens at most. In French one is about three letters; capitals, figures and signs are often tokens of their own.
# With more in a stream Deepgram falls silent without a word, and closes it 30 s later.
MOST_TERMS: Final = 100
MOST_LETTERS: Final = 1200
ANSWER_SECONDS: Final = 3.0  # until October 2026 nobody said that a change was taken


def fitting(terms: Iterable[str]) -> list[str]:
    """The first of them, as many as Deepgram takes."""
    kept: list[str] = []
    letters = 0
    for term in terms:
        letters += sum(1 if letter.islower() or letter == " " else 2 for letter in term)
        if letters > MOST_LETTERS or len(kept) == MOST_TERMS:
            break
        kept.append(term)
    return kept


class Keyterms:
    """Those of one stream. Deepgram refuses a change while it has not answered the last one, so they wait here."""

    def __init__(self, terms: list[str]) -> None:
        """`terms`: what the stream was opened with."""
        self._own = self._in_effect = self._wanted = terms
        self._told: list[str] | None = None  # and not answered yet
        self._told_at = 0.0
        self._unanswered = 0  # what was told; a late answer is the first one's

    def want(self, terms: Iterable[str]) -> None:
        """Instead of what was wanted before; for none, those that the stream was opened with."""
        self._wanted = fitting(terms) or self._own

    def due(self, now: float) -> list[str] | None:
        """What Deepgram is to be told now."""
        if self._told is not None:
            if now - self._told_at < ANSWER_SECONDS:
                return None
            self._settle(taken=True)
        if self._wanted == self._in_effect:
            return None
        self._told, self._told_at = self._wanted, now
        self._unanswered += 1
        return self._told

    def answered(self, *, taken: bool) -> None:
        """What was refused is not tried again; what is wanted next may be."""
        self._unanswered = max(0, self._unanswered - 1)
        if not self._unanswered:
            self._settle(taken=taken)

    def _settle(self, *, taken: bool) -> None:
        if self._told is None:
            return
        if taken:
            self._in_effect = self._told
        elif self._wanted == self._told:
            self._wanted = self._in_effect
        self._told = None
