from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox.vendors.server import VendorServer


class Command(BaseCommand):
    help = "Serve the emulators of the vendors."
    requires_system_checks = []  # no part of the product runs here

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=9900)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            asyncio.run(self.serve(host, port))
        except OSError as error:
            raise CommandError(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from None

    async def serve(self, host: str, port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with VendorServer(host, port) as server:
            self.stdout.write(f"The vendors' emulators are at {server.url}")
            await stop.wait()
