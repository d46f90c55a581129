"""Whole calls over real sockets: a caller who dials, the product, the emulated vendors.

What a caller heard is decoded from the sound that really came over the line.
"""

from __future__ import annotations

import asyncio
import io
import uuid
import wave
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django import Settings

from calls import services
from calls.conversation import LAST_WORDS_SECONDS
from calls.db import in_database
from calls.models import Call, Turn
from calls.scenarios.script import parse_script
from companies.models import Customer
from providers import registry
from providers.phrases import phrase_store
from sandbox.caller import Caller, CallResult, End
from sandbox.product import Product
from sandbox.voice import transcript
from tenants import presets
from tenants.models import AsteriskServer, Tenant
from tenants.scope import EVERYONE, acting_for
from tenants.services import create_tenant
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

PIERRE = "+33612345678"


@pytest.fixture(autouse=True)
def _vendors(settings: Settings) -> Iterator[None]:
    """A test may give the vendors other keys; the next one gets the usual."""
    before = {name: dict(vendor) for name, vendor in settings.VENDORS.items()}
    yield
    for name, vendor in before.items():
        settings.VENDORS[name].update(vendor)


def tenant(slug: str, address: str, language: str = "fr") -> Tenant:
    row = create_tenant(slug=slug, name=slug.capitalize(), language=language)
    with acting_for(row):
        AsteriskServer.objects.create(name="PBX", network=address)
    return row


@pytest.fixture
def alpha(transactional_db: None) -> Tenant:
    row = tenant("alpha", "127.0.0.2")
    with acting_for(row):
        Customer.objects.create(phone_number=PIERRE, first_name="Pierre", last_name="MARTIN")
    return row


async def call(
    product: Product,
    script: str,
    *,
    source: str = "127.0.0.2",
    number: str = "",
    language: str = "fr",
    call_uuid: uuid.UUID | None = None,
) -> CallResult:
    call_uuid = call_uuid or uuid.uuid4()
    if number:
        await in_database(announce, source, call_uuid, number)
    return await Caller(
        "127.0.0.1",
        product.calls.port,
        script=parse_script(script),
        source=source,
        call_uuid=call_uuid,
        language=language,
        max_seconds=90,
    ).run()


def announce(source: str, call_uuid: uuid.UUID, number: str) -> None:
    for row in Tenant.objects.all():
        with acting_for(row):
            server = AsteriskServer.objects.filter(network=source).first()
            if server is not None:
                services.announce(server=server, call_uuid=call_uuid, phone_number=number)


def records(tenant: Tenant, call_uuid: uuid.UUID) -> tuple[Call, list[Turn], Ticket]:
    with acting_for(tenant):
        row = Call.objects.get(uuid=call_uuid)
        return row, list(row.turns.all()), Ticket.objects.select_related("problem_type").get(call=row)


def cut_off(tenant: Tenant) -> Call:
    known = {"first_name": "Jeanne", "last_name": "PETIT", "problem": "internet", "description": "Ma box fume."}
    silent = timezone.now() - timedelta(seconds=20)
    with acting_for(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(record_calls=False)
        return Call.objects.create(
            uuid=uuid.uuid4(), phone_number="+33655555555", heartbeat_at=silent, scene="handover", known=known
        )


async def test_who_calls_again_after_a_crash_goes_on(product: Product, alpha: Tenant) -> None:
    before = await sync_to_async(cut_off)(alpha)
    result = await call(product, "Oui, c'est moi.", number=before.phone_number)
    await product.calls.stop(10)
    row, turns, ticket = await in_database(records, alpha, result.call_uuid)
    assert row.resumes_id == before.pk
    assert [turn.phrase for turn in turns if turn.speaker == "bot"] == ["greet", "cut_off_before", "go_on", "transfer"]
    assert (ticket.status, ticket.client_name, ticket.description) == ("transferred", "Jeanne PETIT", "Ma box fume.")


async def test_a_call_is_answered_and_leaves_a_ticket_and_a_recording(product: Product, alpha: Tenant) -> None:
    result = await call(
        product,
        """
        Bonjour, ma box internet ne marche plus.
        Voilà, c'est fait.
        Oui, ça marche.
        """,
        number=PIERRE,
    )
    await product.calls.stop(10)  # the last entries are written after the hang-up
    assert result.end is End.BOT_HANGUP
    row, turns, ticket = await in_database(records, alpha, result.call_uuid)
    assert (row.status, row.end_reason, row.scene) == ("completed", "goodbye", "closing")
    assert (ticket.status, ticket.phone_number) == ("resolved", PIERRE)
    assert ticket.problem_type is not None
    assert ticket.problem_type.code == "internet"

    # Both sides understood each other, word for word.
    heard_by_bot = [turn.text for turn in turns if turn.speaker == "caller"]
    assert heard_by_bot == [said.text for said in result.said]
    said_by_bot = " ".join(turn.text for turn in turns if turn.speaker == "bot")
    assert " ".join(heard.text for heard in result.heard) == said_by_bot

    with row.recording, wave.open(io.BytesIO(row.recording.read())) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        data = file.readframes(file.getnframes())
    left = b"".join(data[at : at + 2] for at in range(0, len(data), 4))
    right = b"".join(data[at + 2 : at + 4] for at in range(0, len(data), 4))
    assert transcript(left) == " ".join(heard_by_bot)
    if product.calls.metronome.gaps:
        return  # a stall of this machine is a hole in the recording, as it was on the line
    assert transcript(right) == said_by_bot
    assert result.bot_audio.lstrip(b"\0") == right.lstrip(b"\0")  # exact to the frame


async def test_two_tenants_have_their_own_phrases_and_tickets(product: Product, alpha: Tenant) -> None:
    bravo = await sync_to_async(tenant)("bravo", "127.0.0.3", "en")
    await product.refresh_allow_list()
    mine = await call(product, "[silence 0.1]\n[hangup]", source="127.0.0.2")
    theirs = await call(product, "[silence 0.1]\n[hangup]", source="127.0.0.3", language="en")
    await product.calls.stop(10)
    heard_of_mine = " ".join(heard.text for heard in mine.heard)
    heard_of_theirs = " ".join(heard.text for heard in theirs.heard)
    assert "Alpha" in heard_of_mine
    assert "Bravo" not in heard_of_mine
    assert "Bravo" in heard_of_theirs
    assert (await in_database(records, alpha, mine.call_uuid))[2].tenant_id == alpha.pk
    assert (await in_database(records, bravo, theirs.call_uuid))[2].tenant_id == bravo.pk


async def test_an_address_that_is_not_allowed_is_refused(product: Product) -> None:
    result = await call(product, "Allô ?", source="127.0.0.9")
    assert result.end in (End.REFUSED, End.EOF, End.LOST)
    assert result.heard == []
    with acting_for(EVERYONE):
        assert await Call.objects.acount() == 0


async def test_a_uuid_is_not_used_twice(product: Product) -> None:
    first = await call(product, "[hangup]")
    second = await call(product, "Allô ?", call_uuid=first.call_uuid)
    assert second.end is End.REFUSED


async def test_a_tenant_that_is_switched_off_is_refused(product: Product, alpha: Tenant) -> None:
    await Tenant.objects.filter(pk=alpha.pk).aupdate(is_active=False)
    assert (await call(product, "Allô ?")).end is End.REFUSED


async def test_a_caller_who_hangs_up_leaves_a_ticket(product: Product, alpha: Tenant) -> None:
    result = await call(product, "Ma box internet ne marche plus.\n[hangup]", number=PIERRE)
    await product.calls.stop(10)
    row, turns, ticket = await in_database(records, alpha, result.call_uuid)
    assert (row.status, row.end_reason, ticket.status) == ("completed", "hangup", "open")
    assert "Ma box internet ne marche plus." in [turn.text for turn in turns]


async def test_the_caller_interrupts(product: Product, alpha: Tenant) -> None:
    result = await call(product, "[interrupt 1.0] Ma box internet ne marche plus.\n[hangup]", number=PIERRE)
    await product.calls.stop(10)
    _row, turns, _ticket = await in_database(records, alpha, result.call_uuid)
    [interrupted] = [turn for turn in turns if turn.was_interrupted]
    whole = presets.phrases("fr")[interrupted.phrase].text
    assert interrupted.text
    assert len(interrupted.text.split()) < len(whole.split())
    assert "Ma box internet ne marche plus." in [turn.text for turn in turns]


async def test_a_worker_that_stops_soon_gives_its_callers_to_a_person_before(product: Product, alpha: Tenant) -> None:
    talking = asyncio.create_task(call(product, "[silence 60]", number=PIERRE))
    async with asyncio.timeout(10):
        while not product.calls.active_calls:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await product.calls.stop(LAST_WORDS_SECONDS + 2)  # of its own, whatever the settings say
    result = await talking
    row, turns, _ticket = await in_database(records, alpha, result.call_uuid)
    assert result.end is End.BOT_HANGUP
    assert (row.status, row.end_reason, row.transfer_to) == ("transferred", "handover", "technician")
    assert turns[-1].phrase == "transfer"


async def test_a_wrong_key_of_the_voice_hands_the_call_over_without_a_word(
    product: Product, alpha: Tenant, settings: Settings
) -> None:
    phrase_store.cache_clear()  # another test's call may have left every phrase in memory
    settings.VENDORS["elevenlabs"]["api_key"] = "sandbox-401"
    await registry.close()  # the next call has vendors with the wrong key
    result = await call(product, "Allô ?")
    await product.calls.stop(10)
    row, turns, _ticket = await in_database(records, alpha, result.call_uuid)
    assert result.end is End.BOT_HANGUP
    assert (row.status, row.transfer_to) == ("transferred", "technician")
    assert not [turn for turn in turns if turn.phrase]
    assert "elevenlabs" in row.error
    assert "sandbox-401" not in row.error


async def test_a_wrong_key_of_the_ears_is_said_and_the_call_handed_over(
    product: Product, alpha: Tenant, settings: Settings
) -> None:
    settings.VENDORS["deepgram"]["api_key"] = "sandbox-401"
    await registry.close()
    result = await call(product, "[silence 60]")
    await product.calls.stop(10)
    row, turns, _ticket = await in_database(records, alpha, result.call_uuid)
    assert (row.status, row.transfer_to) == ("transferred", "technician")
    phrases = [turn.phrase for turn in turns]
    assert "vendor_down" in phrases
    assert phrases[-1] == "transfer"
