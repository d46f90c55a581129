"""Too many calls at once: told so, counted, and sent where the company wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from calls import admission, services
from calls.admission import ALIVE, Crowd
from calls.case import Case
from calls.db import in_database
from calls.models import Call, Usage
from calls.scenarios.preset import preset
from calls.scenarios.stage import FakeDesk, Stage
from calls.services import CallRefused
from sandbox.caller import End
from sandbox.product import Product
from tenants.models import Tenant, TransferTarget
from tenants.scope import acting_for
from tests.calls.test_call import PIERRE, alpha, call, records  # noqa: F401
from tests.calls.test_services import begin, entry
from tests.cast import Cast, House


@pytest.fixture
def at_most() -> Callable[[House, int], None]:
    def limit(house: House, calls: int) -> None:
        Tenant.objects.filter(pk=house.tenant.pk).update(max_calls=calls)

    return limit


@pytest.fixture
def quiet(cast: Cast) -> Cast:
    """The cast, and no call in progress."""
    for house in (cast.alpha, cast.bravo):
        with acting_for(house.tenant):
            Call.objects.update(status=Call.Status.COMPLETED)
    return cast


def told_busy(limit: str) -> float:
    return REGISTRY.get_sample_value("voicebot_busy_calls_total", {"limit": limit}) or 0.0


def test_a_tenant_has_as_many_lines_as_it_says(quiet: Cast, at_most: Callable[[House, int], None]) -> None:
    at_most(quiet.alpha, 2)
    before = told_busy("tenant")
    assert [begin(quiet.alpha).busy for _ in range(3)] == [False, False, True]
    assert not begin(quiet.bravo).busy
    assert told_busy("tenant") == before + 1


def test_the_platform_has_a_limit_too(quiet: Cast, settings: Settings) -> None:
    settings.MAX_CALLS = 2
    before = told_busy("platform")
    assert [begin(house).busy for house in (quiet.alpha, quiet.bravo, quiet.alpha)] == [False, False, True]
    assert told_busy("platform") == before + 1


def test_a_call_that_is_dead_takes_no_line(quiet: Cast, at_most: Callable[[House, int], None]) -> None:
    at_most(quiet.alpha, 1)
    dead = begin(quiet.alpha).call
    with acting_for(quiet.alpha.tenant):
        Call.objects.filter(pk=dead.pk).update(heartbeat_at=timezone.now() - ALIVE - timedelta(seconds=1))
    assert not begin(quiet.alpha).busy


def test_callers_who_are_turned_away_keep_nobody_out(quiet: Cast, at_most: Callable[[House, int], None]) -> None:
    at_most(quiet.alpha, 1)
    talking = begin(quiet.alpha).call
    assert begin(quiet.alpha).busy
    with acting_for(quiet.alpha.tenant):
        Call.objects.filter(pk=talking.pk).update(status=Call.Status.COMPLETED)
    assert not begin(quiet.alpha).busy


def test_callers_beyond_ten_at_once_are_refused_before_the_database_is_asked(
    quiet: Cast, at_most: Callable[[House, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "crowd", Crowd(lambda: 1000.0))
    at_most(quiet.alpha, 1)
    assert [begin(quiet.alpha).busy for _ in range(1 + Crowd.AT_ONCE)] == [False, *[True] * Crowd.AT_ONCE]
    address = entry(quiet.alpha)
    with CaptureQueriesContext(connection) as queries, pytest.raises(CallRefused, match="lines are busy"):
        services.begin(call_uuid=uuid4(), entry=address, worker="w")
    assert not queries.captured_queries
    assert not begin(quiet.bravo).busy


def test_the_crowd_of_a_company_passes_at_one_caller_a_second() -> None:
    now = 1000.0
    crowd = Crowd(lambda: now)
    for _ in range(Crowd.AT_ONCE):
        assert not crowd.is_full(1)
        crowd.add(1)
    assert crowd.is_full(1)
    assert not crowd.is_full(2)
    now += 0.9
    assert crowd.is_full(1)
    now += 0.1
    assert not crowd.is_full(1)
    crowd.add(1)
    assert crowd.is_full(1)
    now += 60
    assert not crowd.is_full(1)


@pytest.mark.parametrize(("free", "last", "ending"), [("queue", "transfer", "handover"), ("", "callback", "busy")])
async def test_the_caller_goes_where_the_company_wants(free: str, last: str, ending: str) -> None:
    stage = Stage("[silence 60]", settings=preset("fr"), desk=FakeDesk(free=free))
    outcome = await stage.play(Case(phone_number=PIERRE), busy=True)
    assert stage.phrases == ["greet", "busy", last]
    assert (outcome.reason, outcome.transfer_to) == (ending, free)
    assert stage.case.disclosure
    assert stage.case.wants_callback is (free == "")


@pytest.mark.realtime
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(120)
@pytest.mark.parametrize("queue", ["", "queue"])
async def test_a_caller_too_many_hears_it_and_is_called_back_or_queued(
    product: Product,
    alpha: Tenant,  # noqa: F811
    queue: str,
) -> None:
    def configure() -> None:
        Tenant.objects.filter(pk=alpha.pk).update(max_calls=1)
        with acting_for(alpha):
            TransferTarget.objects.create(
                name="File", extension="queue", position=1, is_active=bool(queue), takes_overflow=True
            )

    await in_database(configure)
    first = asyncio.create_task(call(product, "[silence 14]\n[hangup]", number=PIERRE))
    async with asyncio.timeout(10):
        while not product.calls.active_calls:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    second = await call(product, "[silence 60]", number="+33612345679")
    await first
    await product.calls.stop(10)
    assert second.end is End.BOT_HANGUP
    assert "Toutes nos lignes sont occupées" in " ".join(heard.text for heard in second.heard)
    row, turns, ticket = await in_database(records, alpha, second.call_uuid)
    assert (row.scene, row.end_reason, row.transfer_to) == ("busy", "handover" if queue else "busy", queue)
    assert [turn.phrase for turn in turns] == ["greet", "busy", "transfer" if queue else "callback"]
    assert (ticket.status, ticket.phone_number) == ("transferred" if queue else "open", "+33612345679")

    def used() -> int:
        with acting_for(alpha):
            return Usage.objects.filter(call=row, kind="stt").count()

    assert await in_database(used) == 0  # nobody listened, and nobody is paid
