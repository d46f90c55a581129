"""Tasks as production queues them; embedded they never meet a broker."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import uuid
from inspect import signature

import pytest
from django.conf import settings
from kombu.utils.scheduling import cycle_by_name

from voicebot_site.celery import LONGEST_PROMPT, TenantTask, app

app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith(("celery.", "tests.")))


def test_every_scheduled_task_exists():
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(OURS)


def test_what_the_clock_starts_lapses_before_it_is_started_again():
    """Workers that were away for an hour do not find a queue of sweeps."""
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        schedule, expires = entry["schedule"], entry["options"]["expires"]
        again = schedule if isinstance(schedule, float) else 86_400 / len(schedule.hour) / len(schedule.minute)
        assert 0 < expires <= again, name


def queue_of(name: str) -> str:
    return str(app.amqp.router.route({}, name)["queue"].name)


def test_what_may_take_minutes_waits_in_a_queue_of_its_own():
    """No company's import or phrases hold up the closing of a call, or its summary."""
    prompt = {name for name in OURS if queue_of(name) == settings.CELERY_TASK_DEFAULT_QUEUE}
    assert {"calls.close_abandoned", "calls.test_connection", "tenants.sweep_webhooks", "tickets.summarise"} <= prompt
    bulk = set(OURS) - prompt
    assert {queue_of(name) for name in bulk} == {settings.BULK_QUEUE}
    assert {"companies.import_rows", "providers.refresh_phrases", "tenants.deliver_webhooks"} <= bulk
    assert max(app.tasks[name].time_limit or 600 for name in prompt) <= LONGEST_PROMPT


def test_a_worker_works_on_every_queue_and_looks_first_where_nobody_should_wait():
    assert list(app.amqp.queues.consume_from) == [settings.CELERY_TASK_DEFAULT_QUEUE, settings.BULK_QUEUE]
    order = cycle_by_name(settings.CELERY_BROKER_TRANSPORT_OPTIONS["queue_order_strategy"])()
    order.update(app.amqp.queues.consume_from)
    order.rotate(settings.CELERY_TASK_DEFAULT_QUEUE)
    assert order.consume(2) == [settings.CELERY_TASK_DEFAULT_QUEUE, settings.BULK_QUEUE]


def test_what_is_put_into_one_queue_is_in_no_other():
    keys = {name: queue.routing_key for name, queue in app.amqp.queues.items()}
    assert keys == {settings.CELERY_TASK_DEFAULT_QUEUE: "celery", settings.BULK_QUEUE: "bulk"}


@pytest.mark.parametrize("name", ["celery.worker.strategy", "celery.app.trace"])
def test_a_task_that_goes_well_is_no_line_of_the_log(name: str):
    """There are 14,000 a day by the clock alone. One that fails is an error there."""
    logger = logging.getLogger(name)
    assert (logger.isEnabledFor(logging.INFO), logger.isEnabledFor(logging.ERROR)) == (False, True)


@pytest.mark.redis
@pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="REDIS_URL is not set")
@pytest.mark.parametrize("name", OURS)
def test_every_task_can_be_queued(name: str):
    """Time limits, routes and serialisation are looked at only here."""
    queue = f"test-{uuid.uuid4()}"
    task = app.tasks[name]
    given = {"tenant_id": 1} if isinstance(task, TenantTask) else {}
    wanted = [each for each in signature(task.run).parameters.values() if each.default is each.empty]
    task.apply_async(kwargs={each.name: 1 for each in wanted if each.kind is not each.VAR_KEYWORD} | given, queue=queue)
    with app.connection_for_read() as connection:
        messages = connection.SimpleQueue(queue)
        message = messages.get(block=False)
        message.ack()
        messages.queue.delete()
        messages.close()
    assert message.headers["task"] == name


GIVES_OUT_A_TASK = """
import sys, django
django.setup()
from django.conf import settings
from django.utils.module_loading import import_string
import_string(settings.ASGI_APPLICATION)
from voicebot_site import celery
celery.get_ready()
known = set(sys.modules)
from tickets.tasks import summarise
try:
    summarise.delay(1, tenant_id=1)
except Exception as error:
    print(type(error).__name__)
print(sorted(set(sys.modules) - known), "fpdf" in sys.modules)
"""


def test_who_is_ready_imports_nothing_more_for_the_first_task_and_never_the_pdf() -> None:
    """In 0.2 s in which the calls of that process would be late."""
    done = subprocess.run(
        [sys.executable, "-c", GIVES_OUT_A_TASK],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "voicebot_site.settings", "REDIS_URL": "redis://127.0.0.1:9/0"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["OperationalError", "[] False"]  # nobody listens there
