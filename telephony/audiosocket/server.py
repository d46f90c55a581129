"""The AudioSocket server of one process: an ASGI application, once for each call."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from monitoring import metrics
from monitoring.once import OncePerMinute
from telephony.audiosocket.events import Application
from telephony.audiosocket.limits import Limits
from telephony.audiosocket.metronome import Metronome
from telephony.audiosocket.protocol import AudioSocketProtocol, Refusal
from telephony.audiosocket.shedding import LoadShedding

logger = logging.getLogger(__name__)

MEASURE_SECONDS: Final = 1.0


class AudioSocketServer:
    """Serves calls, on a port of its own (`start`) or as they are handed over (`adopt`)."""

    def __init__(
        self,
        application: Application,
        *,
        allowed: Callable[[str], bool],
        proxied: Callable[[str], bool] = lambda address: False,
        max_calls: int,
        state: dict[str, Any] | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`allowed` says whether an address may call; it is asked first, so it must not wait.

        `proxied` says whether a balancer connects from an address, who tells for whom (proxying.py).

        `state` is copied into the scope of each call. Needs a running event loop.
        """
        self.application = application
        self.state = state or {}
        self.may_log = OncePerMinute()
        self.metronome = Metronome(asyncio.get_running_loop().call_later)
        self.shedding = LoadShedding(settings.MOST_LATENESS_SECONDS)
        self.open: set[AudioSocketProtocol] = set()
        self.opening: dict[AudioSocketProtocol, None] = {}  # of them, those that may become a call; the oldest first
        self.closing: set[AudioSocketProtocol] = set()
        self.calls: dict[UUID, asyncio.Task[None]] = {}
        self.draining = False
        self.allows = allowed
        self.is_proxy = proxied
        self._max_calls = max_calls
        self._limits = limits or Limits()
        self._listener: asyncio.Server | None = None
        self._adoptions: set[asyncio.Task[None]] = set()
        self._sent_frames = 0  # that were counted
        self._pulse = self._measure_in_a_second()

    @property
    def active_calls(self) -> int:
        """Calls whose application has not ended."""
        return len(self.calls)

    @property
    def load(self) -> int:
        """Connections that are, or may become, a call."""
        return len(self.open) + len(self._adoptions)

    @property
    def port(self) -> int:
        """Of the own listening socket. Raises RuntimeError when there is none."""
        if self._listener is None or not self._listener.sockets:
            raise RuntimeError("the server does not listen: call start() first")
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._protocol, host, port, backlog=1024)

    def adopt(self, connection: socket.socket) -> None:
        """Serve a connection that somebody else accepted."""
        task = asyncio.get_running_loop().create_task(self._adopt(connection))
        self._adoptions.add(task)
        task.add_done_callback(self._adoptions.discard)

    async def stop(self, drain_seconds: float) -> None:
        """Refuse new calls, ask those in progress to end, and cancel them after `drain_seconds`.

        The own port stays open, and answers, until the last call has ended: a closed one
        would harm the Asterisks (a refused connection damages them).
        """
        self.draining = True
        if self.calls:
            logger.info("draining %d calls for up to %g s", len(self.calls), drain_seconds)
            for connection in list(self.open):
                connection.drain(drain_seconds)
            await asyncio.wait(list(self.calls.values()), timeout=drain_seconds)
        late = list(self.calls.values())
        for task in late:
            task.cancel()
        if late:
            logger.warning("cancelled %d calls that did not end in time", len(late))
            await asyncio.wait(late, timeout=self._limits.application)
        if remaining := self.open | self.closing:
            await asyncio.wait([connection.closed for connection in remaining], timeout=self._limits.linger)
        self._pulse.cancel()
        if self._listener is not None:
            self._listener.close()
        for connection in self.open | self.closing:
            connection.transport.abort()

    def turn_away(self, address: str) -> Refusal | None:
        """Why a new connection from `address` is refused; None: it is welcome."""
        if not (address and (self.is_proxy(address) or self.allows(address))):
            return "not_allowed"
        if self.draining:
            return "draining"
        if self.shedding.is_on:
            return "overloaded"
        if len(self.open) >= self._max_calls and not self._make_room():
            return "full"
        return None

    def _make_room(self) -> bool:
        """Give up the connection that has failed for longest to say which call it is; False: all of them are calls.

        A call says it at once. Whoever connects and is silent, as often as he can, keeps nobody out.
        """
        oldest = next(iter(self.opening), None)
        if oldest is not None:
            oldest.give_up()
        return oldest is not None

    def _measure_in_a_second(self) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        return loop.call_later(MEASURE_SECONDS, self._measure, time.monotonic() + MEASURE_SECONDS)

    def _measure(self, due: float) -> None:
        """Tell what is too frequent to be counted one by one, and how late the event loop and the frames are."""
        metrics.event_loop_lag_seconds.observe(max(time.monotonic() - due, 0.0))
        frames = self.metronome.lateness.frames
        metrics.sent_frames.inc(max(frames - self._sent_frames, 0))  # a benchmark begins anew
        self._sent_frames = frames
        was_shedding, recent = self.shedding.is_on, self.metronome.recent_lateness
        late = recent.quantile(0.99)
        self.shedding.measured(late)
        recent.reset()
        if self.shedding.is_on != was_shedding:
            what = "no new calls for now" if self.shedding.is_on else "calls are welcome again"
            logger.warning("frames are late by %.0f ms (p99): %s", late * 1000, what)
        self._pulse = self._measure_in_a_second()

    def _protocol(self) -> AudioSocketProtocol:
        return AudioSocketProtocol(self, self._limits)

    async def _adopt(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        except OSError:  # it was gone before we looked
            connection.close()
