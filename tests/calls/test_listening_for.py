"""Recognition listens for what is being asked: for the tenant's client companies, while that is a company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls import settings as call_settings
from calls.case import Case
from calls.db import in_database
from calls.models import Call
from calls.scenarios.preset import preset
from calls.scenarios.stage import Stage
from calls.settings import Spoken
from calls.speaking import Speech
from companies.models import Company, Customer
from providers import registry
from sandbox.caller import End
from sandbox.product import Product
from tenants.models import Keyword, Tenant
from tenants.scope import acting_for
from tests.calls.stage import LEAVES, on_stage
from tests.calls.test_call import call, records, tenant
from tests.calls.test_settings import settings_of
from tests.cast import Cast, House

STRANGER = Case(phone_number="+33611111111")
CLIENTS = ("IT-Wave", "Sun'R Pool")


# --- The script ---


def ask(*script: str, **changes: Any) -> Stage:
    known = {"companies": CLIENTS, "likely_companies": CLIENTS, "asks": frozenset({"company", "email"})}
    return on_stage(*script, settings=preset("fr", **known | changes))


def follow(stage: Stage) -> list[tuple[str, Sequence[str]]]:
    """Each phrase of the bot, and what was listened for while it was said."""
    said: list[tuple[str, Sequence[str]]] = []
    start = stage.speaking.start

    def noted(phrase: Spoken, values: Any) -> Speech:
        said.append((phrase.key, stage.hearing.expected))
        return start(phrase, values)

    stage.speaking.start = noted  # type: ignore[method-assign]
    return said


async def test_names_are_listened_for_while_the_company_is_asked_and_confirmed() -> None:
    stage = ask(
        "[ask_company] J'appelle parce que ma box ne marche plus",
        "[retry_company] Sun'R Pool",
        "[ask_email] je préfère ne pas le dire",
        "[confirm_company] Oui",
        LEAVES,
    )
    said = follow(stage)
    await stage.play(STRANGER)
    assert stage.case.company == "Sun'R Pool"
    assert said[:8] == [
        ("greet", ()),
        ("welcome", ()),
        ("ask_company", CLIENTS),
        ("retry_company", CLIENTS),
        ("ask_email", ()),
        ("skip_item", ()),
        ("confirm_company", CLIENTS),
        ("problem_understood", ()),
    ]


async def test_a_company_that_is_asked_again_is_listened_for_again() -> None:
    asks = frozenset({"company"})
    stage = ask("[ask_company] IT-Wave", "[confirm_company] Non", "[ask_company] Sun'R Pool", LEAVES, asks=asks)
    said = follow(stage)
    await stage.play(STRANGER)
    assert [terms for key, terms in said if key == "ask_company"] == [CLIENTS, CLIENTS]
    assert said[-1] == ("ask_problem", ())


@pytest.mark.parametrize(
    "leaves",
    ["[ask_company] [hangup]", "[ask_company] Je veux parler à quelqu'un", "[ask_company] [dtmf 0]", "[silence 60]"],
)
async def test_however_the_question_is_left_nothing_of_it_is_listened_for(leaves: str) -> None:
    stage = ask(leaves)
    said = follow(stage)
    await stage.play(STRANGER)
    assert ("ask_company", CLIENTS) in said
    assert stage.hearing.expected == ()


async def test_who_has_no_client_companies_listens_as_before() -> None:
    stage = ask("[ask_company] Vetodok", "Oui", LEAVES, companies=(), likely_companies=(), asks=frozenset({"company"}))
    said = follow(stage)
    await stage.play(STRANGER)
    assert {terms for _key, terms in said} == {()}
    assert stage.case.company == "Vetodok"


# --- Whose names, and which first ---


def clients(house: House, count: int) -> list[Company]:
    with acting_for(house.tenant):
        return Company.objects.bulk_create(Company(name=f"{house.tenant.name} {number:03}") for number in range(count))


def called(house: House, *companies: Company) -> None:
    """By somebody of each, the last one just now."""
    with acting_for(house.tenant):
        for age, company in enumerate(reversed(companies)):
            number = f"+336{Customer.objects.count():08}"
            caller = Customer.objects.create(phone_number=number, company=company)
            Call.objects.create(uuid=uuid4(), customer=caller, started_at=timezone.now() - timedelta(minutes=age))


def test_a_few_companies_are_all_listened_for_and_cost_no_query(cast: Cast) -> None:
    clients(cast.alpha, 3)
    settings_of(cast.alpha)
    with CaptureQueriesContext(connection) as captured:
        settings = settings_of(cast.alpha)
    assert settings.likely_companies == settings.companies
    assert len(captured) == 2  # the tenant, the names


def test_of_many_companies_those_that_called_last_come_first(cast: Cast) -> None:
    many = clients(cast.alpha, call_settings.ALL_EXPECTED)
    called(cast.alpha, many[30], many[7], many[30], many[19])
    settings = settings_of(cast.alpha)
    assert [name for name in settings.likely_companies if name != cast.alpha.company.name][:4] == [
        "Alpha 019",
        "Alpha 030",
        "Alpha 007",
        "Alpha 000",
    ]
    assert sorted(settings.likely_companies) == sorted(settings.companies)


def test_who_calls_does_not_change_the_order_that_companies_are_found_by(cast: Cast) -> None:
    """Their index would be made anew: a tenth of a second for a thousand."""
    many = clients(cast.alpha, call_settings.ALL_EXPECTED)
    before = settings_of(cast.alpha)
    call_settings.forget()
    called(cast.alpha, many[30])
    after = settings_of(cast.alpha)
    assert after.likely_companies != before.likely_companies
    assert after.companies == before.companies


def test_the_order_is_asked_for_once_a_minute_and_a_new_company_counts_at_once(cast: Cast) -> None:
    many = clients(cast.alpha, call_settings.ALL_EXPECTED)
    settings_of(cast.alpha)
    called(cast.alpha, many[30])
    with CaptureQueriesContext(connection) as captured:
        assert settings_of(cast.alpha).likely_companies[0] != "Alpha 030"
    assert len(captured) == 2
    with acting_for(cast.alpha.tenant):
        Company.objects.create(name="IT-Wave")
    likely = settings_of(cast.alpha).likely_companies
    assert likely[0] == "Alpha 030"
    assert "IT-Wave" in likely


def test_nobody_listens_for_anothers_companies(cast: Cast) -> None:
    for house in (cast.alpha, cast.bravo):
        called(house, *clients(house, call_settings.ALL_EXPECTED + 1)[-2:])
    for house, other in ((cast.alpha, "Bravo"), (cast.bravo, "Alpha")):
        likely = settings_of(house).likely_companies
        assert likely[0] == f"{house.tenant.name} {call_settings.ALL_EXPECTED:03}"
        assert not [name for name in likely if other in name]


# --- Over real sockets ---


@pytest.fixture
def alpha(transactional_db: None) -> Tenant:
    row = tenant("alpha", "127.0.0.2")
    furnish(row, CLIENTS)
    Tenant.objects.filter(pk=row.pk).update(asks_first_name=False, asks_last_name=False, asks_email=False)
    return row


def furnish(row: Tenant, names: Sequence[str]) -> None:
    with acting_for(row):
        Keyword.objects.all().delete()
        Keyword.objects.create(text=f"{row.name}net", kind=Keyword.Kind.HEARING, boost=4)
        for name in names:
            Company.objects.create(name=name)


async def told(vendors_url: str, call_uuid: object) -> list[list[str]]:
    """The terms that Deepgram was sent in a call that is over, one list after the other."""
    async with httpx.AsyncClient() as client:
        ledger = (await client.get(f"{vendors_url}/sandbox/ledger")).json()
    (entry,) = [entry for entry in ledger if entry.get("tag") == f"call-{call_uuid}"]
    return [list(terms) for terms in entry["keyterms"]]


class TestOverSockets:
    pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

    async def test_a_call_listens_for_its_tenants_clients_and_then_for_its_keywords(
        self, product: Product, alpha: Tenant, vendors_url: str
    ) -> None:
        bravo = await sync_to_async(tenant)("bravo", "127.0.0.3")
        await sync_to_async(furnish)(bravo, ["Wave of Bravo"])
        result = await call(product, "IT-Wave.\nOui.\n[silence 0.1]\n[hangup]", number=STRANGER.phone_number)
        await product.calls.stop(10)
        _row, turns, _ticket = await in_database(records, alpha, result.call_uuid)
        assert "IT-Wave" in next(turn.text for turn in turns if turn.phrase == "confirm_company")
        assert await told(vendors_url, result.call_uuid) == [["Alphanet"], [*CLIENTS], ["Alphanet"]]

    async def test_a_caller_who_hangs_up_at_the_question_breaks_nothing(
        self, product: Product, alpha: Tenant, vendors_url: str
    ) -> None:
        result = await call(product, "[silence 0.1]\n[hangup]", number=STRANGER.phone_number)
        await product.calls.stop(10)
        row, _turns, ticket = await in_database(records, alpha, result.call_uuid)
        assert (row.status, row.end_reason, row.error, ticket.status) == ("completed", "hangup", "", "open")
        assert (await told(vendors_url, result.call_uuid))[:2] == [["Alphanet"], [*CLIENTS]]

    async def test_an_endpoint_that_changes_no_terms_takes_the_call_all_the_same(
        self, product: Product, alpha: Tenant, vendors_url: str, settings: Any
    ) -> None:
        before = settings.VENDORS["deepgram"]["api_key"]
        settings.VENDORS["deepgram"]["api_key"] = "sandbox-regional"
        await registry.close()  # the next call has the vendor with the other key
        try:
            result = await call(product, "IT-Wave.\nOui.\n[silence 0.1]\n[hangup]", number=STRANGER.phone_number)
            await product.calls.stop(10)
        finally:
            settings.VENDORS["deepgram"]["api_key"] = before
        _row, turns, _ticket = await in_database(records, alpha, result.call_uuid)
        assert result.end is End.CALLER_HANGUP
        assert "IT-Wave" in next(turn.text for turn in turns if turn.phrase == "confirm_company")
        assert await told(vendors_url, result.call_uuid) == [["Alphanet"]]
