"""A colleague steps in: has the bot say a line, takes the caller over, hangs up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from channels.layers import get_channel_layer

from calls.case import Case
from calls.fates import Dismissed, TakenOver
from calls.live import Onlookers
from calls.models import Call, Turn
from calls.scenarios.scenario import Vendors
from calls.scenarios.stage import FakeDesk, Stage
from calls.scribe import Said
from tests.calls.stage import LEAVES, during, on_stage

PIERRE = Case(phone_number="+33612345678", customer_id=7, first_name="Pierre", last_name="MARTIN")


def when(stage: Stage, phrase: str, act: Callable[[], object]) -> None:
    """Do something as soon as the bot has said a phrase."""
    turn = stage.scribe.turn

    def note(said: Said) -> None:
        turn(said)
        if said.phrase == phrase and said.speaker == "bot":
            act()

    stage.scribe.turn = note  # type: ignore[method-assign]


async def test_a_line_is_said_after_the_phrase_and_is_the_colleague_s() -> None:
    stage = on_stage("Ma box internet ne marche plus", LEAVES)
    when(stage, "greet", lambda: stage.dialogue.interject("Ici {Claire}, je vous écoute aussi."))
    await stage.play(PIERRE)
    said = [(said.speaker, said.text) for said in stage.scribe.said]
    position = said.index((Turn.Speaker.AGENT, "Ici {Claire}, je vous écoute aussi."))
    assert stage.scribe.said[position - 1].phrase == "greet"
    assert stage.case.description == "Ma box internet ne marche plus"  # the caller's answer still counts


async def test_a_line_waits_for_the_caller_s_words_and_loses_none() -> None:
    stage = on_stage("Ma box internet ne marche plus", "C'est fait", "Oui ça marche")
    when(stage, "problem_understood", lambda: stage.dialogue.interject("Je regarde de mon côté."))
    ending = await stage.play(PIERRE)
    assert "agent" in [said.speaker for said in stage.scribe.said]
    assert (ending.status, stage.case.is_fixed) == ("completed", True)


async def test_a_line_that_no_voice_can_say_ends_no_call() -> None:
    stage = on_stage("Ma box internet ne marche plus", "C'est fait", "Oui ça marche", vendors=Vendors(speaks_until=0.0))
    shown: list[str] = []
    stage.scribe.show = lambda kind, **details: shown.append(kind)  # type: ignore[method-assign]
    when(stage, "greet", lambda: stage.dialogue.interject("Je regarde."))
    ending = await stage.play(PIERRE)
    assert "unsaid" in shown
    assert ending.status == "completed"


async def test_lines_that_wait_are_bounded() -> None:
    stage = on_stage(LEAVES)
    assert [stage.dialogue.interject("Un instant.") for _ in range(7)] == [True] * 5 + [False] * 2


async def test_the_caller_is_handed_over_to_the_extension_that_was_chosen() -> None:
    stage = on_stage("Ma box internet ne marche plus", "[silence 30]")
    when(stage, "problem_understood", lambda: stage.dialogue.end(TakenOver("night")))
    ending = await stage.play(PIERRE)
    assert (ending.status, ending.transfer_to) == ("transferred", "night")
    assert stage.phrases[-1] == "transfer"


WISH, ANGER = "Je veux parler à quelqu'un", "C'est scandaleux, j'en ai ras le bol de vous"


@pytest.mark.parametrize(
    ("words", "phrase", "free", "said"),
    [
        (WISH, "nobody_free", "", ["nobody_free", "transfer"]),
        (WISH, "callback", "", ["nobody_free", "callback", "transfer"]),
        (WISH, "transfer", "technician", ["ask_problem", "transfer"]),
        (ANGER, "calm", "technician", ["calm", "transfer"]),
        (ANGER, "callback", "", ["calm", "nobody_free", "callback", "transfer"]),
        ("[silence 60]", "goodbye_silence", "", ["goodbye_silence", "transfer"]),
    ],
)
async def test_who_is_chosen_while_the_bot_takes_its_leave_gets_the_call(
    words: str, phrase: str, free: str, said: list[str]
) -> None:
    stage = on_stage(words, desk=FakeDesk(free=free))
    during(stage, phrase, lambda: stage.dialogue.end(TakenOver("night")))
    ending = await stage.play(replace(PIERRE))
    assert (ending.status, ending.transfer_to) == ("transferred", "night")
    assert stage.phrases[-len(said) :] == said
    assert not stage.bot(phrase).was_interrupted
    assert not stage.case.wants_callback


async def test_a_colleague_who_chooses_twice_gets_what_was_chosen_last() -> None:
    stage = on_stage(WISH, desk=FakeDesk(free=""))
    during(stage, "callback", lambda: stage.dialogue.end(TakenOver("night")))
    when(stage, "callback", lambda: during(stage, "transfer", lambda: stage.dialogue.end(TakenOver("day"))))
    ending = await stage.play(replace(PIERRE))
    assert ending.transfer_to == "day"
    assert stage.phrases.count("transfer") == 1


async def test_a_phrase_is_over_before_the_caller_is_handed_over() -> None:
    stage = on_stage("Ma box internet ne marche plus", "[silence 30]")
    during(stage, "remedy_intro", lambda: stage.dialogue.end(TakenOver("night")))
    await stage.play(replace(PIERRE))
    assert stage.phrases[-2:] == ["remedy_intro", "transfer"]
    assert not stage.bot("remedy_intro").was_interrupted


class Over:
    """A conversation that has ended."""

    audio = None

    def hand_over(self, extension: str) -> bool:
        return False


async def test_a_colleague_who_comes_too_late_is_told_so() -> None:
    layer, conversation = get_channel_layer(), Over()
    assert layer is not None
    reply = await layer.new_channel()
    onlookers = Onlookers(Call(), conversation)  # type: ignore[arg-type]
    await onlookers.obey({"type": "call.transfer", "extension": "night", "reply": reply, "id": "7"})
    assert await layer.receive(reply) == {"type": "live.answer", "id": "7", "done": False, "why": "over"}


async def test_who_is_asked_where_to_call_back_may_be_handed_over_still() -> None:
    stage = on_stage("Je veux parler à quelqu'un", "[silence 30]", desk=FakeDesk(free=""))
    when(stage, "nobody_free", lambda: stage.dialogue.end(TakenOver("night")))
    ending = await stage.play(Case(customer_id=7, first_name="Pierre"))
    assert (ending.status, ending.transfer_to) == ("transferred", "night")


async def test_a_call_that_a_colleague_hangs_up_is_over_for_the_dialplan_too() -> None:
    stage = on_stage("[silence 30]")
    when(stage, "greet", lambda: stage.dialogue.end(Dismissed()))
    ending = await stage.play(PIERRE)
    assert (ending.status, ending.reason) == ("completed", "dismissed")
