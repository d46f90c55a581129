"""A worker dies, hangs or drains under a real Asterisk's call: who takes the caller then?

The service is `manage.py runaudiosocket` as in production, on the test's own database.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import wave
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.db.models import F
from pytest_django import Settings

from calls import journal
from calls.abandoned import ABANDONED_AFTER, close_abandoned
from calls.db import in_database
from calls.models import Call, Turn
from companies.models import Customer
from sandbox.product import Product
from telephony.dialplan import dialplan
from telephony.supervisor import HUNG_SECONDS
from tenants.models import AsteriskServer, Phrase, Tenant, TransferTarget
from tenants.scope import acting_for
from tenants.services import create_tenant
from tests.asterisk.test_calls import words_in
from tests.telephony.test_supervisor import Service
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

IP = "127.0.0.4"
TECHNICIAN_HERTZ = 900  # the lab's technician says a tone
AUDIBLE = 300
SHORT = ("greet", "greet_known", "ask_problem", "remedy_intro", "take_your_time", "transfer")
EXTENS = """
exten => bot,1,Answer()
 same => n,Set(BOT_UUID=${LAB_UUID})
 same => n,TryExec(AudioSocket(${BOT_UUID},${LAB_BOT}))
 same => n,UserEvent(Ended,Call: ${BOT_UUID},Status: ${TRYSTATUS},Done: ${BOT_DONE},Next: ${BOT_NEXT})
 same => n,GotoIf($["${BOT_DONE}" = "1"]?done)
 same => n,Goto(transfer,technician,1)
 same => n(done),Hangup()

[transfer]
exten => technician,1,UserEvent(Reached,Call: ${BOT_UUID})
 same => n,Dial(Local/technician@phones/n,20)
 same => n,Hangup()
"""


GENERATED = """
exten => bot,1,Goto(voicebot,s,1)
{dialplan}
[transfer]
exten => technician,1,UserEvent(Reached,Person: technician)
 same => n,Hangup()
"""


class House:
    """A tenant, its Asterisk, and the service that both are served by."""

    def __init__(self, tenant: Tenant, pbx: Any, service: Service) -> None:
        self.tenant, self.pbx, self.service = tenant, pbx, service
        self._events: list[dict[str, str]] = []
        self._changed = asyncio.Event()
        pbx.ami.listeners.add(self._listen)

    def _listen(self, event: dict[str, str]) -> None:
        if "UserEvent" in event:
            self._events.append(event)
            self._changed.set()

    async def event(self, name: str, call: Any, within: float = 10) -> dict[str, str]:
        """What the dialplan said of a call, as soon as it says so."""
        async with asyncio.timeout(within):
            while True:
                for event in self._events:
                    if (event["UserEvent"], event.get("Call")) == (name, call.uuid):
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def call(self, *script: Any) -> Any:
        return await self.pbx.call(f"{IP}:{self.service.port}", script, number="0612345678", via="local")

    async def worker_of(self, call: Any) -> int:
        """The process that talks to the caller, once the caller's words are stored."""
        with acting_for(self.tenant):
            async with asyncio.timeout(30):
                while not await Turn.objects.filter(call__uuid=call.uuid, speaker="caller").aexists():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            row = await Call.objects.aget(uuid=call.uuid)
        return int(row.worker.rpartition(":")[2])

    async def is_answered(self, lab: Any) -> bool:
        """Whether somebody who calls now hears the bot, and nobody else."""
        call = await self.call(lab.noise(10))
        await call.script_done(15)
        with acting_for(self.tenant):
            return await Call.objects.filter(uuid=call.uuid, status="in_progress").aexists()

    async def is_dropped(self, call: Any) -> Call:
        """The call, once it has been found without a sign of life."""
        with acting_for(self.tenant):
            late = F("heartbeat_at") - ABANDONED_AFTER - timedelta(seconds=1)
            await Call.objects.filter(uuid=call.uuid).aupdate(heartbeat_at=late)
            assert await in_database(close_abandoned) == 1
            return await Call.objects.aget(uuid=call.uuid)


@pytest.fixture
def house(
    asterisk: Callable[..., Any], transactional_db: None, tmp_path: Any, vendors_url: str
) -> Callable[[], contextlib.AbstractAsyncContextManager[House]]:
    if connection.vendor != "sqlite":
        pytest.skip("the service is given the test's database as a file")

    @contextlib.asynccontextmanager
    async def house() -> AsyncIterator[House]:
        async with asterisk(extens=EXTENS, ip=IP) as pbx:
            tenant = await sync_to_async(settle)(pbx)
            (tmp_path / "voicebot.sqlite3").symlink_to(connection.settings_dict["NAME"])
            async with serving(DATA_DIR=str(tmp_path), SANDBOX_URL=vendors_url) as service:
                yield House(tenant, pbx, service)

    return house


@pytest.fixture
def connected(
    asterisk: Callable[..., Any], transactional_db: None, tmp_path: Any, vendors_url: str, settings: Settings
) -> Callable[[], contextlib.AbstractAsyncContextManager[House]]:
    """As `house`, with the generated dialplan, which asks a site."""
    if connection.vendor != "sqlite":
        pytest.skip("the service is given the test's database as a file")

    @contextlib.asynccontextmanager
    async def connected() -> AsyncIterator[House]:
        (tmp_path / "voicebot.sqlite3").symlink_to(connection.settings_dict["NAME"])
        async with contextlib.AsyncExitStack() as stack:
            site = await stack.enter_async_context(Product(vendors_url=vendors_url))
            tenant = await sync_to_async(settle)(None)
            text = await sync_to_async(generated)(tenant, site.url)
            service = await stack.enter_async_context(serving(DATA_DIR=str(tmp_path), SANDBOX_URL=vendors_url))
            settings.AUDIOSOCKET_PUBLIC_ADDRESS = f"{IP}:{service.port}"
            pbx = await stack.enter_async_context(asterisk(extens=GENERATED.format(dialplan=text), ip=IP))
            yield House(tenant, pbx, service)

    return connected


def generated(tenant: Tenant, url: str) -> str:
    with acting_for(tenant):
        return dialplan(AsteriskServer.objects.get(), TransferTarget.objects.all(), site_url=url)


def settle(pbx: Any) -> Tenant:
    tenant = create_tenant(slug="alpha", name="Alpha", language="fr")
    with acting_for(tenant):
        for phrase in Phrase.objects.filter(key__in=SHORT):
            phrase.text = "Bonjour."  # nobody needs to wait for the end of a long one
            phrase.save()
        Customer.objects.create(phone_number="+33612345678", first_name="Pierre")
        manager = {"ami_host": IP, "ami_port": pbx.ami_port, "ami_user": "lab", "ami_secret": "lab"} if pbx else {}
        AsteriskServer.objects.create(name="PBX", network=IP, **manager)
    return tenant


@contextlib.asynccontextmanager
async def serving(*arguments: str, **environment: str) -> AsyncIterator[Service]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(settings.BASE_DIR / "manage.py"), "runaudiosocket"),
        *("--host", "0.0.0.0", "--port", "0", "--workers", "2", "--drain", "30", *arguments),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment, "LOG_LEVEL": "INFO", "DATABASE_URL": ""},
    )
    service = Service(process)
    try:
        service.port = int((await service.until(r"port (\d+), "))[1])
        await service.ready(2)
        yield service
    finally:
        if process.returncode is None:
            service.signal(signal.SIGTERM)
            service.signal(signal.SIGINT)  # the second one means: at once
            await service.ended()
        await service._reading
        print(service.log)


def last_tone(path: Path) -> float:
    """The loudest frequency of the last half second that is not silent: his tone ends before a slow worker is ready."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    end = int(np.flatnonzero(np.abs(samples.astype(int)) > AUDIBLE)[-1]) + 1
    return float(np.abs(np.fft.rfft(samples[end - 4000 : end])).argmax()) * 2


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
async def test_a_person_takes_the_call_of_a_worker_that_is_lost(house, lab, spoken, end):
    async with house() as h:
        call = await h.call(lab.noise(), lab.hush(1.0), spoken("Ma box internet ne marche plus."))
        pid = await h.worker_of(call)
        os.kill(pid, end)
        ended = await h.event("Ended", call, HUNG_SECONDS + 5)
        assert (ended["Done"], ended["Next"]) == ("", "")
        await h.event("Reached", call)
        await call.then([lab.noise()])  # the technician speaks
        assert await h.is_answered(lab)
        await h.service.ready(3)  # it was replaced
        assert f"(pid {pid}) ended with status -9" in h.service.log
        await call.script_done(10)
        await call.hang_up()  # fails when the caller is not on the line any more
        result = await call.ended(10)
        row = await h.is_dropped(call)
        with acting_for(h.tenant):
            ticket = await Ticket.objects.aget(call=row)
    assert last_tone(result.bot_wav) == pytest.approx(TECHNICIAN_HERTZ, abs=2)
    assert (row.status, row.end_reason) == ("dropped", "worker_died")
    assert ticket.phone_number == "+33612345678"
    assert "box internet" in (ticket.description + ticket.summary)


async def is_at_a_step(tenant: Tenant) -> Call:
    """The call, once its worker has noted that the caller tries something."""
    with acting_for(tenant):
        async with asyncio.timeout(40):
            while True:
                call = await Call.objects.filter(scene="remedy").afirst()
                if call is not None and "step" in (await in_database(journal.notes, call)).get("known", {}):
                    return call
                await asyncio.sleep(0.05)


async def test_another_worker_goes_on_where_one_was_killed(connected, lab, spoken):
    async with connected() as h:
        call = await h.pbx.call(
            1, [lab.noise(), lab.hush(1.0), spoken("Ma box internet ne marche plus.")], number="0612345678", via="local"
        )
        first = await is_at_a_step(h.tenant)
        os.kill(int(first.worker.rpartition(":")[2]), signal.SIGKILL)
        await call.then([lab.noise(), lab.hush(1.0), lab.dtmf("0")])
        result = await call.ended(60)
        dropped = await h.is_dropped(first)
        with acting_for(h.tenant):
            ticket = await Ticket.objects.aget()
            second = await Call.objects.aget(ticket=ticket)
            said = [turn.phrase async for turn in second.turns.filter(speaker="bot")]
    assert said[:2] == ["cut_off", "internet_step_2"]
    assert "je reprends" in words_in(result.bot_wav)  # a stall of this machine costs a word
    assert (dropped.status, dropped.end_reason) == ("dropped", "worker_died")
    assert (second.resumes_id, second.status, second.end_reason) == (dropped.pk, "transferred", "handover")
    assert (ticket.status, ticket.client_name) == ("transferred", "Pierre")
    assert ticket.description == "Ma box internet ne marche plus."


async def test_the_calls_in_progress_outlast_a_stop_and_new_ones_reach_a_person(house, lab, spoken):
    async with house() as h:
        wish = (spoken("Ma box internet ne marche plus."), lab.wait(1), lab.dtmf("0"))
        call = await h.call(lab.noise(), lab.hush(1.0), *wish)
        await h.worker_of(call)
        h.service.signal(signal.SIGTERM)
        await h.service.until("stopping: 1 connections")
        late = await h.call()
        assert (await h.event("Ended", late))["Status"] == "FAILED"
        await h.event("Reached", late)
        ended = await h.event("Ended", call, 30)
        assert (ended["Status"], ended["Next"]) == ("SUCCESS", "technician")
        assert await h.service.ended() == 0
        with acting_for(h.tenant):
            row = await Call.objects.aget()
            ticket = await Ticket.objects.aget(call=row)
    assert (row.status, ticket.status) == ("transferred", "transferred")
