"""The verbs that write calls: announce, begin, go on, finish."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from calls import admission, resuming, selftest, spending
from calls import settings as call_settings
from calls.case import Case, Cut, Ending, OpenTicket
from calls.models import Announcement, Call, SpendLimit
from calls.settings import CallSettings
from calls.understanding import is_noise
from calls.usage import speech_cost
from companies.models import Customer
from companies.phone import forms, international
from companies.services import Remembered, find_customer, remember_caller, remember_company
from monitoring import metrics
from providers.protocols import Choice
from tenants.allowlist import Entry
from tenants.models import AsteriskServer, ProblemType, Tenant
from tenants.scope import EVERYONE, acting_for, current_tenant
from tenants.services import server_announced
from tenants.webhooks.outbox import one_event_each
from tickets.models import Ticket
from tickets.services import open_ticket

logger = logging.getLogger(__name__)

ANNOUNCEMENT_LIFETIME = timedelta(minutes=2)
LONGEST_TEST_SECONDS = 300.0
_ASKED_ABOUT = (Ticket.Status.OPEN, Ticket.Status.PENDING)  # of a caller who calls again


class CallRefused(Exception):
    """The call cannot be taken; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a conversation needs to begin."""

    call: Call
    server: AsteriskServer | None  # None: the call comes from a browser
    settings: CallSettings
    case: Case
    degraded: bool = False  # a spend limit is reached: no language model, no live speech
    busy: bool = False  # there are too many calls: this one is told so
    is_typed: bool = False  # what the caller says is not spoken: nothing is listened for


def announce(
    *,
    server: AsteriskServer,
    call_uuid: UUID,
    phone_number: str = "",
    caller_name: str = "",
    data: dict[str, Any] | None = None,
    returned_from: UUID | None = None,
    resumes: UUID | None = None,
    address: str | None = None,
) -> Announcement:
    """Register a call that the dialplan is about to hand over; valid once, for 2 minutes.

    `returned_from` is the call that nobody took when it was handed over, `resumes` the one of the same channel
    that was cut off; `address` is where the dialplan asks from. Announced twice, the last word counts. Raises
    CallRefused when a call has had this UUID.
    """
    with acting_for(EVERYONE):  # the UUID is the world's: another tenant's call may have had it
        if Call.objects.filter(uuid=call_uuid).exists():
            raise CallRefused("this UUID has been used")
    server_announced(server=server, address=address)
    values = {
        "server": server,
        "phone_number": phone_number[:40],
        "caller_name": caller_name[:100],
        "data": data or {},
        "returned_from": returned_from,
        "resumes": resumes,
        "created_at": timezone.now(),
    }
    try:
        with transaction.atomic():
            return Announcement.objects.update_or_create(call_uuid=call_uuid, used_at=None, defaults=values)[0]
    except IntegrityError:
        raise CallRefused("this UUID has been announced") from None


def begin(*, call_uuid: UUID, entry: Entry, worker: str, until: float = float("inf")) -> Opening:
    """Open the call that an Asterisk hands over. Raises CallRefused.

    `until`, by `time.monotonic()`, is how long the worker waits for it: nothing is left of a call that comes too late.
    """
    if entry.is_shared:
        entry = _announcer(call_uuid, entry)
    if admission.crowd.is_full(entry.tenant_id):  # before the database is asked: it may be a flood
        raise CallRefused("too many callers are being told that all lines are busy")
    tenant = Tenant.objects.filter(pk=entry.tenant_id, is_active=True).first()
    if tenant is None:
        raise CallRefused("the tenant is switched off")
    with acting_for(tenant):
        server = AsteriskServer.objects.filter(pk=entry.server_id, is_active=True).first()
        if server is None:
            raise CallRefused("the server is switched off")
        verdict = spending.verdict(tenant=tenant)
        if verdict is SpendLimit.Action.REFUSE:
            raise CallRefused("a spend limit is reached")
        with transaction.atomic():
            opening = _begin(tenant, server, call_uuid, worker, degraded=verdict is SpendLimit.Action.DEGRADED)
            if time.monotonic() > until:
                raise CallRefused("the database was too slow, and nobody waits any more")
        if time.monotonic() > until and opening.call.resumes_id is None:  # the commit hung
            opening.call.delete()
            raise CallRefused("the database was too slow, and nobody waits any more")
        return opening


def _announcer(call_uuid: UUID, entry: Entry) -> Entry:
    """The server of the tenant that announced the call, where several share an Asterisk."""
    with acting_for(EVERYONE):  # whose it is, the announcement says
        found = (
            _fresh(call_uuid).select_related("server", "tenant").filter(server__is_shared=True, server__is_active=True)
        )
        announcement = found.first()
    if announcement is None or not ip_network(announcement.server.network).overlaps(entry.network):
        raise CallRefused("nobody announced it, and its Asterisk is shared")
    return replace(entry, server_id=announcement.server_id, tenant_id=announcement.tenant.pk)


@one_event_each()
def _begin(tenant: Tenant, server: AsteriskServer, call_uuid: UUID, worker: str, *, degraded: bool) -> Opening:
    announcement = _use_announcement(call_uuid)
    if announcement is None and server.require_announcement:
        raise CallRefused("the call was not announced")
    before = resuming.of_channel(announcement.resumes, server) if announcement else None
    busy = admission.exceeded(tenant, instead_of=before) is not None
    case = Case()
    if announcement is not None:
        case.phone_number = international(announcement.phone_number)
        case.caller_name = announcement.caller_name
    call = Call(
        tenant=tenant,
        uuid=call_uuid,
        server=server,
        phone_number=case.phone_number,
        customer=_recall(case, call_uuid),
        language=tenant.language,
        worker=worker,
        scene=admission.BUSY if busy else "",
        data=announcement.data if announcement else {},
        is_test=selftest.makes(server=server, caller_name=case.caller_name),
    )
    try:
        call.save(force_insert=True)
    except IntegrityError:  # nothing else is unique of a call; the transaction ends with it
        raise CallRefused("this UUID has been used") from None
    settings = call_settings.load(tenant)
    if announcement is not None:
        _come_back(call, case, resuming.handed_over(announcement.returned_from, server), settings)
    if before is not None and not busy:
        go_on(call, case, resuming.cut(before), settings)
    if case.resumes_at is None:
        case.cut = _cut_before(call, case)
    return Opening(call, server, settings, case, degraded=degraded, busy=busy)


def go_on(call: Call, case: Case, cut: Cut, settings: CallSettings) -> bool:
    """Make a case that of a call that was cut off, with its ticket; whether that could be done."""
    if not resuming.take_up(call=call, cut_id=cut.call_id):
        return False
    _recall_call(call, case, cut.known, settings)
    case.cut, case.resumes_at = None, cut.scene
    return True


def _recall_call(call: Call, case: Case, known: Mapping[str, Any], settings: CallSettings) -> None:
    number = known.get("phone_number", "")
    if number != case.phone_number:
        case.phone_number = number or case.phone_number
        recognise(call, case)
    case.recall(known, settings.problems)


@transaction.atomic
@one_event_each()
def begin_test(*, tenant: Tenant, phone_number: str, wants_ticket: bool, is_typed: bool, worker: str) -> Opening:
    """Open a call that somebody of the company makes in a browser, in the tenant's scope. Raises CallRefused.

    What it costs counts toward the spend limits, as it has to be paid.
    """
    verdict = spending.verdict(tenant=tenant)
    if verdict is SpendLimit.Action.REFUSE:
        raise CallRefused("a spend limit is reached")
    case = Case(phone_number=international(phone_number), wants_ticket=wants_ticket)
    call = Call(tenant=tenant, uuid=uuid4(), language=tenant.language, worker=worker, is_test=True)
    call.phone_number, call.customer = case.phone_number, _recall(case, call.uuid)
    call.save(force_insert=True)
    settings = call_settings.load(tenant)
    settings = replace(settings, max_seconds=min(settings.max_seconds, LONGEST_TEST_SECONDS))
    degraded = verdict is SpendLimit.Action.DEGRADED
    return Opening(call, None, settings, case, degraded=degraded, is_typed=is_typed)


def _come_back(call: Call, case: Case, before: Call | None, settings: CallSettings) -> None:
    """Nobody took the call when it was handed over: what was known of it is known again, with its ticket."""
    if before is None or not Ticket.objects.filter(call=resuming.last_part(before)).exists():
        return
    resuming.take_back(call=call, before=before)
    _recall_call(call, case, before.known or {}, settings)
    case.has_returned = case.wants_callback = True
    case.needs_nothing = False
    if case.is_fixed:  # and a person was needed all the same
        case.is_fixed = None


def _use_announcement(call_uuid: UUID) -> Announcement | None:
    """What was announced of this call; each announcement serves once."""
    fresh = _fresh(call_uuid)
    announcement = fresh.first()
    return announcement if announcement and fresh.update(used_at=timezone.now()) else None


def _fresh(call_uuid: UUID) -> QuerySet[Announcement]:
    since = timezone.now() - ANNOUNCEMENT_LIFETIME
    return Announcement.objects.filter(call_uuid=call_uuid, used_at=None, created_at__gt=since)


def recognise(call: Call, case: Case) -> None:
    """Complete the case, and the call's row, with what the records say of its number."""
    customer = _recall(case, call.uuid)
    if case.phone_number:
        call.phone_number, call.customer = case.phone_number, customer or call.customer
        Call.objects.filter(pk=call.pk).update(phone_number=call.phone_number, customer=call.customer)
        case.cut = _cut_before(call, case)


def _cut_before(call: Call, case: Case) -> Cut | None:
    """A call of its number that was cut off, and has a name to ask for."""
    before = None if call.is_test else resuming.of_number(case.phone_number, besides=call.uuid)
    cut = before and resuming.cut(before)
    return cut if cut and cut.name and not cut.has_ended else None


def _recall(case: Case, call_uuid: UUID) -> Customer | None:
    """Complete the case of a call with what the records say of its number; the customer, if they know one."""
    if not case.phone_number:
        return None
    earlier = Call.objects.filter(phone_number__in=forms(case.phone_number), is_test=False).exclude(uuid=call_uuid)
    case.earlier_calls = earlier.count()
    customer = find_customer(phone_number=case.phone_number)
    if customer is None:
        return None
    case.customer_id = customer.pk
    case.first_name, case.last_name, case.email = customer.first_name, customer.last_name, customer.email
    case.company = customer.company.name if customer.company else ""
    ticket = (
        Ticket.objects.select_related("problem_type")
        .filter(customer=customer, status__in=_ASKED_ABOUT, problem_type__isnull=False)
        .first()
    )
    if ticket is not None and ticket.problem_type is not None:
        case.open_ticket = OpenTicket(ticket.pk, ticket.problem_type.code, ticket.problem_type.name)
    return customer


@dataclass(frozen=True, slots=True)
class LineQuality:
    late_frames: int = 0
    dropped_frames: int = 0


@dataclass(frozen=True, slots=True)
class Cached:
    """What the bot said without asking a vendor, and which one it would have asked."""

    characters: int = 0
    vendor: Choice | None = None


@transaction.atomic
@one_event_each()
def finish(
    *, call_id: int, ending: Ending, case: Case, quality: LineQuality, cached: Cached = Cached()
) -> Ticket | None:
    """Close the call and leave its ticket, in one transaction; the second time does nothing.

    A test call leaves nothing but its own row, unless `case.wants_ticket`. Nor does one that another goes on with:
    that one leaves the ticket of both.
    """
    call = Call.objects.select_for_update().get(pk=call_id)
    # Who was given up while the database was away, and lives, knows better how it ended.
    was_given_up = call.end_reason == Call.EndReason.WORKER_DIED and ending.reason != Call.EndReason.WORKER_DIED
    if call.status != Call.Status.IN_PROGRESS and not was_given_up:
        return None
    if not case.description:
        case.description = _said_of_the_problem(call)
    remembered = _remember(call, case)
    outcome = {
        "status": ending.status,
        "end_reason": ending.reason,
        "transfer_to": ending.transfer_to,
        "error": ending.error,
        "customer": remembered.customer,
        # Read for call and ticket at once; it may be gone since the call began.
        "problem_type": ProblemType.objects.filter(pk=case.problem.id).first() if case.problem else None,
        "ended_at": timezone.now(),
        "disclosure": case.disclosure,
        "recording_refused": case.recording_refused,
        "late_frames": quality.late_frames,
        "dropped_frames": quality.dropped_frames,
        "is_resolved": ending.status == Call.Status.COMPLETED and bool(case.is_fixed),
        "cached_characters": cached.characters,
        "cached_eur": speech_cost(cached.characters, cached.vendor) if cached.vendor else None,
        "known": None if ending.status == Call.Status.COMPLETED else case.known(),
    }
    for name, value in outcome.items():
        setattr(call, name, value)
    call.save(update_fields=outcome)
    if (call.is_test and not case.wants_ticket) or resuming.is_taken_up(call):
        return None
    if not call.is_test and not was_given_up:  # counted then
        problem_type = case.problem.code if case.problem else metrics.UNKNOWN
        transaction.on_commit(lambda: _count(call, problem_type), robust=True)
    return open_ticket(call=call, case=case, ending=ending, remembered=remembered)


def _remember(call: Call, case: Case) -> Remembered:
    """Write down who called, unless that is nobody to remember."""
    if call.is_test:  # who tries the bot becomes no customer
        return Remembered(call.customer, call.customer.company if call.customer else None, {})
    if case.is_another and find_customer(phone_number=case.phone_number):  # whose record stays as it is
        return Remembered(None, remember_company(name=case.company) if case.company else None, {})
    return remember_caller(
        phone_number=case.phone_number,
        first_name=case.first_name,
        last_name=case.last_name,
        email=case.email,
        company=case.company,
    )


def _said_of_the_problem(call: Call) -> str:
    """The words of a caller who was asked for the problem, and whose description did not come to its end."""
    said = call.turns.filter(speaker="caller", scene="diagnosis").exclude(text__startswith="[")  # keys
    return " ".join(text for text in said.values_list("text", flat=True) if not is_noise(text))


def _count(call: Call, problem_type: str) -> None:
    metrics.calls_total.labels(call.status, metrics.problem_types(problem_type)).inc()
    metrics.call_duration_seconds.observe(call.duration_seconds or 0.0)
    metrics.spoken.labels("store").inc(call.cached_characters)
    metrics.cache_savings.inc(float(call.cached_eur or 0))
    if call.is_resolved:
        metrics.resolved_calls.inc()
        metrics.human_cost.inc(float((current_tenant() or call.tenant).human_call_eur))


def result(call: Call) -> str:
    """What the dialplan does next: `transfer:EXTENSION`, `done`, `again` once when the call was cut off on our side.

    "": the dialplan falls back to a person, as after an error of the script.
    """
    if call.status == Call.Status.TRANSFERRED:
        return f"transfer:{call.transfer_to}"
    if call.status == Call.Status.COMPLETED:
        return "done"
    return "again" if resuming.is_cut(call) else ""
