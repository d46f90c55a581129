"""Too many calls at once: the caller is told, and sent where the company wants."""

from __future__ import annotations

from calls.admission import BUSY
from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.flow.closing import call_back, promise, say_anyway
from calls.flow.desk import Desk
from calls.models import Call


async def turn_away(dialogue: Dialogue, case: Case, desk: Desk) -> Ending:
    """To a target that takes the overflow, or a call back; nobody listens and nothing is asked."""
    dialogue.enter(BUSY)
    case.disclosure = await dialogue.say("greet")
    await say_anyway(dialogue, "busy")
    if extension := await desk.free_target(overflow=True):
        await say_anyway(dialogue, "transfer")
        return Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, transfer_to=extension)
    case.wants_callback = True
    await promise(dialogue, call_back(case))
    return Ending(Call.Status.COMPLETED, Call.EndReason.BUSY)
