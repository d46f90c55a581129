"""Owns the AudioSocket port and hands each connection to the least loaded worker.

The port is never closed while the service runs, reloads or drains: an Asterisk whose
connection is refused closes a descriptor twice, and can freeze. Whatever no worker can
take is answered `ff 00 00` here, which sends the call on in the dialplan.

    SIGHUP           new workers are started, then the old ones drain
    SIGTERM, SIGINT  balancers are told to send no more calls, then the workers drain; once more: now

A worker that dies is replaced, one that gives no sign of life is killed and replaced.
This process only passes descriptors on: it asks no database and reads no audio.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from monitoring import metrics
from monitoring.once import OncePerMinute
from telephony import handover
from telephony.audiosocket import codec

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.25
# Without a report a worker is given no more calls; then it is given up.
STALE_SECONDS: Final = 2.0
HUNG_SECONDS: Final = 5.0
START_SECONDS: Final = 60.0  # between two reports of one that is not ready
# Beyond the drain, for the calls' tails and the interpreter's end.
EXIT_SECONDS: Final = 15.0
LONGEST_BACKOFF: Final = 30.0
REFUSED_SECONDS: Final = 2.0  # for the other side to close a connection that was refused
MOST_REFUSED: Final = 1000
MOST_DESCRIPTORS: Final = 65536


class Worker:
    """A worker's process, seen from here."""

    def __init__(self, command: Sequence[str], place: int, generation: int, now: float) -> None:
        """Start one. Raises OSError."""
        self.place = place
        self.generation = generation
        self.control, theirs = handover.pair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603
                [*command, "--worker-fd", str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        self.heard_at: float | None = None
        self.started_at = now
        self.kill_at = float("inf")
        self.draining = False
        self.ready = False
        self.overloaded = False
        self.is_lost = False  # its end of the control connection is closed
        self._is_killed = False
        self._load = 0
        self._taken = 0
        # Kept until the worker has them: the calls of one that dies go to another.
        self._passed: deque[tuple[socket.socket, str]] = deque()

    def __str__(self) -> str:
        return f"worker {self.place} (pid {self.process.pid})"

    @property
    def load(self) -> int:
        return self._load + len(self._passed)

    def can_take(self, now: float) -> bool:
        return (
            self.ready
            and not (self.draining or self.overloaded or self.is_lost)
            and now - (self.heard_at or 0) < STALE_SECONDS
        )

    def state(self, now: float) -> str:
        """For people: "ready", or why it takes no calls."""
        if self.can_take(now):
            return "ready"
        if not self.ready:
            return "starting"
        return "draining" if self.draining else "overloaded" if self.overloaded else "silent"

    def is_hung(self, now: float) -> bool:
        # What it imports before it is ready may hold it up on a busy machine; nobody waits for it.
        return now - (self.heard_at or self.started_at) > (HUNG_SECONDS if self.ready else START_SECONDS)

    def take(self, connection: socket.socket, source: str) -> bool:
        """Pass a connection on; False: it does not listen."""
        try:
            socket.send_fds(self.control, [handover.CALL], [connection.fileno()])
        except OSError:
            return False
        self._passed.append((connection, source))
        return True

    def tell(self, message: bytes) -> None:
        try:
            self.control.send(message)
        except OSError:
            logger.warning("%s does not listen", self)

    def kill(self, why: str) -> None:
        if not self._is_killed:
            self._is_killed = True
            logger.error("%s %s: killed", self, why)
            self.process.kill()

    def drain(self, kill_at: float) -> None:
        if not self.draining:
            self.draining = True
            self.kill_at = kill_at
            self.tell(handover.DRAIN)

    def listen(self, now: float) -> None:
        """Read its reports. Raises EOFError when it is gone."""
        while True:
            try:
                message = self.control.recv(handover.LONGEST)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                raise EOFError
            report = handover.Report.parse(message)
            self.heard_at = now
            self.ready = report.ready
            self.overloaded = report.overloaded
            self.draining = self.draining or report.draining
            self._load = report.load
            while self._taken < report.taken:
                self._taken += 1
                self._passed.popleft()[0].close()

    def bury(self) -> list[tuple[socket.socket, str]]:
        """Forget it; returns the connections that it never took, and their sources."""
        self.control.close()
        return list(self._passed)


class Supervisor:
    def __init__(
        self,
        listener: socket.socket,
        command: Sequence[str],
        *,
        workers: int,
        drain_seconds: float,
        known: metrics.Supervision,
        lame_duck_seconds: float = 0,
    ) -> None:
        """`command` starts a worker, once `--worker-fd N` is appended; `known` is kept up to date for Prometheus.

        After a stop calls are taken for `lame_duck_seconds`, until every balancer has seen that we are not ready.
        """
        listener.setblocking(False)
        self._known = known
        self._listener = listener
        self._command = command
        self._places = workers
        self._drain_seconds = drain_seconds
        self._lame_duck_seconds = lame_duck_seconds
        self._drain_timer: asyncio.TimerHandle | None = None
        self._generation = 0
        self._workers: list[Worker] = []
        self._refused: set[asyncio.Task[None]] = set()
        self._failures = 0  # in a row, of workers that died before they were ready
        self._next_start = 0.0
        self._may_log = OncePerMinute()
        self._stopping = False
        self._stopped = asyncio.Event()
        # One core each keeps a worker's threads from fighting over the interpreter's lock. Only
        # once it is ready: its start is busy, and would hold up the worker that it replaces.
        cores = sorted(os.sched_getaffinity(0))
        self._cores = cores if workers <= len(cores) else []

    async def run(self) -> None:
        """Serve until a signal says stop and the last call has ended."""
        loop = self._loop = asyncio.get_running_loop()
        use_all_descriptors()
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, self._stop)
        loop.add_reader(self._listener, self._accept)
        host, port = self._listener.getsockname()[:2]
        logger.info("AudioSocket on %s port %d, %d workers", host, port, self._places)
        try:
            while not self._stopped.is_set():
                self._look_after()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            loop.remove_reader(self._listener)
            self._listener.close()
            for worker in self._workers:
                worker.process.kill()
                worker.process.wait()

    # Connections

    def _accept(self) -> None:
        for _ in range(64):  # then it is the workers' turn to be heard
            try:
                connection, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # out of descriptors, or the other side has gone
                logger.error("a connection could not be accepted: %s", error)
                return
            connection.setblocking(False)
            self._pass_on(connection, address[0])

    def _pass_on(self, connection: socket.socket, source: str) -> None:
        now = self._loop.time()
        able = (worker for worker in self._workers if worker.can_take(now))
        for worker in sorted(able, key=lambda worker: worker.load):
            if worker.take(connection, source):
                return
        self._known.unserved_connections += 1
        if len(self._refused) >= MOST_REFUSED:
            connection.close()
            return
        if self._may_log(source):
            logger.warning("no worker can take a call from %s: it is refused", source)
        task = self._loop.create_task(self._refuse(connection))
        self._refused.add(task)
        task.add_done_callback(self._refused.discard)

    async def _refuse(self, connection: socket.socket) -> None:
        """Say no, and wait for the other side to close: with input unread, TCP would reset it."""
        with connection:
            try:
                async with asyncio.timeout(REFUSED_SECONDS):
                    await self._loop.sock_sendall(connection, codec.ERROR)
                    connection.shutdown(socket.SHUT_WR)
                    while await self._loop.sock_recv(connection, 4096):
                        pass
            except (OSError, TimeoutError):
                pass

    # Workers

    def _look_after(self) -> None:
        now = self._loop.time()
        for worker in list(self._workers):
            if worker.process.poll() is not None:
                self._bury(worker)
            elif now > worker.kill_at:
                worker.kill("does not end")
            elif worker.is_hung(now):
                worker.kill("is hung")
        self._tell(now)
        if self._stopping:
            if not self._workers:
                self._stopped.set()
            return
        self._fill_places(now)
        self._retire()

    def _tell(self, now: float) -> None:
        self._known.ready_workers = sum(worker.can_take(now) for worker in self._workers)
        self._known.state_of = {str(worker): worker.state(now) for worker in self._workers}
        self._known.calls_of = dict.fromkeys(map(str, range(self._places)), 0)
        for worker in self._workers:  # an old one that drains has the same place
            self._known.calls_of[str(worker.place)] += worker.load

    def _fill_places(self, now: float) -> None:
        filled = {worker.place for worker in self._current() if not worker.draining}
        for place in sorted(set(range(self._places)) - filled):
            if now < self._next_start:
                return
            try:
                worker = Worker(self._command, place, self._generation, now)
            except OSError as error:
                logger.error("a worker could not be started: %s", error)
                self._back_off()
                return
            logger.info("%s is started", worker)
            self._workers.append(worker)
            self._loop.add_reader(worker.control, self._listen, worker)

    def _listen(self, worker: Worker) -> None:
        was_ready = worker.ready
        try:
            worker.listen(self._loop.time())
        except EOFError:
            self._loop.remove_reader(worker.control)
            worker.is_lost = True
            worker.kill_at = min(worker.kill_at, self._loop.time() + HUNG_SECONDS)
        else:
            if worker.ready and not was_ready:
                self._failures = 0
                logger.info("%s is ready", worker)
                if self._cores:
                    pin(worker.process.pid, self._cores[worker.place])
                self._retire()

    def _retire(self) -> None:
        """When all new workers are ready, the old ones may go."""
        ready = [worker for worker in self._current() if worker.ready]
        if len(ready) >= self._places:
            for worker in self._workers:
                if worker.generation != self._generation:
                    worker.drain(self._kill_at())

    def _bury(self, worker: Worker) -> None:
        code = worker.process.returncode
        (logger.info if worker.draining and code == 0 else logger.error)("%s ended with status %s", worker, code)
        if code != 0:
            self._known.lost_workers += 1
        self._workers.remove(worker)
        self._loop.remove_reader(worker.control)
        if not worker.ready and not worker.draining:
            self._back_off()
        for connection, source in worker.bury():
            self._pass_on(connection, source)

    def _back_off(self) -> None:
        self._failures += 1
        self._next_start = self._loop.time() + min(2.0 ** (self._failures - 2), LONGEST_BACKOFF)

    def _current(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.generation == self._generation]

    def _kill_at(self) -> float:
        return self._loop.time() + self._drain_seconds + EXIT_SECONDS

    # Signals

    def _reload(self) -> None:
        if self._drain_timer is not None:
            return
        logger.info("reloading: new workers take over")
        self._generation += 1
        self._failures, self._next_start = 0, 0.0
        self._look_after()

    def _stop(self) -> None:
        if self._drain_timer is not None:
            logger.info("stopping now")
            self._drain_timer.cancel()
            self._stopping = True
            for worker in self._workers:
                worker.tell(handover.NOW)
                worker.kill_at = self._loop.time() + HUNG_SECONDS
            return
        self._known.is_stopping = True
        if self._lame_duck_seconds:
            logger.info("not ready any more: calls are still taken for %g s", self._lame_duck_seconds)
        self._drain_timer = self._loop.call_later(self._lame_duck_seconds, self._drain)

    def _drain(self) -> None:
        logger.info("stopping: %d connections have up to %g s", sum(w.load for w in self._workers), self._drain_seconds)
        self._stopping = True
        for worker in self._workers:
            worker.drain(self._kill_at())


def listen(host: str, port: int) -> socket.socket:
    """The port; the one that systemd opened for us (LISTEN_FDS) where there is one. Raises OSError."""
    # Not from os.environ: Twisted, which daphne imports, takes these variables out of it.
    environment = Path("/proc/self/environ").read_bytes().split(b"\0")
    if b"LISTEN_PID=%d" % os.getpid() in environment and b"LISTEN_FDS=1" in environment:
        return socket.socket(fileno=3)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def pin(process_id: int, core: int) -> None:
    """Keep all threads of a process on one core; those that they start inherit it."""
    for thread in Path(f"/proc/{process_id}/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended
            os.sched_setaffinity(int(thread.name), {core})


def use_all_descriptors() -> None:
    """A call needs four or five; the usual limit of 1024 is for programs that use select()."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, MOST_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
