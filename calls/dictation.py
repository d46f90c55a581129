"""What is dictated in several breaths: letters, an address, a number."""

from __future__ import annotations

from collections.abc import Callable

from calls.turns import FIRST_WORDS_SECONDS, Heard


class Dictation:
    """The answer to a question for letters or digits, which may go on after the caller has drawn breath.

    It stays open until we have said so much of something else that its next words answer
    that. All times are seconds on the call's clock.
    """

    def __init__(self, keep: Callable[[str], None], instead: Callable[[str], str | None]) -> None:
        """`keep` takes the value that the answer has when it went on after it seemed to be over.

        `instead` gives what is told in its place, where words begin by taking something back.
        """
        self.text = ""
        self._keep = keep
        self._instead = instead
        self._value = ""
        self._closes_at: float | None = None  # None: we have said nothing since

    def begin(self, text: str, understand: Callable[[str], object]) -> None:
        """Take the answer as it was heard.

        `understand` remembers: much of what it is asked here was looked at while it was heard.
        """
        self._understand = understand
        self.text, self._value = text, self._value_of(text)
        self._closes_at = None

    def bot_began(self, at: float) -> None:
        """We said something: the caller may not have heard yet that he was to stop."""
        if self._closes_at is None:
            self._closes_at = at + FIRST_WORDS_SECONDS

    def is_open_to(self, started_at: float, text: str) -> bool:
        """Whether words may go on with it: of what has a value, those that add to it; what has none needs more."""
        is_in_time = self._closes_at is None or started_at <= self._closes_at
        return is_in_time and (not self._value or self._with(text) is not None)

    def goes_on(self, heard: Heard) -> bool:
        """Take `heard` as its next words, if both together have a longer value, or it corrects the value."""
        if not heard.text or not self.is_open_to(heard.started_at, heard.text):
            return False
        whole = self._with(heard.text)
        if whole is None:
            return False
        self.text, self._value = whole
        self._closes_at = None
        self._keep(self._value)
        return True

    def _with(self, text: str) -> tuple[str, str] | None:
        """All words that count, and their value; None if `text` neither makes it longer nor corrects it."""
        whole = f"{self.text} {text}"
        value = self._value_of(whole)
        instead = self._instead(text)
        if instead is None:
            is_longer = len(value) > len(self._value) and value.lower().startswith(self._value.lower())
            return (whole, value) if is_longer else None
        if new := self._value_of(instead):
            whole, value = instead, new
        return (whole, value) if value and value != self._value else None

    def _value_of(self, text: str) -> str:
        return str(self._understand(text) or "")
