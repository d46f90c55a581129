"""What was said in calls, wherever it is written, is erased."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from calls.models import Call, Turn
from tenants.models import AuditEntry
from tenants.models.webhooks import WebhookAttempt, WebhookMessage
from tickets.models import Comment, Ticket

MISSING: Final = "…"
#: The audit log may quote the caller in these columns of a ticket.
QUOTED: Final = frozenset({"description", "summary"})


def erase(calls: list[Call]) -> None:
    """In the caller's transaction. Times, costs and figures stay, and summaries without the words of who called."""
    Turn.objects.filter(call__in=calls).exclude(text="").update(text="")
    tickets = list(Ticket.objects.filter(call__in=calls))
    for ticket in tickets:
        if ticket.description:
            _erase_from(ticket)
    now = timezone.now()
    rows = Call.objects.filter(pk__in=[call.pk for call in calls])
    rows.update(transcript_erased_at=now, updated_at=now, data={}, known=None)
    _redact_messages([f"call:{call.pk}" for call in calls] + [f"ticket:{ticket.pk}" for ticket in tickets])
    _redact_audit(tickets)


def _erase_from(ticket: Ticket) -> None:
    """From a ticket, and from the one that it was merged into, which took over what it lacked itself."""
    said, now = ticket.description, timezone.now()
    into = Ticket.objects.filter(merged=ticket, description=said)
    for row in (ticket, *into):
        summary = _without(said, row.summary)
        Ticket.objects.filter(pk=row.pk).update(description="", summary=summary, updated_at=now)
    told = Comment.objects.filter(Q(ticket=ticket) | Q(ticket__merged=ticket), text__contains=_core(said))
    for comment in told if _core(said) else ():
        Comment.objects.filter(pk=comment.pk).update(text=_without(said, comment.text))


def _redact_messages(subjects: list[str]) -> None:
    """What webhooks were told, or are still to be told, and the answers, which may say it back."""
    redacted = []
    for message in WebhookMessage.objects.filter(subject__in=subjects):
        body = redacted_body(message.body)
        if body != message.body:
            WebhookMessage.objects.filter(pk=message.pk).update(body=body)
            redacted.append(message.pk)
    WebhookAttempt.objects.filter(message__in=redacted).update(excerpt="")


def redacted_body(body: str) -> str:
    """The content of a message about a call or a ticket without what the caller said."""
    content = json.loads(body)
    data = content["data"]
    said = data.get("description", "")
    for name, value in data.items():
        if name == "description":
            data[name] = ""
        elif name == "summary":
            data[name] = _without(said, value)
        elif name == "comments":
            data[name] = [{**comment, "text": _without(said, comment["text"])} for comment in value]
        elif name == "data":
            data[name] = {}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _redact_audit(tickets: Iterable[Ticket]) -> None:
    keys = [str(ticket.pk) for ticket in tickets]
    entries = AuditEntry.objects.filter(model=Ticket._meta.label_lower, object_id__in=keys).exclude(changes=[])
    for entry in entries:
        changes = [_unquoted(change) for change in entry.changes]
        if changes != entry.changes:
            AuditEntry.objects.filter(pk=entry.pk).update(changes=changes)


def _unquoted(change: dict[str, Any]) -> dict[str, Any]:
    if change.get("field") not in QUOTED:
        return change
    return {**change, **{side: MISSING for side in ("old", "new") if change.get(side)}}


def _without(said: str, text: str) -> str:
    core = _core(said)
    return text.replace(core, MISSING) if core else text


def _core(said: str) -> str:
    """As a sentence quotes it, which has a full stop of its own."""
    return said.rstrip(" .")
