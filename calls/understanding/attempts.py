"""What callers tell while they try what they were asked to do."""

from __future__ import annotations

from enum import Enum, auto

from calls.understanding.fixed import fixed
from calls.understanding.requests import is_acknowledgement, is_question, made_of, says
from calls.understanding.text import words
from calls.understanding.yes_no import Answer


class Attempt(Enum):
    AGREES = auto()  # «d'accord»: at first that the caller will try, later that it is done
    DONE = auto()
    WORKS = auto()
    FAILS = auto()  # it is done, or the caller says so, and helped nothing
    CANNOT = auto()  # «j'ai pas de box», «je vous appelle avec»


def attempt(text: str, language: str) -> Attempt | None:
    """What comes of it; None: the caller is at it, and tells of it or asks something."""
    if is_acknowledgement(text, language):
        return Attempt.AGREES
    if made_of(words(text, language), language, "done", "done_alone", "acknowledgement"):
        return Attempt.DONE
    answer = fixed(text, language)
    is_done = says("done", text, language) and not says("not_done", text, language)
    if answer is Answer.YES and says("works_again", text, language):
        return Attempt.WORKS
    if says("cannot", text, language) and not is_done:
        return Attempt.CANNOT
    if answer is Answer.NO and says("still_broken", text, language):
        return Attempt.FAILS
    return Attempt.DONE if is_done else None


def means_another(text: str, language: str) -> bool:
    """Whether the caller says that something else is the matter than we took it for."""
    return says("instead", text, language) and not is_question(text, language)
