"""Others write meanwhile: nothing is missed, nothing is done twice, and whoever waits is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from companies.models import Company
from tenants.scope import acting_for
from tests.api.client import Crm
from tests.cast import Cast
from voicebot_site.api import pagination, views

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20  # a test that hangs fails


@contextmanager
def meanwhile(work: Callable[[Event, Event], Any]) -> Iterator[Event]:
    """`work(begun, go_on)` in a thread of its own, once it has set `begun`; goes on when the block ends."""
    begun, go_on = Event(), Event()

    def run() -> None:
        try:
            work(begun, go_on)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done: Future[None] = pool.submit(run)
        try:
            assert begun.wait(SECONDS)
            yield go_on
        finally:
            go_on.set()
            done.result(SECONDS)


@pytest.fixture
def crm(cast: Cast, crm: Crm) -> Iterator[Crm]:
    """Waits for no lock for long: a moment tells as much as twenty seconds."""
    is_postgres = connection.vendor == "postgresql"
    crm.get("companies")  # that the key was used is written, and not again for a minute
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'" if is_postgres else "PRAGMA busy_timeout = 200")
    yield crm
    connection.close()


def test_a_copy_misses_nothing_of_a_transaction_however_long_it_takes(
    cast: Cast, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "MARGIN", timedelta(0))  # as if the transaction had outlasted it

    def write(begun: Event, go_on: Event) -> None:
        with acting_for(cast.alpha.tenant), transaction.atomic():
            Company.objects.count()  # it begins with the first statement, and the time comes after
            Company.objects.create(name="Late")
            begun.set()
            go_on.wait(SECONDS)

    with meanwhile(write):
        answer = crm.get("companies")
    if connection.vendor == "postgresql":
        assert "Late" not in {row["name"] for row in answer.json()["results"]}
        since = answer.json()["synced_until"]
        assert "Late" in {row["name"] for row in crm.all("companies", updated_since=since)}
    else:  # nobody knows since when somebody writes
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert "Late" in {row["name"] for row in crm.all("companies")}


def test_what_only_reads_holds_nobody_up(cast: Cast, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("with SQLite every transaction begins as a writer's")
    monkeypatch.setattr(pagination, "MARGIN", timedelta(0))

    def read(begun: Event, go_on: Event) -> None:
        with acting_for(cast.alpha.tenant), transaction.atomic():
            Company.objects.count()
            begun.set()
            go_on.wait(SECONDS)

    since = crm.get("companies").json()["synced_until"]
    with meanwhile(read):
        first, second = (datetime.fromisoformat(crm.get("companies").json()["synced_until"]) for _time in range(2))
    assert datetime.fromisoformat(since) < first < second


def test_whoever_sends_the_same_while_it_is_being_done_is_to_send_it_again(
    cast: Cast, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Idempotency_Key": str(uuid.uuid4())}
    save, answers = Company.save, []

    def first(begun: Event, go_on: Event) -> None:
        def slowly(*args: Any, **kwargs: Any) -> None:
            save(*args, **kwargs)
            begun.set()
            go_on.wait(SECONDS)

        monkeypatch.setattr(Company, "save", slowly)
        answers.append(Crm(cast.alpha).post("companies", {"name": "Once"}, **headers))

    with meanwhile(first):
        early = crm.post("companies", {"name": "Once"}, **headers)
    assert (early.status_code, early.json()["type"]) == (409, "urn:voicebot:problem:in-progress")
    assert early["Retry-After"] == "2"
    again = crm.post("companies", {"name": "Once"}, **headers)
    assert (again["Idempotency-Replayed"], again.json()) == ("true", answers[0].json())


def test_many_rows_are_written_in_pieces_each_of_them_once(
    cast: Cast, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PIECE", 2)
    names = ["A", "B", "C", "D", "E"]
    many, key = {"rows": [{"name": name} for name in names]}, "k" * 100

    def stored() -> list[str]:
        with acting_for(cast.alpha.tenant):
            return list(Company.objects.exclude(name="Alpha Client").order_by("name").values_list("name", flat=True))

    def broken(self: Company) -> None:
        if self.name == "D":
            raise OSError("the worker dies")

    with monkeypatch.context() as patched:
        patched.setattr(Company, "clean", broken)
        with pytest.raises(OSError, match="dies"):
            crm.post("companies/bulk", many, Idempotency_Key=key)
    assert stored() == ["A", "B"], "what was done stays, without the piece in which it broke"
    answer = crm.post("companies/bulk", many, Idempotency_Key=key)
    assert stored() == names
    assert [(row["index"], row["state"]) for row in answer.json()["results"]] == [(n, "created") for n in range(5)]
    assert "Idempotency-Replayed" not in answer
    again = crm.post("companies/bulk", many, Idempotency_Key=key)
    assert (again["Idempotency-Replayed"], again.json()) == ("true", answer.json())
    assert crm.post("companies/bulk", {"rows": [{"name": "F"}]}, Idempotency_Key=key).status_code == 422
