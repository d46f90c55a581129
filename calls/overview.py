"""What the Live page shows, read from the database: in a tenant's scope and a database thread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from calls import transfers
from calls.abandoned import ABANDONED_AFTER
from calls.models import Call, Turn
from calls.scribe import as_dict
from calls.settings import target_of
from tenants.models import TransferTarget
from tenants.privacy import mask

MOST_CALLS: Final = 200
MOST_TURNS: Final = 300  # of one call


def running() -> QuerySet[Call]:
    """The tenant's calls that are going on, and not in another; test calls are nobody else's matter."""
    since = timezone.now() - ABANDONED_AFTER - timedelta(seconds=20)
    going_on = Call.objects.filter(status=Call.Status.IN_PROGRESS, is_test=False, heartbeat_at__gt=since)
    return going_on.filter(resumed_by=None)


def calls(*, masked: bool) -> list[dict[str, Any]]:
    """Calls that are going on, the oldest first; `position` is that of the last turn."""
    last = Turn.objects.filter(call=OuterRef("pk")).order_by("-position")
    rows = running().select_related("customer__company").order_by("started_at")
    rows = rows.annotate(
        position=Subquery(last.values("position")[:1]),
        last_text=Subquery(last.values("text")[:1]),
        last_speaker=Subquery(last.values("speaker")[:1]),
    )
    now = timezone.now()
    return [
        {
            "call": str(row.uuid),
            "id": row.pk,
            "seconds": round((now - row.started_at).total_seconds(), 1),
            "scene": row.scene,
            "name": row.customer.full_name if row.customer else "",
            "company": row.customer.company.name if row.customer and row.customer.company else "",
            "phone": mask(row.phone_number) if masked else row.phone_number,
            "position": row.position or 0,
            "text": mask(row.last_text or "") if masked else row.last_text or "",
            "speaker": row.last_speaker or "",
        }
        for row in rows[:MOST_CALLS]
    ]


def turns(call_uuid: UUID) -> list[dict[str, Any]]:
    """What was said in a call of the tenant so far, the newest MOST_TURNS; nothing for one that is not theirs."""
    rows = Turn.objects.filter(call__uuid=call_uuid).order_by("-position")[:MOST_TURNS]
    return [as_dict(row) for row in reversed(rows)]


def targets() -> list[dict[str, Any]]:
    """Whom a call may be handed over to, in the order in which they are tried."""
    now = timezone.now()
    found = []
    for row in TransferTarget.objects.filter(is_active=True):
        target = target_of(row)
        is_free = target.schedule.is_open(now) and bool(transfers.free_target([target]))
        found.append({"extension": row.extension, "name": row.name, "free": is_free})
    return found
