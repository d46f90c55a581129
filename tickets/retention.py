"""Recordings and transcripts are kept as long as the company says, and then really erased."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from calls.models import Call, Turn
from companies import imports
from tenants import audit
from tenants.audit import Action
from tenants.models import Tenant
from tenants.scope import current_tenant
from tickets.models import Ticket

BATCH: Final = 500
RECORDINGS: Final = "recordings"
#: A file without a call may belong to one that is just being stored.
ORPHAN_AGE: Final = timedelta(days=1)
MISSING_WORDS: Final = "…"


@dataclass(slots=True)
class Erased:
    """How many of each."""

    recordings: int = 0
    transcripts: int = 0
    orphans: int = 0  # files of recordings that no call has

    def __str__(self) -> str:
        return f"{self.recordings} recordings, {self.transcripts} transcripts, {self.orphans} orphaned files"


def erase_old() -> Erased:
    """Erase what the tenant acted for keeps no longer; the audit log says how much. What is left goes on next time."""
    tenant = current_tenant()
    if tenant is None:
        raise RuntimeError("each tenant has periods of its own")
    now = timezone.now()
    imports.forget_old()
    erased = Erased(
        recordings=_recordings(now - timedelta(days=tenant.keep_recordings_days)),
        transcripts=_transcripts(now - timedelta(days=tenant.keep_transcripts_days)),
        orphans=_orphans(tenant, now - ORPHAN_AGE),
    )
    if any(astuple(erased)):
        changes = [
            {"model": "calls.call", "field": "recording", "old": str(erased.recordings + erased.orphans), "new": "0"},
            {"model": "calls.turn", "field": "text", "old": str(erased.transcripts), "new": "0"},
        ]
        audit.record(action=Action.DELETE, row=tenant, detail=gettext_noop("kept long enough"), changes=changes)
    return erased


def erase_strays() -> int:
    """Files of companies that are gone, and of calls whose worker died on this machine; how many."""
    limit, erased = timezone.now() - ORPHAN_AGE, 0
    tenants = {str(pk) for pk in Tenant.objects.values_list("pk", flat=True)}
    for name in _listed(RECORDINGS)[0]:
        if name not in tenants:
            erased += sum(_delete_old(path, limit) for path in _files(f"{RECORDINGS}/{name}"))
    for path in Path(settings.DATA_DIR, "in-progress").glob("*.wav"):
        if datetime.fromtimestamp(path.stat().st_mtime, tz=limit.tzinfo) < limit:
            path.unlink(missing_ok=True)
            erased += 1
    return erased


def _recordings(limit: datetime) -> int:
    old = Call.objects.filter(started_at__lt=limit, ended_at__isnull=False).exclude(recording="").order_by("started_at")
    erased = 0
    while calls := list(old[:BATCH]):
        for call in calls:  # the file first: who dies here finds the row again
            default_storage.delete(str(call.recording))
        erased += _update(calls, recording="")
    return erased


def _transcripts(limit: datetime) -> int:
    old = Call.objects.filter(started_at__lt=limit, ended_at__isnull=False, transcript_erased_at=None)
    erased = 0
    while calls := list(old.order_by("started_at")[:BATCH]):
        with transaction.atomic():
            erase_words(calls)
        erased += len(calls)
    return erased


def erase_words(calls: list[Call]) -> None:
    """What was said in these calls, wherever it is written; in the caller's transaction.

    Times, costs and figures stay. A summary stays too, without the caller's own words.
    """
    Turn.objects.filter(call__in=calls).exclude(text="").update(text="")
    for ticket in Ticket.objects.filter(call__in=calls).exclude(description=""):
        words = ticket.description.rstrip(" .")
        summary = ticket.summary.replace(words, MISSING_WORDS) if words else ticket.summary
        Ticket.objects.filter(pk=ticket.pk).update(description="", summary=summary, updated_at=timezone.now())
    _update(calls, transcript_erased_at=timezone.now(), data={})


def _update(calls: list[Call], **values: object) -> int:
    """Not save(): a webhook for each call that has become old would tell nobody anything."""
    return Call.objects.filter(pk__in=[call.pk for call in calls]).update(updated_at=timezone.now(), **values)


def _orphans(tenant: Tenant, limit: datetime) -> int:
    erased = 0
    for folder, day in _days(f"{RECORDINGS}/{tenant.pk}"):
        around = (day - timedelta(days=1), day + timedelta(days=2))  # whatever clock named the folder
        names = Call.objects.filter(started_at__date__range=around).exclude(recording="")
        known = set(names.values_list("recording", flat=True))
        erased += sum(_delete_old(path, limit) for path in _files(folder) if path not in known)
    return erased


def _delete_old(path: str, limit: datetime) -> bool:
    if default_storage.get_modified_time(path) >= limit:
        return False
    default_storage.delete(path)
    return True


def _days(root: str) -> Iterator[tuple[str, date]]:
    for year in _listed(root)[0]:
        for month in _listed(f"{root}/{year}")[0]:
            for day in _listed(f"{root}/{year}/{month}")[0]:
                yield f"{root}/{year}/{month}/{day}", date(int(year), int(month), int(day))


def _files(root: str) -> Iterator[str]:
    folders, files = _listed(root)
    yield from (f"{root}/{name}" for name in files)
    for folder in folders:
        yield from _files(f"{root}/{folder}")


def _listed(root: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(root)
    except FileNotFoundError:  # nothing was recorded yet
        return [], []
