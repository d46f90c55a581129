"""While the caller tries what was proposed."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.callback import transfer_or_callback
from calls.flow.diagnosis import correct
from calls.flow.farewell import hear_farewell
from calls.settings import Step
from calls.turns import Patience
from calls.understanding import (
    Attempt,
    asks_about_step,
    asks_to_repeat,
    attempt,
    declines,
    goes_on,
    is_backchannel,
    is_business,
    is_question,
    is_to_come,
    means_another,
    means_nothing_of_it,
    only_denies,
    problem,
    tells_done,
)

CHECK_BACK_SECONDS = 20.0
MOST_STRAYED = 2  # questions that nobody answers, and refusals: who does not know how, or does not want to, cannot
MOST_TELLINGS = 3  # of the step, to who asks about it
TRIES_SECONDS = 10.0  # a «d'accord» sooner than that only says that the caller will try, «toujours pas» that he has not
_NO = {"fr": "non", "en": "no"}
# What a silence is met with, one after the other; the last for all that follow.
_CHECKS = ("check_back", "check_back", "ask_fixed", "still_waiting")


async def hear_objection(dialogue: Dialogue, case: Case, step: Step | None = None) -> Attempt | None:
    """What the caller says into a step, if it decides anything: «mais je suis pas chez moi».

    Into what comes before the steps it may be a correction as well, however short.
    """
    settings, language = dialogue.settings, dialogue.settings.language
    said = await dialogue.overheard()
    if not said or is_backchannel(said, language):
        return None
    came_of_it = attempt(said, language)
    objects = came_of_it in (Attempt.CANNOT, Attempt.ALREADY)
    may_correct = not objects or problem(said, settings.problem_index, language) is not None
    if step or only_denies(said, language) or means_another(said, language) or not may_correct:
        is_another = await _means_another(dialogue, case, said)
    else:
        is_another = await correct(dialogue, case, said)
    if is_another:
        return None
    if objects or _wants_else(dialogue, case, said):
        return Attempt.CANNOT
    if step and (
        came_of_it in (Attempt.WORKS, Attempt.FIXED) or (tells_done(said, language) and not is_to_come(said, language))
    ):
        return came_of_it
    if step and (asks_to_repeat(said, language) or asks_about_step(said, language)):
        await dialogue.speak(step.phrase)
    elif not step or not await hear_farewell(dialogue, case, said):
        await dialogue.aside(said, answered=True)
    return None


async def let_the_caller_try(
    dialogue: Dialogue, case: Case, step: Step, *, is_last: bool, has_tried: bool = False
) -> Attempt | None:
    """Wait until the caller tells what came of it, asking now and then, for as long as the step may take.

    None: nothing was told, or that something else is the matter, which the case has now; or the caller answers
    whether it works, which is asked after the last step. `has_tried`: it was done once.
    """
    language = dialogue.settings.language
    began, checks, tellings, strayed = dialogue.now, 0, 0, 0
    await dialogue.say("take_your_time")
    ends = dialogue.now + step.wait_seconds
    while (remaining := ends - dialogue.now) > 0:
        if not await dialogue.hears_within(min(CHECK_BACK_SECONDS, remaining)):
            if dialogue.now < ends:
                check = _CHECKS[min(checks, len(_CHECKS) - 1)] if is_last else "check_back"
                await dialogue.say(check)
                checks, has_tried = checks + 1, True
                if check == "ask_fixed" and await dialogue.hears_within(min(CHECK_BACK_SECONDS, ends - dialogue.now)):
                    return None
            continue
        heard = await dialogue.listen(Patience.NORMAL, keys=1)
        checks = 0
        if await _means_another(dialogue, case, heard.text):
            return None
        has_tried = has_tried or dialogue.now - began >= TRIES_SECONDS
        refuses = False
        match Attempt.AGREES if heard.digits else attempt(heard.text, language):
            case Attempt.AGREES if not has_tried:
                continue
            case Attempt.FAILS if not has_tried:
                refuses = True
            case Attempt.ALREADY:
                return Attempt.DONE if has_tried else Attempt.CANNOT
            case Attempt.DONE if is_last and is_to_come(heard.text, language):
                has_tried = True  # «elle redémarre»: whether it works can be told when it is up
            case None:
                if _wants_else(dialogue, case, heard.text):
                    return Attempt.CANNOT
                refuses = declines(heard.text, language)
            case came_of_it:
                return came_of_it
        is_about_step = asks_about_step(heard.text, language)
        if asks_to_repeat(heard.text, language) or (is_about_step and tellings < MOST_TELLINGS):
            tellings += is_about_step
            await dialogue.speak(step.phrase)
        elif not await dialogue.aside(heard.text) and not await hear_farewell(dialogue, case, heard.text):
            strayed += refuses or "?" in heard.text or is_question(heard.text, language)
            if strayed >= MOST_STRAYED:
                return Attempt.CANNOT
            if dialogue.now < ends:
                await dialogue.say("still_waiting")
    return None


def _wants_else(dialogue: Dialogue, case: Case, said: str) -> bool:
    """Whether a bill or an order is the matter, or it burns: no step mends that, and the ticket has the words."""
    is_else = is_business(said, dialogue.settings.problem_index, dialogue.settings.language)
    if is_else:
        case.describe(said)
    return is_else


async def give_up(dialogue: Dialogue, case: Case) -> bool:
    """Let the caller choose what is done instead; whether he goes on all the same."""
    language = dialogue.settings.language
    await dialogue.say("cannot_try")
    return bool(await transfer_or_callback(dialogue, case, lambda text: text if goes_on(text, language) else None))


async def _means_another(dialogue: Dialogue, case: Case, said: str) -> bool:
    """Whether the caller says that something else is the matter, and it is another problem now."""
    language = dialogue.settings.language
    if only_denies(said, language):
        return await correct(dialogue, case, _NO[language])
    if means_another(said, language) and await correct(dialogue, case, said):
        return True
    if means_nothing_of_it(said, language):
        case.describe(said)  # for a person to hear
    return False
