"""What a company does with its webhooks by hand."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.models.webhooks import WebhookEndpoint, WebhookMessage, expiry
from tenants.webhooks.outbox import put
from tenants.webhooks.signing import new_secret

#: How long the secret before signs beside a new one.
OVERLAP: Final = timedelta(hours=24)
TEST_EVENT: Final = "webhook.test"


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint) -> None:
    """Sign with a new secret from now on, and with the one before for a day yet."""
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.previous_secret_until = timezone.now() + OVERLAP
    endpoint.save(update_fields=["previous_secret", "secret", "previous_secret_until"])


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint) -> WebhookMessage:
    """Send an event that means nothing, at once."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_until=None)
    data = {"webhook": endpoint.name, "message": _("This is a test: nothing has happened.")}
    return put(TEST_EVENT, subject=f"test:{uuid.uuid4().hex}", data=data, to=[endpoint])[0]


@transaction.atomic
def resend(*, messages: Iterable[WebhookMessage]) -> int:
    """Send settled messages again, with the same identifiers; how many those are.

    A later message of the same subject that still waits, waits for these.
    """
    from tenants.tasks import deliver_webhooks  # the task knows this package

    keys = [message.pk for message in messages]
    rows = WebhookMessage.objects.filter(pk__in=keys, endpoint__is_active=True).exclude(
        state=WebhookMessage.State.PENDING
    )
    tenants = list(rows.order_by().values_list("tenant_id", flat=True).distinct())
    count = rows.update(
        state=WebhookMessage.State.PENDING, next_attempt_at=timezone.now(), expires_at=expiry(), settled_at=None
    )
    for tenant_id in tenants:
        deliver_webhooks.delay_on_commit(tenant_id=tenant_id)
    return count
