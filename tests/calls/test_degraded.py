"""Nobody can hear the caller: keys choose, and a person is the default. Or nobody can speak: it is a person."""

from __future__ import annotations

import pytest

from calls.case import Case
from calls.models import Call
from calls.scenarios.scenario import Vendors
from calls.scenarios.stage import FakeDesk
from tests.calls.stage import on_stage

NUMBERED = Case(phone_number="+33611111111")
DEAF = Vendors(hears_until=5.0)
MUTE = Vendors(speaks_until=0.0, is_cached=False)


@pytest.mark.parametrize(
    ("keys", "said", "extension"),
    [
        ("[dtmf 1]", ["transfer"], "technician"),
        ("[dtmf 2]", ["callback", "goodbye"], ""),
        ("[dtmf 0]", ["transfer"], "technician"),
        ("[silence 30]", ["transfer"], "technician"),
    ],
)
async def test_the_caller_chooses_by_a_key(keys: str, said: list[str], extension: str) -> None:
    stage = on_stage(f"[dtmf_choice] {keys}", vendors=DEAF)
    ending = await stage.play(NUMBERED)
    assert stage.phrases[stage.phrases.index("vendor_down") :] == ["vendor_down", "dtmf_choice", *said]
    assert ending.transfer_to == extension
    assert "unreachable" in ending.error
    assert stage.case.wants_callback is ("callback" in said)
    assert stage.scribe.scenes[-2:] == ["degraded", "handover"]


async def test_where_nobody_is_free_there_is_nothing_to_choose() -> None:
    stage = on_stage("[silence 30]", vendors=DEAF, desk=FakeDesk(free=""))
    await stage.play(NUMBERED)
    assert stage.phrases[-4:] == ["vendor_down", "nobody_free", "callback", "goodbye"]


async def test_a_call_back_that_nobody_hears_promised_is_left_to_the_dialplan_s_person() -> None:
    dead = Vendors(hears_until=5.0, speaks_until=8.0, is_cached=False)
    stage = on_stage("[silence 30]", vendors=dead, desk=FakeDesk(free=""))
    ending = await stage.play(NUMBERED)
    assert "callback" not in stage.phrases
    assert (ending.status, ending.reason) == (Call.Status.FAILED, Call.EndReason.ERROR)
    assert "callback" in ending.error


async def test_where_to_call_back_is_asked_for_by_keys() -> None:
    stage = on_stage("[dtmf_choice] [dtmf 2]", "[use_keys_phone] [dtmf 0639980118]", vendors=DEAF)
    await stage.play()
    assert stage.phrases[-4:] == ["dtmf_choice", "use_keys_phone", "callback", "goodbye"]
    assert stage.case.phone_number == "+33639980118"


async def test_a_caller_who_hangs_up_meanwhile_leaves_a_ticket() -> None:
    stage = on_stage("[vendor_down] [hangup]", vendors=DEAF)
    assert (await stage.play()).reason == "hangup"


async def test_a_call_that_can_say_nothing_is_handed_over() -> None:
    stage = on_stage(vendors=MUTE)
    ending = await stage.play(NUMBERED)
    assert (ending.status, ending.transfer_to) == (Call.Status.TRANSFERRED, "technician")
    assert "greet" in ending.error
    assert stage.scribe.scenes[-2:] == ["degraded", "handover"]


async def test_a_voice_that_is_lost_where_nobody_is_free_leaves_no_mark_for_the_dialplan() -> None:
    stage = on_stage(vendors=MUTE, desk=FakeDesk(free=""))
    ending = await stage.play(NUMBERED)
    assert (ending.status, ending.reason, ending.transfer_to) == (Call.Status.FAILED, Call.EndReason.ERROR, "")


async def test_a_voice_that_is_lost_rings_nobody_twice_who_did_not_answer() -> None:
    stage = on_stage(vendors=MUTE)
    ending = await stage.play(Case(phone_number="+33611111111", has_returned=True))
    assert (ending.status, ending.transfer_to) == (Call.Status.FAILED, "")
