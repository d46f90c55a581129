"""Calls that were cut off on our side: who goes on with them, who does not, and the one ticket of both."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls import abandoned, journal, overview, recording, resuming, services
from calls.case import Case, Ending
from calls.models import Call
from calls.services import LineQuality, Opening
from companies.models import Customer
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for
from tests.calls.test_services import GOODBYE, entry
from tests.cast import Cast, House
from tickets import words
from tickets.models import Ticket

NUMBER = "+33655512345"
KNOWN = {"phone_number": NUMBER, "first_name": "Jeanne", "last_name": "PETIT", "problem": "internet", "step": 0}
DRAINED = Ending(Call.Status.DROPPED, Call.EndReason.DRAIN)


def in_progress(house: House, *, silent_for: float = 20, **fields: Any) -> Call:
    """A call whose worker died so many seconds ago."""
    heartbeat = timezone.now() - timedelta(seconds=silent_for)
    values = {"phone_number": NUMBER, "server": house.server, "scene": "remedy", "known": KNOWN, **fields}
    with acting_for(house.tenant):
        return Call.objects.create(uuid=uuid.uuid4(), heartbeat_at=heartbeat, **values)


def comes_back(house: House, *, number: str = "", resumes: Call | None = None) -> Opening:
    call_uuid = uuid.uuid4()
    with acting_for(house.tenant):
        services.announce(
            server=house.server, call_uuid=call_uuid, phone_number=number, resumes=resumes.uuid if resumes else None
        )
    return services.begin(call_uuid=call_uuid, entry=entry(house), worker="another")


def closes(house: House, opening: Opening) -> Ticket | None:
    with acting_for(house.tenant):
        return services.finish(call_id=opening.call.pk, ending=GOODBYE, case=opening.case, quality=LineQuality())


def is_given_up(house: House, call: Call) -> Call:
    """As after 35 s, and only this one."""
    with acting_for(house.tenant):
        Call.objects.filter(status=Call.Status.IN_PROGRESS).exclude(pk=call.pk).update(heartbeat_at=timezone.now())
        Call.objects.filter(pk=call.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=36))
        assert abandoned.close_abandoned() == 1
        return Call.objects.get(pk=call.pk)


def tickets(house: House) -> list[Ticket]:
    with acting_for(house.tenant):
        return list(Ticket.objects.exclude(pk=house.ticket.pk))


def test_the_dialplan_s_second_try_goes_on_with_what_is_known(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1)
    opening = comes_back(cast.alpha, number=NUMBER, resumes=before)
    case = opening.case
    assert (case.resumes_at, case.first_name, case.last_name, case.step) == ("remedy", "Jeanne", "PETIT", 0)
    assert case.problem is not None
    assert case.problem.code == "internet"
    assert opening.call.resumes == before


@pytest.mark.parametrize("is_closed_first", [True, False])
def test_both_calls_leave_one_ticket(cast: Cast, is_closed_first: bool) -> None:
    before = in_progress(cast.alpha, silent_for=1)
    first = None
    if is_closed_first:
        before = is_given_up(cast.alpha, before)
        [first] = tickets(cast.alpha)
        assert first.client_name == "Jeanne PETIT"
    opening = comes_back(cast.alpha, resumes=before)
    if not is_closed_first:
        before = is_given_up(cast.alpha, before)
    assert (before.status, before.end_reason) == ("dropped", "worker_died")
    opening.case.is_fixed = True
    closes(cast.alpha, opening)
    [ticket] = tickets(cast.alpha)
    assert ticket.call_id == opening.call.pk
    assert (ticket.status, ticket.client_name, ticket.phone_number) == ("resolved", "Jeanne PETIT", NUMBER)
    assert first is None or ticket == first


def test_only_the_call_that_goes_on_is_shown_live(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1)
    opening = comes_back(cast.alpha, resumes=before)
    with acting_for(cast.alpha.tenant):
        shown = set(overview.running())
    assert opening.call in shown
    assert before not in shown


def test_a_call_that_is_cut_off_again_has_its_ticket_too(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1)
    opening = comes_back(cast.alpha, resumes=before)
    is_given_up(cast.alpha, before)
    again = is_given_up(cast.alpha, opening.call)
    [ticket] = tickets(cast.alpha)
    assert ticket.call_id == again.pk
    with acting_for(cast.alpha.tenant):
        assert resuming.last_part(before) == again
        assert resuming.parts(again) == [before, again]


def test_who_calls_from_the_number_is_asked_for_before_anything_is_told(cast: Cast) -> None:
    before = in_progress(cast.alpha)
    case = comes_back(cast.alpha, number="06 55 51 23 45").case
    assert case.cut is not None
    assert (case.cut.call_id, case.cut.scene, case.cut.name) == (before.pk, "remedy", "Jeanne PETIT")
    assert (case.resumes_at, case.first_name, case.problem) == (None, "", None)


def test_who_says_yes_goes_on_and_only_one_does(cast: Cast) -> None:
    before = in_progress(cast.alpha)
    openings = [comes_back(cast.alpha, number=NUMBER) for _ in range(2)]
    with acting_for(cast.alpha.tenant):
        went_on = []
        for opening in openings:
            assert opening.case.cut is not None
            went_on.append(services.go_on(opening.call, opening.case, opening.case.cut, opening.settings))
        assert went_on == [True, False]
        assert Call.objects.get(resumes=before) == openings[0].call
    assert [opening.case.resumes_at for opening in openings] == ["remedy", None]


@pytest.mark.parametrize(
    "fields",
    [
        {"silent_for": 5},  # it lives
        {"silent_for": 301},
        {"status": Call.Status.COMPLETED},
        {"status": Call.Status.FAILED},
        {"is_test": True},
        {"phone_number": "+33655500000"},
        {"known": {"problem": "internet"}},  # and no name to ask for
        {"known": None},
    ],
    ids=lambda fields: "-".join(map(str, next(iter(fields.items())))),
)
def test_who_calls_from_the_number_begins_anew(cast: Cast, fields: dict[str, Any]) -> None:
    in_progress(cast.alpha, **fields)
    assert comes_back(cast.alpha, number=NUMBER).case.cut is None


def test_a_number_that_is_withheld_is_nobody_s(cast: Cast) -> None:
    in_progress(cast.alpha, phone_number="")
    assert comes_back(cast.alpha).case.cut is None


def test_nobody_goes_on_with_a_call_of_another_company_or_server(cast: Cast) -> None:
    theirs = in_progress(cast.bravo)
    assert comes_back(cast.alpha, resumes=theirs).case.resumes_at is None
    assert comes_back(cast.alpha, number=NUMBER).case.cut is None
    with acting_for(cast.alpha.tenant):
        other = AsteriskServer.objects.create(name="other", network="203.0.113.9")
    elsewhere = in_progress(cast.alpha, server=other, phone_number="")
    assert comes_back(cast.alpha, resumes=elsewhere).case.resumes_at is None


def test_a_channel_goes_on_with_what_was_cut_off_only_and_not_for_long(cast: Cast) -> None:
    for fields in ({"status": Call.Status.COMPLETED}, {"status": Call.Status.FAILED}, {"silent_for": 301}):
        before = in_progress(cast.alpha, phone_number="", **fields)
        assert comes_back(cast.alpha, resumes=before).case.resumes_at is None


def test_a_drained_call_goes_on(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1)
    case = Case(phone_number=NUMBER, first_name="Jeanne", description="Ma box ne marche plus.")
    with acting_for(cast.alpha.tenant):
        services.finish(call_id=before.pk, ending=DRAINED, case=case, quality=LineQuality())
    found = comes_back(cast.alpha, resumes=before).case
    assert (found.first_name, found.description) == ("Jeanne", "Ma box ne marche plus.")


def test_what_was_said_by_the_caller_without_a_number_is_known_again(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1, phone_number="", known=KNOWN)
    opening = comes_back(cast.alpha, resumes=before)
    with acting_for(cast.alpha.tenant):
        assert Call.objects.get(pk=opening.call.pk).phone_number == NUMBER


def test_what_the_worker_noted_last_is_newer_than_the_row(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1, scene="identification", known={"first_name": "Jeanne"})
    journal.notes_of(before).parent.mkdir(parents=True)
    journal.notes_of(before).write_text(json.dumps({"turns": [], "heard": None, "scene": "remedy", "known": KNOWN}))
    case = comes_back(cast.alpha, resumes=before).case
    assert (case.resumes_at, case.last_name) == ("remedy", "PETIT")
    assert is_given_up(cast.alpha, before).scene == "remedy"


def test_notes_that_cannot_be_read_cost_only_what_is_newest(cast: Cast) -> None:
    before = in_progress(cast.alpha, silent_for=1)
    journal.notes_of(before).parent.mkdir(parents=True)
    journal.notes_of(before).write_text('{"turns": [')
    assert comes_back(cast.alpha, resumes=before).case.last_name == "PETIT"
    assert is_given_up(cast.alpha, before).status == "dropped"


def test_a_call_that_had_ended_before_its_worker_died_keeps_its_ending(cast: Cast) -> None:
    before = in_progress(cast.alpha)
    ending = {"status": "transferred", "reason": "handover", "transfer_to": "technician", "error": ""}
    journal.notes_of(before).parent.mkdir(parents=True)
    journal.notes_of(before).write_text(
        json.dumps({"turns": [], "heard": None, "scene": "handover", "known": KNOWN, "ending": ending})
    )
    assert comes_back(cast.alpha, number=NUMBER).case.cut is None  # it was not cut off
    call = is_given_up(cast.alpha, before)
    assert (call.status, call.end_reason, call.transfer_to) == ("transferred", "handover", "technician")
    [ticket] = tickets(cast.alpha)
    assert (ticket.status, ticket.client_name) == ("transferred", "Jeanne PETIT")


def test_the_recording_of_who_refused_it_is_not_kept_when_the_worker_dies(cast: Cast) -> None:
    before = in_progress(cast.alpha, known={**KNOWN, "recording_refused": True})
    path = recording.in_progress(before)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF")
    call = is_given_up(cast.alpha, before)
    assert not path.exists()
    assert (bool(call.recording), call.recording_refused) == (False, True)


def test_a_call_that_goes_on_takes_no_second_line(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        Call.objects.update(status=Call.Status.COMPLETED)
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(max_calls=1)
    before = in_progress(cast.alpha, silent_for=1)
    opening = comes_back(cast.alpha, resumes=before)
    assert not opening.busy
    assert comes_back(cast.alpha).busy


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({}, "again"),
        ({"status": Call.Status.DROPPED}, "again"),
        ({"status": Call.Status.FAILED}, ""),
        ({"is_test": True}, ""),
        ({"resumes": Call(status=Call.Status.DROPPED)}, ""),
        ({"resumes": Call(status=Call.Status.TRANSFERRED)}, "again"),
    ],
)
def test_the_dialplan_tries_again_once(fields: dict[str, Any], result: str) -> None:
    assert services.result(Call(**fields)) == result


def test_what_is_known_is_no_longer_kept_once_there_is_a_ticket(cast: Cast) -> None:
    opening = comes_back(cast.alpha, number=NUMBER)
    with acting_for(cast.alpha.tenant):
        Call.objects.filter(pk=opening.call.pk).update(known=KNOWN)
        closes(cast.alpha, opening)
        assert Call.objects.get(pk=opening.call.pk).known is None


def test_what_is_known_of_a_dropped_call_is_erased_with_its_words(cast: Cast) -> None:
    call = is_given_up(cast.alpha, in_progress(cast.alpha))
    assert call.known
    with acting_for(cast.alpha.tenant):
        words.erase([call])
        assert Call.objects.get(pk=call.pk).known is None


def test_a_caller_of_a_dead_worker_becomes_a_customer(cast: Cast) -> None:
    is_given_up(cast.alpha, in_progress(cast.alpha))
    with acting_for(cast.alpha.tenant):
        customer = Customer.objects.get(phone_number=NUMBER)
    assert customer.full_name == "Jeanne PETIT"
