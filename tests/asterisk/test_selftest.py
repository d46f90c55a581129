"""The whole self-test against a real Asterisk, with the call that it places."""

from __future__ import annotations

from functools import partial

import pytest

from calls import selftest
from calls.db import however_long
from calls.models import Call
from tenants.models import AsteriskServer, ConnectionTest, Tenant
from tenants.scope import acting_for
from tests.asterisk.test_calls import house as house
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


def made(tenant: Tenant) -> ConnectionTest:
    with acting_for(tenant):
        test = selftest.begin(server=AsteriskServer.objects.get())
        selftest.run(test)
        return test


async def test_every_step_is_green_with_a_call_to_its_end(house, settings):
    async with house(ami=True) as h:
        settings.SITE_URL = h.product.url
        test = await however_long(partial(made, h.tenant))
        await h.pbx.idle()
    assert [(step["key"], step["state"]) for step in test.steps] == [(key, "good") for key in selftest.STEPS], (
        test.steps
    )
    with acting_for(h.tenant):
        call = await Call.objects.aget()
        server = await AsteriskServer.objects.aget()
        assert (call.is_test, call.status, call.end_reason) == (True, "completed", "hangup")
        assert not await Ticket.objects.aexists()
    assert (server.version[:3], server.announced_from, h.reached()) == ("22.", "127.0.0.1", [])
