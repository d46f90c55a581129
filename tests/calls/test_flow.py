"""The script of a support call, from the caller's side."""

from dataclasses import replace

import pytest

from calls.case import Case, OpenTicket
from calls.models import Call
from tests.calls.stage import FakeDesk, Line, Stage, settings_of

PIERRE = Case(phone_number="+33612345678", customer_id=7, first_name="Pierre", last_name="MARTIN")


def known(**changes: object) -> Case:
    return replace(PIERRE, **changes)  # type: ignore[arg-type]


async def test_a_known_caller_is_helped() -> None:
    stage = Stage("Ma box internet ne marche plus", "C'est fait", "Oui ça marche merci")
    ending = await stage.play(known())
    assert (ending.status, ending.reason) == (Call.Status.COMPLETED, Call.EndReason.GOODBYE)
    assert stage.scribe.scenes == ["greeting", "diagnosis", "remedy", "verification", "closing"]
    assert stage.phrases[:2] == ["greet", "greet_known"]
    assert stage.phrases[-2:] == ["fixed", "goodbye"]
    assert stage.case.problem is not None
    assert stage.case.problem.code == "internet"
    assert stage.case.is_fixed is True


async def test_an_unknown_caller_is_asked_who_calls() -> None:
    stage = Stage(
        "Je m'appelle Pierre",
        "M A R T I N",
        "CARvertical",
        "pierre point martin arobase gmail point com",
        "oui",
        "oui c'est ça",
        "mon téléphone portable ne capte plus la 4G",
        "voilà",
        "oui ça marche",
    )
    await stage.play(Case(phone_number="+33611111111"))
    case = stage.case
    assert (case.first_name, case.last_name, case.company, case.email) == (
        "Pierre",
        "MARTIN",
        "CARvertical",
        "pierre.martin@gmail.com",
    )
    assert case.problem is not None
    assert case.problem.code == "mobile"


async def test_a_caller_without_a_number_is_asked_for_it() -> None:
    stage = Stage("zéro six douze trente-quatre cinquante-six soixante-dix-huit", Line(hang_up=True))
    await stage.play(Case())
    assert stage.case.phone_number == "+33612345678"


async def test_the_number_may_be_keyed_in() -> None:
    stage = Stage(Line(keys="0612345678"), Line(hang_up=True))
    await stage.play(Case())
    assert stage.case.phone_number == "+33612345678"


async def test_a_refused_item_is_skipped() -> None:
    stage = Stage("je préfère ne pas le dire", Line(hang_up=True))
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.case.first_name == ""
    assert stage.phrases[:4] == ["greet", "welcome", "ask_firstname", "skip_item"]


async def test_a_remedy_that_does_not_help_leads_to_a_person() -> None:
    stage = Stage("Ma box internet ne marche plus", "C'est fait", "Non toujours pas")
    ending = await stage.play(known())
    assert (ending.status, ending.transfer_to) == (Call.Status.TRANSFERRED, "technician")
    assert stage.phrases[-2:] == ["not_fixed", "transfer"]


async def test_without_a_person_a_call_back_is_promised() -> None:
    stage = Stage("Ma box internet ne marche plus", "C'est fait", "Non", settings=settings_of(transfer_extension=""))
    ending = await stage.play(known())
    assert (ending.status, ending.transfer_to) == (Call.Status.COMPLETED, "")
    assert stage.phrases[-1] == "callback"


async def test_keywords_that_are_not_clear_are_left_to_the_language_model() -> None:
    stage = Stage("Je ne peux plus travailler", Line(hang_up=True), desk=FakeDesk(decision="internet"))
    await stage.play(known())
    assert stage.case.problem is not None
    assert stage.case.problem.code == "internet"


async def test_a_problem_that_nobody_understands_is_asked_about_once_and_handed_over() -> None:
    stage = Stage("Je ne peux plus travailler", "Je ne sais pas trop")
    ending = await stage.play(known())
    assert stage.phrases.count("clarify_problem") == 1
    assert stage.case.problem is None
    assert ending.status == Call.Status.TRANSFERRED


async def test_an_open_ticket_is_asked_about() -> None:
    stage = Stage("Oui")
    ending = await stage.play(known(open_ticket=OpenTicket(3, "internet", "connexion internet")))
    assert stage.case.is_about_open_ticket
    assert "returning_client_pending_internet" in stage.phrases
    assert ending.status == Call.Status.TRANSFERRED


async def test_another_matter_than_the_open_ticket_goes_on() -> None:
    stage = Stage("Non c'est autre chose", Line(hang_up=True))
    await stage.play(known(open_ticket=OpenTicket(3, "fax", "fax")))
    assert not stage.case.is_about_open_ticket
    assert "returning_client_pending_other" in stage.phrases
    assert "diagnosis" in stage.scribe.scenes


@pytest.mark.parametrize("words", ["Je veux parler à quelqu'un", "Passez-moi un conseiller s'il vous plaît"])
async def test_who_asks_for_a_person_gets_one(words: str) -> None:
    stage = Stage(words)
    ending = await stage.play(known())
    assert ending.status == Call.Status.TRANSFERRED
    assert stage.case.wants_human


async def test_a_zero_asks_for_a_person() -> None:
    stage = Stage(Line(keys="0"))
    assert (await stage.play(known())).status == Call.Status.TRANSFERRED


async def test_an_angry_caller_is_calmed_and_handed_over() -> None:
    stage = Stage("C'est scandaleux, j'en ai ras le bol de vous")
    ending = await stage.play(known())
    assert stage.phrases[-2:] == ["calm", "transfer"]
    assert stage.case.is_angry
    assert ending.status == Call.Status.TRANSFERRED


async def test_silence_is_asked_about_once_and_then_ends_the_call() -> None:
    stage = Stage(Line(stay_silent=True), Line(stay_silent=True))
    ending = await stage.play(known())
    assert ending.reason == Call.EndReason.SILENCE
    assert stage.phrases[-2:] == ["still_there", "goodbye_silence"]


async def test_a_caller_who_was_silent_and_then_speaks_is_heard() -> None:
    stage = Stage(Line(stay_silent=True), "Ma box internet ne marche plus", Line(hang_up=True))
    await stage.play(known())
    assert stage.case.problem is not None


async def test_the_longest_call_is_ended_with_a_warning() -> None:
    stage = Stage(*["Je réfléchis encore un peu à ma question"] * 60, settings=settings_of(max_seconds=100.0))
    ending = await stage.play(known())
    assert ending.reason in (Call.EndReason.TOO_LONG, Call.EndReason.HANDOVER)


async def test_whoever_hangs_up_leaves_what_was_understood() -> None:
    stage = Stage("Ma box internet ne marche plus", Line(hang_up=True))
    ending = await stage.play(known())
    assert ending.reason == Call.EndReason.HANGUP
    assert stage.case.problem is not None


async def test_a_voice_that_is_lost_leaves_no_mark_for_the_dialplan() -> None:
    stage = Stage()
    stage.speaking.dumb = True
    ending = await stage.play(known())
    assert (ending.status, ending.reason) == (Call.Status.FAILED, Call.EndReason.ERROR)
    assert "greet" in ending.error
