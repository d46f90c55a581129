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

from calls.db import in_database
from calls.models import Call, Turn
from calls.services import ABANDONED_AFTER, close_abandoned
from companies.models import Customer
from telephony.supervisor import HUNG_SECONDS
from tenants.models import AsteriskServer, Phrase, Tenant
from tenants.scope import acting_for
from tenants.services import create_tenant
from tests.telephony.test_supervisor import Service
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

IP = "127.0.0.4"
TECHNICIAN_HERTZ = 900  # the lab's technician says a tone
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

    async def is_dropped_with_a_ticket(self, call: Any) -> tuple[Call, Ticket]:
        """The call and its ticket, once it has been found without a sign of life."""
        with acting_for(self.tenant):
            late = F("heartbeat_at") - ABANDONED_AFTER - timedelta(seconds=1)
            await Call.objects.filter(uuid=call.uuid).aupdate(heartbeat_at=late)
            assert await in_database(close_abandoned) == 1
            row = await Call.objects.aget(uuid=call.uuid)
            return row, await Ticket.objects.aget(call=row)


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


def settle(pbx: Any) -> Tenant:
    tenant = create_tenant(slug="alpha", name="Alpha", language="fr")
    with acting_for(tenant):
        for phrase in Phrase.objects.filter(key__in=("greet", "greet_known", "ask_problem")):
            phrase.text = "Bonjour."  # nobody needs to wait for the end of a long one
            phrase.save()
        Customer.objects.create(phone_number="+33612345678", first_name="Pierre")
        AsteriskServer.objects.create(
            name="PBX", network=IP, ami_host=IP, ami_port=pbx.ami_port, ami_user="lab", ami_secret="lab"
        )
    return tenant


@contextlib.asynccontextmanager
async def serving(**environment: str) -> AsyncIterator[Service]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(settings.BASE_DIR / "manage.py"), "runaudiosocket"),
        *("--host", "0.0.0.0", "--port", "0", "--workers", "2", "--drain", "30"),
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
    """The loudest frequency of the last half second."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[-4000:]
    return float(np.abs(np.fft.rfft(samples)).argmax()) * 2


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
        row, ticket = await h.is_dropped_with_a_ticket(call)
    assert last_tone(result.bot_wav) == pytest.approx(TECHNICIAN_HERTZ, abs=2)
    assert (row.status, row.end_reason) == ("dropped", "worker_died")
    assert ticket.phone_number == "+33612345678"
    assert "box internet" in (ticket.description + ticket.summary)


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
