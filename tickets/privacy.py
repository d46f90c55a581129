"""All that is known of one customer: given out, or erased, when they ask for it."""

from __future__ import annotations

import json
import logging
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any, Final

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.models import Announcement, Call, Turn
from companies.models import Customer, Import
from companies.phone import forms, international
from tenants import audit
from tenants.audit import Action
from tenants.models import AuditEntry
from tenants.models.webhooks import WebhookMessage
from tickets import words
from tickets.models import Comment, Ticket

logger = logging.getLogger(__name__)

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Belongings:
    """A customer's calls and tickets: those that name them, and those of their telephone numbers."""

    customer: Customer
    numbers: tuple[str, ...]
    calls: QuerySet[Call]
    tickets: QuerySet[Ticket]

    @classmethod
    def of(cls, customer: Customer) -> Belongings:
        numbers = _numbers(customer)
        mine = Q(customer=customer) | Q(phone_number__in=numbers)
        calls = Call.objects.filter(mine).order_by("started_at")
        otherwise = _written_otherwise(Ticket.objects.filter(customer=None), numbers)
        tickets = Ticket.objects.filter(mine | Q(call__in=calls.values("pk")) | Q(pk__in=otherwise))
        return cls(customer, numbers, calls, tickets.order_by("created_at"))

    def counts(self) -> dict[str, int]:
        return {
            "calls": self.calls.count(),
            "recordings": self.calls.exclude(recording="").count(),
            "turns": Turn.objects.filter(call__in=self.calls.values("pk")).exclude(text="").count(),
            "tickets": self.tickets.count(),
            "comments": Comment.objects.filter(ticket__in=self.tickets.values("pk")).count(),
        }


# --- Giving it out --------------------------------------------------------------


def export(*, customer: Customer, to: IO[bytes]) -> None:
    """Write a ZIP archive: customer.json with everything, and the recordings. A file at a time, whatever their size."""
    found = Belongings.of(customer)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customer.json", json.dumps(_told(found), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        for call in found.calls.exclude(recording="").iterator(BATCH):
            try:
                source = call.recording.open("rb")
            except FileNotFoundError:
                continue
            with source, archive.open(_name_of(call), "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def _told(found: Belongings) -> dict[str, Any]:
    customer = found.customer
    return {
        "exported_at": timezone.now().astimezone(UTC).isoformat(timespec="seconds"),
        "customer": _fields(
            customer, "phone_number", "first_name", "last_name", "email", "external_id", "created_at", "updated_at"
        )
        | {"company": customer.company.name if customer.company else ""},
        "calls": [_told_of_call(call) for call in found.calls.prefetch_related("turns")],
        "tickets": [_told_of_ticket(ticket) for ticket in found.tickets.prefetch_related("comments")],
    }


def _told_of_call(call: Call) -> dict[str, Any]:
    names = ("uuid", "phone_number", "language", "status", "started_at", "ended_at", "transfer_to", "data")
    turns = [_fields(turn, "speaker", "text", "started_at", "ended_at") for turn in call.turns.all()]
    return _fields(call, *names) | {"recording": _name_of(call) if call.recording else "", "turns": turns}


def _told_of_ticket(ticket: Ticket) -> dict[str, Any]:
    names = ("phone_number", "client_name", "client_email", "description", "summary", "status", "sentiment")
    comments = [_fields(comment, "created_at", "text") for comment in ticket.comments.all()]
    more = _fields(ticket, "severity", "tag", "external_id", "created_at", "updated_at")
    return {"number": ticket.pk} | _fields(ticket, *names) | more | {"comments": comments}


def _fields(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _name_of(call: Call) -> str:
    return f"recordings/{call.started_at:%Y-%m-%d}-{call.uuid}.wav"


# --- Erasing it -----------------------------------------------------------------


@transaction.atomic
def erase(*, customer: Customer, request: HttpRequest | None = None, actor: User | None = None) -> dict[str, int]:
    """Erase a customer for good; how many calls, recordings, turns, tickets and comments that was.

    The row goes, and whoever syncs learns of it. Calls and tickets stay as numbers: who it was, what was
    said and heard, and all remarks are gone; times, costs and outcomes are not. Copies in the audit log, in
    webhooks and in histories go too. Raises ValidationError while the customer is on the telephone.
    """
    found = Belongings.of(customer)
    if found.calls.filter(status=Call.Status.IN_PROGRESS).exists():
        raise ValidationError(_("This customer is on the telephone: erase when the call has ended."))
    counts, now = found.counts(), timezone.now()
    calls, tickets = list(found.calls), list(found.tickets.values_list("pk", flat=True))
    files = [str(call.recording) for call in calls if call.recording]
    for batch in _batches(calls):
        words.erase(batch)
        rows = Call.objects.filter(pk__in=[call.pk for call in batch])
        rows.update(customer=None, phone_number="", recording="", updated_at=now)
        cache.delete_many([f"waveform:{call.uuid}" for call in batch])
    for keys in _batches(tickets):
        _anonymise_tickets(keys, now)
    _forget_copies(Customer, [customer.pk, *map(int, customer.merged), *_deleted(Customer, found.numbers)])
    _forget_copies(Ticket, [*tickets, *_deleted(Ticket, found.numbers)])
    _forget_copies(Call, [*(call.pk for call in calls), *_deleted(Call, found.numbers)])
    _forget_imports(found.numbers)
    announced = Q(phone_number__in=found.numbers) | Q(call_uuid__in=[call.uuid for call in calls])
    Announcement.objects.filter(announced | Q(pk__in=_written_otherwise(Announcement.objects, found.numbers))).delete()
    key = customer.pk
    customer.delete()
    audit.record(
        action=Action.DELETE,
        row=Customer(pk=key, last_name=f"#{key}"),
        request=request,
        person=actor,
        detail=gettext_noop("erased on request"),
    )
    # After the commit: a file that outlives it by a crash is an orphan, which the night finds.
    transaction.on_commit(partial(_delete_files, files))
    return counts


def _numbers(customer: Customer) -> tuple[str, ...]:
    """The customer's, and of who became part of them, where it is nobody else's meanwhile; each in all its forms."""
    former = [form for number in customer.merged.values() for form in _forms(number)]
    others = Customer.objects.filter(phone_number__in=former).exclude(pk=customer.pk)
    taken = {form for number in others.values_list("phone_number", flat=True) for form in _forms(number)}
    return (*_forms(customer.phone_number), *(form for form in former if form not in taken))


def _forms(number: str) -> tuple[str, ...]:
    return forms(international(number) or number)


def _written_otherwise(rows: Any, numbers: tuple[str, ...]) -> list[int]:
    """Which of `rows` have one of `numbers` (E.164) as people write it: 06 12 34 56 78."""
    if not (ends := _ends(numbers)):
        return []
    alike = rows.filter(phone_number__regex=f"({ends})[^0-9]*$")
    written = alike.exclude(phone_number__in=numbers).values_list("pk", "phone_number")
    return [key for key, number in written if international(number) in numbers]


def _ends(numbers: tuple[str, ...]) -> str:
    """A regular expression of their last digits, however they are parted; empty for none."""
    return "|".join("[^0-9]*".join(number[-6:]) for number in numbers if international(number))


def _deleted(model: type[Customer | Ticket | Call], numbers: tuple[str, ...]) -> list[int]:
    """Rows of `numbers` that are gone, by what the audit log has of their end, and by what webhooks were told."""
    entries = AuditEntry.objects.filter(model=model._meta.label_lower, action=Action.DELETE)
    known = [(key, c["old"]) for key, changes in entries.values_list("object_id", "changes") for c in changes]
    if ends := _ends(numbers):
        told = WebhookMessage.objects.filter(subject__startswith=f"{model._meta.model_name}:")
        alike = told.filter(body__regex=f'"phone_number":"[^"]*({ends})[^"0-9]*"').values_list("subject", "body")
        known += [(subject.partition(":")[2], json.loads(body)["data"]["phone_number"]) for subject, body in alike]
    keys = {int(key) for key, number in known if number in numbers or international(number) in numbers}
    return sorted(keys - set(model._default_manager.filter(pk__in=keys).values_list("pk", flat=True)))


def _anonymise_tickets(keys: list[int], now: datetime) -> None:
    Comment.objects.filter(ticket__in=keys).delete()
    Ticket.objects.filter(pk__in=keys).update(
        customer=None,
        phone_number="",
        client_name="",
        client_email="",
        description="",
        summary="",
        by_bot={},
        updated_at=now,
    )


def _forget_copies(model: type[Customer | Ticket | Call], keys: list[int]) -> None:
    """What else names these rows: the audit log, Django's history, and what webhooks were told."""
    kind = ContentType.objects.get_for_model(model)
    for batch in _batches(keys):
        texts = [str(key) for key in batch]
        AuditEntry.objects.filter(model=model._meta.label_lower, object_id__in=texts).update(label="–", changes=[])
        LogEntry.objects.filter(content_type=kind, object_id__in=texts).update(object_repr="–", change_message="")
        subjects = [f"{model._meta.model_name}:{key}" for key in batch]
        WebhookMessage.objects.filter(subject__in=subjects).delete()


def _forget_imports(numbers: tuple[str, ...]) -> None:
    """Rows of files that were refused, or not taken over yet: each is [line, {column: text}, …]."""
    for run in Import.objects.exclude(rows=[], refused=[]).select_for_update():
        kept = [[row for row in rows if not _names(row, numbers)] for rows in (run.rows, run.refused)]
        if kept != [run.rows, run.refused] and run.state != Import.State.RUNNING:
            run.rows, run.refused = kept
            run.total = len(run.rows) if run.state == Import.State.LOOKED_AT else run.total
            run.save(update_fields=["rows", "refused", "total"])


def _names(row: list[Any], numbers: tuple[str, ...]) -> bool:
    return any(international(str(text)) in numbers for text in row[1].values())


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    return (rows[first : first + BATCH] for first in range(0, len(rows), BATCH))


def _delete_files(names: list[str]) -> None:
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:  # no call has it any more: each night it is tried again
            logger.error("%s cannot be erased: %s", name, error)
