"""What people do with tickets: statuses, assignment, comments, merging; and when tickets are due."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from calls.case import Case, Ending, OpenTicket
from calls.models import Call
from companies.services import Remembered
from tenants.models import Holiday, OpeningHours, Severity
from tests.cast import Cast
from tickets import services
from tickets.models import ACTIVE, TRANSITIONS, Comment, Ticket

Status = Ticket.Status
MONDAY = datetime.datetime(2026, 3, 2, 16, 0, tzinfo=datetime.UTC)  # 17:00 in Paris


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def office_hours(alpha: Cast) -> Cast:
    """Monday to Friday, 9 to 18, in Paris."""
    for weekday in range(5):
        OpeningHours.objects.create(weekday=weekday, opens=datetime.time(9), closes=datetime.time(18))
    return alpha


def ticket_of(cast: Cast) -> Ticket:
    return Ticket.objects.get(pk=cast.alpha.ticket.pk)


# --- Statuses -------------------------------------------------------------------


def test_resolving_says_who_and_when_and_reopening_begins_anew(alpha: Cast) -> None:
    ticket, agent = ticket_of(alpha), alpha.teammate
    services.resolve(ticket=ticket, actor=agent)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_by) == (Status.RESOLVED, agent)
    assert ticket.resolved_at is not None
    services.reopen(ticket=ticket, actor=agent)
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN
    assert ticket.resolved_by_id is None
    assert Ticket.objects.filter(resolved_at=None).exists()
    assert ticket.reopened_at is not None
    assert ticket.due_at == ticket.reopened_at + timedelta(hours=8)


@pytest.mark.parametrize("old", Status.values)
@pytest.mark.parametrize("new", Status.values)
def test_a_status_leads_to_those_of_the_table_only(alpha: Cast, old: str, new: str) -> None:
    ticket = ticket_of(alpha)
    Ticket.objects.filter(pk=ticket.pk).update(status=old)
    if new == old or new in TRANSITIONS[old]:
        services.update(ticket=ticket, actor=alpha.teammate, status=new)
    else:
        with pytest.raises(ValidationError, match="cannot become"):
            services.update(ticket=ticket, actor=alpha.teammate, status=new)
    ticket.refresh_from_db()
    assert ticket.status == (new if new in TRANSITIONS[old] else old)


def test_an_old_copy_does_not_undo_what_others_did(alpha: Cast) -> None:
    old = ticket_of(alpha)
    services.resolve(ticket=ticket_of(alpha), actor=alpha.owner)
    services.update(ticket=old, actor=alpha.teammate, tag="OLD")
    after = ticket_of(alpha)
    assert (after.status, after.resolved_by, after.tag) == (Status.RESOLVED, alpha.owner, "OLD")


def test_a_stranger_is_given_no_ticket(alpha: Cast) -> None:
    with pytest.raises(ValidationError, match="not of your company"):
        services.assign(ticket=ticket_of(alpha), assignee=alpha.outsider, actor=alpha.owner)
    assert services.assign(ticket=ticket_of(alpha), assignee=alpha.teammate, actor=alpha.owner).assigned_to
    assert services.assign(ticket=ticket_of(alpha), assignee=None, actor=alpha.owner).assigned_to is None


def test_outside_what_waits_is_open(alpha: Cast) -> None:
    ticket = services.wait(ticket=ticket_of(alpha), actor=alpha.teammate)
    assert services.as_dict(ticket)["status"] == "open"


def test_a_call_of_whom_it_waits_for_takes_it_up_again(alpha: Cast) -> None:
    waiting = services.wait(ticket=ticket_of(alpha), actor=alpha.teammate)
    call = Call.objects.create(uuid="11111111-1111-4111-8111-111111111111", server=alpha.alpha.server)
    case = Case(open_ticket=OpenTicket(waiting.pk, "internet", "Alpha internet"), is_about_open_ticket=True)
    ending = Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)
    services.open_ticket(call=call, case=case, ending=ending, remembered=Remembered(None, None, {}))
    assert ticket_of(alpha).status == Status.OPEN


@pytest.mark.parametrize("text", ["", "  \n", "x" * 5001])
def test_a_comment_says_something_and_is_not_endless(alpha: Cast, text: str) -> None:
    with pytest.raises(ValidationError):
        services.comment(ticket=ticket_of(alpha), author=alpha.teammate, text=text)


# --- Deadlines ------------------------------------------------------------------


def opened(severity: str = Severity.MEDIUM, at: datetime.datetime = MONDAY) -> Ticket:
    return services.create(severity=severity, created_at=at)


@pytest.mark.parametrize(
    ("severity", "due"),
    [
        (Severity.HIGH, "2026-03-03 11:00"),  # an hour on Monday, three on Tuesday; by the clocks of Paris 12:00
        (Severity.MEDIUM, "2026-03-03 15:00"),
        (Severity.LOW, "2026-03-05 13:00"),
    ],
)
def test_a_ticket_is_due_after_hours_in_which_somebody_was_there(office_hours: Cast, severity: str, due: str) -> None:
    assert opened(severity).due_at == datetime.datetime.fromisoformat(due + "+00:00")


def test_weekends_and_holidays_do_not_count(office_hours: Cast) -> None:
    friday = MONDAY + timedelta(days=4)
    Holiday.objects.create(date=datetime.date(2026, 3, 9))  # the Monday that follows
    assert opened(Severity.HIGH, friday).due_at == datetime.datetime(2026, 3, 10, 11, tzinfo=datetime.UTC)


def test_a_severity_without_hours_is_never_due(alpha: Cast) -> None:
    alpha.alpha.tenant.hours_low = None
    assert opened(Severity.LOW).due_at is None


def test_a_new_severity_is_a_new_deadline(office_hours: Cast) -> None:
    ticket = opened(Severity.LOW)
    services.update(ticket=ticket, actor=None, severity=Severity.HIGH)
    assert ticket.due_at == opened(Severity.HIGH).due_at


def test_the_time_stands_still_while_the_customer_has_to_answer(alpha: Cast) -> None:
    ticket = opened(at=timezone.now() - timedelta(hours=5))  # always open: due in three hours
    due = ticket.due_at
    services.wait(ticket=ticket, actor=alpha.teammate)
    Ticket.objects.update(waiting_since=timezone.now() - timedelta(hours=4))
    services.reopen(ticket=ticket, actor=alpha.teammate)
    assert due is not None
    assert ticket.due_at is not None
    assert abs(ticket.due_at - due - timedelta(hours=4)) < timedelta(seconds=5)
    services.update(ticket=ticket, actor=None, severity=Severity.HIGH)  # still four hours later than at once
    assert abs(ticket.due_at - due) < timedelta(seconds=5)


def test_what_the_bot_resolved_is_never_due(alpha: Cast) -> None:
    ticket = services.create(status=Status.RESOLVED)
    assert ticket.due_at is None
    assert ticket.resolved_at is not None


# --- Merging --------------------------------------------------------------------


def pair(cast: Cast) -> tuple[Ticket, Ticket]:
    one = ticket_of(cast)
    services.comment(ticket=one, author=cast.teammate, text="Rappelé.")
    two = services.create(severity=Severity.LOW, client_email="p@example.com")
    services.update(ticket=one, actor=None, severity=Severity.HIGH, sentiment=Ticket.Sentiment.NEGATIVE)
    return one, two


def test_merging_loses_nothing(alpha: Cast) -> None:
    one, two = pair(alpha)
    total = Comment.objects.count()
    services.merge(ticket=one, into=two, actor=alpha.owner)
    one.refresh_from_db()
    two.refresh_from_db()
    texts = "\n".join(two.comments.values_list("text", flat=True))
    assert "Rappelé." in texts
    assert "Alpha a été rappelé." in texts
    assert Comment.objects.count() == total + 2  # each says what was merged
    assert (one.status, one.merged_into, one.resolved_by, one.call) == (
        Status.RESOLVED,
        two,
        alpha.owner,
        alpha.alpha.call,
    )
    assert (two.status, two.severity, two.sentiment) == (Status.OPEN, Severity.HIGH, Ticket.Sentiment.NEGATIVE)
    assert (two.client_name, two.client_email, two.customer) == (one.client_name, "p@example.com", one.customer)
    assert two.due_at == min(due for due in (one.due_at, two.due_at) if due)


def test_a_chain_of_merges_leads_to_the_last(alpha: Cast) -> None:
    one, two = pair(alpha)
    three = services.create()
    services.merge(ticket=one, into=two, actor=alpha.owner)
    services.merge(ticket=two, into=three, actor=alpha.owner)
    assert set(three.merged.all()) == {one, two}


def test_what_was_merged_is_not_worked_on_and_not_merged_again(alpha: Cast) -> None:
    one, two = pair(alpha)
    services.merge(ticket=one, into=two, actor=alpha.owner)
    with pytest.raises(ValidationError, match=f"#{two.pk}"):
        services.reopen(ticket=one, actor=alpha.owner)
    for ticket, into in ((one, two), (two, one), (two, two)):
        with pytest.raises(ValidationError):
            services.merge(ticket=ticket, into=into, actor=alpha.owner)


def test_work_does_not_vanish_in_a_ticket_that_is_resolved(alpha: Cast) -> None:
    one, two = pair(alpha)
    services.resolve(ticket=two, actor=alpha.owner)
    with pytest.raises(ValidationError, match="reopen it first"):
        services.merge(ticket=one, into=two, actor=alpha.owner)
    assert ticket_of(alpha).status in ACTIVE


def test_tickets_of_two_companies_are_never_merged(alpha: Cast) -> None:
    with pytest.raises(ValidationError):
        services.merge(ticket=ticket_of(alpha), into=alpha.bravo.ticket, actor=alpha.owner)


def test_who_left_the_company_is_forgotten_and_the_ticket_is_not(alpha: Cast) -> None:
    gone = User.objects.create_user("gone")
    ticket = ticket_of(alpha)
    services.resolve(ticket=ticket, actor=gone)
    gone.delete()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_by) == (Status.RESOLVED, None)
