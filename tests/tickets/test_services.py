"""What a ticket says in its first summary, and what it takes over from the one it follows."""

from __future__ import annotations

from typing import Any

from calls.case import Case, Ending, OpenTicket
from calls.models import Call
from companies.services import Remembered
from tests.cast import Cast
from tickets.models import Comment, Ticket
from tickets.services import open_ticket

GOODBYE = Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)
HANDOVER = Call.EndReason.HANDOVER


def leave(cast: Cast, ending: Ending = GOODBYE, **facts: Any) -> Ticket:
    call = cast.alpha.call
    Ticket.objects.filter(call=call).update(call=None)
    call.language = "fr"
    return open_ticket(call=call, case=Case(**facts), ending=ending, remembered=Remembered(None, None, {}))


def test_the_summary_names_whom_the_call_was_handed_over_to(alpha: Cast) -> None:
    ticket = leave(alpha, Ending(Call.Status.TRANSFERRED, HANDOVER, "technician"))
    assert ticket.summary == "L'appel a été passé à Alpha technicien."


def test_an_extension_that_is_no_target_any_more_is_named_as_it_is(alpha: Cast) -> None:
    ticket = leave(alpha, Ending(Call.Status.TRANSFERRED, HANDOVER, "gone"))
    assert ticket.summary == "L'appel a été passé à gone."


def test_a_quoted_sentence_has_one_full_stop(alpha: Cast) -> None:
    assert "« Ma box clignote ».".replace(" ", "") in leave(alpha, description="Ma box clignote.").summary.replace(
        "\u00a0", ""
    ).replace(" ", "")


def test_a_call_about_an_open_ticket_says_so_and_has_its_problem(alpha: Cast) -> None:
    first = alpha.alpha.ticket
    follows = OpenTicket(first.pk, "internet", "Alpha internet")
    ticket = leave(alpha, open_ticket=follows, is_about_open_ticket=True)
    assert ticket.summary == f"L'appelant a rappelé au sujet du ticket n° {first.pk}."
    assert (ticket.problem_type, ticket.severity) == (first.problem_type, first.severity)
    assert f"{ticket.pk}" in Comment.objects.filter(ticket=first).latest("pk").text


def test_an_open_ticket_is_resolved_by_a_call_that_says_it_works(alpha: Cast) -> None:
    first = alpha.alpha.ticket
    follows = OpenTicket(first.pk, "internet", "Alpha internet")
    ticket = leave(alpha, open_ticket=follows, is_about_open_ticket=True, is_fixed=True)
    assert ticket.summary.endswith("Cela fonctionne sans dépannage.")
    first.refresh_from_db()
    assert (ticket.status, first.status, first.resolved_by) == ("resolved", "resolved", None)
    assert first.resolved_at is not None
    assert f"{ticket.pk}" in Comment.objects.filter(ticket=first).latest("pk").text


def test_a_call_back_that_nobody_knows_the_number_of_is_told(alpha: Cast) -> None:
    assert leave(alpha, wants_callback=True, phone_number="+33611111111").summary == "L'appelant doit être rappelé."
    ticket = leave(alpha, wants_callback=True)
    assert ticket.summary == "L'appelant doit être rappelé, mais n'a pas laissé de numéro."


def test_who_needs_nothing_leaves_nobody_anything_to_do(alpha: Cast) -> None:
    ticket = leave(alpha, Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP), needs_nothing=True)
    assert (ticket.status, ticket.due_at) == ("resolved", None)
    assert ticket.summary == "L'appelant a pris congé et n'a besoin de rien."


def test_what_is_longer_than_its_column_is_cut(alpha: Cast) -> None:
    ticket = leave(alpha, first_name="Z" * 300, email="z" * 300, phone_number="+33612345678")
    ticket.refresh_from_db()
    assert (len(ticket.client_name), len(ticket.client_email)) == (200, 254)
