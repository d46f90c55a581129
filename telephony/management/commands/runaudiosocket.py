"""Answers the calls: a supervisor that owns the port, and its workers."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from monitoring import metrics, serving
from telephony import worker
from telephony.supervisor import Supervisor, listen

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Answers calls over AudioSocket. SIGHUP starts new workers and drains the old ones; "
        "SIGTERM says on /readyz that it goes, drains and ends, a second one at once. The port is open all the time."
    )
    requires_system_checks: list[str] = []  # the supervisor runs them, not each worker

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.AUDIOSOCKET_HOST, help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=int, default=settings.AUDIOSOCKET_PORT, help="TCP port (%(default)s)")
        parser.add_argument(
            "--workers", type=int, default=os.cpu_count() or 1, help="processes that take calls (one per core)"
        )
        parser.add_argument(
            "--drain",
            type=float,
            default=settings.DRAIN_SECONDS,
            metavar="SECONDS",
            help="how long calls may go on after a stop or a reload (%(default)s)",
        )
        parser.add_argument(
            "--lame-duck",
            type=float,
            default=settings.LAME_DUCK_SECONDS,
            metavar="SECONDS",
            help="how long calls are still taken after a stop, while /readyz has balancers send no more (%(default)s)",
        )
        parser.add_argument(
            "--metrics-port",
            type=int,
            default=settings.METRICS_PORT,
            help="serve /metrics of all workers on this port (%(default)s)",
        )
        # For the supervisor, and for tests and benchmarks.
        parser.add_argument("--worker-fd", type=int, help=argparse.SUPPRESS)
        parser.add_argument("--application", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["worker_fd"] is not None:
            control = socket.socket(fileno=options["worker_fd"])
            worker.run(control, drain_seconds=options["drain"], application=options["application"])
            return
        if options["workers"] < 1:
            raise CommandError("--workers: at least one is needed.")
        if options["application"] is None:
            self.check()
        try:
            listener = listen(options["host"], options["port"])
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Cannot listen on {options['host']} port {options['port']}: {error}. Choose another --port or --host."
            ) from error
        known = metrics.Supervision()
        self.serve_metrics(options["metrics_port"], known)
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "runaudiosocket"]
        command += ["--drain", str(options["drain"])]
        if options["application"]:
            command += ["--application", options["application"]]

        async def serve() -> None:
            supervisor = Supervisor(
                listener,
                command,
                workers=options["workers"],
                drain_seconds=options["drain"],
                lame_duck_seconds=options["lame_duck"],
                known=known,
            )
            await supervisor.run()

        asyncio.run(serve())

    def serve_metrics(self, port: int, known: metrics.Supervision) -> None:
        """A port that is taken costs the metrics, and no call."""
        serving.prepare()
        try:
            port = serving.serve(settings.METRICS_HOST, port, known, readiness=known.readiness)
        except (OSError, OverflowError) as error:
            logger.error("no metrics are served on %s port %d: %s", settings.METRICS_HOST, port, error)
        else:
            logger.info("metrics on port %d", port)
