"""Nobody can hear the caller, or nobody can speak to him: every vendor of the one or the other is gone."""

from __future__ import annotations

import logging

from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import (
    CallerAngry,
    CallerWantsCallback,
    CallerWantsHuman,
    CallTooLong,
    CannotHear,
    CannotSpeak,
    ServiceStops,
)
from calls.flow.closing import say_anyway
from calls.flow.desk import Desk
from calls.flow.handover import handover
from calls.flow.identification import USE_KEYS
from calls.models import Call
from calls.turns import Patience
from monitoring import metrics

logger = logging.getLogger(__name__)

CHOICE_SECONDS = 6.0
CALL_BACK = "2"


async def without_ears(dialogue: Dialogue, case: Case, desk: Desk, error: CannotHear) -> Ending:
    """Say so, and let the caller choose by a key: a person now, or a call back. No key means a person."""
    logger.error("nobody can hear the caller: %s", error)
    metrics.errors.labels("cannot_hear", "speech_to_text").inc()
    dialogue.enter("degraded")
    await say_anyway(dialogue, "vendor_down")
    if not case.wants_callback and await desk.free_target():
        try:
            await dialogue.say("dtmf_choice")
            heard = await dialogue.hear_within(CHOICE_SECONDS, Patience.SHORT)
            case.wants_callback = heard is not None and heard.digits == CALL_BACK
        except CallerWantsCallback:  # said before
            case.wants_callback = True
        except (CallerWantsHuman, CallerAngry, CallTooLong, ServiceStops):  # the key 0, or said before: a person it is
            pass
    return await handover(dialogue, case, desk, error=str(error), number_by=USE_KEYS)


async def without_voice(
    dialogue: Dialogue, case: Case, desk: Desk, error: CannotSpeak, *, may_hand_over: bool
) -> Ending:
    """Hand the call over, in silence where `transfer` is not cached either.

    Where nobody is free, or who was free did not take it, the dialplan's own person does: a call-back that
    nobody hears promised is none.
    """
    cause = f"no voice for «{error}»: {error.__cause__}"
    logger.error(cause)
    metrics.errors.labels("cannot_speak", "text_to_speech").inc()
    dialogue.enter("degraded")
    extension = await desk.free_target() if may_hand_over else ""
    if not extension:
        return Ending(Call.Status.FAILED, Call.EndReason.ERROR, error=cause)
    return await handover(dialogue, case, desk, extension=extension, error=cause)
