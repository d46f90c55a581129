"""A worker of `runaudiosocket`: takes calls from the supervisor, and tells it how it is."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import uvloop
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string

from providers import registry
from telephony import handover
from telephony.audiosocket import proxying
from telephony.audiosocket.server import AudioSocketServer
from tenants.allowlist import AllowList
from voicebot_site import celery
from voicebot_site.threads import go_first, stand_back

logger = logging.getLogger(__name__)

ALLOW_LIST_SECONDS: Final = 5.0
TIDY_SECONDS: Final = 10.0
FEW_CALLS: Final = 20
SWEEP_SECONDS: Final = 0.05
# With the default of 5 ms a busy thread holds up every frame.
SWITCH_SECONDS: Final = 0.0005


def run(control: socket.socket, *, drain_seconds: float, application: str | None = None) -> None:
    """Serve until the supervisor says so, or is gone.

    `application`, a dotted path, stands in for the product in tests and benchmarks; it
    takes calls from this machine only, and no database is asked.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    go_first()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Worker(control, drain_seconds, application).serve())


class Worker:
    def __init__(self, control: socket.socket, drain_seconds: float, application: str | None) -> None:
        self._control = control
        self._drain_seconds = drain_seconds
        self._application = application
        self._server: AudioSocketServer | None = None
        self._taken = 0
        self._stopped = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._control.fileno(), self._listen)
        loop.add_signal_handler(signal.SIGTERM, self._drain)
        for ignored in (signal.SIGINT, signal.SIGHUP):  # meant for the supervisor
            loop.add_signal_handler(ignored, lambda: None)
        reporting = asyncio.create_task(self._report_regularly())
        tidying = asyncio.create_task(self._tidy_up())
        sweeping = asyncio.create_task(self._sweep())
        warming = asyncio.create_task(self._warm_up())
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            await asyncio.wait([warming, stopped], return_when=asyncio.FIRST_COMPLETED)
            if warming.done():
                self._server = warming.result()
                self._report()
                await stopped
        finally:
            for task in (warming, reporting, tidying, sweeping, self._refreshing):
                if task is not None:
                    task.cancel()
            loop.remove_reader(self._control.fileno())

    # Getting ready

    async def _warm_up(self) -> AudioSocketServer:
        """Everything that would stall the first calls is done before there are any."""
        state: dict[str, Any] = {}
        if self._application is None:
            application = import_string(settings.ASGI_APPLICATION)
            for kind in registry.KINDS:  # imports take 0.2 s each, a TLS context 20 ms
                registry.vendors(kind)
            celery.get_ready()  # 0.2 s, at the end of the first call
            allow_list = state["allow_list"] = AllowList()
            allowed = await self._watch(allow_list)
        else:
            application, allowed = import_string(self._application), is_of_this_machine
        server = AudioSocketServer(
            application,
            allowed=allowed,
            proxied=proxying.trusted(settings.AUDIOSOCKET_PROXIES),
            max_calls=settings.MAX_CALLS_PER_WORKER,
            state=state,
        )
        # A full collection of what Django and the SDKs keep takes 20 to 75 ms; frozen, none. And none comes
        # by itself: it would look through what calls made in seconds, 5 to 20 ms with 600 of them.
        gc.collect()
        gc.freeze()
        gc.set_threshold(0)
        return server

    async def _watch(self, allow_list: AllowList) -> Callable[[str], bool]:
        """Keep the list fresh; returns when it has been read for the first time."""
        read = asyncio.Event()
        self._refreshing = asyncio.create_task(self._refresh(allow_list, read))
        await read.wait()
        return lambda address: allow_list.find(address) is not None

    async def _refresh(self, allow_list: AllowList, read: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="allow-list", initializer=stand_back) as thread:
            while True:
                try:
                    await loop.run_in_executor(thread, _refresh, allow_list)
                    read.set()
                except DatabaseError as error:
                    logger.error("the allow-list could not be read, the last one stays: %s", error)
                except Exception:
                    logger.exception("the allow-list could not be read, the last one stays")
                await asyncio.sleep(ALLOW_LIST_SECONDS)

    # The supervisor

    def _listen(self) -> None:
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(
                    self._control, handover.LONGEST, 4, socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                break
            except OSError:
                message, descriptors = b"", []
            for descriptor in descriptors:
                self._take(socket.socket(fileno=descriptor))
            if message == handover.CALL:
                continue
            if not message:
                logger.warning("the supervisor is gone")
                asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._drain()
            if message == handover.NOW:
                self._stop_now()
            if not message:
                return
        self._report()

    def _take(self, connection: socket.socket) -> None:
        self._taken += 1
        if self._server is None:
            connection.close()
        else:
            self._server.adopt(connection)

    def _report(self) -> None:
        report = handover.Report(
            taken=self._taken,
            load=self._server.load if self._server else 0,
            ready=self._server is not None,
            draining=self._stopping is not None,
            overloaded=self._server is not None and self._server.shedding.is_on,
        )
        with contextlib.suppress(OSError):  # it is slow, and gets the next; or gone, which _listen sees
            self._control.send(report.encode())

    async def _report_regularly(self) -> None:
        while True:
            self._report()
            await asyncio.sleep(handover.REPORT_SECONDS)

    async def _tidy_up(self) -> None:
        """Collect what lived longer in cycles, while few are there to notice; with 20 it takes 10 to 20 ms.

        With 400 it would take a tenth of a second. It is little (tests/calls/test_leftovers.py): a worker that is
        busy for days grows by some megabytes.
        """
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            if self._server is not None and self._server.load <= FEW_CALLS:
                gc.collect()

    async def _sweep(self) -> None:
        """Collect the cycles of short lives, those of Django's queries, say: less than 1 ms with 600 calls."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            if self._server is not None and self._server.load:
                gc.collect(0)

    # The end

    def _drain(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._stop(self._drain_seconds))
            self._report()

    def _stop_now(self) -> None:
        if self._stopping is not None:
            self._stopping.cancel()
        self._stopping = asyncio.get_running_loop().create_task(self._stop(0))

    async def _stop(self, drain_seconds: float) -> None:
        if self._server is not None:
            await self._server.stop(drain_seconds)
        self._stopped.set()


def _refresh(allow_list: AllowList) -> None:
    close_old_connections()
    try:
        allow_list.refresh()
    finally:
        close_old_connections()


def is_of_this_machine(address: str) -> bool:
    return ipaddress.ip_address(address.removeprefix("::ffff:")).is_loopback
