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
    spoken = words(text, language)
    is_next = made_of(spoken, language, "what_next")  # «et maintenant ?», and nothing that was done
    if not is_next and made_of(spoken, language, "done", "done_alone", "acknowledgement", "what_next"):
        return Attempt.DONE
    answer = fixed(text, language)
    is_done = says("done", text, language) and not says("not_done", text, language)
    if answer is Answer.YES and says("works_again", text, language):
        return Attempt.WORKS
    if says("cannot", text, language) and not is_done:
        return Attempt.CANNOT
    is_result = says("still_broken", text, language) or says("works_again", text, language)
    if answer is Answer.NO and is_result and not says("not_yet", text, language) and not is_halfway(text, language):
        return Attempt.FAILS
    return Attempt.DONE if is_done else None


def is_halfway(text: str, language: str) -> bool:
    """Whether it is off and not on again: «ben non, elle est débranchée»."""
    return says("half", text, language) and not says("done", text, language)


def tells_relapse(text: str, language: str) -> bool:
    """Whether it is broken again: «ah non, ça a recoupé»; «non, merci» tells nothing."""
    return says("relapse", text, language) and fixed(text, language) is not Answer.YES


def goes_on(text: str, language: str) -> bool:
    """Whether the caller tries on, when we had given it up: «non mais ça y est, j'ai trouvé»."""
    return says("resumes", text, language)


def means_another(text: str, language: str) -> bool:
    """Whether the caller says that something else is the matter than we took it for."""
    return says("instead", text, language) and not is_question(text, language)
