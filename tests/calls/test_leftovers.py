"""What a call leaves in memory: a collection of all that is there would stop every other call meanwhile."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from calls.audio import CallAudio
from calls.conversation import Conversation
from calls.dialogue import Dialogue
from calls.hearing import Hearing
from calls.scenarios.script import parse_script
from calls.scribe import Scribe
from sandbox.caller import Caller, End
from sandbox.product import Product
from tenants.models import Tenant
from tests.exchanges import with_exchange

pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

PARTS = (Conversation, Dialogue, Hearing, CallAudio, Scribe)
SCRIPTS = ("[silence 0.5]\n[hangup]", "Un conseiller, je vous prie.")


@pytest.fixture
def alpha(transactional_db: None) -> Tenant:
    return with_exchange()


@pytest.fixture(autouse=True)
def _no_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def call(product: Product, script: str) -> None:
    caller = Caller("127.0.0.1", product.calls.port, script=parse_script(script), source="127.0.0.2", max_seconds=60)
    result = await caller.run()
    assert result.end is not End.REFUSED, result


@pytest.mark.parametrize("script", SCRIPTS)
async def test_an_ended_call_is_freed_without_the_garbage_collector(product: Product, script: str) -> None:
    of_others = parts()  # tests that ran before
    await call(product, script)
    await product.calls.stop(20)
    async with asyncio.timeout(20):
        # A connection to a vendor is closed after the call, and waited for on a busy machine.
        while len(parts()) > len(of_others):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert not {"Response", "Request", "AsyncResponseStream", "PoolByteStream"} & cycles_of_http()


def parts() -> list[object]:
    return [each for each in gc.get_objects() if type(each) in PARTS]


def cycles_of_http() -> set[str]:
    """Types of what only the collector frees; vendors' answers live too long for the sweeps of a busy worker."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return {type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("http")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
