"""A test call in a browser: the conversation of a telephone call over another line, which counts nowhere."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from calls import testcall
from calls.db import in_database
from calls.models import Call, SpendLimit, Turn
from companies.models import Customer
from sandbox.product import Product
from sandbox.voice import render, transcript
from telephony.browser import MOST_AHEAD_BYTES, BrowserLine
from telephony.media import FRAME_BYTES, SILENCE
from tenants.models import Membership, Tenant
from tenants.scope import acting_for
from tenants.services import create_tenant
from tests.calls.page import Page
from tests.cast import Cast, person
from tickets.models import Ticket

pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

TRY = "/ws/try"
PIERRE = "+33612345678"
SLOW = 40.0


@pytest.fixture
def alpha(transactional_db: None) -> Tenant:
    tenant = create_tenant(slug="alpha", name="Alpha", language="fr")
    with acting_for(tenant):
        Customer.objects.create(phone_number=PIERRE, first_name="Pierre", last_name="MARTIN")
    return tenant


@pytest.fixture
def admin(alpha: Tenant) -> User:
    return person("ada", alpha, Membership.Role.ADMIN)


Dial = Callable[..., Awaitable[Page]]


@pytest.fixture
async def call(admin: User) -> AsyncIterator[Dial]:
    """Begins a test call of Pierre's; what a failed test leaves open is hung up."""
    pages = []

    async def begin(**wishes: Any) -> Page:
        page = await Page.of(admin, TRY)
        assert await page.open()
        pages.append(page)
        await page.say(type="begin", phone=PIERRE, **wishes)
        return page

    yield begin
    for page in pages:
        await page.leave()


def asks(phrase: str) -> Callable[[dict[str, Any]], bool]:
    """The bot has said a phrase."""
    return lambda message: (
        message["type"] == "events"
        and any(event["kind"] == "turn" and event["phrase"] == phrase for event in message["events"])
    )


def shows(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: message["type"] == "events" and any(event["kind"] == kind for event in message["events"])


def is_over(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "ended")


def event_of(message: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(event for event in message["events"] if event["kind"] == kind)


async def test_a_call_by_keyboard_is_understood_heard_and_leaves_nothing_behind(
    product: Product, alpha: Tenant, call: Dial
) -> None:
    page = await call()
    await page.until(asks("ask_problem"), SLOW)
    await page.say(type="say", text="Ma box internet ne marche plus.")
    turn = await page.until(
        lambda message: shows("turn")(message) and event_of(message, "turn")["speaker"] == "caller", SLOW
    )
    problem = event_of(turn, "turn")["findings"][0]
    assert "box" in problem["why"]  # the keyword that decided
    understood = turn if shows("understood")(turn) else await page.until(shows("understood"), SLOW)
    assert event_of(understood, "understood")["question"] == "ask_problem"
    await page.until(asks("problem_understood"), SLOW)
    await page.say(type="hangup")
    ended = await page.until(is_over, SLOW)

    heard = transcript(b"".join(page.sounds))
    assert "Pierre" in heard  # the bot's real voice, that of a name synthesised for this call
    with acting_for(alpha):
        row = await Call.objects.aget()
        assert (row.is_test, row.status, row.customer_id is not None) == (True, "completed", True)
        assert ended["url"].endswith(f"/{row.pk}/change/")
        assert not await Ticket.objects.aexists()
        assert await Customer.objects.acount() == 1
        usages = await in_database(lambda: list(row.usages.values_list("kind", flat=True)))
    assert "stt" not in usages  # nobody listened, and nobody is paid for it


async def test_words_interrupt_keys_answer_and_a_ticket_is_left_when_it_is_wanted(
    product: Product, alpha: Tenant, call: Dial
) -> None:
    page = await call(ticket=True)
    await page.until(lambda message: message["type"] == "state" and "Décrivez" in message["state"]["speaking"], SLOW)
    await page.say(type="say", text="Je veux parler à un conseiller")
    interrupted = await page.until(asks("ask_problem"), SLOW)
    [turn] = [event for event in interrupted["events"] if event.get("phrase") == "ask_problem"]
    assert turn["interrupted"]
    await page.until(is_over, SLOW)
    with acting_for(alpha):
        ticket = await Ticket.objects.select_related("call").aget()
        assert ticket.call is not None
        assert ticket.call.is_test


async def test_a_spoken_call_is_heard_by_the_same_ears(product: Product, alpha: Tenant, call: Dial) -> None:
    page = await call(microphone=True)
    await page.until(asks("ask_problem"), SLOW)
    speech = render("Ma box internet ne marche plus.", "fr") + SILENCE * 100
    for at in range(0, len(speech), 2 * FRAME_BYTES):
        await page.send_sound(speech[at : at + 2 * FRAME_BYTES])
        await asyncio.sleep(0.04)
    await page.until(asks("problem_understood"), SLOW)
    await page.say(type="hangup")
    await page.until(is_over, SLOW)
    with acting_for(alpha):
        said = await in_database(lambda: list(Turn.objects.filter(speaker="caller").values_list("text", flat=True)))
    assert said == ["Ma box internet ne marche plus."]


async def test_a_browser_that_goes_away_ends_the_call(product: Product, alpha: Tenant, call: Dial) -> None:
    page = await call()
    await page.until(lambda message: message["type"] == "state", SLOW)
    await page.leave()
    with acting_for(alpha):
        assert (await Call.objects.aget()).end_reason == "hangup"


@pytest.mark.parametrize("who", ["agent", "viewer", "outsider of none", "nobody"])
async def test_only_those_who_set_up_the_bot_try_it(who: str, alpha: Tenant) -> None:
    page = Page(TRY)
    if who in ("agent", "viewer"):
        page = await Page.of(await sync_to_async(person)("x", alpha, Membership.Role(who)), TRY)
    elif who == "outsider of none":
        page = await Page.of(await sync_to_async(User.objects.create_user)("x", is_staff=True), TRY)
    assert await page.open()
    assert await page.closed() == 4403


@pytest.mark.parametrize(("of_company", "in_all"), [(testcall.MOST_OF_A_COMPANY, 0), (0, testcall.MOST_CALLS)])
async def test_calls_at_a_time_are_bounded(
    of_company: int, in_all: int, alpha: Tenant, call: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testcall, "_running", Counter({alpha.pk: of_company, 0: in_all}))
    page = await call()
    assert (await page.until(lambda message: message["type"] == "refused"))["why"] == "full"


async def test_calls_of_other_companies_keep_nobody_from_trying(
    product: Product, alpha: Tenant, call: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testcall, "_running", Counter({0: testcall.MOST_OF_A_COMPANY}))
    page = await call()
    await page.until(lambda message: message["type"] == "state", SLOW)


async def test_who_may_not_try_any_more_is_cut_off(
    product: Product, alpha: Tenant, admin: User, call: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testcall, "RIGHTS_SECONDS", 0.2)
    page = await call()
    await page.until(lambda message: message["type"] == "state", SLOW)
    await Membership.objects.filter(user=admin).aupdate(role=Membership.Role.AGENT)
    assert await page.closed() == 4403


async def test_a_limit_that_refuses_calls_refuses_test_calls(alpha: Tenant, call: Dial) -> None:
    with acting_for(alpha):
        await sync_to_async(SpendLimit.objects.create)(day_eur=0, action=SpendLimit.Action.REFUSE)
    page = await call()
    assert (await page.until(lambda message: message["type"] == "refused"))["why"] == "limit"


def test_the_page_is_for_those_who_set_up_the_bot(cast: Cast, login: Callable[[User], Client]) -> None:
    address = reverse("admin:try")
    shown = login(cast.owner).get(address)
    assert b"data-call" in shown.content
    assert b"MARTIN-Alpha" in shown.content
    assert b"Bravo" not in shown.content
    assert login(cast.teammate).get(address).status_code == 403  # an agent
    assert login(cast.staff).get(address).status_code == 403  # staff choose a company first


class Session:
    def __init__(self) -> None:
        self.heard = b""

    def hear(self, pcm: bytes) -> None:
        self.heard += pcm

    def speak(self) -> bytes:
        return b"\1\0" * 160

    def skip(self, frames: int) -> None:
        pass


async def test_sound_that_is_no_sound_or_comes_too_fast_is_dropped_and_counted() -> None:
    line, session = BrowserLine(), Session()
    line.hear(SILENCE)  # before there is anybody to hear it
    line.connect(session)
    line.hear(b"odd")
    line.hear(bytes(MOST_AHEAD_BYTES))
    line.hear(SILENCE)
    assert (len(session.heard), line.dropped_frames) == (MOST_AHEAD_BYTES, 3)
    assert await line.next_piece() == b"\1\0" * 480
    line.close()
