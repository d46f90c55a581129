"""Turn-taking: barge-in, backchannels, keys, the end of a turn."""

from dataclasses import replace

import pytest

from calls.case import Case
from calls.scenarios.stage import FakeDesk, Stage
from tests.calls.stage import LEAVES, during, on_stage

PIERRE = Case(phone_number="+33612345678", customer_id=7, first_name="Pierre", last_name="MARTIN")


async def test_real_words_interrupt_and_only_what_was_heard_is_kept() -> None:
    stage = on_stage("[interrupt 4.0] Ma box internet ne marche plus", LEAVES)
    await stage.play(PIERRE)
    interrupted = [said for said in stage.scribe.said if said.was_interrupted]
    assert interrupted
    whole = stage.settings.phrases[interrupted[0].phrase].text
    assert len(interrupted[0].text) < len(whole)
    assert stage.case.description == "Ma box internet ne marche plus"


async def test_the_greeting_is_not_interrupted() -> None:
    stage = on_stage("[interrupt 0.5] Bonjour monsieur", LEAVES)
    await stage.play(PIERRE)
    assert not stage.bot("greet").was_interrupted


async def test_a_backchannel_does_not_interrupt() -> None:
    stage = on_stage("Ma box internet ne marche plus", "[interrupt 0.6] d'accord", LEAVES)
    await stage.play(PIERRE)
    assert not any(said.was_interrupted for said in stage.scribe.said if said.phrase == "problem_understood")


async def test_a_short_answer_is_answered_when_the_endpoint_is_heard() -> None:
    stage = on_stage("Ma box internet ne marche plus", "C'est fait", "Oui ça marche")
    await stage.play(PIERRE)
    response = stage.bot("fixed").response_seconds
    assert response is not None
    assert response <= 0.36


async def test_a_description_waits_for_more() -> None:
    stage = on_stage("Ma box internet ne marche plus", LEAVES)
    await stage.play(PIERRE)
    response = stage.bot("problem_understood").response_seconds
    assert response is not None
    assert 0.6 <= response <= 0.9


async def test_a_voice_that_goes_on_keeps_the_turn_before_its_words_are_there() -> None:
    stage = on_stage("Sophie", "D U R [pause 1.3] A N D", LEAVES)
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.case.last_name == "DURAND"


def pressing(phrase: str, keys: str, *script: str, free: str = "technician") -> Stage:
    """A caller who presses keys while the bot says a phrase."""
    stage = on_stage(*script, desk=FakeDesk(free=free))

    def press() -> None:
        for key in keys:
            stage.dialogue.press(key)

    during(stage, phrase, press)
    return stage


@pytest.mark.parametrize("keys", ["0", "00", "0#"])
async def test_nothing_is_said_between_the_key_zero_and_the_person(keys: str) -> None:
    stage = pressing("remedy_intro", keys, "Ma box internet ne marche plus")
    ending = await stage.play(replace(PIERRE))
    assert stage.bot("remedy_intro").was_interrupted
    assert stage.phrases[-2:] == ["remedy_intro", "transfer"]
    assert (ending.transfer_to, stage.case.wants_human) == ("technician", True)
    assert [said.text for said in stage.scribe.said if said.speaker == "caller"][-1] == f"[{keys.removesuffix('#')}]"


async def test_what_must_be_heard_is_said_to_its_end_whatever_key_is_pressed() -> None:
    stage = pressing("greet", "0")
    await stage.play(replace(PIERRE))
    assert stage.phrases == ["greet", "transfer"]
    assert not stage.bot("greet").was_interrupted


async def test_another_key_changes_nothing_of_what_is_said_next() -> None:
    stage = pressing("remedy_intro", "5", "Ma box internet ne marche plus", LEAVES)
    await stage.play(replace(PIERRE))
    assert stage.phrases[-3:] == ["remedy_intro", "internet_step_2", "take_your_time"]


async def test_a_number_that_begins_with_zero_is_no_wish_for_a_person_though_a_colleague_s_line_waits() -> None:
    stage = pressing("ask_phone", "0", "[dtmf 612345678]", LEAVES)
    during(stage, "ask_phone", lambda: stage.dialogue.interject("Je vous écoute aussi."))
    await stage.play(Case())
    assert stage.case.phone_number == "+33612345678"
    assert "agent" in [said.speaker for said in stage.scribe.said]


@pytest.mark.parametrize("wish", ["0", ""])
async def test_who_asks_for_a_person_when_nobody_is_free_is_promised_a_call_back(wish: str) -> None:
    again = [] if wish else ["[nobody_free] [interrupt 0.5] Je veux parler à quelqu'un"]
    stage = pressing("nobody_free", wish, "Je veux parler à quelqu'un", *again, free="")
    await stage.play(replace(PIERRE))
    assert stage.bot("nobody_free").was_interrupted
    assert stage.phrases[-3:] == ["nobody_free", "callback", "goodbye"]
    assert not stage.bot("callback").was_interrupted


async def test_keys_where_words_are_wanted_are_one_mistake() -> None:
    stage = on_stage("[dtmf 612345678]", "Sophie", LEAVES)
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.phrases[-3:] == ["ask_firstname", "retry_firstname", "ask_spelling"]
    assert stage.case.first_name == "Sophie"


async def test_a_key_pressed_before_a_question_does_not_cost_its_first_answer() -> None:
    stage = on_stage("Sophie", LEAVES)
    stage.dialogue.press("1")
    await stage.play(Case(phone_number="+33611111111"))
    assert "retry_firstname" not in stage.phrases
