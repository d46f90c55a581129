"""Real Celery workers on a real Redis: one is killed while it delivers, several deliver at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tenants.models import WebhookEndpoint, WebhookMessage
from tests.tenants.webhooks.receiver import Receiver

REDIS_URL = os.environ.get("REDIS_URL", "")
# Of this run alone: workers of other runs must not take its tasks.
BROKER = f"{REDIS_URL.rpartition('/')[0]}/{10 + os.getpid() % 6}"

pytestmark = [
    pytest.mark.timeout(240),  # a worker starts in half a minute on a busy machine
    pytest.mark.redis,
    pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL is not set"),
    pytest.mark.django_db(transaction=True),
]


def database_url() -> str:
    """The test database, as another process finds it."""
    now = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{now['NAME']}?timeout=20&transaction_mode=IMMEDIATE"
    password = f":{quote(now['PASSWORD'])}" if now["PASSWORD"] else ""
    return f"postgres://{now['USER']}{password}@{now['HOST']}:{now['PORT']}/{now['NAME']}"


@pytest.fixture
def broker() -> Iterator[Celery]:
    """send_task of it reaches the workers that a test starts."""
    with redis.Redis.from_url(BROKER) as client:
        client.flushdb()
        app = Celery(broker=BROKER)
        yield app
        app.close()
        client.flushdb()


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": BROKER,
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "DEBUG": "true",  # without the manifest of static files
    }
    command = [sys.executable, "-m", "celery", "-A", "voicebot_site", "worker", "-c", "3", "--loglevel", "WARNING"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """With its children, at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def eventually(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not is_so():
        assert time.monotonic() < end, "it did not come to that within 90 s"
        time.sleep(0.05)


def write(endpoint: WebhookEndpoint, subject: str, event: str = "ticket.created") -> WebhookMessage:
    """As committed with a change by a process that died before it could start a task."""
    return WebhookMessage.objects.create(
        endpoint=endpoint, event=event, subject=subject, body=f'{{"type":"{event}","data":"{subject}"}}'
    )


def events_about(receiver: Receiver, subject: str) -> list[str]:
    return [request.event for request in receiver.requests if request.content["data"] == subject]


def has_arrived(endpoint: WebhookEndpoint) -> bool:
    return not endpoint.messages.exclude(state=WebhookMessage.State.DELIVERED).exists()


def test_a_worker_that_is_killed_while_it_delivers_loses_nothing_and_others_send_each_message_once(
    endpoint: WebhookEndpoint, receiver: Receiver, broker: Celery
) -> None:
    first, _second = write(endpoint, "ticket:1"), write(endpoint, "ticket:1", "ticket.updated")
    receiver.hold.clear()
    with worker() as process:
        broker.send_task("tenants.sweep_webhooks")
        assert receiver.arrived.acquire(timeout=90)
        kill(process)
    receiver.hold.set()
    first.refresh_from_db()
    assert (first.state, first.attempts) == (WebhookMessage.State.PENDING, 0)
    endpoint.refresh_from_db()
    assert endpoint.taken_until is not None
    assert endpoint.taken_until > timezone.now(), "nobody else takes it while its worker may live"
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(taken_until=timezone.now())  # the lease is over
    for number in range(2, 12):
        for event in ("ticket.created", "ticket.updated", "ticket.resolved"):
            write(endpoint, f"ticket:{number}", event)
    with worker():
        for _task in range(9):
            broker.send_task("tenants.deliver_webhooks", kwargs={"tenant_id": endpoint.tenant_id})
        eventually(lambda: has_arrived(endpoint))
    sent = Counter(request.headers["webhook-id"] for request in receiver.requests)
    assert sent.pop(first.identifier) == 2, "once by each of its workers"
    assert set(sent.values()) == {1}
    assert events_about(receiver, "ticket:1") == ["ticket.created", "ticket.created", "ticket.updated"]
    for number in range(2, 12):
        assert events_about(receiver, f"ticket:{number}") == ["ticket.created", "ticket.updated", "ticket.resolved"]
