"""A person takes over, or calls back."""

from __future__ import annotations

import contextlib

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import CallerGone, CallerLeaves, TakenOver
from calls.flow.callback import WISHES, add_to_callback
from calls.flow.closing import ANYWAY, call_back, part, promise, say_anyway
from calls.flow.desk import Desk
from calls.flow.identification import WHERE, ask_where_to_call_back
from calls.models import Call
from calls.turns import BREATH_SECONDS, Patience


async def handover(
    dialogue: Dialogue,
    case: Case,
    desk: Desk,
    *,
    extension: str = "",
    first: str = "",
    error: str = "",
    number_by: str = WHERE,
) -> Ending:
    """Name the extension that the dialplan is to dial, and tell the caller; or promise to call back.

    `extension`: a colleague has chosen it already; one who does so now is obeyed, too. `first` is said before all else.
    `number_by`: the question for a number to call back, if we have none; "": there is no time for it.
    """
    dialogue.enter("handover")
    try:
        if first:
            await say_anyway(dialogue, first)
        if not extension and not case.wants_callback:
            extension = await desk.free_target()
        if not extension:
            await _promise_to_call_back(dialogue, case, desk, number_by)
            return Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE, error=error)
    except TakenOver as order:
        extension, case.wants_callback = str(order), False
    try:
        await say_anyway(dialogue, "transfer")
    except TakenOver as order:
        extension = str(order)
    return Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, transfer_to=extension, error=error)


async def _promise_to_call_back(dialogue: Dialogue, case: Case, desk: Desk, number_by: str) -> None:
    settings = dialogue.settings
    if not case.wants_callback and settings.targets and settings.schedule.is_open(desk.now()):
        await say_anyway(dialogue, "nobody_free")
    case.wants_callback = True
    words = await _last_words(dialogue, case, number_by)
    await promise(dialogue, words)
    if number_by and words != "goodbye":
        await _take_leave(dialogue, case)


async def come_back(dialogue: Dialogue, case: Case) -> Ending:
    """Nobody took the call: say so, and promise to call back."""
    dialogue.enter("handover")
    await dialogue.say("transfer_failed")
    words = await _last_words(dialogue, case, WHERE)
    ending = await part(dialogue, words, Call.EndReason.GOODBYE)
    if words != "goodbye":
        await _take_leave(dialogue, case)
    return ending


async def _last_words(dialogue: Dialogue, case: Case, number_by: str) -> str:
    """The phrase that promises a call back; who leaves instead of telling a number wants none."""
    try:
        if number_by:
            await ask_where_to_call_back(dialogue, case, number_by)
    except CallerLeaves:
        return "goodbye"
    return call_back(case)


async def _take_leave(dialogue: Dialogue, case: Case) -> None:
    """Say goodbye, and hear before and into it when, or on which number, the caller wants to be called back.

    Who hangs up has had the promise.
    """
    with contextlib.suppress(CallerGone, CallerLeaves):
        with contextlib.suppress(*ANYWAY), dialogue.answering(*WISHES):
            if heard := await dialogue.hear_within(BREATH_SECONDS, Patience.LONG):
                await add_to_callback(dialogue, case, heard.text)
        await say_anyway(dialogue, "goodbye")
        with contextlib.suppress(*ANYWAY), dialogue.answering(*WISHES):
            await add_to_callback(dialogue, case, await dialogue.overheard())
