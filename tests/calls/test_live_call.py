"""A colleague at the Live page, and a real call over real sockets: each sees what the other does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from calls import live, monitor
from calls.db import in_database
from calls.models import Call, Turn
from calls.scenarios.script import parse_script
from sandbox.caller import Caller, CallResult, End
from sandbox.g711 import MULAW
from sandbox.product import Product
from sandbox.voice import transcript
from tenants.models import Membership, Tenant
from tenants.scope import acting_for
from tests.calls.page import Page
from tests.cast import person
from tests.exchanges import with_exchange

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

LINE = "Ici Claire, je reprends la main."


@pytest.fixture
def alpha(transactional_db: None) -> Tenant:
    return with_exchange()


@pytest.fixture
async def page(alpha: Tenant) -> AsyncIterator[Page]:
    page = await Page.of(await sync_to_async(person)("claire", alpha, Membership.Role.AGENT), "/ws/live")
    assert await page.open()
    await page.until(lambda message: message["type"] == "calls" and message["layer"])
    yield page
    await page.leave()


def dial(product: Product, script: str = "[silence 60]") -> asyncio.Task[CallResult]:
    caller = Caller("127.0.0.1", product.calls.port, script=parse_script(script), source="127.0.0.2", max_seconds=60)
    return asyncio.create_task(caller.run())


async def begun(page: Page) -> str:
    """The identifier of the call that begins."""
    message = await page.until(
        lambda message: message["type"] == "events" and kinds(message) & {"started"}, deadline=30
    )
    return str(message["events"][0]["call"])


def kinds(message: dict[str, object]) -> set[str]:
    return {thing["kind"] for event in message["events"] for thing in event["events"]}  # type: ignore[attr-defined]


def turn_of(speaker: str) -> object:
    def is_it(message: dict[str, object]) -> bool:
        return message["type"] == "events" and any(
            thing["kind"] == "turn" and thing["speaker"] == speaker
            for event in message["events"]  # type: ignore[attr-defined]
            for thing in event["events"]
        )

    return is_it


async def test_a_call_is_followed_listened_to_stepped_into_and_handed_over(
    product: Product, alpha: Tenant, page: Page
) -> None:
    calling = dial(product)
    call = await begun(page)
    assert (await page.answer("listen", call=call))["done"]
    await page.until(turn_of("bot"), deadline=30)  # type: ignore[arg-type]

    assert (await page.answer("say", call=call, text=LINE))["done"]
    await page.until(turn_of("agent"), deadline=30)  # type: ignore[arg-type]
    assert len(page.sounds) >= 5

    await page.say(type="targets")
    [target] = (await page.until(lambda message: message["type"] == "targets"))["targets"]
    assert target == {"extension": "technician", "name": target["name"], "free": True}
    assert (await page.answer("transfer", call=call, extension="technician"))["done"]
    await page.until(lambda message: message["type"] == "events" and kinds(message) & {"ended"}, deadline=30)

    result = await calling
    assert result.end is End.BOT_HANGUP
    assert LINE in " ".join(heard.text for heard in result.heard)
    mixed = b"".join(MULAW.decode(sound) for sound in page.sounds)
    assert LINE in transcript(mixed)  # the captions of the voice came through
    with acting_for(alpha):
        row = await Call.objects.aget()
        assert (row.status, row.transfer_to) == ("transferred", "technician")
        turns = await in_database(lambda: list(Turn.objects.order_by("position")))
    assert [turn.text for turn in turns if turn.speaker == Turn.Speaker.AGENT] == [LINE]


async def test_a_call_that_a_colleague_hangs_up_is_over(product: Product, alpha: Tenant, page: Page) -> None:
    calling = dial(product)
    call = await begun(page)
    assert (await page.answer("hangup", call=call))["done"]
    result = await calling
    assert result.end is End.BOT_HANGUP
    await product.calls.stop(10)
    with acting_for(alpha):
        assert (await Call.objects.aget()).end_reason == "dismissed"


async def test_a_call_that_nobody_watches_tells_only_that_it_began_and_ended(product: Product, alpha: Tenant) -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(live.live_group(alpha.pk), channel)
    await dial(product, "[silence 0.1]\n[hangup]")
    await product.calls.stop(10)
    told: list[str] = []
    while not told or told[-1] != "ended":
        async with asyncio.timeout(5):
            message = await layer.receive(channel)
        told += [event["kind"] for event in message["events"]]
    assert told == ["started", "ended"]


async def test_a_call_goes_on_while_the_channel_layer_is_away(
    product: Product, alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = get_channel_layer()

    async def away(*_args: object, **_kwargs: object) -> None:
        raise ConnectionError("Redis is away")

    for verb in ("send", "group_send", "group_add", "receive"):
        monkeypatch.setattr(layer, verb, away)
    page = await Page.of(await sync_to_async(person)("claire", alpha, Membership.Role.AGENT), "/ws/live")
    assert await page.open()
    await page.until(lambda message: message["type"] == "layer" and not message["layer"])
    monkeypatch.setattr(monitor, "KEEP_UP_SECONDS", 0.5)
    calling = dial(product, "Ma box internet ne marche plus.\n[hangup]")
    shown = await page.until(lambda message: message["type"] == "calls" and message["calls"], deadline=30)
    assert not shown["layer"]
    result = await calling
    await product.calls.stop(10)
    await page.leave()
    assert result.heard
    with acting_for(alpha):
        assert (await Call.objects.aget()).status == "completed"
    assert json.dumps(page.seen)
