"""While the caller tries what was proposed."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.diagnosis import correct
from calls.settings import Step
from calls.turns import Patience
from calls.understanding import Attempt, asks_to_repeat, attempt, is_question, means_another

CHECK_BACK_SECONDS = 20.0
MOST_QUESTIONS = 2  # of those that nobody answers: who does not know how cannot
TRIES_SECONDS = 10.0  # a «d'accord» sooner than that only says that the caller will try, «toujours pas» that he has not


async def let_the_caller_try(dialogue: Dialogue, case: Case, step: Step) -> Attempt | None:
    """Wait until the caller tells what came of it, asking now and then, for as long as the step may take.

    None: nothing was told, or that something else is the matter, which the case has now.
    """
    language = dialogue.settings.language
    began, has_asked, questions = dialogue.now, False, 0
    await dialogue.say("take_your_time")
    ends = dialogue.now + step.wait_seconds
    while (remaining := ends - dialogue.now) > 0:
        heard = await dialogue.hear_within(min(CHECK_BACK_SECONDS, remaining), Patience.NORMAL)
        if heard is None:
            if dialogue.now < ends:
                await dialogue.say("check_back")
                has_asked = True
            continue
        if means_another(heard.text, language) and await correct(dialogue, case, heard.text):
            return None
        came_of_it = Attempt.AGREES if heard.digits else attempt(heard.text, language)
        has_tried = has_asked or dialogue.now - began >= TRIES_SECONDS
        if came_of_it in (Attempt.AGREES, Attempt.FAILS):
            if has_tried:
                return came_of_it
            if came_of_it is Attempt.AGREES:
                continue
        elif came_of_it is not None:
            return came_of_it
        if asks_to_repeat(heard.text, language):
            await dialogue.speak(step.phrase)
        elif not await dialogue.aside(heard.text):
            questions += "?" in heard.text or is_question(heard.text, language)
            if questions >= MOST_QUESTIONS:
                return Attempt.CANNOT
            if dialogue.now < ends:
                await dialogue.say("still_waiting")
    return None
