"""What a turn calls for, and what answers the question all the same."""

import pytest

from calls import floor
from calls.case import Case
from calls.scenarios.preset import preset
from calls.scenarios.stage import Stage
from calls.understanding import Certainty
from tests.calls.stage import LEAVES, on_stage
from tests.calls.test_flow import CLOSED

STRANGER = Case(phone_number="+33611111111")
UNANSWERED = "grr, quelle heure est-il"


def judging(monkeypatch: pytest.MonkeyPatch, judge: str, certainty: Certainty, *script: str) -> Stage:
    """A call in which every turn with «grr» in it is judged like that."""
    monkeypatch.setattr(floor, judge, lambda text, *_: certainty if "grr" in text else Certainty.NO)
    return on_stage(*script)


async def test_anger_that_is_likely_leaves_an_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = judging(monkeypatch, "how_angry", Certainty.LIKELY, "Sophie, grr", LEAVES)
    await stage.play(STRANGER)
    assert stage.case.first_name == "Sophie"
    assert not stage.case.is_angry


async def test_anger_that_is_certain_outranks_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = judging(monkeypatch, "how_angry", Certainty.CERTAIN, "Sophie, grr")
    await stage.play(STRANGER)
    assert stage.case.is_angry


async def test_anger_that_is_likely_and_answers_nothing_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = judging(monkeypatch, "how_angry", Certainty.LIKELY, UNANSWERED)
    await stage.play(STRANGER)
    assert stage.case.is_angry


@pytest.mark.parametrize(("second", "is_angry"), [(UNANSWERED, True), ("quelle heure est-il", False)])
async def test_faint_anger_takes_two_turns_in_a_row(
    monkeypatch: pytest.MonkeyPatch, second: str, is_angry: bool
) -> None:
    stage = judging(monkeypatch, "how_angry", Certainty.FAINT, UNANSWERED, second, LEAVES)
    await stage.play(STRANGER)
    assert "retry_firstname" in stage.phrases
    assert stage.case.is_angry is is_angry


async def test_a_wish_that_is_likely_leaves_a_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = judging(monkeypatch, "wish_for_human", Certainty.LIKELY, "Sophie, grr", LEAVES)
    await stage.play(STRANGER)
    assert stage.case.first_name == "Sophie"
    assert not stage.case.wants_human


async def test_a_wish_is_heard_beside_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = judging(
        monkeypatch, "wish_for_human", Certainty.LIKELY, "Ma box internet ne marche plus", "Oui, grr", LEAVES
    )
    await stage.play(Case(phone_number="+33612345678", customer_id=7, first_name="Pierre", last_name="MARTIN"))
    assert stage.case.wants_human


async def test_of_a_message_one_faint_turn_is_no_anger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor, "how_angry", lambda text, *_: Certainty.FAINT if "grr" in text else Certainty.NO)
    stage = on_stage("[take_message] La box est morte, grr", LEAVES, settings=preset("fr", schedule=CLOSED))
    await stage.play(STRANGER)
    assert not stage.case.is_angry
