"""What vendors cost: over HTTP, on the command line, and priced again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from calls.models import SpendDay, Usage
from calls.pricing import reprice
from providers.models import ExchangeRate, Price
from providers.prices import billing_day
from tenants.middleware import SESSION_KEY
from tenants.models import Membership
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.cast import Cast, House, person

URL = "/api/v1/costs/summary"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

Login = Callable[[User], Client]


def usage(house: House, **values: Any) -> Usage:
    values = {"kind": "llm", "provider": "groq", "model": "oss", "created_at": NOON, **values}
    with acting_for(house.tenant):
        return Usage.objects.create(call=house.call, **values)


@pytest.fixture
def march(cast: Cast) -> Cast:
    """Two days of Alpha's, and one of Bravo's."""
    usage(cast.alpha, input_tokens=100, cached_tokens=40, output_tokens=10, cost_eur=Decimal("0.5"))
    usage(cast.alpha, input_tokens=200, output_tokens=20, cost_eur=None)
    usage(cast.alpha, kind="stt", provider="deepgram", model="nova", audio_seconds=Decimal(90), cost_eur=Decimal("0.1"))
    usage(
        cast.alpha,
        kind="tts",
        provider="elevenlabs",
        model="flash",
        characters=41,
        cost_eur=Decimal("0.02"),
        is_estimated=True,
        created_at=NOON + timedelta(days=1),
    )
    usage(cast.bravo, input_tokens=7, output_tokens=7, cost_eur=Decimal(7))
    return cast


def ask(client: Client, **question: str) -> Any:
    answer = client.get(URL, {"from": "2026-03-01", "to": "2026-03-31", **question})
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


# --- Over HTTP --------------------------------------------------------------------


def test_the_costs_of_a_period_are_added_up(march: Cast, login: Login) -> None:
    found = ask(login(march.owner))
    assert {key: float(value) for key, value in found["total"].items()} == {
        "messages": 2,
        "calls": 1,
        "input_tokens": 300,
        "cached_tokens": 40,
        "output_tokens": 30,
        "audio_minutes": 1.5,
        "characters": 41,
        "cost_eur": 0.62,
        "unpriced": 1,
        "estimated": 1,
    }
    assert [(row["provider"], row["model"]) for row in found["groups"]] == [
        ("deepgram", "nova"),
        ("elevenlabs", "flash"),
        ("groq", "oss"),
    ]


def test_the_costs_are_grouped_as_asked(march: Cast, login: Login) -> None:
    client = login(march.owner)
    days = ask(client, by="day")["groups"]
    assert [(row["day"], float(row["cost_eur"])) for row in days] == [("2026-03-10", 0.6), ("2026-03-11", 0.02)]
    assert [row["month"] for row in ask(client, by="month")["groups"]] == ["2026-03"]
    assert [(row["kind"], row["provider"]) for row in ask(client, by="kind,provider")["groups"]] == [
        ("llm", "groq"),
        ("stt", "deepgram"),
        ("tts", "elevenlabs"),
    ]


def test_both_days_of_a_period_are_in_it(march: Cast, login: Login) -> None:
    client = login(march.owner)
    assert ask(client, **{"from": "2026-03-11", "to": "2026-03-11"})["total"]["characters"] == 41
    assert ask(client, **{"from": "2026-03-12"})["total"]["calls"] == 0


def test_without_a_period_it_is_this_month(march: Cast, login: Login) -> None:
    found = json.loads(login(march.owner).get(URL).content)
    assert (found["from"], found["to"]) == (str(billing_day().replace(day=1)), str(billing_day()))
    assert float(found["total"]["cost_eur"]) == 0.0003  # of the cast


def test_staff_see_all_companies_or_one(march: Cast, login: Login) -> None:
    client = login(march.staff)
    rows = ask(client, by="tenant")["groups"]
    assert [(row["tenant"], float(row["cost_eur"])) for row in rows] == [("alpha", 0.62), ("bravo", 7.0)]
    assert float(ask(client, tenant="bravo")["total"]["cost_eur"]) == 7.0


@pytest.mark.parametrize("question", [{}, {"by": "tenant"}, {"tenant": "bravo"}, {"tenant": "nobody"}])
def test_another_company_s_costs_are_seen_by_nobody_else(march: Cast, login: Login, question: dict[str, str]) -> None:
    client = login(march.owner)
    session = client.session
    session[SESSION_KEY] = march.bravo.tenant.pk
    session.save()
    body = json.dumps(ask(client, **question))
    assert "bravo" not in body.replace('"tenant": "bravo"', "")
    assert float(ask(client, **question)["total"]["cost_eur"]) in {0.62, 0.0}


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Membership.Role.OWNER, 200),
        (Membership.Role.ADMIN, 200),
        (Membership.Role.AGENT, 403),
        (Membership.Role.VIEWER, 403),
    ],
)
def test_costs_are_for_those_who_see_the_limits(cast: Cast, login: Login, role: Membership.Role, status: int) -> None:
    assert login(person("somebody", cast.alpha.tenant, role)).get(URL).status_code == status


def test_whoever_is_not_signed_in_or_nowhere_a_member_sees_nothing(cast: Cast, client: Client, login: Login) -> None:
    assert client.get(URL).status_code == 401
    assert login(User.objects.create_user("alone", is_staff=True)).get(URL).status_code == 403
    token = {"Authorization": f"Bearer {cast.alpha.server.token}"}
    assert client.get(URL, headers=token).status_code == 401


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-04-01"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"by": "colour,model"}, "by"),
        ({"tenant": "a b"}, "tenant"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(
    cast: Cast, login: Login, question: dict[str, str], field: str
) -> None:
    answer = login(cast.owner).get(URL, {"from": "2026-03-01", "to": "2026-03-31", **question})
    assert answer.status_code == 400
    assert [error["field"] for error in json.loads(answer.content)["errors"]] == [field]


# --- The command ------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_costs(march: Cast) -> None:
    printed = run("costs", "--from", "2026-03-01", "--to", "2026-03-31")
    assert "elevenlabs flash" in printed
    assert printed.splitlines()[-1].split() == ["total", "3", "2", "307", "37", "1.500", "41", "7.62000000", "1"]
    found = json.loads(run("costs", "--from", "2026-03-01", "--to", "2026-03-31", "--tenant", "alpha", "--json"))
    assert [company["tenant"] for company in found["tenants"]] == ["alpha"]
    assert (found["total"]["messages"], Decimal(found["total"]["cost_eur"])) == (2, Decimal("0.62"))


def test_the_commands_know_no_company_of_that_name(db: None) -> None:
    for arguments in (("costs",), ("reprice", "--from", "2026-03-01", "--to", "2026-03-02")):
        with pytest.raises(CommandError, match="no company account 'nobody'"):
            call_command(*arguments, "--tenant", "nobody")


# --- Priced again -----------------------------------------------------------------


def prices(amount: str, *, valid_from: str = "2026-01-01", currency: str = "EUR") -> None:
    for unit in (Price.Unit.MILLION_INPUT_TOKENS, Price.Unit.MILLION_OUTPUT_TOKENS):
        Price.objects.create(
            provider="groq", model="oss", unit=unit, amount=Decimal(amount), currency=currency, valid_from=valid_from
        )


def cost(row: Usage) -> Decimal | None:
    with acting_for(row.tenant):
        return Usage.objects.get(pk=row.pk).cost_eur


def test_a_usage_without_a_price_is_priced_when_the_price_has_come(cast: Cast) -> None:
    row = usage(cast.alpha, input_tokens=1_000_000, output_tokens=500_000)
    prices("2")
    arguments = ("reprice", "--from", "2026-03-01", "--to", "2026-03-31")
    printed = run(*arguments, "--dry-run")
    assert "alpha: groq oss: 1 usages, 0 € -> 3.00000000 €, without a price 1 -> 0" in printed
    assert printed.endswith("1 usages would change\n")
    assert cost(row) is None
    assert run(*arguments).endswith("1 usages changed\n")
    assert cost(row) == 3
    assert run(*arguments) == "0 usages changed\n"
    with acting_for(cast.alpha.tenant):
        assert SpendDay.objects.get(day="2026-03-10").cost_eur == 3


def test_each_usage_is_priced_as_on_its_day(cast: Cast) -> None:
    ExchangeRate.objects.create(currency="XXD", euros=Decimal("0.5"), valid_from="2026-01-01")
    ExchangeRate.objects.create(currency="XXD", euros=Decimal("0.9"), valid_from="2026-03-11")
    prices("2", currency="XXD")
    prices("4", currency="XXD", valid_from="2026-03-12")
    rows = [usage(cast.alpha, input_tokens=1_000_000, created_at=NOON + timedelta(days=day)) for day in range(3)]
    midnight = usage(cast.alpha, input_tokens=1_000_000, created_at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    run("reprice", "--from", "2026-03-01", "--to", "2026-03-31")
    assert [cost(row) for row in rows] == [1, Decimal("1.8"), Decimal("3.6")]
    assert cost(midnight) == Decimal("1.8")  # half past midnight in Paris


def test_only_the_period_and_the_company_named_are_priced_again(cast: Cast) -> None:
    rows = [usage(house, input_tokens=1_000_000) for house in (cast.alpha, cast.bravo)]
    later = usage(cast.alpha, input_tokens=1_000_000, created_at=NOON + timedelta(days=1))
    prices("1")
    run("reprice", "--from", "2026-03-10", "--to", "2026-03-10", "--tenant", "alpha")
    assert [cost(row) for row in (*rows, later)] == [1, None, None]


def test_a_price_that_is_gone_leaves_no_cost(cast: Cast) -> None:
    row = usage(cast.alpha, input_tokens=5, cost_eur=Decimal(1))
    with acting_for(cast.alpha.tenant):
        (difference,) = reprice(since=NOON.date(), until=NOON.date())
        assert SpendDay.objects.get(day=NOON.date()).cost_eur == 0
    assert (difference.before_eur, difference.after_eur, difference.unpriced_after) == (Decimal(1), Decimal(0), 1)
    assert cost(row) is None


def test_a_period_that_ends_before_it_begins_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="after"):
        run("reprice", "--from", "2026-03-02", "--to", "2026-03-01")


def test_staff_find_what_has_no_price_and_price_it_from_the_price(
    cast: Cast, login: Login, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = login(cast.staff)
    rows = [usage(house, input_tokens=1_000_000) for house in (cast.alpha, cast.bravo)]
    listed = reverse("admin:calls_usage_changelist") + "?price=none"
    assert f"{listed}" in text(client.get(reverse("admin:index")))
    assert client.get(listed).context["cl"].result_count == 2
    prices("1")
    action = {
        "action": "price_again",
        "_selected_action": [Price.objects.get(unit="million_input_tokens", provider="groq", model="oss").pk],
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("admin:providers_price_changelist"), action).status_code == 302
    assert [cost(row) for row in rows] == [1, 1]
    assert not {row.pk for row in rows} & {row.pk for row in client.get(listed).context["cl"].result_list}
    known = client.get(listed.replace("none", "known")).context["cl"].result_list
    assert {row.pk for row in rows} <= {row.pk for row in known}
