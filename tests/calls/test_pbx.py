"""Connections to Asterisk's manager: kept while they are needed, and dropped when nobody asks."""

import asyncio
import uuid

import pytest

from calls import pbx
from calls.case import Ending
from calls.models import Call
from monitoring.logs import current_call
from telephony import ami
from tenants.models import AsteriskServer
from tests.telephony.test_ami import managing


def server(port, host="127.0.0.1", number=None):
    return AsteriskServer(pk=number, name="PBX", ami_host=host, ami_port=port, ami_user="voicebot", ami_secret="secret")


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
        assert await pbx.who_calls(server(old.port, number=1), uuid.uuid4()) is None
        (first,) = connections.values()
        pbx._last_used[first] -= pbx.UNUSED_SECONDS + 1
        assert await pbx.who_calls(server(new.port, number=2), uuid.uuid4()) is None
        assert first not in connections.values()
        assert not first.is_connected
        assert len(connections) == 1


async def test_a_name_that_no_host_can_have_costs_no_call(connections, caplog):
    assert await pbx.who_calls(server(5038, "pbx..local"), uuid.uuid4()) is None
    assert "does not say who calls" in caplog.text


async def test_a_server_that_leads_elsewhere_keeps_no_connection_to_where_it_led(connections):
    async with managing() as old, managing() as new:
        await pbx._connected(server(old.port, number=1))
        (first,) = connections.values()
        await pbx._connected(server(old.port, number=2))
        await pbx._connected(server(new.port, number=1))
        assert not first.is_connected
        assert sorted(number for _loop, number, _address in connections) == [1, 2]


async def test_a_wrong_secret_is_tried_once_a_minute(connections, caplog):
    async with managing() as manager:
        manager.on("Login", "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n")
        ending = Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)
        await asyncio.gather(*(pbx.who_calls(server(manager.port), uuid.uuid4()) for _ in range(3)))
        await pbx.leave_mark(server(manager.port), uuid.uuid4(), ending)
        assert [action["Action"] for action in manager.actions] == ["Login"]
        assert "Authentication failed; not asked again within 60 s" in caplog.text
        (connection,) = connections.values()
        connection._failed_at -= pbx.REFUSED_SECONDS
        await pbx.who_calls(server(manager.port), uuid.uuid4())
        assert [action["Action"] for action in manager.actions] == ["Login", "Login"]


async def test_who_keeps_a_connection_logs_in_no_call_s_name(connections, caplog, monkeypatch):
    monkeypatch.setattr(ami, "FIRST_PAUSE", 0.01)
    named = []
    monkeypatch.setattr(ami.logger, "warning", lambda *_: named.append(current_call.get()))
    monkeypatch.setattr(ami.logger, "info", lambda *_: named.append(current_call.get()))
    async with managing() as manager:
        token = current_call.set("a-call")
        await pbx._connected(server(manager.port))
        manager.drop()
        await manager.until("Login", 2)
        current_call.reset(token)
    assert set(named) == {""}
