"""Calls that were handed over and that nobody took: the same case and the same ticket, to be called back."""

from __future__ import annotations

import uuid

from django.utils import timezone

from calls import services
from calls.case import Case, Ending
from calls.models import Call
from calls.services import LineQuality, Opening
from calls.settings import load
from tenants.scope import acting_for
from tests.calls.test_services import GOODBYE, begin, entry
from tests.cast import Cast, House
from tickets.models import Ticket

HANDED_OVER = Ending(Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, transfer_to="technician")
NUMBER = "+33655512345"


def is_handed_over(house: House, ending: Ending = HANDED_OVER) -> tuple[Call, Ticket]:
    call = begin(house).call
    with acting_for(house.tenant):
        problem = load(house.tenant).problems["internet"]
        case = Case(
            phone_number=NUMBER, first_name="Jeanne", last_name="PETIT", email="jeanne@example.org", problem=problem
        )
        case.description, case.step, case.is_fixed, case.is_angry = "Plus d'internet.", 0, False, True
        ticket = services.finish(call_id=call.pk, ending=ending, case=case, quality=LineQuality())
        assert ticket is not None
        return Call.objects.get(pk=call.pk), ticket


def comes_back(house: House, before: Call, *, resumes: uuid.UUID | None = None) -> Opening:
    call_uuid = uuid.uuid4()
    with acting_for(house.tenant):
        services.announce(server=house.server, call_uuid=call_uuid, returned_from=before.uuid, resumes=resumes)
    return services.begin(call_uuid=call_uuid, entry=entry(house), worker="another")


def closes(house: House, opening: Opening, ending: Ending = GOODBYE) -> Ticket:
    with acting_for(house.tenant):
        ticket = services.finish(call_id=opening.call.pk, ending=ending, case=opening.case, quality=LineQuality())
        assert ticket is not None
        return ticket


def test_the_ticket_is_open_again_with_all_that_was_known(cast: Cast) -> None:
    before, first = is_handed_over(cast.alpha)
    opening = comes_back(cast.alpha, before)
    assert opening.case.has_returned
    ticket = closes(cast.alpha, opening)
    assert (ticket.pk, ticket.call_id) == (first.pk, opening.call.pk)
    assert (ticket.status, ticket.wants_callback, ticket.sentiment) == ("open", True, "negative")
    assert (ticket.tag, ticket.severity) == (first.tag, first.severity)
    assert ticket.problem_type == first.problem_type is not None
    assert (ticket.client_name, ticket.client_email) == ("Jeanne PETIT", "jeanne@example.org")
    assert ticket.phone_number == NUMBER
    assert ticket.description == "Plus d'internet."
    assert "Personne n'a pris l'appel quand il a été transféré." in ticket.summary
    assert "coupé" not in ticket.summary


def test_who_hangs_up_as_soon_as_he_is_back_is_called_back_too(cast: Cast) -> None:
    before, first = is_handed_over(cast.alpha)
    left = Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP)
    ticket = closes(cast.alpha, comes_back(cast.alpha, before), left)
    assert (ticket.pk, ticket.status, ticket.wants_callback) == (first.pk, "open", True)


def test_a_call_that_failed_and_that_no_person_took_is_to_be_called_back(cast: Cast) -> None:
    before, first = is_handed_over(cast.alpha, Ending(Call.Status.FAILED, Call.EndReason.ERROR, error="no voice"))
    ticket = closes(cast.alpha, comes_back(cast.alpha, before))
    assert (ticket.pk, ticket.status, ticket.tag) == (first.pk, "open", first.tag)


def test_a_call_comes_back_once(cast: Cast) -> None:
    before, _first = is_handed_over(cast.alpha)
    opening, other = comes_back(cast.alpha, before), comes_back(cast.alpha, before)
    with acting_for(cast.alpha.tenant):
        assert Call.objects.get(resumes=before) == opening.call
        assert other.call.resumes is None


def test_one_that_is_cut_off_when_it_is_back_is_tried_again_and_keeps_the_ticket(cast: Cast) -> None:
    before, first = is_handed_over(cast.alpha)
    second = comes_back(cast.alpha, before)
    with acting_for(cast.alpha.tenant):
        call = Call.objects.get(pk=second.call.pk)
        assert services.result(call) == "again"
        Call.objects.filter(pk=call.pk).update(heartbeat_at=timezone.now())
    third = comes_back(cast.alpha, before, resumes=second.call.uuid)
    assert third.case.has_returned
    ticket = closes(cast.alpha, third)
    assert (ticket.pk, ticket.call_id, ticket.status) == (first.pk, third.call.pk, "open")


def test_nothing_comes_back_of_another_company_s_call(cast: Cast) -> None:
    before, first = is_handed_over(cast.alpha)
    opening = comes_back(cast.bravo, before)
    assert (opening.case.has_returned, opening.call.resumes) == (False, None)
    with acting_for(cast.alpha.tenant):
        first.refresh_from_db()
        assert first.status == "transferred"
