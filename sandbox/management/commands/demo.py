"""`manage.py demo`: the whole product in one process, and one call to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.core.management import BaseCommand, CommandError, call_command
from django.db import close_old_connections
from django.urls import reverse

from calls import services
from calls.live import live_group, watch
from calls.scenarios.script import parse_script
from providers.services import refresh_phrases
from sandbox.caller import Caller
from sandbox.management.commands.seed_demo import DEMO, PASSWORD, seed
from sandbox.product import Product
from tenants.models import AsteriskServer, Tenant
from tenants.scope import EVERYONE, acting_for
from tickets.models import Ticket
from tickets.roi import catch_up
from tickets.services import as_dict
from voicebot_site import celery

CALLER_NUMBER = "+33612345678"
SCRIPT = """
Bonjour, ma box internet ne marche plus depuis ce matin.
Voilà, c'est fait.
Oui, ça marche de nouveau, merci beaucoup.
"""


class Command(BaseCommand):
    help = "Start web, AudioSocket and the vendors' emulators in one process, and place one simulated call."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the call; exit status 1 without a ticket")
        parser.add_argument("--json", action="store_true", help="the last line is the ticket as JSON")
        parser.add_argument("--port", type=int, default=8000, help="of the web (default 8000, or a free one)")
        parser.add_argument("--audiosocket-port", type=int, default=9092, help="default 9092, or a free one")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        seed()
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self.run(**options))

    async def run(self, *, once: bool, json: bool, port: int, audiosocket_port: int, **_: Any) -> None:
        async with Product(port=usable(port), audiosocket_port=usable(audiosocket_port)) as product:
            be_quiet()  # now: starting the web sets up logging once more
            ticket = await self.place_call(product.calls.port)
            if ticket is None:
                raise CommandError("the call left no ticket: its log is above")
            await sync_to_async(self.show)(ticket, product, as_json=json)
            if not once:
                self.say("\nCtrl-C ends it.")
                await product.serve_forever()

    async def place_call(self, port: int) -> Ticket | None:
        """Call the bot as a customer of the demo tenant; print who says what, as it is said."""
        tenant = await Tenant.objects.aget(slug="demo")
        self.say("Speaking the phrases of the demo company …")
        await sync_to_async(self.speak_phrases, thread_sensitive=False)(tenant)
        call_uuid = uuid.uuid4()
        await sync_to_async(self.announce)(tenant, call_uuid)
        self.say(f"A customer calls from {CALLER_NUMBER}:\n")
        over = asyncio.Event()
        watching = asyncio.create_task(self.follow(tenant, over))
        await asyncio.sleep(0)  # the watcher joins its group before the call begins
        caller = Caller("127.0.0.1", port, call_uuid=call_uuid, script=parse_script(SCRIPT), language=tenant.language)
        await caller.run()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(15):
                await over.wait()
        watching.cancel()
        return await sync_to_async(self.ticket_of)(tenant, call_uuid)

    def speak_phrases(self, tenant: Tenant) -> None:
        try:
            with acting_for(tenant):
                refresh_phrases(tenant=tenant)
        finally:
            close_old_connections()

    def announce(self, tenant: Tenant, call_uuid: uuid.UUID) -> None:
        with acting_for(tenant):
            server = AsteriskServer.objects.get(network="127.0.0.1/32")
            services.announce(server=server, call_uuid=call_uuid, phone_number=CALLER_NUMBER)

    def ticket_of(self, tenant: Tenant, call_uuid: uuid.UUID) -> Ticket | None:
        if celery.embedded_worker is not None:  # the summary is being written
            celery.embedded_worker.submit(lambda: None).result(timeout=30)
        with acting_for(tenant):
            catch_up()  # else the figures of today would wait for the next quarter of an hour
            return Ticket.objects.select_related("call", "company", "problem_type").filter(call__uuid=call_uuid).first()

    async def follow(self, tenant: Tenant, over: asyncio.Event) -> None:
        """Print the transcript of the tenant's calls while they are spoken."""
        layer = get_channel_layer()
        assert layer is not None
        channel = await layer.new_channel()
        await layer.group_add(live_group(tenant.pk), channel)
        while True:
            for event in (await layer.receive(channel))["events"]:
                match event["kind"]:
                    case "started":
                        await watch(tenant.pk)
                    case "turn":
                        await watch(tenant.pk)  # a call tells for WATCH_SECONDS, and goes on for longer
                        self.say(f"  {'👤' if event['speaker'] == 'caller' else '🤖'} {event['text']}")
                    case "ended":
                        over.set()

    def show(self, ticket: Ticket, product: Product, *, as_json: bool) -> None:
        with acting_for(EVERYONE):
            facts = as_dict(ticket)
        self.say("\nThe ticket that the call left:\n")
        for name, value in facts.items():
            self.say(f"  {name:17} {value}")
        page = reverse("admin:calls_call_change", args=[ticket.call_id])
        owner = DEMO.people[0][0]  # whom the call belongs to; staff of the platform would have to give a reason first
        self.say(f"\nAdmin:       {product.url}/admin/   (sign in as {owner}, password {PASSWORD})")
        self.say(f"This call:   {product.url}{page}")
        self.say(f"AudioSocket: port {product.calls.port}, for calls from 127.0.0.1 and 127.0.0.2")
        if as_json:
            self.say(json.dumps(facts, ensure_ascii=False))

    def say(self, text: str) -> None:
        print(text, flush=True, file=sys.stdout)


def be_quiet() -> None:
    """What is printed is the call, as it is spoken."""
    for name in ("voicebot.conversation", "celery", "kombu", "uvicorn", "telephony", "calls", "django"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # 404s of a curious browser


def usable(port: int) -> int:
    """`port` if nobody listens there, else 0: a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return 0
    return port
