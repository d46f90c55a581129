"""What the media path costs: its servers under load, and two load generators.

CPU is given in milliseconds per call-second (1.0 is 0.1 % of a core for each call),
and beside it that of a bare uvloop echo server in the same minute: the machine's own
speed and its other load are in both. See `manage.py bench_media`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final, cast
from uuid import uuid4

import uvloop
from django.conf import settings

from telephony.audiosocket import codec
from telephony.audiosocket.metronome import Lateness, Metronome
from telephony.media import FRAME_BYTES, FRAME_SECONDS

WARM_UP_SECONDS: Final = 3.0
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Result:
    """Of one server under load; times in milliseconds."""

    cpu_ms_per_call_second: float
    lateness_p50_ms: float
    lateness_p99_ms: float
    lateness_max_ms: float
    frames_received: float  # of those that a bot which always sends sends
    remark: str  # why the times should not be trusted; empty: they may
    split_frames: int = 0  # in the header, or for more than 5 ms: Asterisk misreads them, or hangs up
    calls_lost: int = 0  # not connected, or ended by the server


HEADER: Final = (
    f"{'':10}{'CPU ms/call-s':>14}{'late p50':>10}{'p99 ms':>8}{'max':>8}{'frames':>8}{'split':>7}{'lost':>6}"
)


def line(name: str, result: Result) -> str:
    """A row under HEADER."""
    return (
        f"{name:10}{result.cpu_ms_per_call_second:14.3f}{result.lateness_p50_ms:10.2f}{result.lateness_p99_ms:8.2f}"
        f"{result.lateness_max_ms:8.2f}{result.frames_received:8.3f}{result.split_frames:7}{result.calls_lost:6}"
        f"  {result.remark}"
    )


# --- Servers --------------------------------------------------------------------


class Talker:
    """Always talks; its frames are numbered in the way that asbench counts."""

    def __init__(self) -> None:
        self._number = 0
        self._rest = bytes(range(156)) * 2

    def hear(self, pcm: bytes) -> None:
        pass

    def skip(self, frames: int) -> None:
        pass

    def speak(self) -> bytes:
        self._number += 1
        return b"ASBM" + self._number.to_bytes(4, "little") + self._rest


async def always_talking(scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    scope["line"].connect(Talker())
    while (await receive())["type"] != "audiosocket.hangup":
        pass


class Echo(asyncio.BufferedProtocol):
    """The least that an event loop must do: each frame of audio is sent back."""

    def __init__(self) -> None:
        self._decoder = codec.Decoder()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._decoder.buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self._decoder.received(nbytes)
        for kind, payload in self._decoder.frames():
            if kind == codec.Kind.AUDIO:
                self._transport.write(codec.AUDIO_HEADER + payload)


def serve_echo(port: int) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Echo, HOST, port, backlog=4096)
        await server.serve_forever()

    uvloop.run(serve())


@contextmanager
def serving(name: str) -> Iterator[tuple[int, int]]:
    """(process id, port) of a running server, "echo" or "worker", on a core of its own."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    if name == "echo":
        command += ["bench_media", "--echo-port", str(port)]
    else:
        command += ["runaudiosocket", "--host", HOST, "--port", str(port), "--workers", "1", "--drain", "0"]
        command += ["--application", "telephony.bench.always_talking"]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])  # inherited by the server
    try:
        process = subprocess.Popen(command, env={**os.environ, "LOG_LEVEL": "ERROR"})  # noqa: S603
    finally:
        os.sched_setaffinity(0, cores)
    try:
        _until_it_answers(port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(10)


def _until_it_answers(port: int) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((HOST, port), 1) as connection:
                connection.sendall(codec.encode_uuid(uuid4()) + codec.encode(codec.Kind.AUDIO, bytes(FRAME_BYTES)))
                if connection.recv(1) == codec.AUDIO_HEADER[:1]:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")


# --- asbench ----------------------------------------------------------------------


def find_asbench() -> Path | None:
    """asbench.c, or asbench itself: ASBENCH says where; a C compiler is needed for the former."""
    path = Path(os.environ.get("ASBENCH", settings.BASE_DIR.parent / "shared" / "asbench" / "asbench.c"))
    if not path.exists() or (path.suffix == ".c" and shutil.which("gcc") is None):
        return None
    return path


def measure_with_asbench(
    path: Path,
    process_id: int,
    port: int,
    *,
    calls: int,
    seconds: float,
    echo: bool = False,
    warm_up: float = WARM_UP_SECONDS,
    calls_per_second: int = 200,
) -> Result:
    """Times are taken by the kernel, so the generator's own delays are not in them."""
    with TemporaryDirectory() as directory:
        program, report = Path(directory) / "asbench", Path(directory) / "report.json"
        if path.suffix == ".c":
            subprocess.run(["gcc", "-O2", "-o", program, path, "-lm"], check=True)  # noqa: S603, S607
        else:
            program = path
        times = ["-d", seconds, "-w", warm_up, "-r", calls_per_second]
        options = ["-q", "-n", calls, *times, "--tree", process_id, "--json", report]
        options += ["--echo"] if echo else ["--spurt-gap", 0]  # a worker sends always: silence, too
        if len(cores := sorted(os.sched_getaffinity(0))) > 1:
            options += ["--cpu", cores[0]]
        subprocess.run(  # noqa: S603
            [str(part) for part in (program, *options, f"{HOST}:{port}")],
            check=False,
            timeout=seconds + warm_up + calls / calls_per_second + 60,
        )
        found = json.loads(report.read_text().splitlines()[-1])
    late = found["lateness_ms"]
    return Result(
        cpu_ms_per_call_second=found["server"]["cpu_ms_per_call_s"],
        lateness_p50_ms=late["p50"],
        lateness_p99_ms=late["p99"],
        lateness_max_ms=late["max"],
        frames_received=found["frames"]["rx_ratio"],
        remark="" if found["valid"] == "yes" else found["valid"],
        split_frames=found["frames"]["split_in_header"] + found["frames"]["split_over_5ms"],
        calls_lost=found["conn"]["failed"] + found["conn"]["server_closed_all"],
    )


# --- Our own generator --------------------------------------------------------------


class Caller(asyncio.BufferedProtocol):
    """Talks, and times what it hears against a grid of 20 ms."""

    late_frames = 0

    def __init__(self, metronome: Metronome) -> None:
        self._metronome = metronome
        self._decoder = codec.Decoder()
        self._frame = codec.AUDIO_HEADER + Random(1).randbytes(FRAME_BYTES)  # noqa: S311
        self.arrivals: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(codec.encode_uuid(uuid4()))
        self._metronome.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._decoder.buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self._decoder.received(nbytes)
        self.arrivals += [time.monotonic()] * len(self._decoder.frames())

    def connection_lost(self, exc: Exception | None) -> None:
        self._metronome.remove(self)

    def beat(self) -> None:
        self._transport.write(self._frame)

    def skip(self, frames: int) -> None:
        pass

    def close(self) -> None:
        self._transport.abort()


def measure_with_python(process_id: int, port: int, *, calls: int, seconds: float) -> Result:
    """As asbench, but the generator's own delays, 1 to 3 ms at 100 calls, are in the times."""

    async def run() -> Result:
        loop = asyncio.get_running_loop()
        metronome = Metronome(loop.call_later)
        callers = []
        for _ in range(calls):
            callers.append((await loop.create_connection(lambda: Caller(metronome), HOST, port))[1])
            await asyncio.sleep(0.005)
        await asyncio.sleep(WARM_UP_SECONDS)
        for caller in callers:
            caller.arrivals.clear()
        metronome.lateness.reset()
        began, spent = time.monotonic(), cpu_seconds(process_id)
        await asyncio.sleep(seconds)
        lasted, spent = time.monotonic() - began, cpu_seconds(process_id) - spent
        for caller in callers:
            caller.close()
        lateness, received = Lateness(), 0
        for caller in callers:
            received += len(caller.arrivals)
            against_grid = [arrival - FRAME_SECONDS * n for n, arrival in enumerate(caller.arrivals)]
            for offset in against_grid:
                lateness.add(offset - min(against_grid), 1)
        own = metronome.lateness.quantile(0.99)
        return Result(
            cpu_ms_per_call_second=1000 * spent / calls / lasted,
            lateness_p50_ms=1000 * lateness.quantile(0.5),
            lateness_p99_ms=1000 * lateness.quantile(0.99),
            lateness_max_ms=1000 * lateness.maximum,
            frames_received=received * FRAME_SECONDS / calls / lasted,
            remark=f"the generator itself was late (p99 {1000 * own:.1f} ms)" if own > 0.003 else "",
        )

    return uvloop.run(run())


def cpu_seconds(process_id: int) -> float:
    """CPU time of a process and its descendants."""
    spent = {}
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        number = int(stat.parent.name)
        parents[number], spent[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    family = {process_id}
    while found := {child for child, parent in parents.items() if parent in family} - family:
        family |= found
    return sum(spent.get(member, 0) for member in family) / os.sysconf("SC_CLK_TCK")
