"""A spend limit is seen before a call is accepted."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from calls import spending
from calls.models import Call, SpendDay, SpendLimit
from calls.services import CallRefused
from calls.usage import forget_prices, record
from providers.models import Price
from providers.prices import billing_day
from providers.protocols import UsageReport
from tenants.scope import acting_for
from tests.admin.pages import form_of, text
from tests.calls.test_services import begin
from tests.cast import Cast, House

REFUSE, DEGRADED = SpendLimit.Action.REFUSE, SpendLimit.Action.DEGRADED


@pytest.fixture(autouse=True)
def _nothing_told() -> Iterator[None]:
    spending._told.clear()
    forget_prices()
    yield
    forget_prices()


def limit(house: House, **values: object) -> None:
    with acting_for(house.tenant):
        SpendLimit.objects.update(**{"month_eur": None, **values})


def spent(house: House, amount: str, *, days_ago: int = 0) -> None:
    day = billing_day() - timedelta(days=days_ago)
    with acting_for(house.tenant):
        SpendDay.objects.update_or_create(day=day, defaults={"cost_eur": Decimal(amount)})


def test_below_its_limit_a_tenant_is_served_as_usual(cast: Cast) -> None:
    limit(cast.alpha, day_eur=Decimal(10))
    spent(cast.alpha, "9.99999999")
    assert begin(cast.alpha).degraded is False


@pytest.mark.parametrize("period", ["day_eur", "month_eur"])
def test_at_its_limit_a_tenant_is_served_without_vendors(cast: Cast, period: str) -> None:
    limit(cast.alpha, **{period: Decimal(10)}, action=DEGRADED)
    spent(cast.alpha, "10")
    assert begin(cast.alpha).degraded is True
    assert begin(cast.bravo).degraded is False


def test_at_its_limit_a_tenant_may_refuse_calls(cast: Cast) -> None:
    limit(cast.alpha, day_eur=Decimal(10), action=REFUSE)
    spent(cast.alpha, "10")
    call_uuid = uuid.uuid4()
    with pytest.raises(CallRefused, match="spend limit"):
        begin(cast.alpha, call_uuid)
    with acting_for(cast.alpha.tenant):
        assert not Call.objects.filter(uuid=call_uuid).exists()
    spent(cast.alpha, "9")
    assert begin(cast.alpha, call_uuid).degraded is False


def test_a_limit_of_nothing_is_reached_at_once(cast: Cast) -> None:
    limit(cast.alpha, day_eur=Decimal(0))
    assert begin(cast.alpha).degraded is True


def test_what_was_spent_before_the_period_does_not_count(cast: Cast) -> None:
    limit(cast.alpha, day_eur=Decimal(10), month_eur=Decimal(100), action=REFUSE)
    spent(cast.alpha, "99", days_ago=billing_day().day)  # the last day of the month before
    spent(cast.alpha, "1")
    assert begin(cast.alpha).degraded is False
    with acting_for(cast.alpha.tenant):
        budgets, _action = spending.budgets(tenant=cast.alpha.tenant)
    assert {budget.period: budget.spent for budget in budgets} == {"day": 1, "month": 1}


def test_the_platform_has_a_limit_over_all_tenants(cast: Cast, settings: Settings) -> None:
    settings.PLATFORM_DAY_LIMIT_EUR = Decimal(10)
    for house in (cast.alpha, cast.bravo):
        spent(house, "5")
    assert begin(cast.alpha).degraded is True
    settings.PLATFORM_LIMIT_ACTION = "refuse"
    with pytest.raises(CallRefused):
        begin(cast.bravo)


def test_the_stricter_of_two_limits_counts(cast: Cast, settings: Settings) -> None:
    settings.PLATFORM_DAY_LIMIT_EUR = Decimal(1)
    limit(cast.alpha, day_eur=Decimal(10), action=REFUSE)
    spent(cast.alpha, "10")
    with pytest.raises(CallRefused):
        begin(cast.alpha)


def test_at_four_fifths_it_is_logged_once_and_measured(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    limit(cast.alpha, day_eur=Decimal(10))
    spent(cast.alpha, "7.9")
    with caplog.at_level(logging.WARNING, "calls.spending"):
        begin(cast.alpha)
        assert caplog.records == []
        spent(cast.alpha, "8")
        begin(cast.alpha)
        begin(cast.alpha)
        assert len(caplog.records) == 1
        assert "at 80 %" in caplog.text
        spent(cast.alpha, "10")
        begin(cast.alpha)
    assert len(caplog.records) == 2


def test_asking_costs_one_query_or_two_whatever_the_month_holds(cast: Cast) -> None:
    def asked() -> list[str]:
        with acting_for(cast.alpha.tenant), CaptureQueriesContext(connection) as captured:
            spending.verdict(tenant=cast.alpha.tenant)
        return [query["sql"] for query in captured.captured_queries]

    limit(cast.alpha)
    assert len(asked()) == 1
    limit(cast.alpha, day_eur=Decimal(10), month_eur=Decimal(100))
    queries = asked()
    assert len(queries) == 2
    assert not any("calls_usage" in query for query in queries)


def test_each_usage_adds_to_the_sum_of_its_day(alpha: Cast) -> None:
    Price.objects.create(
        provider="x", model="m", unit=Price.Unit.AUDIO_MINUTE, amount=6, currency="EUR", valid_from="2026-01-01"
    )
    SpendDay.objects.all().delete()
    for seconds in ("10", "0.0005", "0"):
        record(
            UsageReport(kind="stt", provider="x", model="m", audio_seconds=Decimal(seconds)),
            call=alpha.alpha.call,
        )
    assert SpendDay.objects.get().cost_eur == Decimal("1.0000")
    record(UsageReport(kind="stt", provider="x", model="without price", audio_seconds=Decimal(1)), call=None)
    assert SpendDay.objects.get().cost_eur == Decimal("1.0000")


@pytest.mark.django_db(transaction=True)
def test_usages_of_many_calls_at_once_are_all_counted(alpha: Cast) -> None:
    Price.objects.create(
        provider="x", model="m", unit=Price.Unit.THOUSAND_CHARACTERS, amount=1, currency="EUR", valid_from="2026-01-01"
    )
    SpendDay.objects.all().delete()

    def one(_number: int) -> None:
        try:
            record(UsageReport(kind="tts", provider="x", model="m", characters=10), call=None)
        finally:
            close_old_connections()
            connection.close()

    context = copy_context()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: context.copy().run(one, number), range(40)))
    assert SpendDay.objects.get().cost_eur == Decimal("0.4")


def test_the_dashboard_says_when_a_limit_is_near(cast: Cast, login: object) -> None:
    limit(cast.alpha, day_eur=Decimal(10))
    spent(cast.alpha, "9")
    client: Client = login(cast.owner)  # type: ignore[operator]
    page = text(client.get(reverse("admin:index")))
    assert "90 %" in page.replace("\u202f", " ").replace("\xa0", " ")
    assert "vb-note--fair" in page
    agent: Client = login(cast.teammate)  # type: ignore[operator]
    assert "vb-note--fair" not in text(agent.get(reverse("admin:index")))


def test_an_owner_sets_the_limit_on_the_account_s_page(cast: Cast, login: object) -> None:
    client: Client = login(cast.owner)  # type: ignore[operator]
    address = reverse("admin:tenants_tenant_change", args=[cast.alpha.tenant.pk])
    data = form_of(client, address, "tenant_form")
    prefix = next(name for name in data if name.endswith("-day_eur")).removesuffix("-day_eur")
    data |= {f"{prefix}-day_eur": ["12.50"], f"{prefix}-action": ["refuse"]}
    assert client.post(address, data).status_code == 302
    with acting_for(cast.alpha.tenant):
        row = SpendLimit.objects.get()
    assert (row.day_eur, row.action) == (Decimal("12.50"), "refuse")
