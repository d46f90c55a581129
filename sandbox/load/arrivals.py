"""Callers who come when they come, and go when they have had enough: an hour of a capacity plan, in earnest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from monitoring.capacity.traffic import Arrival
from sandbox.caller import End
from sandbox.load.generator import Generator


class Played(NamedTuple):
    """What became of a caller; times are seconds since the first one could have called."""

    arrival: Arrival
    began: float
    ended: float
    end: End


class Callers(Generator):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, calls=0, seconds=0)

    async def play(self, arrivals: Iterable[Arrival]) -> list[Played]:
        """Each calls at its time, and stays for its seconds or until the bot ends the call; nobody tries again."""
        expected = list(arrivals)
        loop = asyncio.get_running_loop()
        wheel = asyncio.create_task(self._wheel())
        began = loop.time() - expected[0].at
        played: list[Played] = []

        async def call(arrival: Arrival) -> None:
            await asyncio.sleep(began + arrival.at - loop.time())
            at = loop.time()
            try:
                connection = await self._dial()
            except OSError:
                end = End.LOST
            else:
                await asyncio.wait([connection.over], timeout=arrival.seconds)
                end = self._forget(connection, End.CALLER_HANGUP)
            played.append(Played(arrival, at - began, loop.time() - began, end))

        try:
            async with asyncio.TaskGroup() as callers:
                for arrival in expected:
                    callers.create_task(call(arrival))
        finally:
            wheel.cancel()
        return sorted(played)
