"""What is wrong: keywords decide when they are clear, then the language model, then the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.desk import OFF_TOPIC, Desk
from calls.settings import CallSettings, Problem
from calls.turns import Patience
from calls.understanding import (
    Answer,
    Reason,
    asks_for_options,
    asks_if_machine,
    asks_to_repeat,
    asks_to_wait,
    chosen,
    farewell,
    faults,
    goes_on_telling,
    is_acknowledgement,
    is_backchannel,
    is_business,
    is_complaint,
    is_preamble,
    is_question,
    knows_none,
    left,
    means_another,
    mentions,
    names_thing,
    only_answers,
    only_asks_to_wait,
    problem,
    tells_fault,
    without_own_phone,
    yes_no,
)

LONG_WORDS = 8  # said before anything was asked: a description, not a slip
MOST_CLARIFIED = 2  # questions that do not decide, until a person takes over
MOST_REPEATED = 2  # of them, for who asks what there is to choose from
MOST_PREAMBLES = 2  # «bonjour, j'ai un souci», and nothing more
OPEN_TICKET = "returning_client_pending_"  # the question
_OR = {"fr": "ou", "en": "or"}


class Another(NamedTuple):
    """Another problem than the case has, and the words that tell it."""

    text: str
    problem: Problem
    is_instead: bool  # «c'est le portable qui ne capte plus»; otherwise it is wrong as well


async def diagnosis(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Leave the problem in the case; None when nobody could tell (never a silent default).

    A caller who has said before what is wrong is not asked again.
    """
    dialogue.enter("diagnosis")
    settings = dialogue.settings
    code: str | None
    if case.problem is not None:
        code = case.problem.code
    elif case.description and not is_preamble(case.description, settings.language):
        code = await _place(dialogue, case, desk)
    else:
        code = await _describe(dialogue, case, desk)
    if code == OFF_TOPIC:
        await dialogue.say("off_topic")
        code = await _describe(dialogue, case, desk)
    is_told = bool(case.description) and not is_business(case.description, settings.problem_index, settings.language)
    if code not in (OFF_TOPIC, *settings.problems) and settings.problems and is_told:
        code = await _clarify(dialogue, case, desk)
    if code is not None and code in settings.problems:
        case.problem = settings.problems[code]
        await dialogue.say("problem_understood", problem=case.problem.name)
        await hear_correction(dialogue, case)


async def turn_to_next(dialogue: Dialogue, case: Case) -> bool:
    """Whether something else was told to fail; it is the problem now."""
    further = [problem for problem in case.further if problem is not case.problem]
    if not further:
        return False
    case.problem, *others = further
    case.further, case.step, case.is_fixed = tuple(others), None, None
    await dialogue.say("problem_understood", problem=case.problem.name)
    await hear_correction(dialogue, case)
    return True


async def hear_correction(dialogue: Dialogue, case: Case) -> bool:
    """«Non, c'est mon téléphone mobile», into our last phrase; whether it is another problem now."""
    said = await dialogue.overheard()
    if case.problem is None or not said or is_backchannel(said, dialogue.settings.language):
        return False
    await dialogue.aside(said, answered=True)
    if await correct(dialogue, case, said):
        return True
    if not is_question(said, dialogue.settings.language):
        _add_told(case, said, dialogue.settings)
    return False


async def correct(dialogue: Dialogue, case: Case, said: str, code: str | None = None) -> bool:
    """Take «non, c'est mon téléphone mobile» for what is the matter; whether it is another problem now.

    A caller who only says that it is wrong is asked what is right; nobody knows, if he cannot tell.
    """
    settings = dialogue.settings
    if case.problem is None:
        return False
    before = case.problem.code
    code = code or problem(said, settings.problem_index, settings.language)
    if code is None and _only_answers(said, settings) and yes_no(said, settings.language) is Answer.NO:
        code = await _clarify(dialogue, case)
        case.problem = settings.problems.get(code or "")
    elif code is not None and code != before:
        if goes_on_telling(said, settings.language):
            add_further(case, said, settings.problems[code])
            return False
        case.describe(said)
        case.problem = settings.problems[code]
    if case.problem is None or case.problem.code == before:
        return case.problem is None
    await dialogue.say("problem_understood", problem=case.problem.name)
    return True


def add_further(case: Case, said: str, further: Problem) -> None:
    """Keep what else is wrong, for when the problem is mended."""
    case.describe(said)
    if further not in case.further:
        case.further = (*case.further, further)


def another_problem(dialogue: Dialogue, case: Case, said: str) -> Another | None:
    """What else is wrong than what the case has; «non, il marche pas, je suis sur mon portable» tells nothing else."""
    index, language = dialogue.settings.problem_index, dialogue.settings.language
    told = without_own_phone(said, language)
    if yes_no(said, language) is Answer.YES or not tells_fault(told, index, language):
        return None
    code = problem(told, index, language)
    if case.problem is None or code in (None, case.problem.code):
        return None
    is_instead = means_another(told, language) and not goes_on_telling(said, language)  # as `correct` judges it
    return Another(said, dialogue.settings.problems[code], is_instead)


async def _describe(dialogue: Dialogue, case: Case, desk: Desk) -> str | None:
    """The caller's description, and the problem's code if it is clear; or OFF_TOPIC.

    What is off topic is kept until something else is described: it is for a person to hear.
    Who only greets, or says that he has a problem, is asked again what it is.
    """
    settings = dialogue.settings
    description = None
    for _ in range(MOST_PREAMBLES):
        description = await dialogue.ask(
            "ask_problem", lambda text: _description(text, settings), patience=Patience.LONG, retry="retry_problem"
        )
        if description is None or not is_preamble(description, settings.language):
            break
    if description is None:
        return None
    before, case.description = case.description, ""
    case.describe(description)  # at once: the call may end while the language model decides
    code = await _place(dialogue, case, desk)
    if code == OFF_TOPIC:
        case.description = ""
        for words in (before, description):
            case.describe(words)
    return code


async def _place(dialogue: Dialogue, case: Case, desk: Desk | None) -> str | None:
    """The code of what is described, by its keywords, or by the language model; or OFF_TOPIC.

    What is no fault is placed nowhere: no remedy brings a new contract.
    """
    settings = dialogue.settings
    code = _read(case, settings)
    if code is not None or is_business(case.description, settings.problem_index, settings.language):
        return code
    if settings.problems and desk is not None:
        decision = asyncio.ensure_future(desk.decide_problem(case.description, settings.problems))
        code = await dialogue.meanwhile(decision)
    return code


def _read(case: Case, settings: CallSettings) -> str | None:
    """The code that the keywords of the description tell; of several matters that of the first."""
    index, language = settings.problem_index, settings.language
    case.further = ()
    if is_business(case.description, index, language):
        return None
    code = problem(case.description, index, language)
    failing = faults(case.description, index, language)
    if failing[:1] == [""] or (code is not None and "" in failing):
        return code
    return _begin_with_first(case, failing, settings) if len(failing) > 1 else code


def _begin_with_first(case: Case, codes: Sequence[str], settings: CallSettings) -> str:
    first, *others = codes
    case.further = tuple(settings.problems[code] for code in others if code)
    return first


async def _clarify(dialogue: Dialogue, case: Case, desk: Desk | None = None) -> str | None:
    """Let the caller choose. What he says belongs to the description, which may be clear with it."""
    settings = dialogue.settings
    index, language = settings.problem_index, settings.language
    offered = _offered(case, settings)
    by_name = {problem.name: code for code, problem in settings.problems.items()}
    asked = repeated = 0

    def understand(text: str) -> str | None:
        tells = chosen(text, offered, index, language) or is_complaint(text, language)
        is_pause = asks_to_wait(text, language) and not tells
        return None if is_pause else text or None

    while asked < MOST_CLARIFIED:
        asked += 1
        words = await dialogue.ask(
            "clarify_problem",
            understand,
            patience=Patience.LONG,
            attempts=1,
            meaning={str(number): settings.problems[code].name for number, code in enumerate(offered, 1)},
            values={"problems": _choices(offered, settings)},
        )
        if words is None:
            continue
        codes = [by_name[words]] if words in by_name else chosen(words, offered, index, language)
        if not codes and asks_for_options(words, language) and repeated < MOST_REPEATED:
            asked, repeated = asked - 1, repeated + 1
            continue
        _add_told(case, words, settings)
        if codes:
            return _begin_with_first(case, codes, settings)
        if knows_none(words, language) or (_only_answers(words, settings) and yes_no(words, language) is Answer.NO):
            return None
        if is_business(words, index, language):
            return None  # «non, c'est la facture»
        code = await _place(dialogue, case, desk)
        if code in settings.problems or is_business(case.description, index, language):
            return code
        offered = left(words, offered, index, language) or offered
    return None


def _offered(case: Case, settings: CallSettings) -> list[str]:
    """The kinds to choose from: those that the description names, if there are several, or all."""
    named = {
        mention.code
        for mention in mentions(case.description, settings.problem_index, settings.language)
        if mention.counts
    }
    return [code for code in settings.problems if code in named or len(named) < 2 or "" in named]


def _choices(codes: Sequence[str], settings: CallSettings) -> str:
    """«A, B ou C», as it is spoken."""
    *names, last = [settings.problems[code].name for code in codes]
    return f"{', '.join(names)} {_OR[settings.language]} {last}" if names else last


def _add_told(case: Case, text: str, settings: CallSettings) -> None:
    """Add what tells something; «oui», «bon, alors» and «pardon ?» do not."""
    if not is_preamble(text, settings.language) and _description(text, settings):
        case.describe(text)


def keep_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Who asks for a person, or is angry, may have said what is wrong: the technician will want to know.

    Where that is known already, only a fault or what is long tells more: «je veux parler à quelqu'un» does not.
    """
    index, language = dialogue.settings.problem_index, dialogue.settings.language
    tells_more = len(text.split()) >= LONG_WORDS or tells_fault(text, index, language)
    if not text or (case.description and not tells_more):
        return
    before = case.description
    case.describe(text)
    if not before and case.problem is None:
        case.problem = dialogue.settings.problems.get(_read(case, dialogue.settings) or "")


def keep_early_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Keep a description that came before it was asked for, over the greeting or beside an answer.

    Beside an answer it takes a fault: «l'internet, c'est mon petit-fils» is none. A second
    telling of the same adds nothing.
    """
    settings = dialogue.settings
    index, language = settings.problem_index, settings.language
    is_long = len(text.split()) >= LONG_WORDS
    is_told = tells_fault(text, index, language)
    if not is_told and not dialogue.asked:
        is_told = (
            names_thing(text, index, language)
            or is_business(text, index, language)
            or (is_long and is_complaint(text, language))
        )
    elif not is_told and dialogue.asked.startswith(OPEN_TICKET):
        is_told = is_long and yes_no(text, language) is Answer.YES
    is_known = case.problem is not None and problem(text, index, language) == case.problem.code
    if is_told and not is_known:
        add_words(dialogue, case, text)


def add_words(dialogue: Dialogue, case: Case, text: str) -> None:
    """Add to the description what is not in it, and take the problem from the whole where that is clear."""
    if text in case.description:
        return
    case.describe(text)
    case.problem = dialogue.settings.problems.get(_read(case, dialogue.settings) or "")


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
        return not is_complaint(text, language)  # «attendez j'arrive plus à imprimer»
    return is_acknowledgement(text, language) or only_answers(text, language)
