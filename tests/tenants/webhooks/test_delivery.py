"""What arrives, in which order, and what becomes of what does not."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

import tenants.tasks
from tenants.models import WebhookEndpoint, WebhookMessage
from tenants.scope import acting_for
from tenants.tasks import deliver_webhooks
from tenants.webhooks import delivery, services, signing, transport
from tenants.webhooks.delivery import deliver_due, sweep, take
from tenants.webhooks.notices import tell_of_switching_off
from tenants.webhooks.outbox import put
from tests.admin.pages import text
from tests.cast import Cast
from tests.tenants.webhooks.receiver import Receiver
from voicebot_site.celery import Job

State = WebhookMessage.State


def tell(endpoint: WebhookEndpoint, event: str, subject: str = "ticket:1") -> WebhookMessage:
    return put(event, subject=subject, data={"subject": subject}, to=[endpoint])[0]


def deliver() -> int:
    return deliver_due(seconds=10)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """later(hours=3): everything that asks for the time is told so."""
    past = timedelta()
    real = timezone.now

    def now() -> datetime:
        return real() + past

    def move(**how_long: float) -> None:
        nonlocal past
        past += timedelta(**how_long)

    monkeypatch.setattr(timezone, "now", now)
    return move


def test_it_arrives_signed_as_the_standard_says(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    message = tell(endpoint, "ticket.created")
    assert deliver() == 1
    [request] = receiver.requests
    assert request.is_signed_with(endpoint.secret)
    assert not request.is_signed_with(signing.new_secret())
    assert request.content["data"] == {"subject": "ticket:1"}
    assert request.headers["webhook-id"] == message.identifier
    assert request.headers["content-type"] == "application/json"
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.DELIVERED, 1)
    attempt = message.log.get()
    assert (attempt.status_code, attempt.error) == (204, "")
    assert 0 < attempt.seconds < 5


def test_a_later_event_of_the_same_object_waits_for_the_earlier_one(
    endpoint: WebhookEndpoint, receiver: Receiver, later: Any
) -> None:
    receiver.answers = [400, 204]
    for event in ("ticket.created", "ticket.updated", "ticket.resolved"):
        tell(endpoint, event)
    tell(endpoint, "ticket.created", "ticket:2")
    assert deliver() == 2
    assert [request.content["data"]["subject"] for request in receiver.requests] == ["ticket:1", "ticket:2"]
    later(seconds=6)
    assert deliver() == 3
    assert [(r.event, r.content["data"]["subject"]) for r in receiver.requests[2:]] == [
        ("ticket.created", "ticket:1"),
        ("ticket.updated", "ticket:1"),
        ("ticket.resolved", "ticket:1"),
    ]
    first, again = receiver.requests[0], receiver.requests[2]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]


def test_what_is_refused_is_tried_for_three_days_and_is_then_a_dead_letter(
    endpoint: WebhookEndpoint, receiver: Receiver, later: Any
) -> None:
    receiver.answers = [500]
    message = tell(endpoint, "ticket.created")
    waited = []
    for _attempt in range(30):
        assert deliver() == 1
        message.refresh_from_db()
        if message.state != State.PENDING:
            break
        gap = message.next_attempt_at - timezone.now()
        waited.append(round(gap.total_seconds()))
        later(seconds=gap.total_seconds() + 0.01)
    assert message.state == State.DEAD
    assert waited[:4] == [5, 300, 1800, 7200]
    assert abs(sum(waited) - 3 * 86400) < 60
    assert len(receiver.requests) == message.attempts == message.log.count() == len(waited) + 1


def test_a_dead_letter_holds_up_nothing_and_can_be_sent_again(
    endpoint: WebhookEndpoint, receiver: Receiver, later: Any
) -> None:
    first, second = tell(endpoint, "ticket.created"), tell(endpoint, "ticket.updated")
    WebhookMessage.objects.filter(pk=first.pk).update(state=State.DEAD, settled_at=timezone.now())
    deliver()
    assert receiver.events == ["ticket.updated"]
    assert services.resend(messages=[first]) == 1
    deliver()
    assert receiver.events == ["ticket.updated", "ticket.created"]
    assert receiver.requests[-1].headers["webhook-id"] == first.identifier
    assert services.resend(messages=[second]) == 1, "what has arrived can be replayed"
    assert services.resend(messages=[second]) == 0, "what waits already is not sent twice"


def test_an_endpoint_that_is_away_is_asked_with_one_message_until_it_is_back(
    endpoint: WebhookEndpoint, receiver: Receiver, later: Any
) -> None:
    receiver.answers = [503]
    for number in range(10):
        tell(endpoint, "ticket.created", f"ticket:{number}")
    assert deliver() == 1
    assert deliver() == 0
    for _pause in range(12):
        later(minutes=11)
        assert deliver() == 1
    endpoint.refresh_from_db()
    assert endpoint.failures == 13
    assert endpoint.paused_until is not None
    assert endpoint.paused_until - timezone.now() <= delivery.LONGEST_PAUSE
    receiver.answers = [200]
    later(minutes=11)
    assert deliver() == 10
    recovered = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert (recovered.failures, recovered.paused_until) == (0, None)


def test_an_endpoint_that_takes_nothing_for_three_days_is_switched_off_and_its_company_told(
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    later: Any,
    alpha: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    alpha.owner.email = "owner@alpha.example"
    alpha.owner.save()
    receiver.answers = [500]
    tell(endpoint, "ticket.created")
    later(days=3, seconds=1)
    with django_capture_on_commit_callbacks(execute=True):
        deliver()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert endpoint.switched_off_at is not None
    [letter] = mail.outbox
    assert letter.to == ["owner@alpha.example"]
    assert endpoint.name in letter.subject
    assert f"/admin/tenants/webhookendpoint/{endpoint.pk}/change/" in letter.body


def test_an_endpoint_that_refuses_one_message_only_stays_on(
    endpoint: WebhookEndpoint, receiver: Receiver, later: Any
) -> None:
    tell(endpoint, "ticket.created")
    later(days=2)
    tell(endpoint, "ticket.created", "ticket:2")
    receiver.answers = [400, 204]
    assert deliver() == 2
    later(days=1, minutes=1)
    receiver.answers = [400]
    assert deliver() == 1
    endpoint.refresh_from_db()
    assert endpoint.is_active
    assert WebhookMessage.objects.get(endpoint=endpoint, subject="ticket:1").state == State.DEAD


def test_an_endpoint_that_is_gone_is_switched_off_at_once(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.answers = [410]
    tell(endpoint, "ticket.created")
    deliver()
    endpoint.refresh_from_db()
    assert not endpoint.is_active


@pytest.mark.parametrize(
    ("status", "why"), [(410, "its server wants no more (410)"), (500, "nothing has arrived for three days")]
)
def test_its_page_says_since_when_and_why_it_is_switched_off(
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    later: Any,
    alpha: Cast,
    login: Callable[[User], Client],
    status: int,
    why: str,
) -> None:
    receiver.answers = [status]
    tell(endpoint, "ticket.created")
    later(days=3, seconds=1)
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.switched_off_at is not None
    address = reverse("admin:tenants_webhookendpoint_change", args=[endpoint.pk])
    page = text(login(alpha.owner).get(address, headers={"accept-language": "en"}))
    assert why in page
    assert re.search(rf"Switched off by us on \d+/\d+/{endpoint.switched_off_at:%Y}", page)


def test_where_nobody_can_be_written_to_no_letter_is_made(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", tmp_path
    assert tell_of_switching_off(endpoint) == 0
    assert list(tmp_path.iterdir()) == []


def test_for_a_day_after_a_rotation_both_secrets_sign(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = endpoint.secret
    services.rotate_secret(endpoint=endpoint)
    tell(endpoint, "ticket.created")
    deliver()
    assert endpoint.secret != old
    assert receiver.requests[0].is_signed_with(old)
    assert receiver.requests[0].is_signed_with(endpoint.secret)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(previous_secret_until=timezone.now())
    tell(endpoint, "ticket.updated")
    deliver()
    assert not receiver.requests[1].is_signed_with(old)
    assert receiver.requests[1].is_signed_with(endpoint.secret)


def test_the_secret_is_encrypted_where_it_is_kept(endpoint: WebhookEndpoint) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM tenants_webhookendpoint WHERE id = %s", [endpoint.pk])
        assert endpoint.secret not in cursor.fetchone()[0]


def test_an_endpoint_that_a_worker_has_taken_is_nobody_else_s_until_the_lease_ends(
    endpoint: WebhookEndpoint, receiver: Receiver, later: Any
) -> None:
    message = tell(endpoint, "ticket.created")
    taken = take()
    assert taken is not None
    assert take() is None
    assert sweep() == []
    later(seconds=61)
    assert sweep() == [endpoint.tenant_id]
    other = take()
    assert other == taken
    # The one that was slow comes back: it has no say, and the other one has.
    message.endpoint = taken
    delivery.settle(message, transport.Answer(70.0, error="slow"), started_at=timezone.now())
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.PENDING, 0)
    message.endpoint = other
    delivery.deliver(message)
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_what_is_erased_while_others_are_sent_is_not_sent(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        tell(endpoint, "ticket.created", f"ticket:{number}")
    settle = delivery.settle

    def erase_two(*args: Any, **kwargs: Any) -> None:
        WebhookMessage.objects.filter(subject__in=["ticket:0", "ticket:1"]).delete()
        settle(*args, **kwargs)

    monkeypatch.setattr(delivery, "settle", erase_two)
    assert deliver() == 2
    assert [request.content["data"]["subject"] for request in receiver.requests] == ["ticket:0", "ticket:2"]


def test_an_endpoint_that_is_switched_off_in_a_turn_is_told_nothing_more(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        tell(endpoint, "ticket.created", f"ticket:{number}")
    settle = delivery.settle

    def switch_off(*args: Any, **kwargs: Any) -> None:
        settle(*args, **kwargs)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=False)

    monkeypatch.setattr(delivery, "settle", switch_off)
    assert deliver() == 1


def test_a_secret_that_no_key_decrypts_keeps_no_other_company_waiting(endpoint: WebhookEndpoint, cast: Cast) -> None:
    tell(endpoint, "ticket.created")
    with acting_for(cast.bravo.tenant):
        other = WebhookEndpoint.objects.create(name="Other", url=endpoint.url)
        tell(other, "ticket.created")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_webhookendpoint SET secret = 'garbage' WHERE id = %s", [endpoint.pk])
    assert cast.bravo.tenant.pk in sweep()


def test_its_page_leaves_what_deliveries_wrote_meanwhile(
    endpoint: WebhookEndpoint, cast: Cast, login: Callable[[User], Client]
) -> None:
    until = timezone.now() + timedelta(seconds=30)
    client, address = login(cast.owner), reverse("admin:tenants_webhookendpoint_change", args=[endpoint.pk])
    posted = {"name": "Renamed", "url": endpoint.url, "events": endpoint.events, "is_active": "on"}
    clean = WebhookEndpoint.full_clean

    def taken_meanwhile(row: WebhookEndpoint, *args: Any, **kwargs: Any) -> None:
        clean(row, *args, **kwargs)
        WebhookEndpoint.objects.filter(pk=row.pk).update(taken_until=until)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebhookEndpoint, "full_clean", taken_meanwhile)
        assert client.post(address, posted).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.taken_until) == ("Renamed", until)


def test_endpoints_take_turns(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    other = WebhookEndpoint.objects.create(name="Other", url=receiver.url)
    for number in range(3):
        put("ticket.created", subject=f"ticket:{number}", data={}, to=[endpoint, other])
    served = []
    for _turn in range(4):
        taken = take()
        assert taken is not None
        served.append(taken.name)
        WebhookEndpoint.objects.filter(pk=taken.pk).update(taken_until=timezone.now())
    assert served == ["Receiver", "Other", "Receiver", "Other"]


def test_of_a_company_one_task_waits_however_much_happens(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_out: list[Any] = []
    monkeypatch.setattr(Job, "apply_async", lambda _task, _args=None, kwargs=None, **_: given_out.append(kwargs))
    for _event in range(10):
        deliver_webhooks.delay(tenant_id=endpoint.tenant_id)
    assert given_out == [{"tenant_id": endpoint.tenant_id}]
    deliver_webhooks(tenant_id=endpoint.tenant_id)  # it begins: what comes now it may not see any more
    deliver_webhooks.delay(tenant_id=endpoint.tenant_id)
    assert len(given_out) == 2


def test_what_the_broker_did_not_take_is_given_out_again(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise OperationalError("the broker is away")

    def gone(*_args: Any) -> None:
        raise redis.ConnectionError("so is the cache")

    monkeypatch.setattr(Job, "apply_async", away)
    monkeypatch.setattr(cache, "delete", gone)
    monkeypatch.setattr(cache, "add", gone)
    for _time in range(2):
        with pytest.raises(OperationalError):
            deliver_webhooks.delay(tenant_id=endpoint.tenant_id)


def test_after_a_turn_the_rest_waits_behind_others(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_out: list[Any] = []
    monkeypatch.setattr(Job, "apply_async", lambda _task, _args=None, kwargs=None, **_: given_out.append(kwargs))
    monkeypatch.setattr(tenants.tasks, "TURN_SECONDS", 0.0)
    tell(endpoint, "ticket.created")
    deliver_webhooks(tenant_id=endpoint.tenant_id)
    assert given_out == [{"tenant_id": endpoint.tenant_id}]
    monkeypatch.setattr(tenants.tasks, "TURN_SECONDS", 10.0)
    deliver_webhooks(tenant_id=endpoint.tenant_id)
    assert len(given_out) == 1
    assert receiver.events == ["ticket.created"]


def test_what_waits_is_looked_through_once_for_many_messages(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looked = delivery.due, []

    def due(*args: Any) -> Any:
        looked.append(args)
        return look(*args)

    monkeypatch.setattr(delivery, "due", due)
    for number in range(100):
        tell(endpoint, "ticket.created", f"ticket:{number % 10}")
    assert deliver() == 100
    assert len(looked) == 3, "to take the endpoint, to serve it, and to see that nothing is left"


def test_a_redirect_is_not_followed(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [302], {"Location": receiver.url + "/elsewhere"}
    message = tell(endpoint, "ticket.created")
    deliver()
    assert [request.path for request in receiver.requests] == ["/hooks"]
    assert message.log.get().status_code == 302
    message.refresh_from_db()
    assert message.state == State.PENDING


def test_of_a_long_answer_the_beginning_is_kept(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.answers, receiver.answer_body = [500], b"x" * 5_000_000
    message = tell(endpoint, "ticket.created")
    deliver()
    assert message.log.get().excerpt == "x" * transport.EXCERPT_BYTES


def test_a_server_that_does_not_answer_is_left_in_time(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LONGEST_SECONDS", 0.3)
    receiver.hold.clear()
    message = tell(endpoint, "ticket.created")
    deliver()
    attempt = message.log.get()
    assert attempt.status_code is None
    assert attempt.error.startswith("no answer within")
    assert attempt.seconds < 5


def test_a_name_that_nobody_resolves_is_left_in_time(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(transport, "LONGEST_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answered.wait(20))
    message = tell(endpoint, "ticket.created")
    began = time.monotonic()
    deliver()
    assert time.monotonic() - began < 5
    answered.set()
    assert message.log.get().error.startswith("no answer within")


def test_an_endpoint_that_fails_slowly_is_asked_with_one_message_as_one_that_is_away(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    monkeypatch.setattr(transport, "SLOW_SECONDS", 0.0)
    receiver.answers = [500]
    for number in range(3):
        tell(endpoint, "ticket.created", f"ticket:{number}")
    assert deliver() == 1
    assert deliver() == 0
    later(minutes=11)
    receiver.answers = [200]
    assert deliver() == 3


def test_nobody_listens(endpoint: WebhookEndpoint) -> None:
    endpoint.url = "http://127.0.0.1:1/hooks"
    endpoint.save()
    message = tell(endpoint, "ticket.created")
    deliver()
    assert "ConnectError" in message.log.get().error


def test_a_test_event_goes_out_even_while_the_endpoint_is_paused(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_until=timezone.now() + timedelta(hours=1))
    services.send_test(endpoint=endpoint)
    deliver()
    assert receiver.events == ["webhook.test"]


def test_what_was_settled_a_month_ago_is_forgotten(endpoint: WebhookEndpoint, receiver: Receiver, later: Any) -> None:
    message = tell(endpoint, "ticket.created")
    deliver()
    tell(endpoint, "ticket.created")
    later(days=29)
    assert delivery.forget_settled() == 0
    later(days=2)
    assert delivery.forget_settled() == 2  # with its attempt
    assert not WebhookMessage.objects.filter(pk=message.pk).exists()
    assert WebhookMessage.objects.filter(endpoint=endpoint, state=State.PENDING).exists()
