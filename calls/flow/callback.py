"""A technician now, or a call back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final, TypeVar

from calls.case import Case
from calls.dialogue import Dialogue
from calls.fates import CallerAngry, CallerWantsCallback, CallerWantsHuman
from calls.flow.answers import ask_yes_or_no_unless
from calls.flow.closing import ANYWAY
from calls.flow.diagnosis import keep_words
from calls.flow.farewell import leave
from calls.turns import BREATH_SECONDS, Patience
from calls.understanding import Answer, farewell, phone, tells_when, wants_neither, wants_technician_now

Value = TypeVar("Value")
QUESTION: Final = "ask_transfer_or_callback"  # asked again as it is: no yes or no will do
WISHES: Final = (CallerAngry, CallerWantsCallback, CallerWantsHuman)


class _CallBack(str):
    """The words that chose it."""


class _Neither(str):
    """The words that refused both."""


async def transfer_or_callback(
    dialogue: Dialogue, case: Case, other: Callable[[str], Value | None] = lambda text: None
) -> Value | None:
    """Let the caller choose; nobody is kept waiting who does not say. What `other` finds is returned instead.

    Raises CallerLeaves for who wants neither.
    """
    language = dialogue.settings.language

    def chosen(text: str) -> Value | _CallBack | _Neither | None:
        found = other(text)
        if found is None and wants_neither(text, language):
            return _Neither(text)
        if found is None and wants_technician_now(text, language) is Answer.NO:
            return _CallBack(text)
        return found

    with dialogue.answering(CallerWantsCallback, CallerWantsHuman):
        choice: Value | _CallBack | _Neither | bool | None
        choice = await ask_yes_or_no_unless(dialogue, QUESTION, chosen, wants_technician_now, retry=QUESTION)
        if isinstance(choice, _CallBack):
            await note_callback(dialogue, case, choice)
            return None
    if isinstance(choice, _Neither):
        leave(case, choice, language)
    if choice is None or isinstance(choice, bool):
        case.wants_callback = not choice
        return None
    return choice


async def note_callback(dialogue: Dialogue, case: Case, said: str) -> None:
    """Who wants to be called back may tell when, and on which number: the ticket has the words."""
    case.wants_callback = True
    language = dialogue.settings.language
    if tells_when(said, language):
        with contextlib.suppress(*ANYWAY), dialogue.answering(*WISHES):
            while (heard := await dialogue.hear_within(BREATH_SECONDS, Patience.SPELLING)) and heard.text:
                said = f"{said} {heard.text}"
    if not case.description:
        keep_words(dialogue, case, said)
    elif tells_when(said, language):
        case.describe(said)
    note_number(case, said, language)


def note_number(case: Case, said: str, language: str) -> None:
    """Keep a number that is told, where none is known."""
    case.phone_number = case.phone_number or phone(said, language) or ""


async def add_to_callback(dialogue: Dialogue, case: Case, said: str) -> None:
    """Keep what is said to the promise: «plutôt demain matin», «sur mon fixe»; «merci, à demain» adds nothing."""
    language = dialogue.settings.language
    if not said or farewell(said, language):
        return
    case.is_angry |= dialogue.wish_of(said) is CallerAngry
    if tells_when(said, language):
        await note_callback(dialogue, case, said)
    elif case.description:
        keep_words(dialogue, case, said)
