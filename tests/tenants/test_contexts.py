"""Where a scope reaches, and where it is lost: there the wall fails closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from celery import shared_task
from channels.db import database_sync_to_async
from django.db import connection
from django.db.models import Count
from pytest_django import DjangoCaptureOnCommitCallbacks

from companies.models import Company
from tenants.models import Tenant
from tenants.scope import EVERYONE, NoTenant, acting_for, acting_for_nobody
from tests.cast import Cast
from voicebot_site.celery import TenantTask

in_threads = pytest.mark.django_db(transaction=True)


def names() -> list[str]:
    return list(Company.objects.values_list("name", flat=True))


def names_in_a_thread() -> list[str]:
    """As `names`, for a thread that leaves no connection behind."""
    try:
        return names()
    finally:
        connection.close()


#: Each reads Company in its own way, from async code.
READS: dict[str, Callable[[Company], Any]] = {
    "async for": lambda theirs: own_names(),
    "async for over exclude": lambda theirs: listed(Company.objects.exclude(name="x").values_list("name", flat=True)),
    "aiterator": lambda theirs: listed(Company.objects.values_list("name", flat=True).aiterator()),
    "aget": lambda theirs: Company.objects.aget(name__contains="Client"),
    "afirst": lambda theirs: Company.objects.afirst(),
    "alast": lambda theirs: Company.objects.alast(),
    "acount": lambda theirs: Company.objects.acount(),
    "aexists": lambda theirs: Company.objects.filter(name__contains="Client").aexists(),
    "acontains": lambda theirs: Company.objects.acontains(theirs),
    "aaggregate": lambda theirs: Company.objects.aaggregate(n=Count("pk")),
    "ain_bulk": lambda theirs: Company.objects.ain_bulk(),
    "aexplain": lambda theirs: Company.objects.aexplain(),
    "aupdate": lambda theirs: Company.objects.aupdate(name="x"),
    "adelete": lambda theirs: Company.objects.all().adelete(),
    "acreate": lambda theirs: Company.objects.acreate(name="x", tenant_id=theirs.tenant_id),
    "asave": lambda theirs: theirs.asave(),
    "arefresh_from_db": lambda theirs: theirs.arefresh_from_db(),
}


async def own_names() -> list[str]:
    return await listed(Company.objects.values_list("name", flat=True))


async def listed(rows: Any) -> list[str]:
    return [row async for row in rows]


@in_threads
@pytest.mark.parametrize("way", READS)
async def test_no_async_way_leads_to_rows_without_a_tenant(cast: Cast, way: str) -> None:
    with pytest.raises(NoTenant):
        await READS[way](cast.bravo.company)


@in_threads
async def test_async_ways_lead_to_one_s_own_rows(alpha: Cast) -> None:
    mine, theirs = alpha.alpha.company, alpha.bravo.company
    assert await READS["async for"](theirs) == ["Alpha Client"]
    assert await READS["async for over exclude"](theirs) == ["Alpha Client"]
    assert await READS["aiterator"](theirs) == ["Alpha Client"]
    assert await READS["aget"](theirs) == await READS["afirst"](theirs) == await READS["alast"](theirs) == mine
    assert await READS["acount"](theirs) == 1
    assert not await READS["acontains"](theirs)
    assert list(await READS["ain_bulk"](theirs)) == [mine.pk]
    with pytest.raises(Company.DoesNotExist):
        await READS["arefresh_from_db"](theirs)


@in_threads
async def test_a_scope_reaches_into_tasks_and_awaited_threads(alpha: Cast) -> None:
    assert await asyncio.create_task(sync_to_async(names)()) == ["Alpha Client"]
    assert await sync_to_async(names_in_a_thread, thread_sensitive=False)() == ["Alpha Client"]
    assert await database_sync_to_async(names)() == ["Alpha Client"]
    assert await asyncio.to_thread(names_in_a_thread) == ["Alpha Client"]
    later = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: later.set_result(acting_for_nobody()))
    assert await later is False


@in_threads
def test_a_scope_reaches_from_sync_into_async_code(alpha: Cast) -> None:
    assert async_to_sync(own_names)() == ["Alpha Client"]


@in_threads
async def test_two_tasks_act_for_two_tenants_at_once(cast: Cast) -> None:
    barrier = asyncio.Barrier(2)

    async def read(tenant: Tenant) -> list[str]:
        with acting_for(tenant):
            async with asyncio.timeout(10):
                await barrier.wait()  # both are inside their scope now
            return await own_names()

    async with asyncio.TaskGroup() as group:
        alpha, bravo = (group.create_task(read(house.tenant)) for house in (cast.alpha, cast.bravo))
    assert (alpha.result(), bravo.result()) == (["Alpha Client"], ["Bravo Client"])


@in_threads
async def test_a_task_keeps_the_scope_that_it_was_made_in(cast: Cast) -> None:
    go = asyncio.Event()

    async def read() -> list[str]:
        await go.wait()
        return await own_names()

    with acting_for(cast.alpha.tenant):
        task = asyncio.create_task(read())
    go.set()
    assert await task == ["Alpha Client"]
    assert acting_for_nobody()


def in_a_thread(read: Callable[[], object]) -> None:
    thread = threading.Thread(target=read)
    thread.start()
    thread.join(timeout=10)


@in_threads
@pytest.mark.parametrize(
    "start",
    [in_a_thread, lambda read: ThreadPoolExecutor(1).submit(read).result(timeout=10)],
    ids=["thread", "executor"],
)
def test_a_scope_does_not_reach_into_a_bare_thread_and_that_fails_closed(
    alpha: Cast, start: Callable[[Callable[[], object]], object]
) -> None:
    met: list[BaseException] = []

    def read() -> None:
        try:
            names_in_a_thread()
        except NoTenant as error:
            met.append(error)

    start(read)
    assert len(met) == 1


@in_threads
async def test_a_scope_does_not_reach_into_run_in_executor_and_that_fails_closed(alpha: Cast) -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(NoTenant):
        await asyncio.get_running_loop().run_in_executor(pool, names_in_a_thread)


# --- Celery ------------------------------------------------------------------


@shared_task(base=TenantTask, name="tests.companies_named")
def companies_named(like: str) -> list[str]:
    return list(Company.objects.filter(name__contains=like).values_list("name", flat=True))


def test_a_task_acts_for_the_tenant_that_it_is_given(cast: Cast) -> None:
    assert companies_named.delay("Client", tenant_id=cast.bravo.tenant.pk).get(timeout=10) == ["Bravo Client"]
    assert companies_named.delay(like="Client", tenant_id=cast.alpha.tenant.pk).get(timeout=10) == ["Alpha Client"]
    assert acting_for_nobody()


def test_a_task_does_not_act_for_whom_its_starter_acts(alpha: Cast) -> None:
    assert companies_named.delay("Client", tenant_id=alpha.bravo.tenant.pk).get(timeout=10) == ["Bravo Client"]


@pytest.mark.parametrize("how", ["delay", "apply_async", "__call__"])
def test_a_task_without_a_tenant_is_refused(alpha: Cast, how: str) -> None:
    arguments = {"kwargs": {"like": "Client"}} if how == "apply_async" else {"like": "Client"}
    with pytest.raises(TypeError, match="tenant_id"):
        getattr(companies_named, how)(**arguments)


@pytest.mark.django_db
def test_a_task_of_a_tenant_that_is_gone_is_refused() -> None:
    with pytest.raises(Tenant.DoesNotExist):
        companies_named.delay("Client", tenant_id=0)


def test_a_task_can_wait_for_the_commit(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        companies_named.delay_on_commit("Client", tenant_id=cast.alpha.tenant.pk)
    assert len(callbacks) == 1


@shared_task(base=TenantTask, name="tests.sign_companies")
def sign_companies() -> None:
    Company.objects.update(name=threading.current_thread().name)


@in_threads
def test_embedded_a_task_runs_in_the_worker_s_thread(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="embedded") as worker:
        monkeypatch.setattr("voicebot_site.celery.embedded_worker", worker)
        sign_companies.delay(tenant_id=cast.alpha.tenant.pk).result(timeout=10)
    with acting_for(EVERYONE):
        assert [row.name for row in Company.objects.order_by("tenant")] == ["embedded_0", "Bravo Client"]
