"""What is wrong: keywords decide when they are clear, then the language model, then the caller."""

from __future__ import annotations

import asyncio

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.desk import OFF_TOPIC, Desk
from calls.settings import CallSettings
from calls.turns import Patience
from calls.understanding import (
    Answer,
    Reason,
    asks_if_machine,
    asks_to_repeat,
    farewell,
    is_acknowledgement,
    is_backchannel,
    is_complaint,
    names_thing,
    only_asks_to_wait,
    problem,
    tells_fault,
    yes_no,
)

LONG_WORDS = 8  # said before anything was asked: a description, not a slip
ANSWER_WORDS = 4  # «non, pas du tout»
_OR = {"fr": "ou", "en": "or"}


async def diagnosis(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Leave the problem in the case; None when nobody could tell (never a silent default).

    A caller who has said before what is wrong is not asked again.
    """
    dialogue.enter("diagnosis")
    settings = dialogue.settings
    code: str | None
    if case.problem is not None:
        code = case.problem.code
    elif case.description:
        code = await _place(dialogue, desk, case.description)
    else:
        code = await _describe(dialogue, case, desk, "ask_problem")
    if code == OFF_TOPIC:
        await dialogue.say("off_topic")
        code = await _describe(dialogue, case, desk, "ask_problem")
    if code not in (OFF_TOPIC, *settings.problems) and settings.problems and case.description:
        code = await _clarify(dialogue, case)
    if code is not None and code in settings.problems:
        case.problem = settings.problems[code]
        await dialogue.say("problem_understood", problem=case.problem.name)
        await hear_correction(dialogue, case)


async def hear_correction(dialogue: Dialogue, case: Case) -> bool:
    """«Non, c'est mon téléphone mobile», into our last phrase; whether it is another problem now."""
    said = await dialogue.overheard()
    if case.problem is None or not said or is_backchannel(said, dialogue.settings.language):
        return False
    await dialogue.aside(said, answered=True)
    return await correct(dialogue, case, said)


async def correct(dialogue: Dialogue, case: Case, said: str) -> bool:
    """Take «non, c'est mon téléphone mobile» for what is the matter; whether it is another problem now.

    A caller who only says that it is wrong is asked what is right; nobody knows, if he cannot tell.
    """
    settings = dialogue.settings
    if case.problem is None:
        return False
    before = case.problem.code
    code = problem(said, settings.problem_index, settings.language)
    if code is None and _only_answers(said, settings) and yes_no(said, settings.language) is Answer.NO:
        code = await _clarify(dialogue, case)
        case.problem = settings.problems.get(code or "")
    elif code is not None and code != before:
        _add_words(case, said)
        case.problem = settings.problems[code]
    if case.problem is None or case.problem.code == before:
        return case.problem is None
    await dialogue.say("problem_understood", problem=case.problem.name)
    return True


def another_problem(dialogue: Dialogue, case: Case, said: str) -> str | None:
    """`said`, if it tells that something else is wrong than what the case has; «non, de mon portable» does not."""
    index, language = dialogue.settings.problem_index, dialogue.settings.language
    if yes_no(said, language) is Answer.YES or not tells_fault(said, index, language):
        return None
    code = problem(said, index, language)
    return said if case.problem and code not in (None, case.problem.code) else None


async def _describe(dialogue: Dialogue, case: Case, desk: Desk, question: str) -> str | None:
    """The caller's description, and the problem's code if it is clear; or OFF_TOPIC.

    What is off topic is kept until something else is described: it is for a person to hear.
    """
    settings = dialogue.settings
    description = await dialogue.ask(
        question, lambda text: _description(text, settings), patience=Patience.LONG, retry="retry_problem"
    )
    if description is None:
        return None
    before = case.description
    case.description = description  # at once: the call may end while the language model decides
    code = await _place(dialogue, desk, description)
    if code == OFF_TOPIC:
        case.description = f"{before} {description}".strip()
    return code


async def _place(dialogue: Dialogue, desk: Desk, description: str) -> str | None:
    settings = dialogue.settings
    code = problem(description, settings.problem_index, settings.language)
    if code is None and settings.problems:
        decision = asyncio.ensure_future(desk.decide_problem(description, settings.problems))
        code = await dialogue.meanwhile(decision)
    return code


async def _clarify(dialogue: Dialogue, case: Case) -> str | None:
    """Let the caller choose; the words that decided belong to the description."""
    settings = dialogue.settings

    def chosen(text: str) -> tuple[str, str] | None:
        code = problem(text, settings.problem_index, settings.language)
        return (code, text) if code else None

    choice = await dialogue.ask("clarify_problem", chosen, attempts=1, values={"problems": _choices(settings)})
    if choice is None:
        return None
    code, words = choice
    _add_words(case, words)
    return code


def _choices(settings: CallSettings) -> str:
    """«A, B ou C», as it is spoken."""
    *names, last = [kind.name for kind in settings.problems.values()]
    return f"{', '.join(names)} {_OR[settings.language]} {last}" if names else last


def _add_words(case: Case, text: str) -> None:
    case.description = f"{case.description} {text}".strip()


def keep_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Who asks for a person, or is angry, may have said what is wrong: the technician will want to know."""
    if not text or case.description:
        return
    case.description = text
    code = problem(text, dialogue.settings.problem_index, dialogue.settings.language)
    if code is not None and case.problem is None:
        case.problem = dialogue.settings.problems[code]


def keep_early_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Keep a description that came before it was asked for, over the greeting or beside an answer.

    Beside an answer it takes a fault: «l'internet, c'est mon petit-fils» is none. A second
    telling of the same adds nothing.
    """
    settings = dialogue.settings
    index, language = settings.problem_index, settings.language
    is_told = tells_fault(text, index, language)
    if not is_told and not dialogue.asked:
        is_long = len(text.split()) >= LONG_WORDS
        is_told = names_thing(text, index, language) or (is_long and is_complaint(text, language))
    is_known = case.problem is not None and problem(text, index, language) == case.problem.code
    if is_told and not is_known:
        add_words(dialogue, case, text)


def add_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Add to the description what is not in it, and take the problem from the whole where that is clear."""
    if text in case.description:
        return
    settings = dialogue.settings
    _add_words(case, text)
    case.problem = settings.problems.get(problem(case.description, settings.problem_index, settings.language) or "")


def _description(text: str, settings: CallSettings) -> str | None:
    """What may describe a problem: «oui», «pardon ?», «vous êtes un robot ?» and «au revoir» do not."""
    language = settings.language
    if (said := farewell(text, language)) and said.reason is not Reason.WORKS:
        return None
    if _only_answers(text, settings) or asks_to_repeat(text, language) or asks_if_machine(text, language):
        return None
    return text if len(text.split()) > 1 or len(text) > 3 else None


def _only_answers(text: str, settings: CallSettings) -> bool:
    """«Oui, c'est ça», «attendez, je regarde»; but «ça marche pas» tells something, and «non, le wifi» too."""
    language = settings.language
    if problem(text, settings.problem_index, language):
        return False
    if only_asks_to_wait(text, language):
        return True
    words = text.split()
    begins_with_answer = bool(words) and yes_no(words[0], language) is not Answer.UNCLEAR
    return is_acknowledgement(text, language) or (begins_with_answer and len(words) <= ANSWER_WORDS)
