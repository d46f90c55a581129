"""Many calls at once, and how late the bot's frames come."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

import numpy as np
import numpy.typing as npt

from sandbox.caller import FRAME_SECONDS, End
from sandbox.load.call import LoadCall, framed
from sandbox.voice import render

SLOTS = 10  # the wheel sends for a tenth of the calls every 2 ms
CONNECT_SECONDS = 5.0
RAMP_CALLS_PER_SECOND = 20
REST_SECONDS = 1.0  # after a failed call, before the next
SHORTEST_CALL = 1.0
WARM_UP_SECONDS = 2.0
GRID_FRAMES = 150
SPEECH = "Ma box internet ne marche plus depuis ce matin."


class NotReady(Exception):
    """Nothing answers calls there."""


@dataclass(frozen=True, kw_only=True)
class Report:
    ends: Counter[End]
    arrivals: npt.NDArray[np.float64]  # when each frame came, by the system's clock
    lateness: npt.NDArray[np.float64]  # seconds, of each frame
    latencies: npt.NDArray[np.float64]  # seconds, from the caller's last sound to the bot's first
    greetings: npt.NDArray[np.float64]  # seconds, from the connection to the bot's first sound
    cpu_per_call_second: float | None  # seconds; None when the bot's processes are not known

    @property
    def calls_completed(self) -> int:
        return self.ends[End.CALLER_HANGUP] + self.ends[End.BOT_HANGUP]

    def as_json(self) -> dict[str, int | float | None]:
        cpu = self.cpu_per_call_second
        return {
            "calls_completed": self.calls_completed,
            "calls_failed": self.ends.total() - self.calls_completed,
            "cpu_ms_per_call_second": None if cpu is None else round(cpu * 1000, 3),
            "frame_lateness_p50_ms": _percentile(self.lateness, 50),
            "frame_lateness_p99_ms": _percentile(self.lateness, 99),
            "frame_lateness_max_ms": _percentile(self.lateness, 100),
            "response_latency_p50_ms": _percentile(self.latencies, 50),
            "response_latency_p95_ms": _percentile(self.latencies, 95),
        }


def lateness(arrivals: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """How much later each frame came than the best 20 ms grid of the last 3 s would have it.

    The grid is where the earliest frame of these 3 s lies, as `asbench` measures it.
    """
    times = np.asarray(arrivals, np.float64)
    if not len(times):
        return times
    offsets = times - FRAME_SECONDS * np.arange(len(times))
    padded = np.concatenate([np.full(GRID_FRAMES - 1, offsets[0]), offsets])
    earliest = np.lib.stride_tricks.sliding_window_view(padded, GRID_FRAMES).min(axis=1)
    late: npt.NDArray[np.float64] = offsets - earliest
    return late


class Generator:
    """`cpu` gives the CPU seconds that the bot has used so far."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        calls: int,
        seconds: float,
        cpu: Callable[[], float] | None = None,
        lines: Sequence[str] = (),
        longest: float = inf,
        spread: float = 0.0,
        source: str = "",
    ) -> None:
        """`lines`: what each caller says, in order and again, so that emulated vendors hear it; else one sentence.

        `longest`: seconds after which a caller hangs up, and calls again, more or less by `spread` at most.
        `source`: the address that they call from.
        """
        self._address = (host, port)
        self._calls, self._seconds, self._cpu, self._longest = calls, seconds, cpu, longest
        self._spread, self._source = spread, source
        self._random = Random(1)
        self._speeches = [framed(render(line, "fr", voice="male", captions=bool(lines))) for line in lines or (SPEECH,)]
        self._slots: list[list[LoadCall]] = [[] for _ in range(SLOTS)]
        self._all: list[LoadCall] = []
        self._ends: Counter[End] = Counter()

    async def run(self) -> Report:
        """Dial one after the other, then hold that many calls; a call that the bot ends is followed by another."""
        loop = asyncio.get_running_loop()
        wheel = asyncio.create_task(self._wheel())
        ramp = min(self._calls / RAMP_CALLS_PER_SECOND, self._seconds / 3)
        began = loop.time()
        until = began + ramp + self._seconds
        try:
            async with asyncio.TaskGroup() as callers:
                for number in range(self._calls):
                    callers.create_task(self._call_again(began + ramp * number / self._calls, until))
                await asyncio.sleep(began + ramp - loop.time())
                cpu, frames = self._cpu_seconds(), self._frames_sent()
                await asyncio.sleep(until - SHORTEST_CALL - loop.time())
                cpu, frames = self._cpu_seconds() - cpu, self._frames_sent() - frames
        finally:
            wheel.cancel()
        return Report(
            ends=self._ends,
            arrivals=np.concatenate([np.zeros(0), *(call.arrivals for call in self._all)]),
            lateness=np.concatenate([lateness(call.arrivals) for call in self._all] or [np.zeros(0)]),
            latencies=np.array([latency for call in self._all for latency in call.response_latencies]),
            greetings=np.array([call.greeted_after for call in self._all if call.greeted_after is not None]),
            cpu_per_call_second=cpu / (frames * FRAME_SECONDS) if self._cpu and frames else None,
        )

    async def wait_until_ready(self, timeout: float) -> None:
        """Place one call that does not count, again until it is answered. Raises NotReady."""
        loop = asyncio.get_running_loop()
        wheel = asyncio.create_task(self._wheel())
        deadline = loop.time() + timeout
        try:
            while loop.time() < deadline:
                with contextlib.suppress(OSError):
                    call = await self._dial()
                    await asyncio.wait([call.over], timeout=WARM_UP_SECONDS)
                    self._forget(call, End.CALLER_HANGUP)
                    if call.arrivals:
                        return
                await asyncio.sleep(0.2)
        finally:
            wheel.cancel()
        raise NotReady(f"no call was answered at {self._address[0]}:{self._address[1]} within {timeout:.0f} s")

    async def _call_again(self, begin: float, until: float) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(begin - loop.time())
        while (left := until - loop.time()) > SHORTEST_CALL:
            try:
                call = await self._dial()
            except OSError:
                end = End.LOST
            else:
                self._all.append(call)
                await asyncio.wait(
                    [call.over], timeout=min(left, self._longest + self._random.uniform(-1, 1) * self._spread)
                )
                is_silent = not call.arrivals or time.time() - call.arrivals[-1] > SHORTEST_CALL
                end = self._forget(call, End.LOST if is_silent else End.CALLER_HANGUP)
            self._ends[end] += 1
            if end not in (End.BOT_HANGUP, End.CALLER_HANGUP):
                await asyncio.sleep(REST_SECONDS)

    async def _dial(self) -> LoadCall:
        connection = socket.socket()
        connection.setblocking(False)
        if self._source:
            connection.bind((self._source, 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(connection, self._address)
            call = LoadCall(connection, self._speeches)
        except BaseException:
            connection.close()
            raise
        min(self._slots, key=len).append(call)
        return call

    def _forget(self, call: LoadCall, how: End) -> End:
        """Hang up, if that has not happened; how the call ended."""
        call.end(how)
        for slot in self._slots:
            if call in slot:
                slot.remove(call)
        return call.over.result()

    async def _wheel(self) -> None:
        """Each call's frame every 20 ms, on an absolute clock."""
        loop = asyncio.get_running_loop()
        began, turns = loop.time(), 0
        while True:
            now = time.time()
            for call in self._slots[turns % SLOTS]:
                if not call.over.done():
                    call.tick(now)
            turns += 1
            await asyncio.sleep(began + turns * FRAME_SECONDS / SLOTS - loop.time())

    def _cpu_seconds(self) -> float:
        return self._cpu() if self._cpu else 0.0

    def _frames_sent(self) -> int:
        return sum(call.frames_sent for call in self._all)


def _percentile(seconds: npt.NDArray[np.float64], percent: float) -> float | None:
    """In milliseconds; None when there is nothing."""
    return round(float(np.percentile(seconds, percent)) * 1000, 2) if len(seconds) else None
