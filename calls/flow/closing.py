"""The last words."""

from __future__ import annotations

import contextlib
from typing import Final

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import (
    CallerAngry,
    CallerSilent,
    CallerWantsCallback,
    CallerWantsHuman,
    CallTooLong,
    CannotHear,
    CannotSpeak,
    ServiceStops,
)
from calls.models import Call


async def part(dialogue: Dialogue, phrase: str, reason: Call.EndReason) -> Ending:
    """Say last words and end the call."""
    dialogue.enter("closing")
    await dialogue.say(phrase)
    return Ending(Call.Status.COMPLETED, reason)


# On the way out: what else the caller wants is being done already, or cannot be.
ANYWAY: Final = (
    *(CallerAngry, CallerWantsCallback, CallerWantsHuman, CallerSilent, CallTooLong),
    *(CannotHear, CannotSpeak, ServiceStops),
)


def call_back(case: Case) -> str:
    """The phrase that promises a call back, or says why it cannot be promised."""
    return "callback" if case.phone_number else "callback_without_number"


async def say_anyway(dialogue: Dialogue, phrase: str) -> None:
    """Say something on the way out.

    Raises TakenOver: what a colleague wants is to be done all the same.
    """
    with contextlib.suppress(CannotSpeak):
        await promise(dialogue, phrase)


async def promise(dialogue: Dialogue, phrase: str) -> None:
    """As say_anyway, of words that the call must not end without.

    Raises CannotSpeak: what nobody heard is no promise, and a person takes the call.
    """
    with contextlib.suppress(*ANYWAY):
        await dialogue.let_the_caller_finish()  # who asks for a person before it is to hear it, too
    try:
        await dialogue.say(phrase)
    except CannotSpeak:
        raise
    except ANYWAY:
        pass
