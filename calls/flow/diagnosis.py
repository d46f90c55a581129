"""What is wrong: keywords decide when they are clear, then the language model, then the caller."""

from __future__ import annotations

import asyncio

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.desk import OFF_TOPIC, Desk
from calls.turns import Patience
from calls.understanding import problem


async def diagnosis(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Leave the problem in the case; None when nobody could tell (never a silent default)."""
    dialogue.enter("diagnosis")
    code = await _describe(dialogue, case, desk, "ask_problem")
    if code == OFF_TOPIC:
        await dialogue.say("off_topic")
        code = await _describe(dialogue, case, desk, "retry_problem")
    settings = dialogue.settings
    if code not in settings.problems and settings.problems and case.description:
        code = await dialogue.ask(
            "clarify_problem",
            lambda text: problem(text, settings.problem_index, settings.language),
            attempts=1,
            values={"problems": ", ".join(kind.name for kind in settings.problems.values())},
        )
    if code is not None and code in settings.problems:
        case.problem = settings.problems[code]
        await dialogue.say("problem_understood", problem=case.problem.name)


async def _describe(dialogue: Dialogue, case: Case, desk: Desk, question: str) -> str | None:
    """The caller's description, and the problem's code if it is clear; or OFF_TOPIC."""
    settings = dialogue.settings
    description = await dialogue.ask(question, _some_words, patience=Patience.LONG, retry="retry_problem")
    if description is None:
        return None
    code = problem(description, settings.problem_index, settings.language)
    if code is None and settings.problems:
        decision = asyncio.ensure_future(desk.decide_problem(description, settings.problems))
        code = await dialogue.meanwhile(decision)
    if code != OFF_TOPIC:
        case.description = description
    return code


def keep_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Who asks for a person, or is angry, may have said what is wrong: the technician will want to know."""
    if not text or case.description:
        return
    case.description = text
    code = problem(text, dialogue.settings.problem_index, dialogue.settings.language)
    if code is not None and case.problem is None:
        case.problem = dialogue.settings.problems[code]


def _some_words(text: str) -> str | None:
    return text if len(text.split()) > 1 or len(text) > 3 else None
