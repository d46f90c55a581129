from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from tenants.models import WebhookEndpoint
from tenants.tasks import deliver_webhooks
from tests.cast import Cast
from tests.tenants.webhooks.receiver import Receiver, listening


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as receiver:
        yield receiver


@pytest.fixture
def endpoint(alpha: Cast, receiver: Receiver) -> WebhookEndpoint:
    """Alpha's, told of everything, with no task that waits; the test acts for Alpha."""
    cache.delete(deliver_webhooks.waiting(alpha.alpha.tenant.pk))
    return WebhookEndpoint.objects.create(name="Receiver", url=receiver.url)
