"""Understanding, in the shape that `Dialogue.ask` takes: a value, or None."""

from __future__ import annotations

from collections.abc import Callable

from calls.understanding import Answer, fixed, yes_no

KEYS = {"1": True, "2": False}  # yes and no on the telephone


def _decided(answer: Answer) -> bool | None:
    return None if answer is Answer.UNCLEAR else answer is Answer.YES


def yes_or_no(language: str) -> Callable[[str], bool | None]:
    return lambda text: _decided(yes_no(text, language))


def works_now(language: str) -> Callable[[str], bool | None]:
    """The answer to «does it work now?»."""
    return lambda text: _decided(fixed(text, language))
