"""Whether it works now, and what else is the matter then."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from calls.case import Case
from calls.dialogue import Dialogue
from calls.fates import CallerWantsHuman
from calls.flow.answers import ask_yes_or_no_unless
from calls.flow.diagnosis import turn_to_next
from calls.flow.trying import give_up, let_the_caller_try
from calls.settings import Problem
from calls.understanding import (
    Attempt,
    asks_for_visit,
    cannot_tell,
    fixed,
    is_to_come,
    mentions,
    problem,
    tells_another,
    tells_relapse,
)

MOST_TRIES = 3
_TOLD: Final[Mapping[Attempt | None, bool]] = {Attempt.FAILS: False, Attempt.FIXED: True}


class _More(Enum):
    VISIT = auto()
    ANOTHER = auto()  # a second problem
    TO_COME = auto()  # it is too early to tell
    CANNOT_TELL = auto()


class _Besides(NamedTuple):
    """What is told instead of a yes or a no, and its words."""

    more: _More
    text: str


async def verification(dialogue: Dialogue, case: Case, tried: Problem, told: Attempt | None) -> bool:
    """Whether it works, and nothing else is the matter; who has `told` it is not asked.

    A second problem that we know is the case's then.
    """
    dialogue.enter("verification")
    works = _TOLD[told] if told in _TOLD else await _ask_whether_it_works(dialogue, case, tried)
    if case.problem is not tried:
        case.step = None
        return False
    if isinstance(works, Attempt):
        await give_up(dialogue, case)
        return False
    if isinstance(works, str):
        await _turn_to(dialogue, case, works)
        return False
    case.is_fixed = works
    await dialogue.say("fixed" if works else "not_fixed")
    return bool(works) and not await hears_more(dialogue, case)


async def _ask_whether_it_works(dialogue: Dialogue, case: Case, tried: Problem) -> bool | str | Attempt | None:
    """Yes, no, or what else is the matter; an attempt that ends there: the caller cannot tell.

    Who says that it is too early is given time. Raises CallerWantsHuman for who wants somebody to come.
    """
    settings = dialogue.settings
    index, language = settings.problem_index, settings.language
    # What was told to be broken as well is no second problem, but says that it does not work.
    told_before = {tried.code, *(mention.code for mention in mentions(case.description, index, language))}
    told_before -= {further.code for further in case.further}  # whose turn it is next

    def besides(text: str) -> _Besides | None:
        if asks_for_visit(text, language):
            return _Besides(_More.VISIT, text)
        if tells_another(text, index, language, told_before):
            return _Besides(_More.ANOTHER, text)
        if cannot_tell(text, language):
            return _Besides(_More.CANNOT_TELL, text)
        return _Besides(_More.TO_COME, text) if is_to_come(text, language) else None

    for _ in range(MOST_TRIES):
        told = await ask_yes_or_no_unless(dialogue, "ask_fixed", besides, fixed)
        if not isinstance(told, _Besides):
            return told
        match told.more:
            case _More.VISIT:
                raise CallerWantsHuman(told.text)
            case _More.ANOTHER:
                return told.text
            case _More.CANNOT_TELL:
                return Attempt.CANNOT
        match await let_the_caller_try(dialogue, case, tried.steps[-1], is_last=True, has_tried=True):
            case Attempt.FAILS:
                return False
            case Attempt.FIXED:
                return True
            case Attempt.CANNOT:
                return Attempt.CANNOT
        if case.problem is not tried:
            break
    return None


async def hears_more(dialogue: Dialogue, case: Case) -> bool:
    """«Ah non, ça a recoupé», or «et sinon mon portable …», into our last words: somebody sees to it after all."""
    settings, said = dialogue.settings, await dialogue.overheard()
    if tells_relapse(said, settings.language):
        case.is_fixed = False
        case.describe(said)
        await dialogue.say("not_fixed")
        return True
    fixed_codes = {case.problem.code} if case.problem else set()
    if not tells_another(said, settings.problem_index, settings.language, fixed_codes, is_fixed=True):
        return False
    await _turn_to(dialogue, case, said)
    return True


async def _turn_to(dialogue: Dialogue, case: Case, said: str) -> None:
    """A second problem that we know has its own remedy; a person sees to any other."""
    settings = dialogue.settings
    case.is_fixed = None
    case.describe(said)
    code = problem(said, settings.problem_index, settings.language)
    if code is not None and case.problem is not None and code != case.problem.code:
        second = settings.problems[code]
        case.further = (second, *(further for further in case.further if further is not second))
        await turn_to_next(dialogue, case)
