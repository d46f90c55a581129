"""Whoever leaves an address gets the number of the ticket, once, where the company wants that."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests.cast import Cast
from tests.tickets.test_services import leave
from tickets import callers
from tickets.models import Ticket

Capture = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def wanted(alpha: Cast) -> Cast:
    tenant = alpha.alpha.tenant
    tenant.writes_to_callers = True
    tenant.save()
    return alpha


def call(cast: Cast, capture: Capture, email: str = "claire@example.com", **facts: Any) -> Ticket:
    with capture(execute=True):
        return leave(cast, email=email, description="Ma box clignote", **facts)


def test_the_caller_reads_the_number_and_nothing_that_was_said(
    wanted: Cast, django_capture_on_commit_callbacks: Capture
) -> None:
    ticket = call(wanted, django_capture_on_commit_callbacks)
    [letter] = mail.outbox
    assert letter.to == ["claire@example.com"]
    assert letter.from_email == "Alpha <voicebot@localhost>"
    assert str(ticket.pk) in letter.subject
    assert str(ticket.pk) in letter.body
    assert "clignote" not in letter.body
    ticket.refresh_from_db()
    assert ticket.caller_told_at is not None
    assert callers.tell(ticket) is False
    assert len(mail.outbox) == 1


def test_nobody_is_written_to_where_the_company_did_not_ask_for_it(
    alpha: Cast, django_capture_on_commit_callbacks: Capture
) -> None:
    call(alpha, django_capture_on_commit_callbacks)
    assert mail.outbox == []


@pytest.mark.parametrize("email", ["", "claire arobase example", "claire@", "a@b@c.fr"])
def test_what_is_no_address_is_not_written_to(
    wanted: Cast, email: str, django_capture_on_commit_callbacks: Capture
) -> None:
    call(wanted, django_capture_on_commit_callbacks, email=email)
    assert mail.outbox == []


def test_of_a_test_call_nobody_is_written_to(wanted: Cast, django_capture_on_commit_callbacks: Capture) -> None:
    wanted.alpha.call.is_test = True
    call(wanted, django_capture_on_commit_callbacks)
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_tried_again(
    wanted: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> None:
    ticket = call(wanted, django_capture_on_commit_callbacks)
    Ticket.objects.filter(pk=ticket.pk).update(caller_told_at=None)
    with monkeypatch.context() as patch:

        def refuse(*_args: Any) -> int:
            raise SMTPServerDisconnected("away")

        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        with pytest.raises(OSError, match="away"):
            callers.tell(ticket)
    assert callers.tell(ticket) is True
    assert len(mail.outbox) == 2
