"""A whole call beyond the spend limit: keywords and recorded phrases, and no vendor that thinks or speaks."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest
from asgiref.sync import sync_to_async

from calls.db import in_database
from calls.models import SpendLimit
from providers.phrases import phrase_store
from providers.services import refresh_phrases
from sandbox.caller import End
from sandbox.product import Product
from tenants.models import Tenant
from tenants.scope import acting_for
from tests.calls.test_call import PIERRE, _vendors, alpha, call, records

__all__ = ["_vendors", "alpha"]

pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@sync_to_async(thread_sensitive=False)
def prepare(tenant: Tenant) -> None:
    """Phrases were spoken ahead; then the money was spent."""
    with acting_for(tenant):
        refresh_phrases(tenant=tenant)
        SpendLimit.objects.create(day_eur=Decimal(0))


async def test_a_call_beyond_the_limit_is_held_without_asking_for_thoughts_or_speech(
    product: Product, alpha: Tenant, vendors_url: str
) -> None:
    phrase_store.cache_clear()  # nor has another test's call left the name in memory
    await prepare(alpha)
    async with httpx.AsyncClient() as client:
        await client.delete(f"{vendors_url}/sandbox/ledger")
        result = await call(
            product, "Bonjour, ma box internet ne marche plus.\nVoilà, c'est fait.\nOui, ça marche.\n", number=PIERRE
        )
        await product.calls.stop(10)
        ledger = (await client.get(f"{vendors_url}/sandbox/ledger")).json()
    assert result.end is End.BOT_HANGUP
    row, turns, ticket = await in_database(records, alpha, result.call_uuid)
    assert (row.status, row.end_reason) == ("completed", "goodbye")
    assert ticket.problem_type is not None
    assert ticket.problem_type.code == "internet"
    assert ticket.status == "resolved"
    said = " ".join(turn.text for turn in turns if turn.speaker == "bot")
    assert "Pierre" not in said  # a name was never spoken ahead
    assert {entry["vendor"] for entry in ledger} == {"deepgram"}
