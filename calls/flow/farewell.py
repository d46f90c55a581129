"""The caller takes his leave before anything was tried: it works again, it is the wrong number, he needs no help."""

from __future__ import annotations

from typing import NoReturn

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import CallerGone, CallerLeaves, CallerSilent
from calls.flow.answers import ask_whether_it_works, ask_whether_to_end
from calls.flow.closing import part
from calls.models import Call
from calls.understanding import Reason, farewell, leaves_no_message


async def hear_farewell(dialogue: Dialogue, case: Case, text: str) -> bool:
    """Raise CallerLeaves for who goes, after a question in doubt.

    Whether who stays has said nothing else; «ça remarche» tells of a problem all the same.
    """
    said = farewell(text, dialogue.settings.language)
    if said is None:
        return False
    works = said.reason is Reason.WORKS
    has_no_message = dialogue.asked == "take_message" and leaves_no_message(text, dialogue.settings.language)
    if not said.is_certain and not has_no_message:
        try:
            goes = await (ask_whether_it_works(dialogue, "ask_fixed") if works else ask_whether_to_end(dialogue))
        except (CallerGone, CallerSilent):  # who has said goodbye need not wait for our question
            _note(case, said.reason)
            raise
        if not goes:
            return not works
    _note(case, said.reason)
    raise CallerLeaves(text)


def leave(case: Case, text: str, language: str) -> NoReturn:
    """Take what was said for a goodbye, without a question: it answers ours."""
    said = farewell(text, language)
    _note(case, said.reason if said else Reason.UNTOLD)
    raise CallerLeaves(text)


def _note(case: Case, reason: Reason) -> None:
    """Somebody sees to a problem that was told, unless it works again or the caller needs nothing any more."""
    if reason is Reason.WORKS:
        case.is_fixed = True
    else:
        case.needs_nothing = reason is Reason.NOTHING or not (case.problem or case.description)


async def see_off(dialogue: Dialogue, case: Case) -> Ending:
    """Say goodbye to who leaves."""
    if case.is_fixed:
        await dialogue.say("fixed")
    return await part(dialogue, "goodbye", Call.EndReason.GOODBYE)
