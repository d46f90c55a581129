"""What is wrong: keywords decide when they are clear, then the language model, then the caller."""

from __future__ import annotations

import asyncio

from calls.case import Case
from calls.dialogue import Dialogue, Patience
from calls.flow.desk import Desk
from calls.understanding import problem


async def diagnosis(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Leave the problem in the case; None when nobody could tell (never a silent default)."""
    dialogue.enter("diagnosis")
    settings = dialogue.settings
    description = await dialogue.ask("ask_problem", _some_words, patience=Patience.LONG, retry="retry_problem")
    if description is None:
        return
    case.description = description
    code = problem(description, settings.problem_index, settings.language)
    if code is None and settings.problems:
        decision = asyncio.ensure_future(desk.decide_problem(description, settings.problems))
        code = await dialogue.meanwhile(decision)
    if code is None and settings.problems:
        code = await dialogue.ask(
            "clarify_problem",
            lambda text: problem(text, settings.problem_index, settings.language),
            attempts=1,
            values={"problems": ", ".join(kind.name for kind in settings.problems.values())},
        )
    if code is not None:
        case.problem = settings.problems[code]
        await dialogue.say("problem_understood", problem=case.problem.name)


def _some_words(text: str) -> str | None:
    return text if len(text.split()) > 1 or len(text) > 3 else None
