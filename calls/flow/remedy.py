"""What the caller can try, and whether it worked."""

from __future__ import annotations

import re

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.answers import ask_whether_it_works, ask_yes_or_no
from calls.settings import Step
from calls.turns import Patience
from calls.understanding import is_done

CHECK_BACK_SECONDS = 20.0


async def remedy(dialogue: Dialogue, case: Case) -> bool:
    """Propose the problem's steps and check; whether it works now."""
    if case.problem is None or not case.problem.steps:
        return False
    dialogue.enter("remedy")
    if case.problem.cuts_fixed_line and await _calls_from_fixed_line(dialogue, case):
        case.wants_callback = not await ask_yes_or_no(dialogue, "ask_transfer_or_callback")
        return False
    await dialogue.say("remedy_intro")
    for step in case.problem.steps:
        await dialogue.speak(step.phrase)
        if step.wait_seconds:
            await _let_the_caller_do(dialogue, step)

    dialogue.enter("verification")
    case.is_fixed = await ask_whether_it_works(dialogue, "ask_fixed")
    await dialogue.say("fixed" if case.is_fixed else "not_fixed")
    return case.is_fixed is True


async def _calls_from_fixed_line(dialogue: Dialogue, case: Case) -> bool:
    """Whether the remedy would cut this very call. A French mobile number tells without a question."""
    if re.match(r"\+33[67]", case.phone_number):
        return False
    return await ask_yes_or_no(dialogue, "ask_line") is True


async def _let_the_caller_do(dialogue: Dialogue, step: Step) -> None:
    """Wait until the caller says that it is done, asking now and then, for as long as the step may take."""
    await dialogue.say("take_your_time")
    remaining = float(step.wait_seconds)
    while remaining > 0:
        heard = await dialogue.hear_within(min(CHECK_BACK_SECONDS, remaining), Patience.NORMAL)
        remaining -= CHECK_BACK_SECONDS
        if heard is None:
            if remaining > 0:
                await dialogue.say("check_back")
        elif heard.digits or is_done(heard.text, dialogue.settings.language):
            return
        elif remaining > 0:
            await dialogue.say("still_waiting")
