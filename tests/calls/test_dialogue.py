"""Turn-taking: barge-in, backchannels, the end of a turn."""

from calls.case import Case
from tests.calls.stage import LEAVES, on_stage

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
