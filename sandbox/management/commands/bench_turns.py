"""`manage.py bench_turns`: how long a caller waits for the bot after each kind of answer.

Times are on the call's audio clock, from the end of the caller's last word to the bot's
first frame. The emulated vendors run in a process of their own and add no delay.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from argparse import ArgumentParser
from statistics import quantiles
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import close_old_connections

from calls import services
from calls.db import in_database
from calls.models import Turn
from calls.scenarios.script import parse_script
from providers.services import refresh_phrases
from sandbox.caller import Caller
from sandbox.management.commands.seed_demo import seed
from sandbox.product import Product
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for

NUMBER = "+33612345678"  # a customer of the demo company
SCRIPT = """
Ma box internet ne marche plus depuis ce matin.
Voilà, c'est fait.
Oui.
"""
KINDS = {"fixed": "yes_or_no", "problem_understood": "description"}
SECONDS_BETWEEN_CALLS = 2.3


class Command(BaseCommand):
    help = "Place calls to the embedded product and print how long callers wait for an answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=10, help="default 10, one every 2.3 s")

    def handle(self, *args: Any, calls: int, **options: Any) -> None:
        if settings.DATABASE_URL:
            raise CommandError("DATABASE_URL is set: this writes calls, run it on the embedded database")
        call_command("migrate", verbosity=0)
        seed()
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "sandbox", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as vendors:
            assert vendors.stdout is not None
            try:
                figures = asyncio.run(self.measure(calls, vendors.stdout.readline().split()[-1]))
            finally:
                vendors.terminate()
        self.stdout.write(json.dumps(figures))

    async def measure(self, calls: int, vendors_url: str) -> dict[str, Any]:
        tenant = await Tenant.objects.aget(slug="demo")
        uuids = [uuid.uuid4() for _ in range(calls)]
        async with Product(vendors_url=vendors_url) as product:
            await sync_to_async(speak, thread_sensitive=False)(tenant)
            async with asyncio.TaskGroup() as group:
                for call_uuid in uuids:
                    await in_database(announce, tenant, call_uuid)
                    caller = Caller("127.0.0.1", product.calls.port, script=parse_script(SCRIPT), call_uuid=call_uuid)
                    group.create_task(caller.run())
                    await asyncio.sleep(SECONDS_BETWEEN_CALLS)
            await product.calls.stop(10)
        return await in_database(waits, tenant, uuids)


def speak(tenant: Tenant) -> None:
    try:
        with acting_for(tenant):
            refresh_phrases(tenant=tenant)
    finally:
        close_old_connections()


def announce(tenant: Tenant, call_uuid: uuid.UUID) -> None:
    with acting_for(tenant):
        server = AsteriskServer.objects.get(network="127.0.0.1/32")
        services.announce(server=server, call_uuid=call_uuid, phone_number=NUMBER)


def waits(tenant: Tenant, uuids: list[uuid.UUID]) -> dict[str, Any]:
    """Milliseconds per kind of question: how many, p50, p95, the longest."""
    found: dict[str, Any] = {}
    with acting_for(tenant):
        for phrase, kind in KINDS.items():
            turns = Turn.objects.filter(call__uuid__in=uuids, phrase=phrase, response_seconds__isnull=False)
            times = sorted(
                round(seconds * 1000) for seconds in turns.values_list("response_seconds", flat=True) if seconds
            )
            if len(times) > 1:
                cuts = quantiles(times, n=20, method="inclusive")
                found[kind] = {"answers": len(times), "p50_ms": cuts[9], "p95_ms": cuts[18], "max_ms": times[-1]}
    return found
