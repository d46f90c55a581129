from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tenants.models import WebhookEndpoint
from tests.cast import Cast
from tests.tenants.webhooks.receiver import Receiver, listening


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as receiver:
        yield receiver


@pytest.fixture
def endpoint(alpha: Cast, receiver: Receiver) -> WebhookEndpoint:
    """Alpha's, told of everything; the test acts for Alpha."""
    return WebhookEndpoint.objects.create(name="Receiver", url=receiver.url)
