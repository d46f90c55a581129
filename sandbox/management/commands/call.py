"""`manage.py call`: a simulated caller dials the bot, and shows what each side heard."""

from __future__ import annotations

import asyncio
import datetime
import json
import sys
import uuid
from argparse import RawDescriptionHelpFormatter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.db import in_database
from calls.models import Call, Turn, Usage
from calls.scenarios import script
from calls.services import CallRefused, announce
from sandbox.caller import Caller, CallResult
from sandbox.ears import Utterance
from sandbox.management.arguments import address
from tenants.allowlist import AllowList
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for
from tickets.models import Ticket
from tickets.services import as_dict

POLL_SECONDS = 0.5
TICKET_SECONDS = 10.0  # that the call's last rows and its summary may take
SETTLED_SECONDS = 1.0  # without a change, the ticket is taken to be finished


class Command(BaseCommand):
    help = "Call the bot over AudioSocket as a script says; show what each side heard, as it is said."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name,
            subcommand,
            epilog=f"The script: {script.__doc__}",
            formatter_class=RawDescriptionHelpFormatter,
            **kwargs,
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=address, required=True, metavar="HOST:PORT", help="where the bot listens")
        parser.add_argument(
            "--from", dest="source", default="127.0.0.1", metavar="IP", help="address to call from, on this machine"
        )
        parser.add_argument("--number", default="", help="caller's number, announced as the dialplan would")
        parser.add_argument("--say", required=True, metavar="FILE", help="the script; - reads standard input")
        parser.add_argument("--language", choices=["fr", "en"], default="fr", help="of the caller's voice")
        parser.add_argument("--uuid", type=uuid.UUID, help="of the call; one is made up otherwise")
        parser.add_argument("--max-seconds", type=float, default=180.0, help="hang up after this (default 180)")
        parser.add_argument("--json", action="store_true", help="the last line is the call as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["source"]
        try:
            text = sys.stdin.read() if options["say"] == "-" else Path(options["say"]).read_text()
            steps = script.parse_script(text)
        except OSError as error:
            raise CommandError(f"--say: cannot read {options['say']}: {error.strerror}") from None
        except ValueError as error:  # a script error, or not UTF-8
            raise CommandError(f"--say: {options['say']}: {error}") from None
        host, port = options["to"]
        caller = Caller(
            host,
            port,
            script=steps,
            call_uuid=options["uuid"],
            source=source,
            language=options["language"],
            max_seconds=options["max_seconds"],
            on_utterance=self.show,
        )
        records = Records(source, caller.call_uuid)
        if options["number"]:
            self.announce(records, options["number"], source)
        try:
            result, bot_heard, ticket = asyncio.run(self.call(caller, records))
        except OSError as error:
            reason = error.strerror or "no answer"
            raise CommandError(f"cannot call {host}:{port} from {source}: {reason}; is the bot running?") from None
        self.stdout.write(f"{result.duration:7.2f}  the call ended: {result.end}")
        if options["json"]:
            self.stdout.write(json.dumps(as_json(result, bot_heard, ticket), ensure_ascii=False))

    def announce(self, records: Records, number: str, source: str) -> None:
        try:
            if not records.announce(number):
                self.stderr.write(f"Not announced: no Asterisk server of any tenant calls from {source}.")
        except CallRefused as error:
            raise CommandError(f"--uuid: {error}") from None

    async def call(self, caller: Caller, records: Records) -> tuple[CallResult, list[str], dict[str, Any] | None]:
        over = asyncio.Event()
        watching = asyncio.create_task(self.watch(records, over))
        try:
            result = await caller.run()
            ticket = await self.wait_for_ticket(records)
        finally:
            over.set()
            await watching
        return result, [turn.text for turn in records.turns], ticket

    async def watch(self, records: Records, over: asyncio.Event) -> None:
        """Show what the bot heard, as its records grow."""
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await over.wait()
            for turn in await in_database(records.new_turns):
                self.stdout.write(f"{turn.started_at:7.2f}  {'the bot heard':16}  {turn.text}")
                self.stdout.flush()

    async def wait_for_ticket(self, records: Records) -> dict[str, Any] | None:
        """The ticket, once nothing changes it any more: costs and the summary come after the line is cut."""
        loop = asyncio.get_running_loop()
        seen, since = None, loop.time()
        until = since + TICKET_SECONDS
        while True:
            state = await in_database(records.state)
            if state is None:
                return None
            if state != seen:
                seen, since = state, loop.time()
            is_settled = state.is_whole and loop.time() - since >= SETTLED_SECONDS
            if is_settled or loop.time() >= until:
                return await in_database(records.ticket)
            await asyncio.sleep(POLL_SECONDS)

    def show(self, side: str, utterance: Utterance) -> None:
        label = "the caller heard" if side == "bot" else "the caller says"
        self.stdout.write(f"{utterance.start:7.2f}  {label:16}  {utterance.text}")
        self.stdout.flush()


@dataclass(frozen=True, slots=True)
class State:
    """How far the rows of a call have come."""

    ended_at: datetime.datetime | None
    ticket_updated_at: datetime.datetime | None
    usages: tuple[str, ...]  # their kinds

    @property
    def is_whole(self) -> bool:
        """Speech to text is billed for the whole call, so its usage comes last."""
        return (
            self.ended_at is not None
            and self.ticket_updated_at is not None
            and Usage.Kind.SPEECH_TO_TEXT in self.usages
        )


class Records:
    """What the product's database says of the call, as the tenant who owns the caller's address."""

    def __init__(self, source: str, call_uuid: uuid.UUID) -> None:
        allow_list = AllowList()
        allow_list.refresh()
        self._entry = allow_list.find(source)
        self._tenant = Tenant.objects.get(pk=self._entry.tenant_id) if self._entry else None
        self._uuid = call_uuid
        self.turns: list[Turn] = []  # of the caller, as the bot heard them

    def announce(self, number: str) -> bool:
        """Whether the address belongs to a server, so that there was somebody to announce for."""
        if self._entry is None or self._tenant is None:
            return False
        with acting_for(self._tenant):
            server = AsteriskServer.objects.get(pk=self._entry.server_id)
            announce(server=server, call_uuid=self._uuid, phone_number=number)
        return True

    def new_turns(self) -> list[Turn]:
        """The caller's turns that were stored since the last time."""
        if self._tenant is None:
            return []
        last = self.turns[-1].position if self.turns else -1
        with acting_for(self._tenant):
            turns = list(
                Turn.objects.filter(call__uuid=self._uuid, speaker=Turn.Speaker.CALLER, position__gt=last).order_by(
                    "position"
                )
            )
        self.turns += turns
        return turns

    def state(self) -> State | None:
        """What is stored of the call; None: nothing, so that there will be no ticket."""
        if self._tenant is None:
            return None
        with acting_for(self._tenant):
            call = Call.objects.filter(uuid=self._uuid).first()
            if call is None:
                return None
            return State(
                call.ended_at,
                Ticket.objects.filter(call=call).values_list("updated_at", flat=True).first(),
                tuple(Usage.objects.filter(call=call).order_by("kind").values_list("kind", flat=True)),
            )

    def ticket(self) -> dict[str, Any] | None:
        if self._tenant is None:
            return None
        with acting_for(self._tenant):
            ticket = Ticket.objects.filter(call__uuid=self._uuid).first()
            return as_dict(ticket) if ticket else None


def as_json(result: CallResult, bot_heard: list[str], ticket: dict[str, Any] | None) -> dict[str, Any]:
    def listed(utterances: Any) -> list[dict[str, Any]]:
        return [{"text": u.text, "start": u.start, "end": u.end} for u in utterances]

    return {
        "call_uuid": str(result.call_uuid),
        "end": result.end,
        "duration_seconds": round(result.duration, 2),
        "heard": listed(result.heard),
        "said": listed(result.said),
        "response_latencies": [round(latency, 3) for latency in result.response_latencies],
        "bot_heard": bot_heard,
        "ticket": ticket,
    }
