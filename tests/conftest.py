"""What every suite may use; `tests/cast.py` says who is who."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

import voicebot_site.celery
from calls import settings as call_settings
from calls.usage import forget_prices
from providers import registry
from tenants.scope import acting_for
from tests.cast import Cast, assemble, list_prices
from tests.postgresql import rows_deleted
from tests.stage import Stage

if TYPE_CHECKING:
    from sandbox.product import Product

# Of the services that tests start: where suites run side by side frames are late, and no call is to be refused for it.
os.environ["MOST_LATENESS_SECONDS"] = "5"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database: reaches the database; set by itself, chosen for PostgreSQL")


def pytest_sessionstart() -> None:
    """Spare most tests the garbage collector's look through Django: a tenth of their time."""
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(trylast=True)  # of what was chosen
def pytest_collection_finish(session: pytest.Session) -> None:
    """Strew slow tests, which wait, among quick ones, which compute, in each process's share, the longest first."""
    processes = getattr(session.config, "workerinput", {}).get("workercount", 1)
    slow = sorted((item for item in session.items if seconds_of(item) > 60), key=seconds_of, reverse=True)
    quick = [item for item in session.items if seconds_of(item) <= 60]
    session.items.clear()
    for number in range(processes):
        mine = slow[number::processes]
        share = quick[len(quick) * number // processes : len(quick) * (number + 1) // processes]
        step = len(share) * 3 // 4 // (len(mine) or 1)
        for place, item in enumerate(mine):
            share.insert(place * (step + 1), item)
        session.items.extend(share)


def seconds_of(item: pytest.Item) -> float:
    """What a test may take; calls in real time are given more than the minute of all."""
    timeout = item.get_closest_marker("timeout")
    return float(timeout.args[0]) if timeout else 60.0


@pytest.hookimpl(tryfirst=True)  # before markers are chosen from
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever reaches the database, by fixture or by mark."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or "db" in fixtures or "transactional_db" in fixtures:
            item.add_marker("database")
        if item.path.parent.name == "admin" and item.path.stem not in ("test_queries", "test_lists"):
            item.add_marker("long")  # screens meet the queries of the rooms behind them


STAGE = pytest.StashKey[Stage]()


@pytest.hookimpl(tryfirst=True)  # before the test's own transaction begins
def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.time() > float(os.environ.get("BEGIN_BEFORE") or "inf"):
        pytest.skip("too late to begin (BEGIN_SECONDS of tests/run.py)")
    is_of_database = item.get_closest_marker("database") or "django_db_setup" in getattr(item, "fixturenames", ())
    if is_of_database and STAGE in item.config.stash:
        item.config.stash[STAGE].prepare(item)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, pytestconfig: pytest.Config
) -> Iterator[None]:
    """The test database, made from the models in a third of the time that the migrations take.

    `tests/site/test_migrations.py` sees that both lead to the same. PostgreSQL drops it only
    when the thread of async tests has left it.
    """
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = rows_deleted  # type: ignore[assignment]
    with django_db_blocker.unblock():
        list_prices()
    pytestconfig.stash[STAGE] = stage = Stage(django_db_blocker)
    yield
    stage.clear()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result(timeout=10)


@pytest.fixture(scope="session", autouse=True)
def _tasks_run_at_once() -> None:
    """A task runs in whoever starts it, and its error is raised there."""
    voicebot_site.celery.embedded_worker = None
    voicebot_site.celery.app.conf.task_eager_propagates = True


@pytest.fixture(autouse=True)
def _files_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.MOST_LATENESS_SECONDS = 5.0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a million rounds take half a second
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _vendors_of_its_own() -> Iterator[None]:
    """Vendors' objects belong to one event loop, and each test has its own; prices and phrases are of its tables."""
    yield
    registry.forget()
    forget_prices()
    call_settings.forget()


@pytest.fixture
def cast(db: None, pytestconfig: pytest.Config) -> Cast:
    """Alpha, Bravo and their people, with no scope open.

    A test whose code reaches the database from another thread, as all async code
    does, needs `@pytest.mark.django_db(transaction=True)`.
    """
    return pytestconfig.stash[STAGE].cast() or assemble()


@pytest.fixture
def alpha(cast: Cast) -> Iterator[Cast]:
    """The cast, and the test acts for Alpha."""
    with acting_for(cast.alpha.tenant):
        yield cast


@pytest.fixture
def login() -> Callable[[User], Client]:
    """login(cast.owner) is that person's browser."""

    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


@pytest.fixture
async def product(alpha: Any, vendors_url: str) -> AsyncIterator[Product]:
    """The whole product, once the suite's own `alpha` has its rows."""
    from sandbox.product import Product  # a second of imports that few tests need

    async with Product(vendors_url=vendors_url) as product:
        yield product


@pytest.fixture(scope="session")
def vendors_url() -> Iterator[str]:
    """The vendors' emulators in a process of their own, as the vendors are."""
    command = [sys.executable, "manage.py", "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
