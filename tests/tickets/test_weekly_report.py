"""Every Monday owners and administrators read how the week was, once."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from calls.models import Call, Usage
from tenants.models import Membership
from tenants.scope import acting_for
from tests.cast import Cast, person
from tickets.models import Ticket, WeeklyReport
from tickets.reports import figures, letters, words
from tickets.reports.letters import due_week, send_once
from tickets.tasks import weekly_reports_of_everyone

MONDAY = date(2026, 11, 9)


def ring(day: int, *, resolved: bool, status: Call.Status = Call.Status.COMPLETED, **ticket: Any) -> None:
    """A call of November with a ticket."""
    start = datetime(2026, 11, day, 10, tzinfo=UTC)
    call = Call.objects.create(
        uuid=uuid.uuid4(), status=status, started_at=start, ended_at=start + timedelta(minutes=2), is_resolved=resolved
    )
    Usage.objects.create(call=call, kind="stt", provider="x", model="x", cost_eur=Decimal("0.10"), created_at=start)
    Ticket.objects.create(call=call, created_at=start, client_name="Pierre", **ticket)


@pytest.fixture
def week(alpha: Cast) -> Cast:
    """Three calls in the week of MONDAY, one in the week before; the owner has an address. The test acts for Alpha."""
    alpha.owner.email = "owner@alpha.example"
    alpha.owner.save()
    problem = alpha.alpha.problem_type
    ring(3, resolved=False)
    ring(9, resolved=True, problem_type=problem)
    ring(9, resolved=True, problem_type=problem)
    ring(15, resolved=False, status=Call.Status.TRANSFERRED, sentiment="negative")
    return alpha


def send(cast: Cast) -> int:
    return send_once(cast.alpha.tenant, MONDAY)


def test_it_counts_the_week_of_the_company(week: Cast) -> None:
    counted = figures.count(week.alpha.tenant, MONDAY)
    assert (counted.roi.calls, counted.roi.resolved, counted.roi.transferred) == (3, 2, 1)
    assert counted.before.calls == 1
    assert [roi.calls for _day, roi in counted.days] == [2, 0, 0, 0, 0, 0, 1]
    assert counted.problems == [("Alpha internet", 2)]
    assert counted.angry == 1
    assert counted.roi.savings_eur == Decimal("29.70")


def test_a_letter_has_text_html_and_a_sheet_of_paper(week: Cast) -> None:
    assert send(week) == 1
    [letter] = mail.outbox
    assert letter.to == ["owner@alpha.example"]
    assert letter.subject.startswith("Alpha – ")
    assert letter.subject.endswith("15 novembre 2026")
    assert isinstance(letter, EmailMultiAlternatives)
    html = str(letter.alternatives[0][0])
    for text in (letter.body, html):
        assert "Alpha internet" in text
        assert "67 %" in text
        assert "29,70" in text
    assert "<script" not in html
    assert "<img" not in html
    name, sheet, kind = letter.attachments[0]
    assert (name, kind) == ("alpha-2026-11-09.pdf", "application/pdf")
    assert isinstance(sheet, bytes)
    assert sheet.startswith(b"%PDF-")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_figures_are_written_in_the_company_s_language(week: Cast, language: str) -> None:
    counted = figures.count(week.alpha.tenant, MONDAY)
    with translation.override(language):
        values = [card.value for card in words.cards(counted)]
    assert values[0] == "3"
    assert values[3] == {"fr": "29,70 €", "en": "29.70 €"}[language]


def test_a_week_is_reported_once(week: Cast) -> None:
    assert send(week) == 1
    assert send(week) == 0
    assert len(mail.outbox) == 1
    assert WeeklyReport.objects.get(monday=MONDAY).letters == 1


def test_a_week_without_a_call_leaves_no_letter(week: Cast) -> None:
    assert send_once(week.alpha.tenant, date(2026, 10, 5)) == 0
    assert mail.outbox == []
    assert letters.is_sent(week.alpha.tenant, date(2026, 10, 5))


def test_a_mail_server_that_is_away_is_tried_again_later(week: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:

        def refuse(*_args: Any) -> int:
            raise SMTPServerDisconnected("away")

        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        with pytest.raises(OSError, match="away"):
            send(week)
    assert send(week) == 0, "whoever tried has it for a while"
    WeeklyReport.objects.filter(monday=MONDAY).update(tried_at=timezone.now() - letters.LEASE)
    assert send(week) == 1


def test_owners_and_administrators_get_it_and_others_do_not(week: Cast) -> None:
    tenant = week.alpha.tenant
    for role in Membership.Role.values:
        user = person(f"some-{role}", tenant, Membership.Role(role))
        user.email = f"some-{role}@alpha.example"
        user.save()
    person("nowhere", tenant, Membership.Role.ADMIN)
    send(week)
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "owner@alpha.example",
        "some-admin@alpha.example",
        "some-owner@alpha.example",
    ]


def test_a_link_in_the_letter_declines_it_and_asks_for_it_again(week: Cast) -> None:
    send(week)
    [letter] = mail.outbox
    link = letter.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
    assert link in letter.body
    browser, mine = Client(enforce_csrf_checks=True), Membership.objects.get(user=week.owner)
    assert b"Alpha" in browser.get(link).content
    mine.refresh_from_db()
    assert mine.wants_report, "a program that only looks at links declines nothing"
    assert browser.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert letters.recipients(week.alpha.tenant) == {}
    browser.post(link, {"again": "1"})
    assert list(letters.recipients(week.alpha.tenant)) == ["owner@alpha.example"]
    assert browser.get(link[:-2] + "x/").status_code == 404


@pytest.mark.parametrize(
    ("now", "zone", "monday"),
    [
        ("2026-11-16T05:59:00", "Europe/Paris", None),
        ("2026-11-16T06:00:00", "Europe/Paris", MONDAY),
        ("2026-11-18T05:59:00", "Europe/Paris", MONDAY),
        ("2026-11-18T06:00:00", "Europe/Paris", None),
        ("2026-11-16T06:00:00", "Pacific/Auckland", MONDAY),
        ("2026-11-15T18:00:00", "Pacific/Auckland", MONDAY),
        ("2026-11-16T06:00:00", "America/Cayenne", None),
        ("2026-11-16T10:00:00", "America/Cayenne", MONDAY),
    ],
)
def test_it_is_due_on_monday_morning_by_the_company_s_clock(cast: Cast, now: str, zone: str, monday: date) -> None:
    tenant = cast.alpha.tenant
    tenant.time_zone = zone
    assert due_week(tenant, datetime.fromisoformat(now).replace(tzinfo=UTC)) == monday


def test_the_clock_starts_what_is_due_for_each_company(week: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 16, 8, tzinfo=UTC))
    assert weekly_reports_of_everyone() == 2
    assert [letter.to for letter in mail.outbox] == [["owner@alpha.example"]]
    assert weekly_reports_of_everyone() == 0
    with acting_for(week.bravo.tenant):
        assert WeeklyReport.objects.filter(monday=MONDAY).exists()


def test_by_hand_to_an_address_or_to_all(week: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("weekly_report", tenant="alpha", week=date(2026, 11, 12), to="me@example.com")
    call_command("weekly_report", tenant="alpha", week=date(2026, 11, 12))
    assert [letter.to for letter in mail.outbox] == [["me@example.com"], ["owner@alpha.example"]]
    assert "3 calls, 1 letters" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Nobody wants it"):
        call_command("weekly_report", tenant="bravo")
