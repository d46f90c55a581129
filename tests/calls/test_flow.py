"""The script of a support call, from the caller's side."""

from dataclasses import replace
from datetime import time

import pytest

from calls.case import Case, OpenTicket
from calls.flow.desk import OFF_TOPIC
from calls.models import Call
from calls.scenarios.preset import preset
from calls.scenarios.stage import FakeDesk
from calls.settings import Answer, Spoken, Step
from calls.understanding import FaqIndex
from tenants.hours import Schedule
from tests.calls.stage import LEAVES, on_stage

PIERRE = Case(phone_number="+33612345678", customer_id=7, first_name="Pierre", last_name="MARTIN")


def known(**changes: object) -> Case:
    return replace(PIERRE, **changes)  # type: ignore[arg-type]


async def test_a_known_caller_is_helped() -> None:
    stage = on_stage("Ma box internet ne marche plus", "C'est fait", "Oui ça marche merci")
    ending = await stage.play(known())
    assert (ending.status, ending.reason) == (Call.Status.COMPLETED, Call.EndReason.GOODBYE)
    assert stage.scribe.scenes == ["opening", "greeting", "diagnosis", "remedy", "verification", "closing"]
    assert stage.phrases[:2] == ["greet", "greet_known"]
    assert stage.phrases[-2:] == ["fixed", "goodbye"]
    assert stage.case.problem is not None
    assert stage.case.problem.code == "internet"
    assert stage.case.is_fixed is True


async def test_an_unknown_caller_is_asked_who_calls() -> None:
    stage = on_stage(
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


@pytest.mark.parametrize("last_name", ["M A R T I N", "Martin, M A R T I N."])
async def test_who_is_called_the_same_twice_may_say_so_in_the_same_words(last_name: str) -> None:
    told = f"[ask_spelling] {last_name}", f"[retry_spelling] {last_name}"
    stage = on_stage("[ask_firstname] Martin.", *told, LEAVES)
    await stage.play(Case(phone_number="+33611111111"))
    assert (stage.case.first_name, stage.case.last_name) == ("Martin", "MARTIN")


async def test_a_caller_without_a_number_is_asked_for_it() -> None:
    stage = on_stage("zéro six douze trente-quatre cinquante-six soixante-dix-huit", LEAVES)
    await stage.play(Case())
    assert stage.case.phone_number == "+33612345678"


async def test_the_number_may_be_keyed_in() -> None:
    stage = on_stage("[dtmf 0612345678]", LEAVES)
    await stage.play(Case())
    assert stage.case.phone_number == "+33612345678"


async def test_a_refused_item_is_skipped() -> None:
    stage = on_stage("je préfère ne pas le dire", LEAVES)
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.case.first_name == ""
    assert stage.phrases[:4] == ["greet", "welcome", "ask_firstname", "skip_item"]


async def test_what_is_given_with_a_complaint_is_no_refusal() -> None:
    stage = on_stage(
        "Je m'appelle Pierre",
        "M A R T I N",
        "CARvertical",
        "pierre point martin arobase free point fr mais je la regarde pas souvent",
        LEAVES,
    )
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.case.email == "pierre.martin@free.fr"
    assert "skip_item" not in stage.phrases


async def test_a_remedy_that_does_not_help_leads_to_a_person() -> None:
    stage = on_stage("Ma box internet ne marche plus", "C'est fait", "Non toujours pas")
    ending = await stage.play(known())
    assert (ending.status, ending.transfer_to) == (Call.Status.TRANSFERRED, "technician")
    assert stage.phrases[-2:] == ["not_fixed", "transfer"]


async def test_without_a_person_a_call_back_is_promised() -> None:
    stage = on_stage(
        "Ma box internet ne marche plus", "C'est fait", "Non", settings=preset("fr", targets=()), desk=FakeDesk(free="")
    )
    ending = await stage.play(known())
    assert (ending.status, ending.transfer_to) == (Call.Status.COMPLETED, "")
    assert stage.phrases[-2:] == ["callback", "goodbye"]


async def test_keywords_that_are_not_clear_are_left_to_the_language_model() -> None:
    stage = on_stage("Je ne peux plus travailler", LEAVES, desk=FakeDesk(decision="internet"))
    await stage.play(known())
    assert stage.case.problem is not None
    assert stage.case.problem.code == "internet"


async def test_a_problem_that_nobody_understands_is_asked_about_once_and_handed_over() -> None:
    stage = on_stage("Je ne peux plus travailler", "Je ne sais pas trop")
    ending = await stage.play(known())
    assert stage.phrases.count("clarify_problem") == 1
    assert stage.case.problem is None
    assert ending.status == Call.Status.TRANSFERRED


async def test_an_open_ticket_is_asked_about() -> None:
    stage = on_stage("Oui")
    ending = await stage.play(known(open_ticket=OpenTicket(3, "internet", "connexion internet")))
    assert stage.case.is_about_open_ticket
    assert "returning_client_pending_internet" in stage.phrases
    assert ending.status == Call.Status.TRANSFERRED


async def test_another_matter_than_the_open_ticket_goes_on() -> None:
    stage = on_stage("Non c'est autre chose", LEAVES)
    await stage.play(known(open_ticket=OpenTicket(3, "fax", "fax")))
    assert not stage.case.is_about_open_ticket
    assert "returning_client_pending_other" in stage.phrases
    assert "diagnosis" in stage.scribe.scenes


@pytest.mark.parametrize("words", ["Je veux parler à quelqu'un", "Passez-moi un conseiller s'il vous plaît"])
async def test_who_asks_for_a_person_gets_one(words: str) -> None:
    stage = on_stage(words)
    ending = await stage.play(known())
    assert ending.status == Call.Status.TRANSFERRED
    assert stage.case.wants_human


async def test_a_zero_asks_for_a_person() -> None:
    stage = on_stage("[dtmf 0]")
    assert (await stage.play(known())).status == Call.Status.TRANSFERRED


async def test_an_angry_caller_is_calmed_and_handed_over() -> None:
    stage = on_stage("C'est scandaleux, j'en ai ras le bol de vous")
    ending = await stage.play(known())
    assert stage.phrases[-2:] == ["calm", "transfer"]
    assert stage.case.is_angry
    assert ending.status == Call.Status.TRANSFERRED


async def test_silence_is_asked_about_once_and_then_ends_the_call() -> None:
    stage = on_stage("[silence 60]")
    ending = await stage.play(known())
    assert ending.reason == Call.EndReason.SILENCE
    assert stage.phrases[-2:] == ["still_there", "goodbye_silence"]


async def test_a_caller_who_was_silent_and_then_speaks_is_heard() -> None:
    stage = on_stage("[silence 16]", "Ma box internet ne marche plus", LEAVES)
    await stage.play(known())
    assert stage.case.problem is not None


async def test_the_longest_call_is_ended_with_a_warning() -> None:
    stage = on_stage(*["Je réfléchis encore un peu à ma question"] * 60, settings=preset("fr", max_seconds=100.0))
    ending = await stage.play(known())
    assert ending.reason in (Call.EndReason.TOO_LONG, Call.EndReason.HANDOVER)


async def test_whoever_hangs_up_leaves_what_was_understood() -> None:
    stage = on_stage("Ma box internet ne marche plus", LEAVES)
    ending = await stage.play(known())
    assert ending.reason == Call.EndReason.HANGUP
    assert stage.case.problem is not None


async def test_the_first_words_say_that_a_machine_speaks_and_are_kept() -> None:
    stage = on_stage(LEAVES)
    await stage.play(known())
    assert "automatique" in stage.case.disclosure
    assert stage.phrases[0] == "greet"


async def test_a_refusal_to_be_recorded_is_honoured_and_the_question_repeated() -> None:
    stage = on_stage(
        "Je refuse d'être enregistré",
        "Ma box internet ne marche plus",
        LEAVES,
        settings=preset("fr", record=True, announces_recording=True),
    )
    await stage.play(known())
    assert stage.phrases[:6] == [
        "greet",
        "recording_notice",
        "greet_known",
        "ask_problem",
        "recording_refused",
        "ask_problem",
    ]
    assert stage.case.recording_refused
    assert not stage.desk.records


CLOSED = Schedule("Europe/Paris", ((0, time(9), time(18)),), frozenset(), frozenset())  # Mondays only


async def test_outside_the_opening_hours_a_message_is_taken() -> None:
    stage = on_stage("Rappelez-moi demain pour ma facture", settings=preset("fr", schedule=CLOSED))
    ending = await stage.play(known())
    assert stage.phrases == ["greet", "closed", "take_message", "message_taken", "goodbye"]
    assert stage.case.description == "Rappelez-moi demain pour ma facture"
    assert ending.status == Call.Status.COMPLETED


async def test_outside_the_opening_hours_somebody_may_be_on_call() -> None:
    stage = on_stage(settings=preset("fr", schedule=CLOSED, after_hours="on_call"), desk=FakeDesk(free="oncall"))
    ending = await stage.play(known())
    assert (stage.phrases, ending.transfer_to) == (["greet", "closed", "closed_on_call"], "oncall")


async def test_a_returning_number_without_a_record_is_recognised() -> None:
    stage = on_stage(LEAVES)
    await stage.play(Case(phone_number="+33611111111", earlier_calls=2))
    assert "deux fois" in stage.bot("returning_client").text


async def test_a_wrong_last_name_is_asked_again_and_nothing_else() -> None:
    stage = on_stage(
        "Pierre",
        "M A R T I N",
        "je préfère ne pas le dire",
        "je n'en ai pas",
        "non",
        "oui",
        "D U P O N T",
        LEAVES,
    )
    await stage.play(Case(phone_number="+33611111111"))
    assert (stage.case.first_name, stage.case.last_name) == ("Pierre", "DUPONT")
    assert stage.phrases.count("ask_firstname") == 1


async def test_a_tenant_asks_only_what_it_wants() -> None:
    stage = on_stage("Pierre", LEAVES, settings=preset("fr", asks=frozenset({"first_name"})))
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.phrases == ["greet", "welcome", "ask_firstname", "ask_problem"]


async def test_a_question_about_the_company_is_answered_and_the_script_goes_on() -> None:
    answers = (Answer(1, "Nous sommes au douze rue de la Paix."), Answer(2, "L'abonnement coûte vingt euros."))
    faq = FaqIndex([(["Où êtes-vous situés ?"], answers[0]), (["Quel est le prix ?"], answers[1])], "fr")
    stage = on_stage(
        "Vous êtes situés où ?",
        "Ma box internet ne marche plus",
        LEAVES,
        settings=preset("fr", answers=answers, faq=faq),
    )
    await stage.play(known())
    assert stage.phrases[2:6] == ["ask_problem", "faq_1", "faq_back", "ask_problem"]
    assert stage.case.description == "Ma box internet ne marche plus"


async def test_a_question_that_no_wording_has_is_left_to_the_language_model() -> None:
    answer = Answer(1, "Nous sommes au douze rue de la Paix.")
    stage = on_stage(
        "Est-ce qu'il y a un parking ?",
        LEAVES,
        settings=preset("fr", answers=(answer,), faq=FaqIndex([(["Où êtes-vous situés ?"], answer)], "fr")),
        desk=FakeDesk(choice=answer),
    )
    await stage.play(known())
    assert "faq_1" in stage.phrases


async def test_words_off_the_topic_are_not_answered() -> None:
    stage = on_stage("Passe-moi le sel", "Ma box internet ne marche plus", LEAVES, desk=FakeDesk(decision=OFF_TOPIC))
    await stage.play(known())
    assert stage.phrases[2:5] == ["ask_problem", "off_topic", "ask_problem"]
    assert stage.case.description == "Ma box internet ne marche plus"
    assert stage.case.problem is not None


async def test_a_fixed_line_is_not_cut_by_the_remedy() -> None:
    stage = on_stage("Ma box internet ne marche plus", "Oui", "Oui", settings=preset("fr"))
    ending = await stage.play(known(phone_number="+33145678901"))
    assert "remedy_intro" not in stage.phrases
    assert ending.status == Call.Status.TRANSFERRED


async def test_a_fixed_line_may_be_called_back() -> None:
    stage = on_stage("Ma box internet ne marche plus", "Oui", "Non")
    ending = await stage.play(known(phone_number="+33145678901"))
    assert stage.case.wants_callback
    assert (ending.status, stage.phrases[-2]) == (Call.Status.COMPLETED, "callback")


async def test_the_bot_waits_while_the_caller_is_busy() -> None:
    stage = on_stage("Ma box internet ne marche plus", "[silence 50]\nVoilà c'est fait", "Oui ça marche")
    await stage.play(known())
    assert stage.phrases.count("check_back") == 2
    assert stage.case.is_fixed is True


async def test_who_needs_more_time_gets_it() -> None:
    stage = on_stage("Ma box internet ne marche plus", "Attendez une minute", "C'est bon", "Oui ça marche")
    await stage.play(known())
    assert "still_waiting" in stage.phrases
    assert stage.case.is_fixed is True


async def test_the_wait_ends_after_the_step_s_time() -> None:
    stage = on_stage("Ma box internet ne marche plus", "[silence 110]\n[silence 110]\nOui ça marche")
    await stage.play(known())
    assert stage.phrases.count("check_back") == 2
    assert 3 <= stage.phrases.count("still_waiting") <= 6
    assert stage.phrases.count("ask_fixed") == 2


async def test_nobody_free_is_said_and_a_call_back_promised() -> None:
    stage = on_stage("Je veux parler à quelqu'un", desk=FakeDesk(free=""))
    ending = await stage.play(known())
    assert stage.phrases[-3:] == ["nobody_free", "callback", "goodbye"]
    assert ending.status == Call.Status.COMPLETED


async def test_after_two_failures_a_key_answers_yes_or_no() -> None:
    stage = on_stage("Ma box internet ne marche plus", "C'est fait", "Je ne sais pas", "Peut-être bien", "[dtmf 1]")
    await stage.play(known())
    assert stage.phrases[-3:] == ["use_keys_yes_no", "fixed", "goodbye"]
    assert stage.case.is_fixed is True


async def test_the_caller_is_warned_a_minute_before_the_end() -> None:
    settings = preset("fr", max_seconds=100.0, warning_seconds=60.0)
    stage = on_stage("[silence 14]", "Je ne sais pas trop quoi dire", settings=settings)
    await stage.play(known())
    assert "too_long_warning" in stage.phrases


async def test_the_kinds_of_problem_are_listed_as_people_say_them() -> None:
    stage = on_stage("Je ne peux plus travailler", LEAVES)
    await stage.play(known())
    assert "connexion internet, téléphone mobile ou ligne fixe" in stage.bot("clarify_problem").text


async def test_the_words_that_decided_belong_to_the_description() -> None:
    stage = on_stage("Je ne peux plus travailler", "C'est le wifi", LEAVES)
    await stage.play(known())
    assert stage.case.description == "Je ne peux plus travailler C'est le wifi"


async def test_a_key_pressed_before_the_wait_does_not_end_it() -> None:
    stage = on_stage("Ma box internet ne marche plus", "[take_your_time] [dtmf 1]", "C'est fait", "Oui")
    await stage.play(known())
    assert stage.phrases[-4:] == ["take_your_time", "ask_fixed", "fixed", "goodbye"]


@pytest.mark.parametrize("answer", ["Peut-être", "C'est à peu près ça"])
async def test_what_is_neither_yes_nor_a_name_corrects_nothing(answer: str) -> None:
    asks = frozenset({"company"})
    stage = on_stage("CARvertical", answer, "Oui", LEAVES, settings=preset("fr", asks=asks))
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.phrases[2:6] == ["ask_company", "confirm_company", "retry_yes_no", "ask_problem"]
    assert stage.case.company == "CARvertical"


async def test_a_bare_no_to_the_problem_lets_the_caller_choose() -> None:
    stage = on_stage(
        "J'ai un souci de connexion", "[problem_understood] [interrupt 1.5] Non pas du tout", "Mon mobile", LEAVES
    )
    await stage.play(known())
    assert stage.case.problem is not None
    assert stage.case.problem.code == "mobile"


async def test_a_long_description_instead_of_a_name_is_left_to_the_language_model() -> None:
    stage = on_stage(
        "Je vous appelle car je ne peux plus travailler depuis hier soir à la maison",
        "Sophie",
        LEAVES,
        settings=preset("fr", asks=frozenset({"first_name"})),
        desk=FakeDesk(decision="internet"),
    )
    await stage.play(Case(phone_number="+33611111111"))
    assert "ask_problem" not in stage.phrases
    assert stage.case.problem is not None
    assert stage.case.problem.code == "internet"


async def test_who_has_restarted_it_before_the_call_is_not_asked_to() -> None:
    stage = on_stage("[ask_problem] Ma box internet ne marche plus, je l'ai déjà redémarrée trois fois.")
    ending = await stage.play(known())
    assert ending.reason == Call.EndReason.HANDOVER
    assert stage.phrases[-2:] == ["problem_understood", "transfer"]
    assert "remedy" not in stage.scribe.scenes


async def test_only_the_step_that_was_tried_before_is_left_out() -> None:
    settings = preset("fr")
    mobile = settings.problems["mobile"]
    steps = (*mobile.steps, Step(Spoken("mobile_step_2", "Retirez la carte SIM, puis remettez-la."), 60.0))
    problems = {**settings.problems, "mobile": replace(mobile, steps=steps)}
    stage = on_stage(
        "[ask_problem] Mon portable ne capte plus, je l'ai déjà éteint et rallumé.",
        "[take_your_time] C'est fait.",
        "[ask_fixed] Oui, ça marche.",
        settings=replace(settings, problems=problems),
    )
    await stage.play(known())
    assert stage.case.is_fixed is True
    assert "mobile_step_2" in stage.phrases
    assert "mobile_step_1" not in stage.phrases


async def test_a_key_chooses_among_the_problems_that_were_offered() -> None:
    told = "[ask_problem] Ça ne marche plus du tout."
    stage = on_stage(told, "[clarify_problem] [dtmf 9]", "[clarify_problem] [dtmf 2]", LEAVES)
    await stage.play(known())
    assert stage.phrases.count("clarify_problem") == 2
    assert stage.case.problem is not None
    assert stage.case.problem.code == "mobile"
    assert stage.case.description == "Ça ne marche plus du tout. téléphone mobile"
