"""The Live page's WebSocket: who may open it, what it tells, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from calls import db, monitor
from calls.live import control_group, live_group
from calls.models import Turn
from tenants.middleware import ACTING_KEY
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import acting_for
from tests.calls.page import Page
from tests.cast import Cast, person

pytestmark = pytest.mark.django_db(transaction=True)

LIVE = "/ws/live"


@pytest.fixture(autouse=True)
async def _last_query() -> AsyncIterator[None]:
    """What a page was waiting for goes on without it, and would meet the emptying of its table."""
    yield
    await asyncio.to_thread(until_idle, db._threads)


@pytest.fixture
async def pages() -> AsyncIterator[list[Page]]:
    """Pages to be closed when the test is over."""
    opened: list[Page] = []
    yield opened
    for page in opened:
        await page.leave()


def until_idle(threads: ThreadPoolExecutor) -> None:
    everyone = threading.Barrier(threads._max_workers + 1)
    for _ in range(threads._max_workers):
        threads.submit(everyone.wait, 10)
    everyone.wait(10)


async def open_page(pages: list[Page], user: Any) -> Page:
    page = await Page.of(user, LIVE)
    assert await page.open()
    pages.append(page)
    return page


def calls(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "calls" and message["layer"])


async def test_a_colleague_sees_the_calls_of_their_company_and_no_others(cast: Cast, pages: list[Page]) -> None:
    page = await open_page(pages, cast.teammate)
    shown = await page.until(calls)
    assert [row["call"] for row in shown["calls"]] == [str(cast.alpha.call.uuid)]
    assert shown["calls"][0]["phone"] == cast.alpha.call.phone_number
    assert "Bravo" not in json.dumps(page.seen)


async def test_test_calls_are_nobody_else_s_matter(cast: Cast, pages: list[Page]) -> None:
    with acting_for(cast.alpha.tenant):
        cast.alpha.call.is_test = True
        await cast.alpha.call.asave()
    page = await open_page(pages, cast.owner)
    assert (await page.until(calls))["calls"] == []


async def test_nobody_who_is_signed_out_gets_in(cast: Cast) -> None:
    page = Page(LIVE)
    assert await page.open()
    assert await page.closed() == 4403


async def test_no_other_site_gets_in(cast: Cast) -> None:
    own = await Page.of(cast.owner, LIVE)
    foreign = Page(LIVE, cookie=own._wire.scope["headers"][2][1].decode(), origin="https://evil.example")
    assert not await foreign.open()


async def test_staff_who_act_for_no_company_watch_nobody(cast: Cast) -> None:
    page = await Page.of(cast.staff, LIVE)
    assert await page.open()
    assert await page.closed() == 4403


@pytest.mark.parametrize("request_", ["turns", "listen", "hangup", "transfer", "say"])
async def test_a_foreign_call_is_not_there(request_: str, cast: Cast, pages: list[Page]) -> None:
    heard = await channel_of_calls(cast.bravo.tenant)
    page = await open_page(pages, cast.owner)
    await page.until(calls)
    details = {"call": str(cast.bravo.call.uuid), "text": "Bonjour", "extension": "technician"}
    if request_ == "turns":
        await page.say(type="turns", **details)
        assert (await page.until(lambda message: message["type"] == "turns"))["turns"] == []
    else:
        answer = await page.answer(request_, **details)
        assert (answer["done"], answer["why"]) == (False, "over")
    assert await is_silent(heard)
    with acting_for(cast.bravo.tenant):
        assert not await AuditEntry.objects.filter(person=cast.owner).aexists()


async def test_a_viewer_reads_along_and_no_more(cast: Cast, pages: list[Page]) -> None:
    viewer = await sync_to_async(person)("viewer", cast.alpha.tenant, Membership.Role.VIEWER)
    heard = await channel_of_calls(cast.alpha.tenant)
    page = await open_page(pages, viewer)
    shown = await page.until(calls)
    assert cast.alpha.call.phone_number not in json.dumps(shown)
    for request_ in ("listen", "hangup", "transfer", "say"):
        answer = await page.answer(request_, call=str(cast.alpha.call.uuid), text="Bonjour", extension="technician")
        assert answer["why"] == "role"
    assert await is_silent(heard)
    await page.say(type="turns", call=str(cast.alpha.call.uuid))
    assert (await page.until(lambda message: message["type"] == "turns"))["turns"]
    number = cast.alpha.call.phone_number
    state = {"phone": number, "hearing": f"mon numéro est le {number}", "speaking": f"je note le {number}"}
    await publish(cast, {"state": state, "events": [{"kind": "started", "number": number}]})
    event = (await page.until(lambda message: message["type"] == "events"))["events"][0]
    assert event["state"]["hearing"].startswith("mon numéro est le ")
    assert number not in json.dumps(event)


@pytest.mark.parametrize("way", ["membership", "session", "active"])
async def test_who_loses_the_right_loses_the_page(
    way: str, cast: Cast, monkeypatch: pytest.MonkeyPatch, pages: list[Page]
) -> None:
    monkeypatch.setattr(monitor, "KEEP_UP_SECONDS", 0.2)
    page = await Page.of(cast.teammate, LIVE)
    assert await page.open()
    await page.until(calls)
    match way:
        case "membership":
            await Membership.objects.filter(user=cast.teammate).adelete()
        case "session":
            await Session.objects.all().adelete()
        case "active":
            cast.teammate.is_active = False
            await cast.teammate.asave()
    assert await page.closed() == 4403


async def test_staff_watch_for_their_hour_and_no_longer(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "KEEP_UP_SECONDS", 0.2)
    page = Page(LIVE, cookie=await sync_to_async(staff_cookie)(cast))
    assert await page.open()
    await page.until(calls)
    row = await Session.objects.aget()
    kept = row.get_decoded()
    kept[ACTING_KEY]["until"] = 0
    row.session_data = SessionStore().encode(kept)
    await row.asave()
    assert await page.closed() == 4403


async def test_who_becomes_a_viewer_reads_masked_what_is_asked_for_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, pages: list[Page]
) -> None:
    monkeypatch.setattr(monitor, "KEEP_UP_SECONDS", 0.2)
    number = cast.alpha.call.phone_number
    with acting_for(cast.alpha.tenant):
        await Turn.objects.aupdate(text=f"Mon numéro est le {number}.")
    page = await open_page(pages, cast.teammate)

    async def turn() -> str:
        await page.say(type="turns", call=str(cast.alpha.call.uuid))
        answer = await page.until(lambda message: message["type"] == "turns")
        return str(answer["turns"][0]["text"])

    assert number in await turn()
    await Membership.objects.filter(user=cast.teammate).aupdate(role=Membership.Role.VIEWER)
    await page.until(lambda message: calls(message) and "•" in message["calls"][0]["phone"])
    assert number not in await turn()


async def test_what_is_missing_or_wrong_is_said_and_reaches_no_call(cast: Cast, pages: list[Page]) -> None:
    heard = await channel_of_calls(cast.alpha.tenant)
    page = await open_page(pages, cast.owner)
    await page.until(calls)
    call = str(cast.alpha.call.uuid)
    assert (await page.answer("hangup", call="no uuid"))["why"] == "over"
    assert (await page.answer("say", call=call, text="x" * 301))["why"] == "length"
    assert (await page.answer("say", call=call, text="  "))["why"] == "length"
    assert (await page.answer("transfer", call=call, extension="night"))["why"] == "target"  # switched off
    assert (await page.answer("transfer", call=call, extension="0899123456"))["why"] == "target"
    assert await is_silent(heard)


@pytest.mark.parametrize("frame", ["[" * 4096, '{"a":' * 800, "no JSON", "7"])
async def test_a_frame_that_is_no_message_ends_the_connection(frame: str, cast: Cast) -> None:
    page = await Page.of(cast.owner, LIVE)
    assert await page.open()
    await page.send_text(frame)
    assert await page.closed() == 4429


async def test_a_browser_that_floods_is_cut_off(cast: Cast) -> None:
    page = await Page.of(cast.owner, LIVE)
    assert await page.open()
    for _ in range(300):
        await page.say(type="ping")
    assert await page.closed() == 4429


async def test_events_come_numbered_and_a_lost_layer_is_told(
    cast: Cast, pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_page(pages, cast.owner)
    await page.until(calls)
    for _ in range(2):
        await publish(cast, {"state": {"phone": ""}, "events": []})
        await page.until(lambda message: message["type"] == "events")
    assert [message["number"] for message in page.seen if message["type"] == "events"] == [1, 2]

    layer = get_channel_layer()
    assert layer is not None
    receive = layer.receive

    async def broken(channel: str) -> Any:
        raise ConnectionError("Redis is away")

    monkeypatch.setattr(layer, "receive", broken)
    await publish(cast, {"state": {"phone": ""}, "events": []})  # wakes the receive that still waits
    await page.until(lambda message: message["type"] == "layer")
    answer = await page.answer("hangup", call=str(cast.alpha.call.uuid))
    assert answer["why"] == "layer"
    monkeypatch.setattr(layer, "receive", receive)
    await page.until(calls)  # and it comes back by itself


async def test_listening_and_stepping_in_are_written_down(cast: Cast, pages: list[Page]) -> None:
    heard = await channel_of_calls(cast.alpha.tenant)
    page = await open_page(pages, cast.teammate)
    await page.until(calls)
    call, layer = str(cast.alpha.call.uuid), get_channel_layer()
    assert layer is not None
    for type_, details in (
        ("listen", {}),
        ("say", {"text": "Un  instant."}),
        ("transfer", {"extension": "technician"}),
    ):
        await page.say(type=type_, id="7", call=call, **details)
        order = await command(heard)
        assert (order["type"], order["call"]) == (f"call.{type_}", call)
        await layer.send(order["reply"], {"type": "live.answer", "id": order["id"], "done": True})
        assert (await page.until(lambda message: message["type"] == "answer"))["done"]
    with acting_for(cast.alpha.tenant):
        rows = AuditEntry.objects.filter(person=cast.teammate).order_by("pk")
        entries = [(entry.action, entry.detail) async for entry in rows]
    assert entries == [
        ("listen", "live"),
        ("do", "had the bot say a line"),
        ("do", "handed over"),
    ]


def test_the_page_offers_what_the_role_may(cast: Cast, login: Callable[[User], Client]) -> None:
    address = reverse("admin:live")
    assert b"data-hangup" in login(cast.teammate).get(address).content
    viewer = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER))
    shown = viewer.get(address)
    assert b"data-rows" in shown.content
    assert b"data-hangup" not in shown.content
    assert login(cast.staff).get(address).status_code == 403  # staff choose a company first
    assert Client().get(address).status_code == 302


# --- Helpers ---------------------------------------------------------------------


def staff_cookie(cast: Cast) -> str:
    """The browser of staff who act for Alpha."""
    client = Client()
    client.force_login(cast.staff)
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


async def channel_of_calls(tenant: Tenant) -> str:
    """A channel in the place of the process that holds the tenant's calls."""
    layer = get_channel_layer()
    assert layer is not None
    channel: str = await layer.new_channel()
    await layer.group_add(control_group(tenant.pk), channel)
    return channel


async def command(channel: str) -> dict[str, Any]:
    """The next that is for one call."""
    layer = get_channel_layer()
    assert layer is not None
    while (message := await layer.receive(channel))["type"] == "call.watch":
        pass
    return dict(message)


async def is_silent(channel: str) -> bool:
    try:
        async with asyncio.timeout(0.1):
            await command(channel)
    except TimeoutError:
        return True
    return False


async def publish(cast: Cast, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    assert layer is not None
    message = {"type": "live.events", "call": str(cast.alpha.call.uuid), **message}
    await layer.group_send(live_group(cast.alpha.tenant.pk), message)
