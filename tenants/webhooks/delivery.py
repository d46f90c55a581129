"""From the outbox to the endpoints: in order, one worker for each at a time, until it has arrived or is given up."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tenants.models.webhooks import LIFETIME, WebhookAttempt, WebhookEndpoint, WebhookMessage
from tenants.scope import EVERYONE, acting_for
from tenants.webhooks import signing, transport
from tenants.webhooks.transport import Answer

logger = logging.getLogger(__name__)

#: How long an endpoint belongs to whoever took it: well beyond a turn and the longest request.
LEASE: Final = timedelta(seconds=60)
#: After the first, second … refusal of a message; the last one goes on until it expires.
DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000))
#: An endpoint that is away is asked at least so often whether it is back, with one message.
LONGEST_PAUSE: Final = timedelta(minutes=10)
FIRST_PAUSE: Final = timedelta(seconds=5)
KEPT: Final = timedelta(days=30)
GONE: Final = 410  # the endpoint asks for no more

State = WebhookMessage.State


def deliver_due(*, seconds: float) -> int:
    """Send what is due of the tenant acted for, for so long at most; how many requests that were."""
    ends_at, sent = time.monotonic() + seconds, 0
    while time.monotonic() < ends_at and (endpoint := take()) is not None:
        sent += _serve(endpoint, ends_at)
    return sent


def is_due() -> bool:
    """Whether the tenant acted for has something to send that nobody is sending."""
    now = timezone.now()
    return any(due(endpoint, now) for endpoint in _free(now))


def due(endpoint: WebhookEndpoint, now: datetime) -> list[tuple[int, str]]:
    """Messages that may be sent, in their order, as (key, subject): none behind one of its subject that has to wait."""
    found, waiting = [], set()
    pending = WebhookMessage.objects.filter(endpoint=endpoint, state=State.PENDING).order_by("pk")
    for key, subject, next_attempt_at in pending.values_list("pk", "subject", "next_attempt_at"):
        if next_attempt_at > now:
            waiting.add(subject)
        if subject not in waiting:
            found.append((key, subject))
    return found


def _awake(now: datetime) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(Q(paused_until=None) | Q(paused_until__lte=now), is_active=True)


def _free(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Endpoints that may be told something by whoever takes them."""
    return _awake(now).filter(Q(taken_until=None) | Q(taken_until__lte=now))


def take() -> WebhookEndpoint | None:
    """An endpoint for which something is due, and nobody else's for the time of the lease; who waits longest is first.

    A worker that dies leaves it to whoever comes after the lease.
    """
    now = timezone.now()
    for endpoint in _free(now).order_by(F("taken_until").asc(nulls_first=True), "pk"):
        if due(endpoint, now) and _free(now).filter(pk=endpoint.pk).update(taken_until=now + LEASE):
            endpoint.taken_until = now + LEASE
            return endpoint
    return None


def _serve(endpoint: WebhookEndpoint, ends_at: float) -> int:
    """Send what is due for an endpoint that was taken, and leave it to others; how many requests that were."""
    sent, waiting = 0, set()
    for key, subject in due(endpoint, timezone.now()):
        if time.monotonic() >= ends_at:
            break
        # Read anew, and by its key alone: what is erased meanwhile is not sent.
        message = WebhookMessage.objects.select_related("endpoint").filter(pk=key).first()
        if subject in waiting or message is None or message.state != State.PENDING:
            continue
        if message.endpoint.taken_until != endpoint.taken_until or not message.endpoint.is_active:
            break
        sent += 1
        if not deliver(message).is_success:
            waiting.add(subject)
            if not _awake(timezone.now()).filter(pk=endpoint.pk).exists():
                break
    WebhookEndpoint.objects.filter(pk=endpoint.pk, taken_until=endpoint.taken_until).update(taken_until=timezone.now())
    return sent


def deliver(message: WebhookMessage) -> Answer:
    """Send a message whose endpoint was taken, and write down what came of it."""
    now, body = timezone.now(), message.body.encode()
    signed = signing.headers(
        message_id=message.identifier, at=now, body=body, with_secrets=message.endpoint.secrets(now)
    )
    answer = transport.send(message.endpoint.url, body=body, headers=signed)
    settle(message, answer, started_at=now)
    return answer


@transaction.atomic
def settle(message: WebhookMessage, answer: Answer, *, started_at: datetime) -> None:
    if not (mine := WebhookMessage.objects.filter(pk=message.pk)).select_for_update().exists():
        return  # erased while it was sent
    WebhookAttempt.objects.create(
        tenant_id=message.tenant_id,
        message=message,
        started_at=started_at,
        seconds=answer.seconds,
        status_code=answer.status_code,
        error=answer.error,
        excerpt=answer.excerpt,
    )
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=message.endpoint_id)
    if endpoint.taken_until != message.endpoint.taken_until:
        return  # whoever outlived the lease has no say any more
    if answer.is_success:
        mine.update(state=State.DELIVERED, attempts=F("attempts") + 1, settled_at=now)
        endpoint.failures, endpoint.paused_until, endpoint.last_success_at = 0, None, now
    elif now >= message.expires_at:
        mine.update(state=State.DEAD, attempts=F("attempts") + 1, settled_at=now)
    else:
        delay = DELAYS[min(message.attempts, len(DELAYS) - 1)]
        if answer.is_away:
            endpoint.failures += 1
            endpoint.paused_until = now + min(FIRST_PAUSE * 2 ** min(endpoint.failures - 1, 10), LONGEST_PAUSE)
            delay = min(delay, LONGEST_PAUSE)
        mine.update(attempts=F("attempts") + 1, next_attempt_at=min(now + delay, message.expires_at))
    if answer.status_code == GONE or (not answer.is_success and is_lost(endpoint, message, now)):
        switch_off(endpoint)
    endpoint.save(update_fields=["failures", "paused_until", "last_success_at", "is_active", "switched_off_at"])


def is_lost(endpoint: WebhookEndpoint, message: WebhookMessage, now: datetime) -> bool:
    """A message is given up, and nothing else has arrived for as long as it was tried."""
    since = message.expires_at - LIFETIME
    return now >= message.expires_at and (endpoint.last_success_at is None or endpoint.last_success_at < since)


def switch_off(endpoint: WebhookEndpoint) -> None:
    """Tell it nothing more, and tell the company that."""
    from tenants.webhooks.notices import tell_of_switching_off

    if not endpoint.is_active:
        return
    endpoint.is_active, endpoint.switched_off_at = False, timezone.now()
    logger.warning("webhook %d of %s is switched off: nothing arrives", endpoint.pk, endpoint.tenant)
    transaction.on_commit(lambda: tell_of_switching_off(endpoint), robust=True)


def wants_no_more(endpoint: WebhookEndpoint) -> bool:
    """Whether the last that it answered was that."""
    if endpoint.is_active or endpoint.switched_off_at is None:
        return False
    last = WebhookAttempt.objects.filter(message__endpoint=endpoint).first()
    return last is not None and last.status_code == GONE


def sweep() -> list[int]:
    """Give up what has expired unseen; return whose messages are due. For all tenants."""
    now = timezone.now()
    with acting_for(EVERYONE):
        unseen = WebhookMessage.objects.filter(state=State.PENDING, expires_at__lt=now - 2 * LONGEST_PAUSE)
        unseen.update(state=State.DEAD, settled_at=now)
        waiting = WebhookMessage.objects.filter(state=State.PENDING, next_attempt_at__lte=now).order_by()
        endpoints = _free(now).filter(pk__in=list(waiting.values_list("endpoint_id", flat=True).distinct()))
        # Without its secrets: one that no key decrypts is its company's trouble alone.
        rows = endpoints.only("pk", "tenant_id")
        return sorted({endpoint.tenant_id for endpoint in rows if endpoint.tenant_id and due(endpoint, now)})


def forget_settled() -> int:
    """What was settled long ago goes, with what it said of people."""
    with acting_for(EVERYONE):
        return WebhookMessage.objects.filter(settled_at__lt=timezone.now() - KEPT).delete()[0]
