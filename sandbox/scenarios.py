"""Scenarios by telephone: the whole product in one process, and each caller on a line of its own.

Rows are written for the callers that a scenario knows, so this belongs into a database
that is thrown away afterwards; the tenant is made an ordinary one.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from calls import services
from calls.db import in_database
from calls.models import Call
from calls.scenarios.report import Outcome, Report, report
from calls.scenarios.scenario import Caller as Who
from calls.scenarios.scenario import Company, Line, Scenario
from calls.scenarios.script import HangUp, StaySilent, Step
from calls.scenarios.text import ITEMS, rehearse
from calls.settings import load
from companies.services import remember_caller, remember_company
from providers.services import refresh_phrases
from sandbox.caller import Caller, CallResult
from sandbox.product import Product
from tenants.models import AsteriskServer, Holiday, OpeningHours, ProblemType, Tenant
from tenants.scope import acting_for
from tickets.models import Comment, Ticket
from tickets.services import as_dict

SOURCES = {"fr": "127.0.0.7", "en": "127.0.0.8"}  # where the Asterisk is that knows callers of a language
MOST_CALLS = 24  # at a time, on two cores beside the product and the vendors
LONGEST_SCENARIO = 90.0  # in virtual time
LONGEST_CALL = 180.0
# The language model has its own opinion of these once the summary is written.
OPINIONS = ("sentiment", "severity")


async def run_audio(scenarios: Sequence[Scenario], tenant: Tenant, *, vendors_url: str = "") -> list[Report]:
    """Play scenarios over real TCP in real time, several at once; reports in their order.

    What needs misbehaving vendors or an extraordinary company is skipped, with the reason.
    """
    lines = asyncio.Semaphore(MOST_CALLS)

    async def call(scenario: Scenario) -> CallResult | str:
        script = scripts[scenario.name]
        if isinstance(script, str):
            return script
        async with lines:
            return await _call(product.calls.port, tenant, scenario, script)

    async with Product(vendors_url=vendors_url) as product:
        scripts = await sync_to_async(_prepare, thread_sensitive=False)(tenant, scenarios)
        await product.refresh_allow_list()
        results = await asyncio.gather(*map(call, scenarios))
    # Only now: the last turns of a call are stored after it has ended.
    return [
        Report(scenario.name, skipped=result)
        if isinstance(result, str)
        else await in_database(_report, tenant, scenario, result)
        for scenario, result in zip(scenarios, results, strict=True)
    ]


def _prepare(tenant: Tenant, scenarios: Sequence[Scenario]) -> dict[str, tuple[Step, ...] | str]:
    """Make the tenant an ordinary one that knows its callers. Steps per scenario, or why it cannot be played."""
    try:
        return _furnish(tenant, scenarios)
    finally:
        close_old_connections()


def _furnish(tenant: Tenant, scenarios: Sequence[Scenario]) -> dict[str, tuple[Step, ...] | str]:
    asks = {f"asks_{item}": True for item in ITEMS}
    Tenant.objects.filter(pk=tenant.pk).update(record_calls=False, **asks)
    tenant.refresh_from_db()
    scripts: dict[str, tuple[Step, ...] | str] = {}
    with acting_for(tenant):
        OpeningHours.objects.all().delete()
        Holiday.objects.all().delete()
        AsteriskServer.objects.get_or_create(network=f"{SOURCES[tenant.language]}/32", defaults={"name": "scenarios"})
        for name in Company().companies:
            remember_company(name=name)
        configured = load(tenant)
        for scenario in scenarios:
            if obstacle := _obstacle(scenario):
                scripts[scenario.name] = obstacle
                continue
            lines, seconds = rehearse(scenario, configured)
            if seconds > LONGEST_SCENARIO:
                scripts[scenario.name] = f"it would take {seconds:.0f} s"
                continue
            scripts[scenario.name] = tuple(_steps(lines))
            _introduce(tenant, scenario.caller)
        refresh_phrases(tenant=tenant)
    return scripts


def _obstacle(scenario: Scenario) -> str:
    kinds = {scenario.caller.open_ticket, scenario.expect.ticket.get("problem_type", "")} - {""}
    missing = kinds.difference(ProblemType.objects.values_list("code", flat=True))
    return scenario.audio_obstacle or (f"there is no problem type {min(missing)!r}" if missing else "")


def _steps(lines: Sequence[Line]) -> Iterator[Step]:
    for line in lines:
        if line.after and isinstance(line.step, HangUp):
            yield StaySilent(0.1)  # which waits until the bot has spoken
        yield line.step


def _introduce(tenant: Tenant, who: Who) -> None:
    """What the records say of a caller."""
    for _ in range(who.earlier_calls):
        Call.objects.create(
            uuid=uuid.uuid4(), phone_number=who.number, status=Call.Status.COMPLETED, language=tenant.language
        )
    if not who.first_name:
        return
    remembered = remember_caller(
        phone_number=who.number,
        first_name=who.first_name,
        last_name=who.last_name,
        email=who.email,
        company=who.company,
    )
    if who.open_ticket:
        kind = ProblemType.objects.get(code=who.open_ticket)
        Ticket.objects.create(customer=remembered.customer, phone_number=who.number, problem_type=kind)


async def _call(port: int, tenant: Tenant, scenario: Scenario, script: tuple[Step, ...]) -> CallResult:
    call_uuid = uuid.uuid4()
    await in_database(_announce, tenant, call_uuid, scenario.caller.number)
    return await Caller(
        "127.0.0.1",
        port,
        script=script,
        source=SOURCES[tenant.language],
        call_uuid=call_uuid,
        language=scenario.language,
        max_seconds=LONGEST_CALL,
    ).run()


def _announce(tenant: Tenant, call_uuid: uuid.UUID, number: str) -> None:
    with acting_for(tenant):
        server = AsteriskServer.objects.get(network=f"{SOURCES[tenant.language]}/32")
        services.announce(server=server, call_uuid=call_uuid, phone_number=number)


def _report(tenant: Tenant, scenario: Scenario, result: CallResult) -> Report:
    """What the records say of a call that is over."""
    with acting_for(tenant):
        tickets = Ticket.objects.select_related("call", "company", "problem_type")
        ticket = tickets.filter(call__uuid=result.call_uuid).first()
        if ticket is None or ticket.call is None:
            return Report(scenario.name, failures=("the call left no ticket",), seconds=round(result.duration, 1))
        call = ticket.call
        turns = list(call.turns.all())
        earlier = Comment.objects.filter(ticket__customer=ticket.customer_id).exclude(ticket=ticket)
        facts = {field: value for field, value in as_dict(ticket).items() if field not in OPINIONS}
        outcome = Outcome(
            end=call.end_reason,
            transfer_to=call.transfer_to,
            scenes=[scene for scene, _ in groupby([*(turn.scene for turn in turns), call.scene])],
            turns=turns,
            ticket={**facts, "description": ticket.description},
            seconds=result.duration,
            about_open_ticket=ticket.customer_id is not None and earlier.exists(),
            measures_time=False,
        )
        return report(scenario, outcome, load(tenant))
