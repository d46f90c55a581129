"""What a caller may say instead of an answer: «pardon ?», a question, a refusal to be recorded, a goodbye."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.desk import Desk
from calls.flow.diagnosis import OPEN_TICKET, keep_early_words
from calls.flow.early_answers import early_company
from calls.flow.farewell import hear_farewell
from calls.flow.identification import USE_KEYS, WHERE, Questions
from calls.settings import Answer, Spoken
from calls.understanding import (
    another_caller,
    asks_back,
    asks_if_machine,
    asks_to_repeat,
    is_question,
    refuses,
    refuses_recording,
    tells_fault,
)

# Questions behind which the name is asked for anyway.
_BEFORE_IDENTIFICATION = (OPEN_TICKET, "cut_off_before", "take_message")
_NAMES = ("_spelling", "_company", "_email")  # a name answers them
_ITEMS = ("firstname", "spelling", "company", "email", "phone", "callback_phone")


class Asides:
    """Set as `Dialogue.aside`: answers, and says whether it did; then our question is asked again.

    Of what is said beside an answer, a question counts only if it is surely one that the company has answered.
    """

    def __init__(self, dialogue: Dialogue, case: Case, desk: Desk) -> None:
        self._dialogue: Dialogue = weakref.proxy(dialogue)  # which holds us
        self._case = case
        self._desk: Desk = weakref.proxy(desk)
        self._asks_to_end = False
        self._asked_back = set[str]()

    async def __call__(self, text: str, *, answered: bool = False) -> bool:
        settings = self._dialogue.settings
        if settings.record and refuses_recording(text, settings.language):
            await stop_recording(self._dialogue, self._case, self._desk)
            return True
        if await meet_another(self._dialogue, self._case, text):
            # Who tells at once what is wrong has answered.
            return not tells_fault(text, settings.problem_index, settings.language)
        if await self._hears_farewell(text):
            return True
        if asks_to_repeat(text, settings.language):
            return True  # the question itself is the answer
        if asks_if_machine(text, settings.language):
            await self._dialogue.say("machine")
            return True
        answer = settings.faq.match(text)
        if answer is None and self._asks_back(text):
            return True
        if not settings.answers:
            return False
        if answer is not None:
            await self._answer(answer)
        elif answered or not is_question(text, settings.language):
            return False
        elif settings.words_answers:
            if not await self._answer_in_own_words(text):
                return False
        else:
            choice = asyncio.ensure_future(self._desk.choose_answer(text, settings.faq.nearest(text)))
            if (answer := await self._dialogue.meanwhile(choice)) is None:
                return False
            await self._answer(answer)
        if not answered and not self._dialogue.has_words:  # who interrupts has come back alone
            await self._dialogue.say("faq_back")
        return True

    def _asks_back(self, text: str) -> bool:
        """Whether the caller asks what an item of who calls is for, or which; twice he does not want to tell it."""
        item = self._dialogue.asked.partition("_")[2]
        if item not in _ITEMS or item in self._asked_back or not asks_back(text, self._dialogue.settings.language):
            return False
        self._asked_back.add(item)
        return True

    async def _hears_farewell(self, text: str) -> bool:
        """While nothing is being tried; and a goodbye that answers our question about it is no other."""
        is_trying = self._case.step is not None and self._dialogue.asked not in (WHERE, USE_KEYS)
        if self._asks_to_end or is_trying:
            return False
        self._asks_to_end = True
        try:
            return await hear_farewell(self._dialogue, self._case, text)
        finally:
            self._asks_to_end = False

    async def _answer(self, answer: Answer) -> None:
        await self._dialogue.speak(Spoken(f"faq_{answer.id}", answer.text))

    async def _answer_in_own_words(self, question: str) -> bool:
        """Say what the model writes from its first sentence on; whether it wrote any."""
        sentences = self._desk.word_answer(question, self._dialogue.settings.faq.nearest(question))
        first = await self._dialogue.meanwhile(asyncio.ensure_future(_next(sentences)))
        if first:
            await self._dialogue.tell(_chain(first, sentences))
        return bool(first)


async def _next(sentences: AsyncGenerator[str, None]) -> str:
    return await anext(sentences, "")


async def _chain(first: str, rest: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    async with aclosing(rest):
        yield first
        async for sentence in rest:
            yield sentence


async def meet_another(dialogue: Dialogue, case: Case, text: str) -> bool:
    """Greet who says that he is somebody else than whom the records know by the number, and ask who he is."""
    if not await take_for_another(dialogue, case, text):
        return False
    is_asked_anyway = not dialogue.asked or dialogue.asked.startswith(_BEFORE_IDENTIFICATION)
    if case.first_name:
        await dialogue.say("greet_another", first_name=case.first_name)
    elif not is_asked_anyway and "first_name" in dialogue.settings.asks:
        keep_early_words(dialogue, case, text)  # the call may end before the name is told
        case.first_name = await Questions(dialogue, case).first_name()
    return True


async def take_for_another(dialogue: Dialogue, case: Case, text: str) -> bool:
    """Whether the caller is somebody else than whom the records know by the number; the case is his then."""
    settings = dialogue.settings
    if case.customer_id is None or not case.first_name:
        return False
    other = another_caller(text, case.first_name, case.last_name, settings.language)
    if other is None or (other.first_name and dialogue.asked.endswith(_NAMES)):
        return False
    company = case.company if other.is_colleague else ""
    case.is_somebody_else()
    case.first_name, case.last_name = other.first_name, other.last_name
    case.company = company or await dialogue.make_sense(partial(early_company, settings=settings), text)
    return True


async def announce_recording(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Say that the call is recorded; a refusal right then may be as short as «je refuse»."""
    await dialogue.say("recording_notice")
    reply, language = await dialogue.overheard(), dialogue.settings.language
    if reply and (refuses(reply, language) or refuses_recording(reply, language)):
        await stop_recording(dialogue, case, desk)
    elif reply:
        await dialogue.aside(reply, answered=True)


async def stop_recording(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    """Keep nothing of this call's sound, and say so."""
    case.recording_refused = True
    desk.stop_recording()
    await dialogue.say("recording_refused")
