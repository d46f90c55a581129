"""What the caller can try, and whether it worked."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.answers import ask_yes_or_no_unless
from calls.flow.callback import transfer_or_callback
from calls.flow.diagnosis import add_words, another_problem, correct, hear_correction
from calls.flow.trying import let_the_caller_try
from calls.settings import Step
from calls.understanding import Attempt, fixed, goes_on, is_halfway, is_on_landline, tells_relapse
from companies.phone import is_french_mobile

MOST_TRIES = 2


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
        on_line = await ask_yes_or_no_unless(
            dialogue, "ask_line", lambda text: another_problem(dialogue, case, text), is_on_landline
        )
        if isinstance(on_line, str):
            await correct(dialogue, case, on_line)
            return await remedy(dialogue, case)
        if on_line is not False:  # who does not tell must not be cut off
            await transfer_or_callback(dialogue, case)
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
        came_of_it = await _try(dialogue, case, step)
        if case.problem is not problem:
            case.step = None
            return await remedy(dialogue, case)
        if came_of_it is Attempt.CANNOT:
            return False
        if came_of_it is Attempt.WORKS:
            break

    case.step = len(steps)
    dialogue.enter("verification")
    case.is_fixed = came_of_it is not Attempt.FAILS and await _works(dialogue, case, steps[-1])
    await dialogue.say("fixed" if case.is_fixed else "not_fixed")
    return case.is_fixed is True and not await has_relapsed(dialogue, case)


async def _try(dialogue: Dialogue, case: Case, step: Step) -> Attempt | None:
    """What came of a step; who cannot do it chooses what is done instead, or goes on with it all the same."""
    language = dialogue.settings.language
    for _ in range(MOST_TRIES):
        came_of_it = await let_the_caller_try(dialogue, case, step)
        if came_of_it is not Attempt.CANNOT:
            return came_of_it
        await dialogue.say("cannot_try")
        tries_on = await transfer_or_callback(dialogue, case, lambda text: text if goes_on(text, language) else None)
        if not tries_on:
            break
    return Attempt.CANNOT


async def _works(dialogue: Dialogue, case: Case, step: Step) -> bool | None:
    """Whether it works now; «elle est débranchée» is no answer yet."""
    language = dialogue.settings.language
    for _ in range(MOST_TRIES):
        works = await ask_yes_or_no_unless(
            dialogue, "ask_fixed", lambda text: text if is_halfway(text, language) else None, fixed
        )
        if not isinstance(works, str):
            return works
        await let_the_caller_try(dialogue, case, step)
    return None


async def has_relapsed(dialogue: Dialogue, case: Case) -> bool:
    """«Ah non, ça a recoupé», into our last words: somebody sees to it after all."""
    said = await dialogue.overheard()
    if not tells_relapse(said, dialogue.settings.language):
        return False
    case.is_fixed = False
    add_words(dialogue, case, said)
    await dialogue.say("not_fixed")
    return True
