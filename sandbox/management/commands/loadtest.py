"""`manage.py loadtest`: many simulated calls at once, and what they cost."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import ExitStack
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox.load.generator import Generator, NotReady, Report
from sandbox.load.worker import OwnWorker, WorkerFailed, own_worker
from sandbox.management.arguments import address, positive

READY_SECONDS = 60.0
DOUBTFUL_WAIT = 0.15  # of the time; the worker's own threads wait for each other a little


class Command(BaseCommand):
    help = (
        "Hold many simulated calls and measure: CPU per call, lateness of the bot's frames, response latency. "
        "Starts a worker of its own with stub vendors on a temporary database, unless --to names one. "
        "Lateness is against the best 20 ms grid of the last 3 s, by the kernel's time stamps."
    )
    requires_system_checks = []  # nothing of this process's settings matters

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--calls", type=positive, default=100, help="at once (default 100)")
        parser.add_argument("--seconds", type=positive, default=30, help="to hold them for (default 30)")
        parser.add_argument("--workers", type=positive, default=1, help="processes of the own worker (default 1)")
        parser.add_argument("--to", type=address, metavar="HOST:PORT", help="a running bot; its CPU is not measured")

    def handle(self, *args: Any, calls: int, seconds: int, workers: int, **options: Any) -> None:
        cores = os.sched_getaffinity(0)
        mine, *others = sorted(cores)
        if not others:
            self.stderr.write("One core: the bot shares it with the callers, so what is measured is not the bot alone.")
        with ExitStack() as stack:
            os.sched_setaffinity(0, {mine})
            stack.callback(os.sched_setaffinity, 0, cores)
            if options["to"]:
                report = self.measure(Generator(*options["to"], calls=calls, seconds=seconds))
            else:
                try:
                    worker = stack.enter_context(own_worker(workers, others[:workers] or [mine]))
                except WorkerFailed as error:
                    raise CommandError(str(error)) from None
                report = self.measure_own(worker, calls, seconds)
        self.show(report)

    def measure_own(self, worker: OwnWorker, calls: int, seconds: int) -> Report:
        generator = Generator(worker.host, worker.port, calls=calls, seconds=seconds, cpu=worker.cpu_seconds)
        waited, began = worker.waited_seconds(), time.monotonic()
        try:
            report = self.measure(generator)
        finally:
            if words := worker.last_words():
                self.stderr.write(f"The worker complained:\n{words}")
        waited, lasted = worker.waited_seconds() - waited, time.monotonic() - began
        if waited > DOUBTFUL_WAIT * lasted:
            self.stderr.write(
                f"Doubtful: the worker was ready to run and had no CPU for {waited:.1f} of {lasted:.0f} s; "
                "something else runs on its core, and lateness is the machine's more than the worker's."
            )
        return report

    def measure(self, generator: Generator) -> Report:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(generator.wait_until_ready(READY_SECONDS))
            except NotReady as error:
                raise CommandError(str(error)) from None
            self.stdout.write("The bot answers. Calling …")
            self.stdout.flush()
            return runner.run(generator.run())

    def show(self, report: Report) -> None:
        for end, count in report.ends.most_common():
            self.stdout.write(f"{count:6} calls ended: {end}")
        late = int((report.lateness > 0.06).sum())
        self.stdout.write(f"{len(report.lateness):6} frames, {late} of them more than 60 ms late")
        self.stdout.write(f"{len(report.latencies):6} answers")
        if not len(report.latencies):
            self.stderr.write("Too short to measure answers: use --seconds 15 or more.")
        self.stdout.write(json.dumps(report.as_json()))
