"""The first words, and what happens outside the opening hours."""

from __future__ import annotations

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.flow.asides import announce_recording
from calls.flow.closing import part
from calls.flow.desk import Desk
from calls.flow.diagnosis import add_words
from calls.flow.identification import identification
from calls.models import Call
from calls.turns import BREATH_SECONDS, Patience
from tenants.models import Tenant


async def opening(dialogue: Dialogue, case: Case, desk: Desk) -> Ending | None:
    """Say that a machine speaks (Regulation (EU) 2024/1689, article 50), and whether we are open.

    A caller whose call was cut off is told that instead, and is asked no more than before.
    Returns the ending of a call that goes no further: outside the opening hours.
    """
    dialogue.enter(case.resumes_at or "opening")
    settings = dialogue.settings
    case.disclosure = await dialogue.say("greet" if case.resumes_at is None else "cut_off")
    if case.is_past("opening"):
        return None
    if settings.announces_recording:
        await announce_recording(dialogue, case, desk)
    if settings.schedule.is_open(desk.now()):
        return None
    await dialogue.say("closed", hours=settings.schedule.spoken(settings.language))
    if settings.after_hours == Tenant.AfterHours.ON_CALL and (extension := await desk.free_target(on_call=True)):
        dialogue.enter("handover")
        await dialogue.say("closed_on_call")
        return Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, transfer_to=extension)
    return await _take_message(dialogue, case, desk)


async def _take_message(dialogue: Dialogue, case: Case, desk: Desk) -> Ending:
    await desk.look_up_caller(case)
    message = await dialogue.ask("take_message", lambda text: text or None, patience=Patience.LONG, attempts=1)
    for words in (message or "", *await _rest_of_message(dialogue)):
        add_words(dialogue, case, words)
    await identification(dialogue, case)
    dialogue.enter("closing")
    await dialogue.say("message_taken")
    return await part(dialogue, "goodbye", Call.EndReason.GOODBYE)


async def _rest_of_message(dialogue: Dialogue) -> list[str]:
    """What follows a breath: who leaves a message dictates it, and the next question would take it for its answer."""
    rest: list[str] = []
    while (heard := await dialogue.hear_within(BREATH_SECONDS, Patience.LONG)) and heard.text:
        rest.append(heard.text)
    return rest
