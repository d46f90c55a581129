"""The last words."""

from __future__ import annotations

from calls.case import Ending
from calls.dialogue import Dialogue
from calls.models import Call


async def part(dialogue: Dialogue, phrase: str, reason: Call.EndReason) -> Ending:
    """Say last words and end the call."""
    dialogue.enter("closing")
    await dialogue.say(phrase)
    return Ending(Call.Status.COMPLETED, reason)
