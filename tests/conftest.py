"""What every suite may use; `tests/cast.py` says who is who."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from pytest_django import Settings

import voicebot_site.celery
from providers import registry
from tenants.scope import acting_for
from tests.cast import Cast, assemble


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database: reaches the database; set by itself, chosen for PostgreSQL")


@pytest.hookimpl(tryfirst=True)  # before markers are chosen from
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever reaches the database, by fixture or by mark."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or "db" in fixtures or "transactional_db" in fixtures:
            item.add_marker("database")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database, which PostgreSQL drops only when the thread of async tests has left it."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result(timeout=10)


@pytest.fixture(scope="session", autouse=True)
def _tasks_run_at_once() -> None:
    """A task runs in whoever starts it, and its error is raised there."""
    voicebot_site.celery.embedded_worker = None
    voicebot_site.celery.app.conf.task_eager_propagates = True


@pytest.fixture(autouse=True)
def _files_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _vendors_of_its_own() -> Iterator[None]:
    """Vendors' objects belong to one event loop, and each test has its own."""
    yield
    registry.forget()


@pytest.fixture
def cast(db: None) -> Cast:
    """Alpha, Bravo and their people, with no scope open.

    A test whose code reaches the database from another thread, as all async code
    does, needs `@pytest.mark.django_db(transaction=True)`.
    """
    return assemble()


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


@pytest.fixture(scope="session")
def vendors_url() -> Iterator[str]:
    """The vendors' emulators in a process of their own, as the vendors are."""
    command = [sys.executable, "manage.py", "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
