"""From the outbox to the endpoints: in order, one worker at a time, until it has arrived or is given up."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from tenants.models.webhooks import LIFETIME, WebhookAttempt, WebhookEndpoint, WebhookMessage
from tenants.scope import EVERYONE, acting_for
from tenants.webhooks import signing, transport
from tenants.webhooks.transport import Answer

logger = logging.getLogger(__name__)

#: How long a message belongs to whoever took it: well beyond the longest request.
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
    while time.monotonic() < ends_at and (message := take()) is not None:
        deliver(message)
        sent += 1
    return sent


def due(now: datetime) -> QuerySet[WebhookMessage]:
    """Messages that may be sent: none before an earlier one of its subject has arrived or is given up."""
    earlier = WebhookMessage.objects.filter(
        endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), state=State.PENDING, pk__lt=OuterRef("pk")
    )
    return WebhookMessage.objects.filter(
        Q(endpoint__paused_until=None) | Q(endpoint__paused_until__lte=now),
        ~Exists(earlier),
        state=State.PENDING,
        next_attempt_at__lte=now,
        endpoint__is_active=True,
    )


@transaction.atomic
def take() -> WebhookMessage | None:
    """A message that nobody else sends, for the time of the lease; those that failed least come first.

    A worker that dies leaves it to whoever comes after the lease.
    """
    now = timezone.now()
    rows = due(now).select_for_update(skip_locked=True, of=("self",)).select_related("endpoint")
    message = rows.order_by("attempts", "pk").first()
    if message is not None:
        message.next_attempt_at = now + LEASE
        message.save(update_fields=["next_attempt_at"])
    return message


def deliver(message: WebhookMessage) -> Answer:
    """Send a message that was taken, and write down what came of it."""
    now, body = timezone.now(), message.body.encode()
    signed = signing.headers(
        message_id=message.identifier, at=now, body=body, with_secrets=message.endpoint.secrets(now)
    )
    answer = transport.send(message.endpoint.url, body=body, headers=signed)
    settle(message, answer, started_at=now)
    return answer


@transaction.atomic
def settle(message: WebhookMessage, answer: Answer, *, started_at: datetime) -> None:
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
    # Whoever outlived the lease has no say any more.
    mine = WebhookMessage.objects.filter(pk=message.pk, state=State.PENDING, next_attempt_at=message.next_attempt_at)
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=message.endpoint_id)
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


def sweep() -> list[int]:
    """Give up what has expired unseen; return whose messages are due. For all tenants."""
    now = timezone.now()
    with acting_for(EVERYONE):
        unseen = WebhookMessage.objects.filter(state=State.PENDING, expires_at__lt=now - 2 * LONGEST_PAUSE)
        unseen.update(state=State.DEAD, settled_at=now)
        return list(due(now).order_by().values_list("tenant_id", flat=True).distinct())


def forget_settled() -> int:
    """What was settled long ago goes, with what it said of people."""
    with acting_for(EVERYONE):
        return WebhookMessage.objects.filter(settled_at__lt=timezone.now() - KEPT).delete()[0]
