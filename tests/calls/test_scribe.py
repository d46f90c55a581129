"""What the notebook of a call stores while the call goes on."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from calls import scribe
from calls.models import Call, Turn
from calls.scribe import Said, Scribe
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 10


@pytest.fixture
async def call():
    tenant = await Tenant.objects.acreate(slug="house", name="House")
    with acting_for(tenant):
        server = await AsteriskServer.objects.acreate(name="pbx", network="127.0.0.1")
        yield await sync_to_async(Call.objects.create)(tenant=tenant, uuid="0" * 32, server=server)


class Nobody:
    def wants(self, kind):
        return False

    async def tell(self, events):
        raise AssertionError("nobody wants to hear it")


async def test_a_call_in_which_much_is_said_gives_signs_of_life(call, monkeypatch):
    monkeypatch.setattr(scribe, "HEARTBEAT_SECONDS", 0.2)
    notebook = Scribe(call, Nobody())
    with acting_for(call.tenant):
        writing = asyncio.create_task(notebook.run())
        async with asyncio.timeout(DEADLINE):
            while (await Call.objects.aget()).heartbeat_at == call.heartbeat_at:
                notebook.turn(Said(speaker=Turn.Speaker.CALLER, text="Allô ?", started_at=0, ended_at=1))
                await notebook.flush()
        writing.cancel()
        assert await Turn.objects.acount() >= 1
