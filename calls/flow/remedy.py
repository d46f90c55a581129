"""What the caller can try, and whether it worked."""

from __future__ import annotations

from calls.case import Case
from calls.dialogue import Dialogue, Patience
from calls.flow.answers import KEYS, works_now


async def remedy(dialogue: Dialogue, case: Case) -> bool:
    """Propose the problem's steps and check; whether it works now."""
    if case.problem is None or not case.problem.steps:
        return False
    dialogue.enter("remedy")
    await dialogue.say("remedy_intro")
    for step in case.problem.steps:
        await dialogue.speak(step)
    await dialogue.ask("ask_done", lambda text: text or None, patience=Patience.NORMAL, attempts=1)

    dialogue.enter("verification")
    case.is_fixed = await dialogue.ask(
        "ask_fixed",
        works_now(dialogue.settings.language),
        patience=Patience.SHORT,
        retry="retry_yes_no",
        meaning=KEYS,
    )
    await dialogue.say("fixed" if case.is_fixed else "not_fixed")
    return case.is_fixed is True
