"""The product behind a real Asterisk: its own dialplan, SIP and RTP, and sound both ways.

What either side heard is read from the captions in the sound that Asterisk recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from calls.db import however_long, in_database
from calls.models import Call, Turn
from calls.settings import load
from companies.models import Customer
from providers import registry
from providers.generation import make_missing
from sandbox.product import Product
from sandbox.voice import transcript
from telephony.dialplan import dialplan
from tenants.models import AsteriskServer, Tenant, TransferTarget
from tenants.scope import EVERYONE, acting_for
from tenants.services import create_tenant
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

TECHNICIAN = """
[transfer]
exten => technician,1,UserEvent(Reached,Person: technician)
 same => n,Dial(Local/technician@phones/n,20)
 same => n,Hangup()
"""
BUSY = """
[transfer]
exten => technician,1,UserEvent(Reached,Person: technician)
 same => n,Dial(Local/busy@phones/n,20)
 same => n,Goto(voicebot,returned,1)
"""
GENERATED = "exten => bot,1,Goto(voicebot,s,1)\n{dialplan}" + TECHNICIAN
# Not announced: the number comes over AMI, or not at all.
PLAIN = (
    """
exten => bot,1,Answer()
 same => n,Set(BOT_UUID=${LAB_UUID})
 same => n,TryExec(AudioSocket(${BOT_UUID},${LAB_BOT}))
 same => n,UserEvent(Ended,Status: ${TRYSTATUS},Done: ${BOT_DONE},Next: ${BOT_NEXT})
 same => n,GotoIf($["${BOT_DONE}" = "1"]?done)
 same => n,Goto(transfer,technician,1)
 same => n(done),Hangup()
"""
    + TECHNICIAN
)


def tenant(slug: str, address: str) -> Tenant:
    row = create_tenant(slug=slug, name=slug.capitalize(), language="fr")
    with acting_for(row):
        AsteriskServer.objects.create(name="PBX", network=address)
        Customer.objects.create(phone_number="+33612345678", first_name="Pierre", last_name="MARTIN")
    return row


@dataclass
class House:
    """A tenant, its Asterisk and the product."""

    tenant: Tenant
    pbx: Any
    product: Product
    events: list[dict[str, str]]

    @property
    def bot(self) -> str:
        return f"{self.pbx.ip}:{self.product.calls.port}"

    def reached(self) -> list[str]:
        return [event["Person"] for event in self.events if event["UserEvent"] == "Reached"]

    def ended(self) -> dict[str, str]:
        return next(event for event in self.events if event["UserEvent"] == "Ended")

    async def records(self) -> tuple[Call, list[Turn], Ticket]:
        """Of the only call, once everything is written down."""
        await self.product.calls.stop(10)
        return await in_database(self._records)

    def _records(self) -> tuple[Call, list[Turn], Ticket]:
        with acting_for(self.tenant):
            call = Call.objects.get()
            return call, list(call.turns.all()), Ticket.objects.select_related("customer").get(call=call)


@pytest.fixture
def house(
    asterisk: Callable[..., Any], transactional_db: None, settings: Settings, vendors_url: str
) -> Callable[..., contextlib.AbstractAsyncContextManager[House]]:
    @contextlib.asynccontextmanager
    async def house(
        *, extens: str = GENERATED, ip: str = "127.0.0.2", allowed: str = "", ami: bool = False
    ) -> AsyncIterator[House]:
        row = await sync_to_async(tenant)("alpha", allowed or ip)
        async with Product(vendors_url=vendors_url) as product:
            settings.AUDIOSOCKET_PUBLIC_ADDRESS = f"{ip}:{product.calls.port}"
            text = extens
            if "{dialplan}" in extens:
                text = extens.replace("{dialplan}", await sync_to_async(generated)(row, product.url, ip if ami else ""))
            async with asterisk(extens=text, ip=ip) as pbx:
                if ami:
                    await sync_to_async(connect_ami)(row, pbx)
                events: list[dict[str, str]] = []
                pbx.ami.listeners.add(lambda event: events.append(event) if "UserEvent" in event else None)
                yield House(row, pbx, product, events)

    return house


def generated(row: Tenant, url: str, ami_host: str) -> str:
    with acting_for(row):
        server = AsteriskServer.objects.get()
        server.ami_host = ami_host
        return dialplan(server, TransferTarget.objects.all(), site_url=url)


def connect_ami(row: Tenant, pbx: Any) -> None:
    with acting_for(row):
        server = AsteriskServer.objects.get()
        server.ami_host, server.ami_port = pbx.ip, pbx.ami_port
        server.ami_user = server.ami_secret = "lab"
        server.save()


def words_in(path: Path) -> str:
    with wave.open(str(path)) as file:
        return transcript(file.readframes(file.getnframes()))


def channels(call: Call) -> tuple[str, str]:
    """What is said on the left and the right of a call's recording."""
    with call.recording, wave.open(call.recording.open()) as file:
        data = file.readframes(file.getnframes())
    return tuple(  # type: ignore[return-value]
        transcript(b"".join(data[at : at + 2] for at in range(side, len(data), 4))) for side in (0, 2)
    )


async def test_a_spoken_conversation_ends_as_a_ticket(house, lab, spoken):
    lines = ["Bonjour, ma box internet ne marche plus.", "Voilà, c'est fait.", "Oui, ça marche."]
    script = [step for line in lines for step in (lab.noise(), lab.hush(1.0), spoken(line))]
    async with house() as h:
        call = await h.pbx.call(1, [*script, lab.noise(), lab.hush(3.0)], number="0612345678")
        result = await call.ended(120)
        row, turns, ticket = await h.records()
    assert (row.status, row.end_reason, h.reached()) == ("completed", "goodbye", [])
    assert (ticket.status, ticket.phone_number, ticket.client_name) == ("resolved", "+33612345678", "Pierre MARTIN")
    said = " ".join(turn.text for turn in turns if turn.speaker == "bot")
    assert "Pierre" in said
    assert [turn.text for turn in turns if turn.speaker == "caller"] == lines
    if not h.product.calls.metronome.gaps:  # a stall of this machine costs a word on the line and in the recording
        assert words_in(result.bot_wav) == said
        assert await in_database(channels, row) == (" ".join(lines), said)


async def test_who_asks_for_a_person_talks_to_the_technician(house, lab, spoken):
    wish = [lab.noise(), lab.hush(1.0), spoken("Je veux parler à quelqu'un.")]
    async with house() as h:
        call = await h.pbx.call(
            1, [*wish, lab.wait(7), spoken("Bonjour le technicien.")], number="0612345678", linger=2
        )
        result = await call.ended(90)
        await h.pbx.idle()
        row, _turns, ticket = await h.records()
        [heard] = h.pbx.heard_by_technicians()
        assert "Bonjour le technicien." in words_in(heard)
    assert h.reached() == ["technician"]
    assert (row.status, row.transfer_to, ticket.status) == ("transferred", "technician", "transferred")
    assert lab.speech(result.bot_wav)[-1][1] > lab.speech(result.caller_wav)[0][1]  # the technician's tone came back


async def test_a_hand_over_that_nobody_takes_comes_back_and_is_called_back(house, lab, spoken):
    wish = "Ma box internet ne marche plus, je veux parler à quelqu'un."
    script = [lab.noise(), lab.hush(1.0), spoken(wish)]
    async with house(extens="exten => bot,1,Goto(voicebot,s,1)\n{dialplan}" + BUSY) as h:
        call = await h.pbx.call(1, script, number="0612345678", linger=30)
        result = await call.ended(90)
        await h.product.calls.stop(10)
    assert "aucun technicien n'est disponible" in words_in(result.bot_wav)
    assert h.reached() == ["technician"]
    with acting_for(h.tenant):
        ticket = await Ticket.objects.select_related("call__resumes").aget()
        assert (ticket.status, ticket.wants_callback, ticket.description) == ("open", True, wish)
        second = ticket.call
        assert second is not None
        assert second.resumes is not None
        assert (second.status, second.resumes.status) == ("completed", "transferred")


async def test_ami_tells_who_calls_and_carries_the_result(house, lab, spoken):
    async with house(extens=PLAIN, ami=True) as h:
        wish = [lab.noise(), lab.hush(1.0), spoken("Je veux parler à quelqu'un.")]
        call = await h.pbx.call(h.bot, wish, number="0612345678", linger=12)
        await call.ended(60)
        row, turns, _ticket = await h.records()
    assert row.phone_number == "+33612345678"
    assert "greet_known" in [turn.phrase for turn in turns]
    assert (h.ended()["Next"], h.ended()["Status"]) == ("technician", "SUCCESS")


async def test_without_a_number_the_caller_is_asked_for_it(house, lab, spoken):
    async with house(extens=PLAIN) as h:
        number = spoken("C'est le zéro six douze trente-quatre cinquante-six soixante-dix-huit.")
        call = await h.pbx.call(h.bot, [lab.noise(), lab.hush(1.0), number, lab.noise(), lab.hush(1.0)], linger=0)
        await call.ended(60)
        row, turns, ticket = await h.records()
    assert "ask_phone" in [turn.phrase for turn in turns]
    assert ticket.phone_number == "+33612345678"
    assert row.end_reason == "hangup"


async def test_the_caller_interrupts(house, lab, spoken):
    async with house() as h:
        # The greeting takes four seconds and cannot be interrupted; what follows can.
        script = [lab.noise(), lab.wait(7.0), spoken("Ma box internet ne marche plus."), lab.wait(2)]
        call = await h.pbx.call(1, script, number="0612345678", linger=0)
        result = await call.ended(60)
        _row, turns, _ticket = await h.records()
    [cut] = [turn for turn in turns if turn.was_interrupted and turn.phrase == "ask_problem"]
    assert "Ma box internet ne marche plus." in [turn.text for turn in turns]
    assert "Décrivez-moi votre problème en quelques mots." not in words_in(result.bot_wav)
    assert cut.text


async def test_a_caller_who_hangs_up_leaves_a_ticket(house, lab):
    async with house() as h:
        call = await h.pbx.call(1, [lab.noise()], number="0612345678")
        await call.script_done(20)
        await call.hang_up()
        await call.ended(10)
        row, turns, ticket = await h.records()
    assert (row.status, row.end_reason, ticket.status) == ("completed", "hangup", "open")
    assert turns[0].was_interrupted


async def test_a_key_asks_for_a_person(house, lab):
    async with house() as h:
        call = await h.pbx.call(1, [lab.noise(), lab.hush(1.0), lab.dtmf("0")], number="0612345678", linger=6)
        await call.ended(60)
        row, turns, _ticket = await h.records()
    assert h.reached() == ["technician"]
    assert "[0]" in [turn.text for turn in turns]
    assert row.status == "transferred"


async def test_an_address_that_is_not_allowed_reaches_a_person(house, lab):
    async with house(extens=PLAIN, ip="127.0.0.9", allowed="127.0.0.2") as h:
        call = await h.pbx.call(h.bot, linger=2)
        await call.ended(30)
    assert (h.reached(), h.ended()["Status"]) == (["technician"], "FAILED")
    with acting_for(EVERYONE):
        assert await Call.objects.acount() == 0


async def test_a_tenant_that_is_switched_off_is_gated_before_the_bot(house, lab):
    async with house() as h:
        await Tenant.objects.filter(pk=h.tenant.pk).aupdate(is_active=False)
        call = await h.pbx.call(1, linger=2)
        await call.ended(30)
    assert h.reached() == ["technician"]
    with acting_for(EVERYONE):
        assert await Call.objects.acount() == 0


def has_only_the_greeting(row: Tenant) -> None:
    """Nobody is active to be handed over to, and from now on no vendor answers."""
    Tenant.objects.filter(pk=row.pk).update(voice="voice-of-nobody-else")
    with acting_for(row):
        TransferTarget.objects.update(is_active=False)
        configured = load(Tenant.objects.get(pk=row.pk))
        made = asyncio.run(make_missing([configured.phrases["greet"].text], configured.voice, lambda report: None))
    assert made.made


async def test_a_call_back_that_cannot_be_said_is_left_to_the_dialplan_s_person(house, settings, monkeypatch):
    async with house() as h:
        await however_long(partial(has_only_the_greeting, h.tenant))
        for vendor in settings.VENDORS.values():
            monkeypatch.setitem(vendor, "url", "http://127.0.0.1:9")
        registry.forget()
        call = await h.pbx.call(1, number="0612345678", linger=12)
        await call.ended(60)
        row, turns, ticket = await h.records()
    assert [turn.phrase for turn in turns] == ["greet"]
    assert (row.status, row.end_reason, ticket.status) == ("failed", "error", "failed")
    assert h.reached() == ["technician"]


async def test_two_tenants_get_their_own_phrases_and_tickets(house, asterisk, lab, settings):
    async with house(extens=PLAIN) as h:
        bravo = await sync_to_async(tenant)("bravo", "127.0.0.3")
        await h.product.refresh_allow_list()
        async with asterisk(extens=PLAIN, ip="127.0.0.3") as other:
            calls = [
                await h.pbx.call(h.bot, [lab.noise(), lab.hush(1.0)], linger=0),
                await other.call(f"127.0.0.3:{h.product.calls.port}", [lab.noise(), lab.hush(1.0)], linger=0),
            ]
            mine, theirs = [words_in((await call.ended(60)).bot_wav) for call in calls]
        await h.records()
    assert ("Alpha" in mine, "Bravo" in mine) == (True, False)
    assert ("Alpha" in theirs, "Bravo" in theirs) == (False, True)
    with acting_for(bravo):
        assert await Ticket.objects.acount() == 1


async def test_twenty_calls_at_once(house, lab, spoken):
    async with house(extens=PLAIN) as h:
        wish = spoken("Je veux parler à quelqu'un.")
        calls = []
        for _ in range(20):
            calls.append(await h.pbx.call(h.bot, [lab.noise(), lab.hush(1.0), wish], via="local", linger=15))
            await asyncio.sleep(0.1)  # callers do not dial in step
        results = [await call.ended(120) for call in calls]
        await h.product.calls.stop(20)
    assert len({result.uuid for result in results}) == 20
    with acting_for(h.tenant):
        assert await Ticket.objects.acount() == 20
        assert await Call.objects.filter(status="transferred").acount() == 20
        assert await Turn.objects.filter(speaker="caller", text="Je veux parler à quelqu'un.").acount() == 20
    assert h.reached() == ["technician"] * 20
