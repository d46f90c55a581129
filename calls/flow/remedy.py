"""What the caller can try, and whether it worked."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.answers import ask_whether_it_works, ask_yes_or_no, ask_yes_or_no_unless
from calls.flow.diagnosis import another_problem, correct, hear_correction
from calls.flow.trying import let_the_caller_try
from calls.understanding import Attempt
from companies.phone import is_french_mobile


async def remedy(dialogue: Dialogue, case: Case) -> bool:
    """Propose the problem's steps and check; whether it works now.

    Who was cut off is told the step again that he was at.
    """
    problem = case.problem
    if problem is None or not problem.steps:
        return False
    dialogue.enter("remedy")
    steps = problem.steps
    # It tells, without a question, that the remedy does not cut this very call.
    is_mobile = is_french_mobile(case.phone_number)
    if problem.cuts_fixed_line and is_mobile and not steps[0].phrase.interruptible:
        steps = steps[1:]  # it warns that the line will be cut
    is_new = case.step is None
    if is_new and problem.cuts_fixed_line and not is_mobile:
        on_line = await ask_yes_or_no_unless(dialogue, "ask_line", lambda text: another_problem(dialogue, case, text))
        if isinstance(on_line, str):
            await correct(dialogue, case, on_line)
            return await remedy(dialogue, case)
        if on_line:
            case.wants_callback = not await ask_yes_or_no(dialogue, "ask_transfer_or_callback")
            return False
    if is_new:
        await dialogue.say("remedy_intro")
        if await hear_correction(dialogue, case):
            return await remedy(dialogue, case)
    came_of_it = None
    for number, step in list(enumerate(steps))[case.step or 0 :]:
        case.step = number
        await dialogue.speak(step.phrase)
        if not step.wait_seconds:
            continue
        came_of_it = await let_the_caller_try(dialogue, case, step)
        if case.problem is not problem:
            case.step = None
            return await remedy(dialogue, case)
        if came_of_it is Attempt.CANNOT:
            await dialogue.say("cannot_try")
            case.wants_callback = not await ask_yes_or_no(dialogue, "ask_transfer_or_callback")
            return False
        if came_of_it is Attempt.WORKS:
            break

    case.step = len(steps)
    dialogue.enter("verification")
    if came_of_it is Attempt.FAILS:
        case.is_fixed = False
    else:
        case.is_fixed = await ask_whether_it_works(dialogue, "ask_fixed")
    await dialogue.say("fixed" if case.is_fixed else "not_fixed")
    return case.is_fixed is True
