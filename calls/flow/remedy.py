"""What the caller can try, and whether it worked."""

from __future__ import annotations

from collections.abc import Sequence

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.answers import ask_yes_or_no_unless
from calls.flow.callback import transfer_or_callback
from calls.flow.diagnosis import Another, add_further, another_problem, correct
from calls.flow.trying import give_up, hear_objection, let_the_caller_try
from calls.flow.verification import verification
from calls.settings import Step
from calls.understanding import Answer, Attempt, is_on_landline, only_restarts, tells_restart
from companies.phone import is_french_mobile

MOST_TRIES = 2


async def remedy(dialogue: Dialogue, case: Case) -> bool:
    """Propose the problem's steps and check; whether it works now.

    Who was cut off is told the step again that he was at.
    """
    problem = case.problem
    if problem is None or not problem.steps:
        return False
    steps = problem.steps
    # It tells, without a question, that the remedy does not cut this very call.
    is_mobile = is_french_mobile(case.phone_number)
    if problem.cuts_fixed_line and is_mobile and not steps[0].phrase.interruptible:
        steps = steps[1:]  # it warns that the line will be cut
    is_new = case.step is None
    left = _left_to_try(dialogue, case, steps)
    if not left:
        return False
    dialogue.enter("remedy")
    if is_new and problem.cuts_fixed_line and not is_mobile:
        on_line = await ask_yes_or_no_unless(
            dialogue, "ask_line", lambda text: another_problem(dialogue, case, text), is_on_landline
        )
        if isinstance(on_line, Another) and on_line.is_instead:
            await correct(dialogue, case, on_line.text, on_line.problem.code)
            return await remedy(dialogue, case)
        if isinstance(on_line, Another):
            add_further(case, on_line.text, on_line.problem)
            on_line = is_on_landline(on_line.text, dialogue.settings.language) is not Answer.NO
        if on_line is not False:  # who does not tell must not be cut off
            await transfer_or_callback(dialogue, case)
            return False
    if is_new:
        await dialogue.say("remedy_intro")
        objection = await hear_objection(dialogue, case)
        if case.problem is not problem:
            return await remedy(dialogue, case)
        if objection is Attempt.CANNOT and not await give_up(dialogue, case):
            return False
    came_of_it = None
    for step in left:
        number = steps.index(step)
        if number < (case.step or 0):
            continue
        case.step = number
        came_of_it = await _try(dialogue, case, step, is_last=step is left[-1])
        if case.problem is not problem:
            case.step = None
            return await remedy(dialogue, case)
        if came_of_it is Attempt.CANNOT:
            return False
        if came_of_it in (Attempt.WORKS, Attempt.FIXED):
            break

    case.step = len(steps)
    is_done_with = await verification(dialogue, case, problem, came_of_it)
    return is_done_with if case.problem is problem else await remedy(dialogue, case)


def _left_to_try(dialogue: Dialogue, case: Case, steps: Sequence[Step]) -> list[Step]:
    """All but the restart that the caller told to have tried; none, if there is nothing else to do."""
    settings, language = dialogue.settings, dialogue.settings.language
    restarts = [step for step in steps if step.wait_seconds and only_restarts(step.phrase.text, language)]
    if case.problem is None or len(restarts) != 1:
        return list(steps)
    if not tells_restart(case.description, case.problem.code, settings.problem_index, language):
        return list(steps)
    left = [step for step in steps if step is not restarts[0]]
    return left if any(step.wait_seconds for step in left) else []


async def _try(dialogue: Dialogue, case: Case, step: Step, *, is_last: bool) -> Attempt | None:
    """What came of a step; who cannot do it chooses what is done instead, or goes on with it all the same."""
    problem = case.problem
    await dialogue.speak(step.phrase)
    came_of_it = await hear_objection(dialogue, case, step)
    for _ in range(MOST_TRIES):
        if came_of_it is None and step.wait_seconds and case.problem is problem:
            came_of_it = await let_the_caller_try(dialogue, case, step, is_last=is_last)
        if came_of_it is not Attempt.CANNOT:
            return came_of_it
        if not await give_up(dialogue, case):
            return Attempt.CANNOT
        came_of_it = None
    return Attempt.CANNOT
