"""A person takes over, or calls back."""

from __future__ import annotations

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.models import Call


async def handover(dialogue: Dialogue, case: Case, *, error: str = "") -> Ending:
    """Tell the caller, and name the extension that the dialplan is to dial."""
    dialogue.enter("handover")
    extension = dialogue.settings.transfer_extension
    if not extension:
        await dialogue.say("callback")
        return Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE, error=error)
    await dialogue.say("transfer")
    return Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, transfer_to=extension, error=error)
