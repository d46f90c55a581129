"""Who calls, and whether it is about something that is known already."""

from __future__ import annotations

from functools import partial

from calls.case import Case, Cut, OpenTicket
from calls.dialogue import Dialogue
from calls.fates import CallerLeaves
from calls.flow.answers import ask_yes_or_no, ask_yes_or_no_unless
from calls.flow.asides import meet_another
from calls.flow.callback import WISHES
from calls.flow.desk import Desk
from calls.understanding import Answer, Other, another_caller, is_same_matter, problem, times


async def greeting(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Recognise the caller, and ask about an open ticket."""
    dialogue.enter("greeting")
    early = await dialogue.overheard()  # into the greeting
    if early:
        await dialogue.aside(early, answered=True)
    await desk.look_up_caller(case)
    if case.cut is not None and await _goes_on(dialogue, case, case.cut, desk):
        return
    if early and await meet_another(dialogue, case, early):
        return
    if case.first_name:
        await dialogue.say("greet_known", first_name=case.first_name)
    elif case.earlier_calls:
        await dialogue.say("returning_client", count=times(case.earlier_calls, dialogue.settings.language))
    else:
        await dialogue.say("welcome")
    if case.open_ticket is None:
        return
    key = f"returning_client_pending_{case.open_ticket.problem_code}"
    if key not in dialogue.settings.phrases:
        key = "returning_client_pending_other"
    language, ticket, known = dialogue.settings.language, case.open_ticket, case.first_name
    try:
        answer = await ask_yes_or_no_unless(
            dialogue,
            key,
            lambda text: another_caller(text, known, case.last_name, language) if known else None,
            partial(_is_about, dialogue, ticket),
            values={"problem": ticket.problem_name},
        )
    except CallerLeaves:  # «oui, c'est pour vous dire que ça remarche»
        case.is_about_open_ticket = case.is_fixed is True
        raise
    except WISHES as wish:  # «oui, et j'aimerais en parler à quelqu'un»
        case.is_about_open_ticket = is_same_matter(str(wish), language) is Answer.YES
        raise
    if isinstance(answer, Other):
        return  # whom `dialogue.aside` has met
    case.is_about_open_ticket = answer is True
    await dialogue.say("returning_client_pending_yes" if answer else "returning_client_pending_no")


def _is_about(dialogue: Dialogue, ticket: OpenTicket, text: str, language: str) -> Answer:
    """By what is said of the case; or by the problem: «I'm ringing about the landline»."""
    answer = is_same_matter(text, language)
    code = problem(text, dialogue.settings.problem_index, language)
    if answer is not Answer.UNCLEAR or code is None or ticket.problem_code not in dialogue.settings.problems:
        return answer
    return Answer.YES if code == ticket.problem_code else Answer.NO


async def _goes_on(dialogue: Dialogue, case: Case, cut: Cut, desk: Desk) -> bool:
    """Whether it is the caller of the call that was cut off, as others may have this number, and that goes on now."""
    is_same = await ask_yes_or_no(dialogue, "cut_off_before", values={"name": cut.name})
    if is_same and await desk.go_on(case):
        await dialogue.say("go_on")
        return True
    if not is_same:
        case.is_somebody_else()
    return False
