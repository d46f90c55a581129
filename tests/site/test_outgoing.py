"""Starting a task costs its caller nothing, whatever the broker does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import uuid
from functools import partial

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

import voicebot_site.celery
from calls import services
from calls.case import Case, Ending
from calls.db import in_database
from calls.models import Call
from calls.services import LineQuality
from tenants.scope import acting_for
from tests.cast import Cast
from tickets.tasks import summarise
from voicebot_site.outgoing import Outgoing

GOODBYE = Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)
MORE_THAN_THREADS = 5


class Broker:
    """Takes tasks while it is there; hangs, or is away."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.failures = 0

    def take(self, task: object) -> None:
        self.asked.set()
        assert self.answers.wait(10)
        if self.failures:
            self.failures -= 1
            raise OperationalError("nobody listens")
        self.taken.append(task)


@pytest.fixture
def broker() -> Broker:
    return Broker()


def put(outgoing: Outgoing, broker: Broker, *tasks: str) -> None:
    for task in tasks:
        outgoing.put(task, partial(broker.take, task))


def test_nobody_waits_for_a_broker_that_hangs(broker: Broker) -> None:
    outgoing = Outgoing()
    put(outgoing, broker, "one", "two", "three")
    assert broker.taken == []
    broker.answers.set()
    outgoing.finish(10)
    assert broker.taken == ["one", "two", "three"]


def test_while_the_broker_is_away_tasks_wait_in_their_order(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    broker.failures = 3
    broker.answers.set()
    outgoing = Outgoing(again_seconds=0.001)
    put(outgoing, broker, "one", "two")
    outgoing.finish(10)
    assert broker.taken == ["one", "two"]
    assert caplog.text.count("nobody listens") == 3


def test_a_task_that_cannot_be_given_keeps_the_next_ones_from_nothing(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise TypeError("no JSON")

    broker.answers.set()
    outgoing = Outgoing()
    outgoing.put("broken", broken)
    put(outgoing, broker, "next")
    outgoing.finish(10)
    assert broker.taken == ["next"]
    assert "broken is not started" in caplog.text


def test_the_log_tells_which_tasks_are_lost(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    outgoing = Outgoing(most_waiting=2)
    put(outgoing, broker, "one", "two", "three")
    assert "three is not started: 2 tasks wait for the broker" in caplog.text
    assert broker.asked.wait(10)
    outgoing.finish(0)
    assert "one is not started: the process ends" in caplog.text
    assert "two is not started: the process ends" in caplog.text
    broker.answers.set()
    outgoing.finish(10)


@pytest.mark.django_db(transaction=True)
async def test_calls_end_while_the_broker_hangs(cast: Cast, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each would keep one of the threads that calls reach the database with."""
    outgoing = Outgoing()
    monkeypatch.setattr(voicebot_site.celery, "outgoing", outgoing)
    monkeypatch.setitem(voicebot_site.celery.app.conf, "task_always_eager", False)
    monkeypatch.setattr(summarise, "apply_async", lambda args, kwargs, **options: broker.take(args[0]))

    def begin() -> list[int]:
        return [Call.objects.create(uuid=uuid.uuid4()).pk for _ in range(MORE_THAN_THREADS)]

    with acting_for(cast.alpha.tenant):
        tickets = [
            await in_database(services.finish, call_id=call, ending=GOODBYE, case=Case(), quality=LineQuality())
            for call in await in_database(begin)
        ]
    assert broker.taken == []
    broker.answers.set()
    outgoing.finish(10)
    assert broker.taken == [ticket.pk for ticket in tickets if ticket]
    assert len(tickets) == MORE_THAN_THREADS


STARTS_A_TASK = """
import django
django.setup()
from django.db import connection
from tickets.tasks import summarise
connection.get_autocommit = lambda: True  # without a database
summarise.delay_on_commit(17, tenant_id=1)
print("goes on", flush=True)
"""


def test_a_process_ends_while_redis_hangs() -> None:
    """It accepts, and says nothing: stopped, or its disk is full."""
    with socket.create_server(("127.0.0.1", 0)) as redis:
        done = subprocess.run(
            [sys.executable, "-c", STARTS_A_TASK],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "voicebot_site.settings",
                "REDIS_URL": f"redis://127.0.0.1:{redis.getsockname()[1]}/0",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout.splitlines()[0] == "goes on"
    assert "tickets.summarise (17,) {'tenant_id': 1} is not started" in done.stdout + done.stderr
