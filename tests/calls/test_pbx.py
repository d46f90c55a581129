"""Connections to Asterisk's manager: kept while they are needed, and dropped when nobody asks."""

import uuid

import pytest

from calls import pbx
from tenants.models import AsteriskServer
from tests.telephony.test_ami import managing


def server(port, host="127.0.0.1"):
    return AsteriskServer(name="PBX", ami_host=host, ami_port=port, ami_user="voicebot", ami_secret="secret")


@pytest.fixture
async def connections():
    yield pbx._connections
    await pbx.disconnect()
    assert not pbx._last_used


async def test_a_connection_that_nobody_used_for_long_is_dropped(connections):
    async with managing() as old, managing() as new:
        for manager in (old, new):
            manager.on("Status", "Response: Success\r\nActionID: {id}\r\n\r\nEvent: StatusComplete\r\n"
                       "EventList: Complete\r\nActionID: {id}\r\n\r\n")  # fmt: skip
        assert await pbx.who_calls(server(old.port), uuid.uuid4()) is None
        (first,) = connections.values()
        pbx._last_used[first] -= pbx.UNUSED_SECONDS + 1
        assert await pbx.who_calls(server(new.port), uuid.uuid4()) is None
        assert first not in connections.values()
        assert not first.is_connected
        assert len(connections) == 1


async def test_a_name_that_no_host_can_have_costs_no_call(connections, caplog):
    assert await pbx.who_calls(server(5038, "pbx..local"), uuid.uuid4()) is None
    assert "does not say who calls" in caplog.text
