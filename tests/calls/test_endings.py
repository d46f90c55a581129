"""Ends that come from outside: a line that fails, a worker that stops, a database that is away."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from calls import services
from calls.case import Case, Ending, OpenTicket
from calls.fates import CallerGone, TakenOver
from calls.flow.desk import OFF_TOPIC
from calls.models import Call
from calls.scenarios.preset import preset
from calls.scenarios.scenario import Vendors
from calls.scenarios.stage import FakeDesk, Stage
from calls.services import LineQuality
from calls.settings import Problem
from monitoring import metrics
from tenants.scope import acting_for
from tests.calls.stage import LEAVES, on_stage
from tests.calls.test_services import GOODBYE, begin
from tests.cast import Cast
from tickets.models import Ticket
from tickets.services import create, wait

PIERRE = Case(phone_number="+33612345678", customer_id=7, first_name="Pierre", last_name="MARTIN")


@pytest.mark.parametrize("reason", ["error", "idle"])
async def test_a_line_that_fails_leaves_no_mark(reason: str) -> None:
    stage = on_stage("[silence 100]")
    stage.dialogue.end(CallerGone(reason))
    ending = await stage.play(replace(PIERRE))
    assert (ending.status, ending.reason) == (Call.Status.FAILED, Call.EndReason.ERROR)


async def test_a_worker_that_stops_hands_the_caller_over() -> None:
    stage = on_stage("[silence 100]")
    stage.dialogue.stop_within(8.0)
    ending = await stage.play(replace(PIERRE))
    assert (ending.status, ending.transfer_to) == (Call.Status.TRANSFERRED, "technician")
    assert stage.phrases[-1] == "transfer"


async def test_a_short_call_is_over_before_the_worker_stops() -> None:
    stage = on_stage(LEAVES)
    stage.dialogue.stop_within(600.0)
    assert (await stage.play(replace(PIERRE))).reason == Call.EndReason.HANGUP


async def test_euh_is_no_answer_and_takes_no_question_away() -> None:
    stage = on_stage("[interrupt 4.9] euh", "Ma box internet ne marche plus", "C'est fait", "Oui ça marche")
    ending = await stage.play(replace(PIERRE))
    assert "ask_problem" in stage.phrases
    assert ending.reason == Call.EndReason.GOODBYE


async def test_who_asks_for_a_person_in_the_last_words_gets_one() -> None:
    stage = on_stage("[goodbye_silence] [interrupt 0.5] Non attendez, je veux parler à un conseiller")
    ending = await stage.play(replace(PIERRE))
    assert ending.status == Call.Status.TRANSFERRED


class HangingDesk(FakeDesk):
    """Something happens while the language model decides, and it decides nothing."""

    happens: Callable[[], object]

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        self.happens()
        await asyncio.Event().wait()
        return None


@pytest.mark.parametrize(
    "happens",
    [
        lambda stage: stage.dialogue.end(CallerGone("hangup")),
        lambda stage: stage.dialogue.end(TakenOver("night")),
        lambda stage: stage.dialogue.stop_within(0.0),
        lambda stage: stage.dialogue.press("0"),
        lambda stage: setattr(stage, "vendors", Vendors(hears_until=0.0)),
    ],
    ids=["hang-up", "taken over", "drain", "key", "deaf"],
)
async def test_a_description_is_kept_whatever_ends_the_call_before_it_is_understood(
    happens: Callable[[Stage], object],
) -> None:
    words, desk = "Le truc dans mon bureau fait des siennes depuis ce matin", HangingDesk()
    stage = on_stage(words, desk=desk, settings=preset("fr", filler_seconds=0.0))
    desk.happens = lambda: happens(stage)
    await stage.play(replace(PIERRE))
    assert stage.case.description == words


async def test_what_is_off_topic_is_no_kind_of_problem_and_left_to_a_person_with_its_words() -> None:
    stage = on_stage("Passe-moi le sel", "Quel temps fait-il", desk=FakeDesk(decision=OFF_TOPIC))
    await stage.play(replace(PIERRE))
    assert stage.case.problem is None
    assert stage.case.description == "Passe-moi le sel Quel temps fait-il"
    assert "clarify_problem" not in stage.phrases


def test_a_call_that_was_given_up_and_lives_ends_as_it_really_ended(cast: Cast) -> None:
    opening = begin(cast.alpha)
    with acting_for(cast.alpha.tenant):
        call = Call.objects.get(pk=opening.call.pk)
        given_up = Ending(Call.Status.DROPPED, Call.EndReason.WORKER_DIED)
        services.finish(call_id=call.pk, ending=given_up, case=Case(), quality=LineQuality())
        ticket = services.finish(call_id=call.pk, ending=GOODBYE, case=Case(is_fixed=True), quality=LineQuality())
        assert ticket is not None
        assert ticket.status == "resolved"
        call.refresh_from_db()
        assert services.result(call) == "done"
        again = services.finish(call_id=call.pk, ending=given_up, case=Case(), quality=LineQuality())
        assert again is None


def test_what_goes_with_a_ticket_is_told_once_of_a_call_that_was_given_up_and_lives(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    opening = begin(cast.alpha)
    with acting_for(cast.alpha.tenant):
        followed = create(description="Plus de tonalité", status="pending")
        case = Case(
            phone_number="+33699999999",
            is_about_open_ticket=True,
            open_ticket=OpenTicket(followed.pk, "phone", "Téléphone"),
        )
        counted = calls_counted()
        for ending in (Ending(Call.Status.DROPPED, Call.EndReason.WORKER_DIED), GOODBYE):
            with django_capture_on_commit_callbacks(execute=True):
                ticket = services.finish(call_id=opening.call.pk, ending=ending, case=case, quality=LineQuality())
                assert ticket is not None
            if ending != GOODBYE:
                followed.refresh_from_db()
                assert followed.status == Ticket.Status.OPEN
                wait(ticket=followed, actor=None)  # somebody has answered meanwhile
        assert followed.comments.count() == 1
        followed.refresh_from_db()
        assert followed.status == Ticket.Status.PENDING
        assert calls_counted() == counted + 1


def calls_counted() -> float:
    (family,) = metrics.calls_total.collect()
    return sum(sample.value for sample in family.samples if sample.name.endswith("_total"))


async def test_who_leaves_when_asked_where_to_call_back_has_had_no_error() -> None:
    unclear = "Le chat est gris."
    stage = on_stage(
        *(f"[{question}] {unclear}" for question in ("ask_phone", "retry_phone", "use_keys_phone")),
        "[ask_problem] Rappelez-moi.",
        "[ask_callback_phone] Laissez tomber, au revoir.",
        settings=preset("fr", asks=frozenset()),
    )
    ending = await stage.play(Case())
    assert (ending.status, ending.reason) == (Call.Status.COMPLETED, Call.EndReason.GOODBYE)
