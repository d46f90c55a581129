"""What the web tells Prometheus, and who may hear it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client import generate_latest
from pytest_django import Settings

from calls.models import Call, SpendDay, SpendLimit
from providers.prices import billing_day
from tenants.models import Tenant
from tenants.scope import acting_for
from tests.cast import Cast
from tickets.models import RoiDay
from voicebot_site import metrics

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    metrics.collector.forget()
    yield
    metrics.collector.forget()


def known() -> dict[str, float]:
    lines = generate_latest(metrics.known).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize(
    ("token", "meta", "status"),
    [
        ("", {"REMOTE_ADDR": "127.0.0.1"}, 200),
        ("", {"REMOTE_ADDR": "10.1.2.3"}, 200),
        ("", {"REMOTE_ADDR": "fd00::7"}, 200),
        ("", {"REMOTE_ADDR": "::ffff:172.18.0.5"}, 200),
        ("", {"REMOTE_ADDR": "8.8.8.8"}, 403),
        ("", {"REMOTE_ADDR": "2a00:1450::5"}, 403),
        ("", {"REMOTE_ADDR": "garbage"}, 403),
        ("", {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "10.0.0.1"}, 403),
        ("", {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_PROTO": "https"}, 403),
        ("", {"REMOTE_ADDR": "10.1.2.3", "HTTP_FORWARDED": "for=8.8.8.8"}, 403),
        ("", {"REMOTE_ADDR": "8.8.8.8", "HTTP_AUTHORIZATION": "Bearer "}, 403),
        ("secret", {"REMOTE_ADDR": "8.8.8.8", "HTTP_AUTHORIZATION": "Bearer secret"}, 200),
        ("secret", {"REMOTE_ADDR": "127.0.0.1"}, 401),
        ("secret", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer secreT"}, 401),
        ("secret", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer é"}, 401),
        ("secret", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Basic secret"}, 401),
    ],
)
def test_metrics_are_for_prometheus_alone(
    client: Client, settings: Settings, token: str, meta: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = token
    answer = client.get("/metrics", **meta)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert (b"python_info" in answer.content) == (status == 200)
    assert b"secret" not in answer.content


def test_metrics_are_only_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_spending_is_told_beside_each_limit(cast: Cast, settings: Settings) -> None:
    settings.PLATFORM_MONTH_LIMIT_EUR = Decimal(100)
    for house, amount in ((cast.alpha, 3), (cast.bravo, 4)):
        with acting_for(house.tenant):
            SpendDay.objects.update_or_create(day=billing_day(), defaults={"cost_eur": amount})
            SpendLimit.objects.update(day_eur=None, month_eur=10)
    found = known()
    alpha = cast.alpha.tenant.slug
    assert found[f'voicebot_spend_eur{{period="day",tenant="{alpha}"}}'] == 3
    assert found[f'voicebot_spend_limit_eur{{period="month",tenant="{alpha}"}}'] == 10
    assert f'voicebot_spend_limit_eur{{period="day",tenant="{alpha}"}}' not in found
    assert found['voicebot_platform_spend_eur{period="month"}'] >= 7
    assert found['voicebot_platform_spend_limit_eur{period="month"}'] == 100


def test_what_the_bot_earned_is_told_as_everywhere(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        RoiDay.objects.all().delete()
        RoiDay.objects.create(day=billing_day(), calls=4, resolved=3, llm_eur=2, other_eur=1, cached_eur=5)
    found, alpha = known(), cast.alpha.tenant.slug
    for name, value in {"calls": 4, "resolved": 3, "cost_eur": 3, "human_eur": 45, "cached_eur": 5}.items():
        for period in ("today", "30d"):
            assert found[f'voicebot_roi_{name}{{period="{period}",tenant="{alpha}"}}'] == value


def test_test_calls_are_in_no_figure(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        before = known()['voicebot_tenant_calls{tenant="alpha"}']
        Call.objects.create(uuid=uuid4(), is_test=True)
        metrics.collector.forget()
        assert known()['voicebot_tenant_calls{tenant="alpha"}'] == before


def test_companies_beyond_the_first_are_one_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_TENANTS", 1)
    for house in (cast.alpha, cast.bravo):
        with acting_for(house.tenant):
            Call.objects.update(status=Call.Status.IN_PROGRESS)
    found = known()
    named = Tenant.objects.order_by("pk")[0].slug
    tenants = {name.partition('tenant="')[2].partition('"')[0] for name in found if "tenant=" in name}
    assert tenants == {named, "other"}


def test_a_scrape_asks_the_database_once_in_a_while_and_little(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        known()
    assert 0 < len(queries) <= 10
    with CaptureQueriesContext(connection) as queries:
        known()
    assert len(queries) == 0


def test_a_database_that_is_away_costs_its_own_numbers_only(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise OperationalError("no route")

    monkeypatch.setattr(metrics, "_of_companies", away)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b"python_info" in answer.content
    assert "metrics without the database: no route" in caplog.text
