"""Who answers, and who calls."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue, Patience
from calls.flow.answers import KEYS, yes_or_no
from calls.flow.desk import Desk


async def greeting(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Say who speaks (an automatic assistant), recognise the caller, ask about an open ticket."""
    dialogue.enter("greeting")
    await dialogue.say("greet")
    await desk.look_up_caller(case)
    if case.first_name:
        await dialogue.say("greet_known", first_name=case.first_name)
    elif not case.earlier_calls:
        await dialogue.say("welcome")
    if case.open_ticket is not None:
        await _about_open_ticket(dialogue, case)


async def _about_open_ticket(dialogue: Dialogue, case: Case) -> None:
    ticket = case.open_ticket
    if ticket is None:
        return
    key = f"returning_client_pending_{ticket.problem_code}"
    if key not in dialogue.settings.phrases:
        key = "returning_client_pending_other"
    answer = await dialogue.ask(
        key,
        yes_or_no(dialogue.settings.language),
        patience=Patience.SHORT,
        retry="retry_yes_no",
        meaning=KEYS,
        values={"problem": ticket.problem_name},
    )
    case.is_about_open_ticket = answer is True
    await dialogue.say("returning_client_pending_yes" if answer else "returning_client_pending_no")
