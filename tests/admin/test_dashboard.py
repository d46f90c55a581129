"""The dashboard: figures as by hand, each with the rows behind it; a company's and the platform's."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.models import Call, SpendLimit, Usage
from calls.spending import add
from providers.prices import billing_day
from providers.protocols import Failure, ProviderError
from tenants.models import Membership, PhraseRun, Tenant
from tenants.roles import COLUMNS
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.cast import Cast, person
from tickets.models import RoiDay, Ticket
from tickets.roi import today_of

Login = Callable[[User], Client]


@pytest.fixture
def house(db: None) -> Tenant:
    """A company without a call; its clock is as far from ours as clocks are."""
    return Tenant.objects.create(slug="house", name="House", time_zone="Asia/Kathmandu")


@pytest.fixture
def owner(house: Tenant, login: Login) -> Client:
    return login(person("housekeeper", house, Membership.Role.OWNER))


def call(started_at: datetime, *, cached: int = 0, **values: Any) -> Call:
    values = {"status": Call.Status.COMPLETED, "uuid": uuid.uuid4(), "cached_characters": cached, **values}
    return Call.objects.create(started_at=started_at, ended_at=started_at + timedelta(seconds=60), **values)


def response_of(client: Client) -> Any:
    response = client.get(reverse("admin:index"), headers={"accept-language": "en"})
    assert response.status_code == 200
    return response


def shown(client: Client) -> Any:
    return response_of(client).context


def behind(client: Client, link: str) -> list[Model]:
    """The rows of the list that a figure leads to."""
    return list(client.get(link).context["cl"].result_list)


def test_figures_are_of_30_days_and_today_without_test_calls(house: Tenant, owner: Client) -> None:
    now = timezone.now()
    with acting_for(house):
        resolved = call(now, cached=300, is_resolved=True)
        call(now, status=Call.Status.TRANSFERRED)
        call(now, is_test=True, is_resolved=True)
        Usage.objects.create(call=resolved, kind="tts", provider="elevenlabs", characters=100, cost_eur=Decimal("0.5"))
        today = today_of(house)
        RoiDay.objects.create(day=today - timedelta(days=29), calls=2, resolved=2, handled_seconds=240, llm_eur=1)
        RoiDay.objects.create(day=today - timedelta(days=30), calls=8, resolved=2, handled_seconds=480)
        RoiDay.objects.create(day=today - timedelta(days=60), calls=99)
    found = shown(owner)
    figures = {figure.icon: figure for figure in found["figures"]}
    assert {icon: figure.value for icon, figure in figures.items()} == {
        "call": "4",
        "task_alt": "75 %",
        "timer": "1:30",
        "payments": "0.3750 €",
        "savings": "43.50 €",
        "library_music": "75 %",
    }
    assert (figures["task_alt"].colour, figures["task_alt"].change.text) == ("good", "+50 pt")
    assert (figures["call"].change.text, figures["timer"].change.colour) == ("−50 %", "poor")
    assert "3 ÷ 4" in figures["task_alt"].formula
    assert [(bar.title, bar.amount) for bar in found["vendors"]] == [("ElevenLabs · text to speech", "0.5000 €")]
    assert {item.icon: item.value for item in found["now"]}["call"] == "2"


@pytest.mark.parametrize(("resolved", "colour"), [(8, "good"), (7, "fair"), (5, "poor")])
def test_automatic_resolution_is_green_amber_or_red(house: Tenant, owner: Client, resolved: int, colour: str) -> None:
    with acting_for(house):
        RoiDay.objects.create(day=today_of(house) - timedelta(days=1), calls=10, resolved=resolved)
    figures = {figure.icon: figure for figure in shown(owner)["figures"]}
    assert figures["task_alt"].colour == colour


def test_each_figure_leads_to_the_rows_behind_it(house: Tenant, owner: Client) -> None:
    with acting_for(house):
        now = timezone.now()
        resolved = call(now, is_resolved=True)
        transferred = call(now, status=Call.Status.TRANSFERRED)
        tried = call(now, is_test=True, is_resolved=True)
        call(now - timedelta(days=40), is_resolved=True)
        angry = Ticket.objects.create(call=transferred, sentiment="negative", severity="high")
        Ticket.objects.create(call=tried, sentiment="negative")
    found = shown(owner)
    figures = {figure.icon: figure.link for figure in found["figures"]}
    assert set(behind(owner, figures["call"])) == {resolved, transferred}
    assert behind(owner, figures["task_alt"]) == [resolved]
    assert len(behind(owner, next(item.link for item in found["now"] if item.icon == "call"))) == 2
    hour = next(bar for bar in found["hours"] if bar.share)
    assert (hour.amount, len(behind(owner, hour.link))) == ("2", 2)
    for bars in ("sentiments", "severities", "problems"):
        for bar in found[bars]:
            assert len(behind(owner, bar.link)) == int(bar.amount), bar
    assert behind(owner, found["sentiments"][2].link) == [angry]
    assert {owner.get(link).status_code for link in figures.values()} == {200}


@pytest.mark.parametrize("role", COLUMNS)
def test_every_link_of_the_dashboard_opens_for_whoever_sees_it(
    house: Tenant, login: Login, role: Membership.Role
) -> None:
    with acting_for(house):
        spoken = call(timezone.now(), is_resolved=True)
        Usage.objects.create(call=spoken, kind="tts", provider="elevenlabs", characters=9, cost_eur=Decimal("20"))
        Ticket.objects.create(call=spoken, severity="high")
        SpendLimit.objects.update_or_create(defaults={"day_eur": 1, "month_eur": None})
        add(billing_day(), Decimal(20))
    client = login(person("somebody", house, role))
    pages = text(response_of(client)), text(client.get(reverse("admin:index")))
    links = [{html.unescape(link) for link in re.findall(r'href="(/admin/[^"]*)"', page)} for page in pages]
    assert min(map(len, links)) > 40
    for link in set().union(*links):
        assert client.get(link, follow=True).status_code == 200, link


@pytest.mark.parametrize("role", COLUMNS)
def test_whoever_may_not_see_what_days_cost_is_told_no_sum(house: Tenant, login: Login, role: Membership.Role) -> None:
    with acting_for(house):
        spoken = call(timezone.now(), is_resolved=True)
        Usage.objects.create(call=spoken, kind="tts", provider="elevenlabs", characters=9, cost_eur=Decimal("0.5"))
    client = login(person("somebody", house, role))
    with_money = client.get(reverse("admin:tickets_roiday_changelist")).status_code == 200
    found = response_of(client)
    assert ("€" in text(found)) is with_money
    assert {"call", "task_alt", "timer"} <= {figure.icon for figure in found.context["figures"]}
    assert bool(found.context["vendors"]) is with_money


def test_an_empty_dashboard_has_dashes_and_no_charts(owner: Client) -> None:
    found = shown(owner)
    assert [figure.value for figure in found["figures"]] == ["0", "–", "–", "–", "–", "–"]
    assert "charts of calls" in text(response_of(owner))
    assert "<canvas" not in text(response_of(owner))


def test_charts_hold_thirty_days(house: Tenant, owner: Client) -> None:
    with acting_for(house):
        RoiDay.objects.create(day=today_of(house) - timedelta(days=1), calls=3, resolved=2, left_open=1)
    page = text(response_of(owner))
    assert page.count("<canvas") == 2
    assert "resolved by the bot: 2, left open: 1" in page


def test_the_operator_sees_companies_side_by_side(cast: Cast, login: Login) -> None:
    alpha, bravo = cast.alpha.tenant, cast.bravo.tenant
    with acting_for(alpha):
        RoiDay.objects.all().delete()
        RoiDay.objects.create(day=billing_day(), calls=4, resolved=3, llm_eur=2)
        SpendLimit.objects.update_or_create(defaults={"day_eur": 10, "month_eur": None})
        before = shown(login(cast.staff))
        add(billing_day(), Decimal(5))
    found = shown(login(cast.staff))
    rows = {row.tenant: row for row in found["companies"]}
    assert set(rows) == set(Tenant.objects.all())
    assert (rows[alpha].roi.calls, rows[alpha].roi.savings_eur, rows[alpha].colour) == (4, Decimal(43), "good")
    spent = {row.tenant: row.day for row in before["companies"]}[alpha].spent
    assert (rows[alpha].day.spent - spent, rows[alpha].day.limit, rows[alpha].month) == (5, 10, None)
    assert found["platform"].calls == 4 + rows[bravo].roi.calls
    assert {vendor.requests for vendor in found["vendors"]} == {2}  # a usage of each company
    assert len(behind(login(cast.staff), found["vendors"][0].link)) == 2


def test_nobody_else_sees_companies_side_by_side(cast: Cast, login: Login) -> None:
    for user in (cast.owner, cast.teammate):
        assert "companies" not in shown(login(user))


def test_a_vendor_that_failed_the_last_call_is_named_until_it_answers(
    house: Tenant, owner: Client, login: Login
) -> None:
    refused = str(ProviderError("elevenlabs", Failure.REFUSED, "401"))
    with acting_for(house):
        now = timezone.now()
        failed = call(now, status=Call.Status.FAILED, error=f"no voice for «greet»: {refused}")
        run = PhraseRun.objects.create(state=PhraseRun.State.FAILED, failed=79, reason=refused)
    notices = shown(owner)["notices"]
    assert [notice.link for notice in notices] == [
        reverse("admin:calls_call_change", args=[failed.pk]),
        reverse("admin:tenants_phrase_changelist"),
    ]
    assert "ElevenLabs refuses" in str(notices[0].text)
    assert "79 phrases" in str(notices[1].text)
    agent = login(person("agent", house, Membership.Role.AGENT))
    assert shown(agent)["notices"] == []  # who cannot mend it
    with acting_for(house):
        run.delete()
        Usage.objects.create(kind="tts", provider="elevenlabs", created_at=now + timedelta(seconds=61))
    assert shown(owner)["notices"] == []


def test_a_call_that_ended_well_after_one_that_failed_says_nothing_of_it(house: Tenant, owner: Client) -> None:
    error = str(ProviderError("elevenlabs", Failure.REFUSED, "401"))
    with acting_for(house):
        call(timezone.now() - timedelta(minutes=5), status=Call.Status.FAILED, error=error)
        call(timezone.now())
    assert shown(owner)["notices"] == []
