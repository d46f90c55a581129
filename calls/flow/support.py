"""The script of a support call, from the greeting to the goodbye."""

from __future__ import annotations

import weakref
from functools import partial

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import (
    CallerAngry,
    CallerGone,
    CallerLeaves,
    CallerSilent,
    CallerWantsCallback,
    CallerWantsHuman,
    CallTooLong,
    CannotHear,
    CannotSpeak,
    Dismissed,
    ServiceStops,
    TakenOver,
)
from calls.flow.asides import Asides, take_for_another
from calls.flow.busy import turn_away
from calls.flow.callback import note_callback
from calls.flow.closing import part
from calls.flow.degraded import without_ears, without_voice
from calls.flow.desk import Desk
from calls.flow.diagnosis import diagnosis, keep_early_words, keep_words, turn_to_next
from calls.flow.early_answers import keep_early_answers
from calls.flow.farewell import see_off
from calls.flow.greeting import greeting
from calls.flow.handover import come_back, handover
from calls.flow.identification import identification
from calls.flow.opening import opening
from calls.flow.remedy import remedy
from calls.flow.verification import hears_more
from calls.models import Call
from calls.understanding import wants_callback

LINE_FAILURES = ("error", "idle")


async def support(dialogue: Dialogue, case: Case, desk: Desk, *, busy: bool = False) -> Ending:
    """Hold the conversation; never raises what a caller or a vendor can cause.

    `busy`: there are too many calls, and this one goes no further.
    """
    dialogue.aside = Asides(dialogue, case, desk)
    try:
        try:
            return await _served(dialogue, case, desk, busy=busy)
        except CannotSpeak as error:
            is_first = not busy and not case.has_returned
            return await without_voice(dialogue, case, desk, error, may_hand_over=is_first)
    except Dismissed:
        return Ending(Call.Status.COMPLETED, Call.EndReason.DISMISSED)
    except CallerGone as gone:
        if str(gone) in LINE_FAILURES:  # without a mark the call goes to a person, if it still lives
            return Ending(Call.Status.FAILED, Call.EndReason.ERROR, error=f"the line failed: {gone}")
        return Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP)
    except (CallerSilent, CallTooLong, CannotHear, ServiceStops, TakenOver):
        # Once more, in the last words of a call that was ending anyway.
        return Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)


async def _served(dialogue: Dialogue, case: Case, desk: Desk, *, busy: bool) -> Ending:
    """The script, and where a caller or a failure leads from it."""
    try:
        try:
            return await (turn_away if busy else _script)(dialogue, case, desk)
        except CannotHear as error:
            return await without_ears(dialogue, case, desk, error)
        except CallerSilent:
            return await part(dialogue, "goodbye_silence", Call.EndReason.SILENCE)
        except CallTooLong:
            case.wants_callback = not case.is_fixed
            return await part(dialogue, "too_long", Call.EndReason.TOO_LONG)
        except ServiceStops:
            return await handover(dialogue, case, desk, number_by="")
        except CallerLeaves as farewell:
            await _keep(dialogue, case, str(farewell))
            return await see_off(dialogue, case)
    except CallerAngry as anger:  # in the last words, too
        case.is_angry = True
        case.wants_callback = case.wants_callback or wants_callback(str(anger), dialogue.settings.language)
        await _keep(dialogue, case, str(anger))
        return await handover(dialogue, case, desk, first="calm")
    except CallerWantsCallback as wish:
        await take_for_another(dialogue, case, str(wish))
        await note_callback(dialogue, case, str(wish))
        return await handover(dialogue, case, desk)
    except CallerWantsHuman as wish:
        case.wants_human = True
        await _keep(dialogue, case, str(wish))
        return await handover(dialogue, case, desk)
    except TakenOver as order:
        return await handover(dialogue, case, desk, extension=str(order))


async def _keep(dialogue: Dialogue, case: Case, said: str) -> None:
    """Who wants something else, or goes, may have told who he is and what is wrong."""
    await take_for_another(dialogue, case, said)
    keep_words(dialogue, case, said)


async def _keep_early(dialogue: Dialogue, case: Case, text: str) -> None:
    keep_early_words(dialogue, case, text)
    await keep_early_answers(dialogue, case, text)


async def _script(dialogue: Dialogue, case: Case, desk: Desk) -> Ending:
    if case.has_returned:
        return await come_back(dialogue, case)
    dialogue.hand_turns_to(partial(_keep_early, weakref.proxy(dialogue), case))
    if (ending := await opening(dialogue, case, desk)) is not None:
        return ending
    if not case.is_past("greeting"):
        await greeting(dialogue, case, desk)
    if case.is_about_open_ticket or case.resumes_at == "handover":
        return await handover(dialogue, case, desk)
    if case.resumes_at == "closing":
        return await part(dialogue, "goodbye", Call.EndReason.GOODBYE)
    if not case.is_past("identification"):
        await identification(dialogue, case)
    dialogue.hand_turns_to(None)  # from now on it is asked for
    if not case.is_past("diagnosis"):
        await diagnosis(dialogue, case, desk)
    while case.problem is not None and await remedy(dialogue, case):
        if not await turn_to_next(dialogue, case):
            break
    else:
        return await handover(dialogue, case, desk)
    ending = await part(dialogue, "goodbye", Call.EndReason.GOODBYE)
    return await handover(dialogue, case, desk) if await hears_more(dialogue, case) else ending
