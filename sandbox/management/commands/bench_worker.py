"""Prices a whole worker beside a bare echo, in the same minute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox.load import hearsay
from sandbox.load.generator import Generator, NotReady
from sandbox.load.worker import WorkerFailed, free_port, own_worker
from sandbox.management.arguments import positive
from telephony import bench

READY_SECONDS: Final = 60.0
WARM_UP_SECONDS: Final = 6.0
CALLS_PER_SECOND: Final = 40  # that begin; each costs 10 ms once, which are not measured


class Command(BaseCommand):
    help = (
        "Measures a worker as in production (recording, dialogue, database, metrics) whose speech-to-text goes over "
        "real websockets to another process, and a bare uvloop echo server before it. Needs asbench: ASBENCH names "
        "the program or asbench.c. Each caller says something every eight seconds, and the bot answers; all calls last "
        "as long as the measurement. The last line is JSON."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--calls", type=positive, action="append", help="at once; may be repeated (200)")
        parser.add_argument("--seconds", type=positive, default=15, help="of each measurement (%(default)s)")
        parser.add_argument("--rounds", type=positive, default=1, help="of both servers, in turn (%(default)s)")

    def handle(self, *args: Any, seconds: int, rounds: int, **options: Any) -> None:
        asbench = bench.find_asbench()
        if asbench is None:
            raise CommandError("asbench is needed: set ASBENCH to the program, or to asbench.c and install gcc")
        found = []
        for calls in options["calls"] or [200]:
            self.stdout.write(f"{calls} calls for {seconds} s\n{bench.HEADER}")
            pairs = []
            for _ in range(rounds):
                with bench.serving("echo") as (process_id, port):
                    echo = bench.measure_with_asbench(
                        asbench, process_id, port, calls=calls, seconds=seconds, echo=True
                    )
                self.stdout.write(bench.line("echo", echo))
                with worker(calls) as (process_id, port):
                    whole = bench.measure_with_asbench(
                        asbench,
                        process_id,
                        port,
                        calls=calls,
                        seconds=seconds,
                        warm_up=WARM_UP_SECONDS,
                        calls_per_second=CALLS_PER_SECOND,
                    )
                self.stdout.write(bench.line("worker", whole))
                pairs.append((echo, whole))
            ratio = median(whole.cpu_ms_per_call_second / echo.cpu_ms_per_call_second for echo, whole in pairs)
            self.stdout.write(f"the worker costs {ratio:.2f} times a bare echo")
            found.append(
                {
                    "calls": calls,
                    "ratio_to_echo": round(ratio, 2),
                    "cpu_ms_per_call_second": round(min(whole.cpu_ms_per_call_second for _, whole in pairs), 3),
                    "frame_lateness_p99_ms": round(min(whole.lateness_p99_ms for _, whole in pairs), 2),
                    "frame_lateness_max_ms": round(min(whole.lateness_max_ms for _, whole in pairs), 2),
                    "frames_received": round(max(whole.frames_received for _, whole in pairs), 4),
                    "split_frames": sum(whole.split_frames for _, whole in pairs),
                    "calls_lost": sum(whole.calls_lost for _, whole in pairs),
                    "remarks": [whole.remark for _, whole in pairs if whole.remark],
                }
            )
        self.stdout.write(json.dumps(found))


@contextmanager
def worker(calls: int) -> Iterator[tuple[int, int]]:
    """(process id, port) of a worker that is ready for so many calls, on the last core."""
    mine, *others = sorted(os.sched_getaffinity(0))
    heard_at = free_port()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {mine})  # inherited
    ears = subprocess.Popen([sys.executable, "-m", hearsay.__name__, str(heard_at)], cwd=settings.BASE_DIR)
    os.sched_setaffinity(0, cores)
    heard = {"SPEECH_TO_TEXT": "deepgram", "DEEPGRAM_URL": f"http://127.0.0.1:{heard_at}", "DEEPGRAM_API_KEY": "bench"}
    # As in production, but for the limit that 600 calls on a core are beyond.
    room = {"MAX_CALLS_PER_WORKER": str(calls + 10), "DEBUG": "0", "SECRET_KEY": "b" * 50}
    try:
        with own_worker(1, others[-1:] or [mine], heard | room) as own:
            uvloop.run(Generator(own.host, own.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
            yield own.pid, own.port
    except (WorkerFailed, NotReady) as error:
        raise CommandError(str(error)) from None
    finally:
        ears.terminate()
        ears.wait()
