"""What is dictated in several breaths: letters, an address, a number."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from calls.turns import FIRST_WORDS_SECONDS, Heard

MOST_HEARD: Final = 8


class Dictation:
    """The answer to a question for letters or digits, which may go on after the caller has drawn breath.

    It stays open until we have said so much of something else that its next words answer
    that. All times are seconds on the call's clock.
    """

    def __init__(self, understand: Callable[[str], str | None], keep: Callable[[str], None]) -> None:
        """`keep` takes the value that the answer has when it went on after it seemed to be over."""
        self.text = ""
        self._understand = lru_cache(MOST_HEARD)(understand)
        self._keep = keep
        self._value = ""
        self._closes_at: float | None = None  # None: we have said nothing since

    def begin(self, text: str) -> None:
        """Take the answer as it was heard."""
        self.text = text
        self._value = self._understand(text) or ""
        self._closes_at = None

    def bot_began(self, at: float) -> None:
        """We said something: the caller may not have heard yet that he was to stop."""
        if self._closes_at is None:
            self._closes_at = at + FIRST_WORDS_SECONDS

    def is_open_to(self, started_at: float, text: str) -> bool:
        """Whether words may go on with it: of what has a value, those that make it longer; what has none needs more."""
        is_in_time = self._closes_at is None or started_at <= self._closes_at
        return is_in_time and (not self._value or self._longer(text) is not None)

    def goes_on(self, heard: Heard) -> bool:
        """Take `heard` as its next words, if both together have a longer value."""
        if not heard.text or not self.is_open_to(heard.started_at, heard.text):
            return False
        longer = self._longer(heard.text)
        if longer is None:
            return False
        self.text, self._value, self._closes_at = f"{self.text} {heard.text}", longer, None
        self._keep(longer)
        return True

    def _longer(self, text: str) -> str | None:
        """The value of both together, if it begins with that of before and there is more of it."""
        value = self._understand(f"{self.text} {text}") or ""
        is_longer = len(value) > len(self._value) and value.lower().startswith(self._value.lower())
        return value if is_longer else None
