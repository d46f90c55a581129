"""What the caller can try, and whether it worked."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.answers import ask_whether_it_works, ask_yes_or_no
from calls.flow.diagnosis import hear_correction
from calls.settings import Step
from calls.turns import Patience
from calls.understanding import asks_to_repeat, is_acknowledgement, is_done
from companies.phone import is_french_mobile

CHECK_BACK_SECONDS = 20.0
AGREES_SECONDS = 10.0  # a «d'accord» sooner than that only says that the caller will try


async def remedy(dialogue: Dialogue, case: Case) -> bool:
    """Propose the problem's steps and check; whether it works now.

    Who was cut off is told the step again that he was at.
    """
    if case.problem is None or not case.problem.steps:
        return False
    dialogue.enter("remedy")
    steps = case.problem.steps
    # It tells, without a question, that the remedy does not cut this very call.
    is_mobile = is_french_mobile(case.phone_number)
    if case.problem.cuts_fixed_line and is_mobile and not steps[0].phrase.interruptible:
        steps = steps[1:]  # it warns that the line will be cut
    is_new = case.step is None
    if is_new and case.problem.cuts_fixed_line and not is_mobile and await ask_yes_or_no(dialogue, "ask_line"):
        case.wants_callback = not await ask_yes_or_no(dialogue, "ask_transfer_or_callback")
        return False
    if is_new:
        await dialogue.say("remedy_intro")
        if await hear_correction(dialogue, case):
            return await remedy(dialogue, case)
    for number, step in list(enumerate(steps))[case.step or 0 :]:
        case.step = number
        await dialogue.speak(step.phrase)
        if step.wait_seconds:
            await _let_the_caller_do(dialogue, step)

    case.step = len(steps)
    dialogue.enter("verification")
    case.is_fixed = await ask_whether_it_works(dialogue, "ask_fixed")
    await dialogue.say("fixed" if case.is_fixed else "not_fixed")
    return case.is_fixed is True


async def _let_the_caller_do(dialogue: Dialogue, step: Step) -> None:
    """Wait until the caller says that it is done, asking now and then, for as long as the step may take."""
    language = dialogue.settings.language
    began, has_asked = dialogue.now, False
    await dialogue.say("take_your_time")
    ends = dialogue.now + step.wait_seconds
    while (remaining := ends - dialogue.now) > 0:
        heard = await dialogue.hear_within(min(CHECK_BACK_SECONDS, remaining), Patience.NORMAL)
        if heard is None:
            if dialogue.now < ends:
                await dialogue.say("check_back")
                has_asked = True
        elif heard.digits or is_acknowledgement(heard.text, language):
            if has_asked or dialogue.now - began >= AGREES_SECONDS:
                return
        elif is_done(heard.text, language):
            return
        elif asks_to_repeat(heard.text, language):
            await dialogue.speak(step.phrase)
        elif not await dialogue.aside(heard.text) and dialogue.now < ends:
            await dialogue.say("still_waiting")
