"""The first words, and what happens outside the opening hours."""

from __future__ import annotations

import contextlib
from functools import partial

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import CallerAngry, CallerLeaves, CallerWantsHuman
from calls.flow.asides import announce_recording
from calls.flow.callback import WISHES, note_number
from calls.flow.closing import ANYWAY, part
from calls.flow.desk import Desk
from calls.flow.diagnosis import add_words
from calls.flow.early_answers import early_company
from calls.flow.identification import ask_where_to_call_back, identification
from calls.models import Call
from calls.turns import BREATH_SECONDS, Patience
from calls.understanding import (
    asks_to_repeat,
    introduced,
    is_backchannel,
    is_preamble,
    leaves_no_message,
    only_asks_to_wait,
    wants_visit,
)
from tenants.models import Tenant

QUESTION_WORDS = 7  # a question that is so short tells nothing of what the call is about


async def opening(dialogue: Dialogue, case: Case, desk: Desk) -> Ending | None:
    """Say that a machine speaks (Regulation (EU) 2024/1689, article 50), and whether we are open.

    A caller whose call was cut off is told that instead, and is asked no more than before.
    Returns the ending of a call that goes no further: outside the opening hours.
    """
    dialogue.enter(case.resumes_at or "opening")
    if case.is_past("opening") or dialogue.settings.schedule.is_open(desk.now()):
        await _first_words(dialogue, case, desk)
        return None
    with dialogue.answering(*WISHES):  # nobody is there: whoever asks for a person is told so
        ending = await _closed(dialogue, case, desk)
    return ending or await _who_left_it(dialogue, case)


async def _first_words(dialogue: Dialogue, case: Case, desk: Desk) -> None:
    case.disclosure = await dialogue.say("greet" if case.resumes_at is None else "cut_off")
    if dialogue.settings.announces_recording and not case.is_past("opening"):
        await announce_recording(dialogue, case, desk)


async def _closed(dialogue: Dialogue, case: Case, desk: Desk) -> Ending | None:
    """The ending of a call that leaves no message."""
    settings = dialogue.settings
    await _first_words(dialogue, case, desk)
    await dialogue.say("closed", hours=settings.schedule.spoken(settings.language))
    if settings.after_hours == Tenant.AfterHours.ON_CALL and (extension := await desk.free_target(on_call=True)):
        dialogue.enter("handover")
        await dialogue.say("closed_on_call")
        return Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, transfer_to=extension)
    await desk.look_up_caller(case)
    with contextlib.suppress(CallerWantsHuman):  # by a key
        await _take_message(dialogue, case)
    if case.is_angry:
        await dialogue.say("calm")
    return None


async def _take_message(dialogue: Dialogue, case: Case) -> None:
    """Keep each part of it at once, in its order; raises CallerLeaves for who has none."""

    language = dialogue.settings.language

    def told(text: str) -> str | None:
        if _only_asks_for_person(dialogue, text):
            return None
        tells_nothing = is_preamble(text, language) or asks_to_repeat(text, language)
        if not leaves_no_message(text, language) and (tells_nothing or only_asks_to_wait(text, language)):
            return None  # «oui bonjour», «attendez»
        return text or None

    message = await dialogue.ask("take_message", told, patience=Patience.LONG)
    if message and leaves_no_message(message, language):
        case.needs_nothing = not (case.problem or case.description)
        raise CallerLeaves(message)
    await _add(dialogue, case, message or "")
    # Who leaves a message dictates it, and the next question would take what follows a breath for its answer.
    while (heard := await dialogue.hear_within(BREATH_SECONDS, Patience.LONG)) and heard.text:
        await _add(dialogue, case, heard.text)


def _only_asks_for_person(dialogue: Dialogue, text: str) -> bool:
    """«Is there nobody there at all?» has no answer but our question."""
    is_wish = dialogue.wish_of(text) in (CallerWantsHuman, CallerAngry)
    if wants_visit(text, dialogue.settings.language):
        return False  # a message: somebody is to be sent
    return is_wish and text.rstrip().endswith("?") and len(text.split()) <= QUESTION_WORDS


async def _who_left_it(dialogue: Dialogue, case: Case) -> Ending:
    try:
        await identification(dialogue, case)
    except WISHES as wish:
        await _add(dialogue, case, str(wish))
        await ask_where_to_call_back(dialogue, case)
    dialogue.enter("closing")
    await dialogue.say("message_taken" if case.phone_number else "callback_without_number")
    with contextlib.suppress(*ANYWAY), dialogue.answering(*WISHES):
        await _hear_the_rest(dialogue, case)
    ending = await part(dialogue, "goodbye", Call.EndReason.GOODBYE)
    with contextlib.suppress(*ANYWAY), dialogue.answering(*WISHES):
        await _add_rest(dialogue, case, await dialogue.overheard())
    return ending


async def _hear_the_rest(dialogue: Dialogue, case: Case) -> None:
    """«Et mon numéro, c'est le …»: what occurs to the caller when the message is taken."""
    while (heard := await dialogue.hear_within(BREATH_SECONDS, Patience.LONG)) and heard.text:
        await _add_rest(dialogue, case, heard.text)


async def _add_rest(dialogue: Dialogue, case: Case, words: str) -> None:
    """But for thanks and goodbyes."""
    language = dialogue.settings.language
    if not is_backchannel(words, language) and not leaves_no_message(words, language):
        await _add(dialogue, case, words)


async def _add(dialogue: Dialogue, case: Case, words: str) -> None:
    """Whatever is wished is part of the message; who begins with a name is not asked for it."""
    wish = dialogue.wish_of(words) if words else None
    case.is_angry |= wish is CallerAngry
    case.wants_human |= wish is CallerWantsHuman
    case.wants_callback |= wish is not None
    add_words(dialogue, case, words)
    settings = dialogue.settings
    note_number(case, words, settings.language)
    if case.customer_id is not None or (name := introduced(words, settings.language)) is None:
        return
    if "first_name" in settings.asks:
        case.first_name = case.first_name or name[0]
    if "company" in settings.asks:
        case.company = case.company or await dialogue.make_sense(partial(early_company, settings=settings), words)
