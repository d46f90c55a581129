"""One channel for the commands of all calls of a process: who obeys, and what it survives."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer

from calls import switchboard as module
from calls.live import control_group
from calls.switchboard import Switchboard

ALPHA, BRAVO = 1, 2


class Phone:
    """Takes down what its call was asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.rang = asyncio.Event()

    async def obey(self, command: dict[str, Any]) -> None:
        self.heard.append(command["type"])
        self.rang.set()


async def tell(group: int, **command: Any) -> None:
    """Until the switchboard is in the group: nobody else takes it there."""
    layer = get_channel_layer()
    assert layer is not None
    async with asyncio.timeout(10):
        while control_group(group) not in layer.groups:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await layer.group_send(control_group(group), command)


async def rung(phone: Phone) -> list[str]:
    async with asyncio.timeout(10):
        await phone.rang.wait()
    phone.rang.clear()
    return phone.heard


async def test_what_names_a_call_is_obeyed_by_that_call_alone() -> None:
    board, one, other = Switchboard(), Phone(), Phone()
    with board.connected(ALPHA, "one", one.obey), board.connected(ALPHA, "other", other.obey):
        await tell(ALPHA, type="call.hangup", tenant=ALPHA, call="other")
        assert await rung(other) == ["call.hangup"]
        await tell(ALPHA, type="call.watch", tenant=ALPHA)
        assert await rung(one) == ["call.watch"]
        assert await rung(other) == ["call.hangup", "call.watch"]


async def test_a_call_obeys_its_own_company_only() -> None:
    board, alpha, bravo = Switchboard(), Phone(), Phone()
    with board.connected(ALPHA, "one", alpha.obey), board.connected(BRAVO, "two", bravo.obey):
        for command in ({"call": "one"}, {"call": "none"}, {}):  # in Bravo's name; the last for all of Bravo's
            await tell(BRAVO, type="call.hangup", tenant=BRAVO, **command)
        await rung(bravo)
        await tell(ALPHA, type="call.watch", tenant=ALPHA)
        assert await rung(alpha) == ["call.watch"]
    assert bravo.heard == ["call.hangup"]


async def test_a_call_that_fails_on_a_command_keeps_none_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(command: dict[str, Any]) -> None:
        raise KeyError("extension")

    board, phone = Switchboard(), Phone()
    with board.connected(ALPHA, "broken", fail), board.connected(ALPHA, "one", phone.obey):
        await tell(ALPHA, type="call.watch", tenant=ALPHA)
        assert await rung(phone) == ["call.watch"]
    assert "a call failed on call.watch" in caplog.text


async def test_a_short_call_between_two_others_takes_none_out_of_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """While Redis is slow the first one's leaving outlasts the second one."""
    layer, board, phone, may_leave = get_channel_layer(), Switchboard(), Phone(), asyncio.Event()
    discard, left = layer.group_discard, []

    async def slowly(group: str, channel: str) -> None:
        await may_leave.wait()
        await discard(group, channel)
        left.append(group)

    monkeypatch.setattr(layer, "group_discard", slowly)
    with board.connected(ALPHA, "first", phone.obey):
        await tell(ALPHA, type="call.hangup", tenant=ALPHA, call="first")  # it has joined
    await asyncio.sleep(0)  # it is leaving
    with board.connected(ALPHA, "second", phone.obey):
        await asyncio.sleep(0)
    with board.connected(ALPHA, "third", phone.obey):
        await asyncio.sleep(0)
        may_leave.set()
        async with asyncio.timeout(10):
            while not left or control_group(ALPHA) not in layer.groups:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        phone.rang.clear()
        await tell(ALPHA, type="call.hangup", tenant=ALPHA, call="third")
        assert "call.hangup" in await rung(phone)


async def test_it_comes_back_when_the_layer_does(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, phone, board = get_channel_layer(), Phone(), Switchboard()
    assert layer is not None
    receive, away = layer.receive, 0

    async def broken(channel: str) -> Any:
        nonlocal away
        away += 1
        if away == 1:
            raise ConnectionError("Redis is away")
        return await receive(channel)

    monkeypatch.setattr(layer, "receive", broken)
    with board.connected(ALPHA, "one", phone.obey):
        async with asyncio.timeout(10):
            while away < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await tell(ALPHA, type="call.hangup", tenant=ALPHA, call="one")
        assert await rung(phone) == ["call.hangup"]


async def test_it_leaves_the_groups_with_the_last_call_and_joins_again_with_the_next() -> None:
    layer, board = get_channel_layer(), Switchboard()
    assert layer is not None
    for number in range(3):
        phone = Phone()
        with board.connected(ALPHA, "one", phone.obey):
            await asyncio.sleep(0 if number % 2 else 0.01)  # also before it has joined
    with board.connected(ALPHA, "one", phone.obey):
        await tell(ALPHA, type="call.hangup", tenant=ALPHA, call="one")
        assert await rung(phone) == ["call.hangup"]
        assert len(layer.groups[control_group(ALPHA)]) == 1
    async with asyncio.timeout(module.LAYER_SECONDS):
        while layer.groups.get(control_group(ALPHA)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
