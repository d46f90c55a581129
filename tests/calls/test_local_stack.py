"""A call without any vendor's cloud: Vosk, a server of one's own, and Piper."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_django import Settings

from calls.db import in_database
from calls.models import Usage
from calls.usage import forget_prices
from providers import registry
from sandbox.caller import End
from sandbox.product import Product
from tenants.models import Tenant
from tenants.scope import acting_for
from tests.calls.test_call import PIERRE, alpha, call, records  # noqa: F401
from tests.cast import list_prices

pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def _prices(transactional_db: None) -> Iterator[None]:
    """The seeded ones: a transactional test before this one may have emptied the tables."""
    list_prices()
    forget_prices()
    yield
    forget_prices()


@pytest.fixture
async def product(
    settings: Settings,
    alpha: Tenant,  # noqa: F811
    vendors_url: str,
    _prices: None,
) -> AsyncIterator[Product]:
    settings.SPEECH_TO_TEXT, settings.LANGUAGE_MODEL, settings.TEXT_TO_SPEECH = "vosk", "ollama", "piper"
    registry.forget()
    async with Product(vendors_url=vendors_url) as product:
        yield product


def used(tenant: Tenant) -> list[Usage]:
    with acting_for(tenant):
        return list(Usage.objects.all())


async def test_the_local_stack_answers_a_call(product: Product, alpha: Tenant) -> None:  # noqa: F811
    result = await call(
        product,
        """
        Bonjour, ma box internet ne marche plus.
        Voilà, c'est fait.
        Oui, ça marche.
        """,
        number=PIERRE,
    )
    await product.calls.stop(10)
    assert result.end is End.BOT_HANGUP
    row, turns, ticket = await in_database(records, alpha, result.call_uuid)
    assert row.end_reason == "goodbye"
    assert ticket.status == "resolved"
    heard = [turn.text for turn in turns if turn.speaker == "caller"]
    assert heard[0] == "bonjour ma box internet ne marche plus"  # as Vosk writes
    rows = await in_database(used, alpha)
    assert {usage.provider for usage in rows} == {"vosk", "ollama", "piper"}
    assert {usage.cost_eur for usage in rows} == {0}  # and not unpriced
