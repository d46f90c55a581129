"""Beginning, ending and announcing calls; each end leaves one ticket."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from calls import abandoned, journal, services, tasks, transfers
from calls.case import Case, Ending
from calls.models import Announcement, Call, Turn
from calls.services import CallRefused, LineQuality
from calls.settings import load
from companies.models import Customer
from companies.services import remember_caller
from providers.protocols import Choice
from tenants.allowlist import AllowList, Entry
from tenants.models import Tenant, TransferTarget
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast, House
from tickets.models import Comment, Ticket
from tickets.services import as_dict
from tickets.tasks import summarise

GOODBYE = Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)


def entry(house: House) -> Entry:
    allow_list = AllowList()
    allow_list.refresh()
    found = allow_list.find(house.server.network.split("/")[0])
    assert found is not None
    return found


def begin(house: House, call_uuid: uuid.UUID | None = None) -> services.Opening:
    return services.begin(call_uuid=call_uuid or uuid.uuid4(), entry=entry(house), worker="w")


def test_a_call_begins_in_its_tenant_with_its_tenant_s_words(cast: Cast) -> None:
    opening = begin(cast.alpha)
    assert opening.call.tenant == cast.alpha.tenant
    assert opening.settings.phrases["welcome"].text == "Bienvenue chez Alpha."
    assert [target.extension for target in opening.settings.targets] == ["technician"]
    assert begin(cast.bravo).settings.phrases["welcome"].text == "Bienvenue chez Bravo."


def test_an_announced_number_is_recognised(cast: Cast) -> None:
    call_uuid = uuid.uuid4()
    with acting_for(cast.alpha.tenant):
        services.announce(server=cast.alpha.server, call_uuid=call_uuid, phone_number="06 12 34 56 78")
    case = begin(cast.alpha, call_uuid).case
    assert (case.phone_number, case.first_name, case.customer_id) == (
        "+33612345678",
        "Pierre",
        cast.alpha.customer.pk,
    )
    assert case.company == "Alpha Client"
    assert case.open_ticket is not None
    assert case.open_ticket.id == cast.alpha.ticket.pk


def test_another_tenant_s_customer_is_a_stranger(cast: Cast) -> None:
    call_uuid = uuid.uuid4()
    with acting_for(cast.alpha.tenant):
        services.announce(server=cast.alpha.server, call_uuid=call_uuid, phone_number=cast.bravo.customer.phone_number)
    assert begin(cast.alpha, call_uuid).case.customer_id is None


def test_an_announcement_serves_once_and_not_for_long(cast: Cast) -> None:
    call_uuid = uuid.uuid4()
    with acting_for(cast.alpha.tenant):
        services.announce(server=cast.alpha.server, call_uuid=call_uuid, phone_number="0612345678")
        Announcement.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    assert begin(cast.alpha, call_uuid).case.phone_number == ""


def test_an_announcement_of_another_tenant_is_not_found(cast: Cast) -> None:
    call_uuid = uuid.uuid4()
    with acting_for(cast.bravo.tenant):
        services.announce(server=cast.bravo.server, call_uuid=call_uuid, phone_number="0612345678")
    assert begin(cast.alpha, call_uuid).case.phone_number == ""


def test_a_uuid_is_used_once(cast: Cast) -> None:
    call_uuid = begin(cast.alpha).call.uuid
    with pytest.raises(CallRefused, match="used"):
        begin(cast.alpha, call_uuid)
    with pytest.raises(CallRefused, match="used"):
        begin(cast.bravo, call_uuid)
    with acting_for(cast.bravo.tenant), pytest.raises(CallRefused, match="used"):
        services.announce(server=cast.bravo.server, call_uuid=call_uuid)


def test_a_call_that_nobody_waits_for_any_more_leaves_nothing(cast: Cast) -> None:
    call_uuid = uuid.uuid4()
    with acting_for(cast.alpha.tenant):
        services.announce(server=cast.alpha.server, call_uuid=call_uuid)
    with pytest.raises(CallRefused, match="too slow"):
        services.begin(call_uuid=call_uuid, entry=entry(cast.alpha), worker="w", until=time.monotonic() - 1)
    with acting_for(cast.alpha.tenant):
        assert not Call.objects.filter(uuid=call_uuid).exists()
        assert Announcement.objects.get(call_uuid=call_uuid).used_at is None


def test_two_tenants_cannot_announce_the_same_call(cast: Cast) -> None:
    call_uuid = uuid.uuid4()
    with acting_for(cast.alpha.tenant):
        services.announce(server=cast.alpha.server, call_uuid=call_uuid)
    with acting_for(cast.bravo.tenant), pytest.raises(CallRefused, match="announced"):
        services.announce(server=cast.bravo.server, call_uuid=call_uuid)


def test_a_server_may_insist_on_announcements(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        cast.alpha.server.require_announcement = True
        cast.alpha.server.save()
    with pytest.raises(CallRefused, match="announced"):
        begin(cast.alpha)


def test_a_tenant_that_is_switched_off_is_refused(cast: Cast) -> None:
    found = entry(cast.alpha)
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(is_active=False)
    with pytest.raises(CallRefused, match="switched off"):
        services.begin(call_uuid=uuid.uuid4(), entry=found, worker="w")


def test_without_phrases_of_its_own_a_tenant_speaks_the_preset(alpha: Cast) -> None:
    alpha.alpha.phrase.delete()
    assert load(alpha.alpha.tenant).phrases["welcome"].text


def finish(house: House, ending: Ending, **facts: object) -> Ticket:
    opening = begin(house)
    case = Case(phone_number="+33700000001", **facts)  # type: ignore[arg-type]
    case.problem = opening.settings.problems.get("internet")
    with acting_for(house.tenant):
        ticket = services.finish(call_id=opening.call.pk, ending=ending, case=case, quality=LineQuality(2, 1))
    assert ticket is not None
    return ticket


def test_somebody_else_on_a_known_number_leaves_its_customer_alone(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        known = remember_caller(phone_number="+33700000001", first_name="Camille", company="Globex").customer
    ticket = finish(cast.alpha, GOODBYE, first_name="Bruno", email="bruno@example.com", is_another=True)
    assert (ticket.customer, ticket.company, ticket.client_name) == (None, None, "Bruno")
    with acting_for(cast.alpha.tenant):
        assert known is not None
        known.refresh_from_db()
        assert known.email == ""


def test_a_call_costs_few_queries(cast: Cast) -> None:
    begin(cast.alpha)  # the settings are read
    with CaptureQueriesContext(connection) as begun:
        opening = begin(cast.alpha)
    assert len(begun) <= 12
    case = Case(phone_number="+33700000002", description="Alpha", problem=opening.settings.problems["internet"])
    with acting_for(cast.alpha.tenant), CaptureQueriesContext(connection) as finished:
        services.finish(call_id=opening.call.pk, ending=GOODBYE, case=case, quality=LineQuality())
    assert len(finished) <= 18


def test_a_problem_type_that_is_gone_keeps_no_call_open(cast: Cast) -> None:
    opening = begin(cast.alpha)
    case = Case(problem=opening.settings.problems["internet"])
    with acting_for(cast.alpha.tenant):
        cast.alpha.problem_type.delete()
        ticket = services.finish(call_id=opening.call.pk, ending=GOODBYE, case=case, quality=LineQuality())
    assert ticket is not None
    assert ticket.problem_type is None


def test_a_solved_problem_leaves_a_resolved_ticket(cast: Cast) -> None:
    ticket = finish(
        cast.alpha,
        GOODBYE,
        first_name="Zoé",
        last_name="PETIT",
        company="Vetodok",
        email="zoe@example.com",
        description="Ma box clignote",
        is_fixed=True,
    )
    with acting_for(cast.alpha.tenant):
        facts = as_dict(ticket)
    assert facts["client_name"] == "Zoé PETIT"
    assert (facts["company"], facts["problem_type"], facts["tag"]) == ("Vetodok", "internet", "FIBRE_SYNCHRO")
    assert (facts["status"], facts["sentiment"]) == ("resolved", "positive")
    assert "Ma box clignote" in str(facts["summary"])
    assert set(facts) == {
        "call_uuid", "phone_number", "client_name", "client_email", "company", "problem_type", "status",
        "sentiment", "summary", "duration_seconds", "tag", "severity", "call_date", "call_time", "cost_eur",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, "technician"), "transferred"),
        (Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP), "open"),
        (Ending(Call.Status.FAILED, Call.EndReason.ERROR), "failed"),
        (Ending(Call.Status.DROPPED, Call.EndReason.DRAIN), "failed"),
    ],
)
def test_every_end_leaves_a_ticket(cast: Cast, ending: Ending, status: str) -> None:
    assert finish(cast.alpha, ending).status == status


def test_a_call_is_finished_once(cast: Cast) -> None:
    opening = begin(cast.alpha)
    with acting_for(cast.alpha.tenant):
        first = services.finish(call_id=opening.call.pk, ending=GOODBYE, case=Case(), quality=LineQuality())
        second = services.finish(call_id=opening.call.pk, ending=GOODBYE, case=Case(), quality=LineQuality())
        assert first is not None
        assert second is None
        assert Ticket.objects.filter(call=opening.call).count() == 1


@pytest.mark.parametrize(("model", "worth"), [("eleven_flash_v2_5", Decimal("0.043")), ("of no price", None)])
def test_a_call_knows_what_the_phrase_store_saved(cast: Cast, model: str, worth: Decimal | None) -> None:
    opening = begin(cast.alpha)
    cached = services.Cached(1000, Choice("elevenlabs", model))
    with acting_for(cast.alpha.tenant):
        services.finish(call_id=opening.call.pk, ending=GOODBYE, case=Case(), quality=LineQuality(), cached=cached)
        call = Call.objects.get(pk=opening.call.pk)
    assert (call.cached_characters, call.cached_eur) == (1000, worth)


@pytest.mark.parametrize("is_fixed", [True, False, None])
def test_a_call_is_resolved_by_what_the_caller_said(cast: Cast, is_fixed: bool | None) -> None:
    ticket = finish(cast.alpha, GOODBYE, is_fixed=is_fixed)
    assert ticket.call is not None
    assert ticket.call.is_resolved is bool(is_fixed)


def test_what_the_caller_said_differently_is_a_comment(cast: Cast) -> None:
    opening = begin(cast.alpha)
    case = Case(phone_number=cast.alpha.customer.phone_number, first_name="Paul")
    with acting_for(cast.alpha.tenant):
        ticket = services.finish(call_id=opening.call.pk, ending=GOODBYE, case=case, quality=LineQuality())
        comment = Comment.objects.get(ticket=ticket)
        cast.alpha.customer.refresh_from_db()
    assert "Paul" in comment.text
    assert cast.alpha.customer.first_name == "Pierre"


def abandon(call: Call) -> None:
    """Its worker died, and there are no others."""
    with acting_for(EVERYONE):
        Call.objects.exclude(pk=call.pk).delete()
        Ticket.objects.filter(call=call).delete()
        Call.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1), scene="diagnosis")
        call.turns.update(scene="diagnosis")


def test_calls_of_a_dead_worker_are_closed_with_a_ticket(cast: Cast) -> None:
    abandon(cast.alpha.call)
    unstored = Turn(position=99, speaker="caller", scene="diagnosis", text="Elle fume.", started_at=98, ended_at=99)
    journal.keep(cast.alpha.call, [unstored])
    assert abandoned.close_abandoned() == 1
    assert abandoned.close_abandoned() == 0
    with acting_for(cast.alpha.tenant):
        call = Call.objects.get(pk=cast.alpha.call.pk)
        assert (call.status, call.end_reason) == ("dropped", "worker_died")
        assert "ma box clignote" in call.ticket.description
        assert call.ticket.description.endswith("Elle fume.")
    assert not journal.path_of(call).exists()


def test_who_hangs_up_in_the_middle_of_the_description_leaves_its_words(cast: Cast) -> None:
    opening = begin(cast.alpha)
    said = [("greeting", "Bonjour."), ("diagnosis", "Euh"), ("diagnosis", "[5]"), ("diagnosis", "Ma box fait un")]
    with acting_for(cast.alpha.tenant):
        for position, (scene, text) in enumerate(said, 1):
            opening.call.turns.create(
                position=position, speaker="caller", scene=scene, text=text, started_at=position, ended_at=position
            )
        hangup = Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP)
        ticket = services.finish(call_id=opening.call.pk, ending=hangup, case=Case(), quality=LineQuality())
    assert ticket is not None
    assert ticket.description == "Ma box fait un"


def test_after_an_outage_those_who_live_may_say_so_before_they_are_given_up(cast: Cast) -> None:
    abandon(cast.alpha.call)
    now = time.time()
    cache.set(tasks.WATCHED, (0.0, now - 60), None)
    for _ in range(2):  # one that was late, and the next
        assert tasks.close_abandoned() == 0
    cache.set(tasks.WATCHED, (now - 16, now), None)
    assert tasks.close_abandoned() == 1


def test_a_call_that_lives_is_left_alone(cast: Cast) -> None:
    assert abandoned.close_abandoned() == 0


def test_what_the_dialplan_reads() -> None:
    assert services.result(Call(status=Call.Status.COMPLETED)) == "done"
    assert services.result(Call(status=Call.Status.TRANSFERRED, transfer_to="technician")) == "transfer:technician"
    assert services.result(Call(status=Call.Status.FAILED)) == ""


def test_a_test_call_leaves_its_row_and_nothing_else(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        test = Call.objects.create(uuid=uuid.uuid4(), phone_number="+33655555555", is_test=True)
        case = Case(phone_number="+33655555555", first_name="Jeanne", last_name="ESSAI")
        assert services.finish(call_id=test.pk, ending=GOODBYE, case=case, quality=LineQuality()) is None
        assert not Customer.objects.filter(phone_number="+33655555555").exists()
        assert not Ticket.objects.filter(call=test).exists()
        test.refresh_from_db()
        assert test.status == Call.Status.COMPLETED


def test_a_test_call_leaves_a_ticket_when_it_is_wanted(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        test = Call.objects.create(uuid=uuid.uuid4(), phone_number="+33655555555", is_test=True)
        case = Case(phone_number="+33655555555", wants_ticket=True)
        ticket = services.finish(call_id=test.pk, ending=GOODBYE, case=case, quality=LineQuality())
        assert ticket is not None
        assert ticket.customer is None


def test_a_test_call_is_no_earlier_call_and_takes_no_share_of_a_target(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        now = timezone.now()
        Call.objects.create(
            uuid=uuid.uuid4(), phone_number="+33655555555", is_test=True, transfer_to="technician", ended_at=now
        )
        TransferTarget.objects.filter(extension="technician").update(max_transfers=1)
        call = Call.objects.create(uuid=uuid.uuid4(), phone_number="+33655555555")
        case = Case(phone_number="+33655555555")
        services.recognise(call, case)
        assert case.earlier_calls == 0
        assert transfers.free_target(load(cast.alpha.tenant).targets) == "technician"


def test_a_call_whose_commit_comes_too_late_leaves_no_row(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    call_uuid, looks = uuid.uuid4(), iter([0.0, 11.0])  # before the commit, and after it
    monkeypatch.setattr(services, "time", SimpleNamespace(monotonic=lambda: next(looks)))
    with pytest.raises(CallRefused, match="too slow"):
        services.begin(call_uuid=call_uuid, entry=entry(cast.alpha), worker="w", until=10.0)
    with acting_for(EVERYONE):
        assert not Call.objects.filter(uuid=call_uuid).exists()


@pytest.mark.django_db(transaction=True)
def test_calls_that_ask_at_once_do_not_exceed_the_share_of_a_target(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        TransferTarget.objects.filter(extension="technician").update(max_transfers=2)
        targets = load(cast.alpha.tenant).targets
        calls = [Call.objects.create(uuid=uuid.uuid4()) for _ in range(5)]
    together = threading.Barrier(len(calls))

    def ask(call: Call) -> str:
        try:
            with acting_for(cast.alpha.tenant):
                together.wait(10)
                return transfers.free_target(targets, call_id=call.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        found = list(threads.map(ask, calls))
    assert sorted(found) == ["", "", "", "technician", "technician"]
    with acting_for(cast.alpha.tenant):
        (first, *_) = [call for call, extension in zip(calls, found, strict=True) if extension]
        assert transfers.free_target(targets, call_id=first.pk) == "technician"  # its own part
        services.finish(call_id=first.pk, ending=GOODBYE, case=Case(), quality=LineQuality())
        assert transfers.free_target(targets, call_id=calls[-1].pk) == "technician"  # which it did not need


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_the_better_summary_and_not_the_ticket(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(summarise, "apply_async", away)
    opening = begin(cast.alpha)
    with acting_for(cast.alpha.tenant):
        ticket = services.finish(call_id=opening.call.pk, ending=GOODBYE, case=Case(), quality=LineQuality())
        assert ticket is not None
        assert ticket.summary
        assert Call.objects.get(pk=opening.call.pk).status == Call.Status.COMPLETED
    assert "no broker" in caplog.text
