"""Recordings and transcripts are kept as long as the company says, and then really erased."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from calls.models import Call
from companies import imports
from tenants import audit
from tenants.audit import Action
from tenants.models import Tenant
from tenants.scope import current_tenant
from tickets import words

logger = logging.getLogger(__name__)

BATCH: Final = 500
RECORDINGS: Final = "recordings"
#: A file without a call may belong to one that is just being stored.
ORPHAN_AGE: Final = timedelta(days=1)
MOST_LOGGED: Final = 10


@dataclass(slots=True)
class Erased:
    """How many of each."""

    recordings: int = 0
    transcripts: int = 0
    orphans: int = 0  # files of recordings that no call has
    failed: int = 0  # files that the disk does not give up: they keep nobody from the others

    def __str__(self) -> str:
        counts = {"recordings": self.recordings, "transcripts": self.transcripts, "orphans": self.orphans}
        done = gettext("%(recordings)d recordings, %(transcripts)d transcripts, %(orphans)d files of no call") % counts
        left = gettext("%d files could not be erased") % self.failed
        return f"{done}; {left}" if self.failed else done

    def is_gone(self, name: str, erase: Callable[[], object]) -> bool:
        """Whether `erase` has worked; what fails is counted, and tried again the next night."""
        try:
            erase()
        except OSError as error:
            self.failed += 1
            if self.failed <= MOST_LOGGED:
                logger.error("%s cannot be erased: %s", name, error)
            return False
        return True


class NotAllErased(Exception):
    """Files were left; the text says how many, and what was erased."""


def erase_old() -> Erased:
    """Erase what the tenant acted for keeps no longer; the audit log says how much. What is left goes on next time."""
    tenant = current_tenant()
    if tenant is None:
        raise RuntimeError("each tenant has periods of its own")
    now, erased = timezone.now(), Erased()
    imports.forget_old()
    _recordings(now - timedelta(days=tenant.keep_recordings_days), erased)
    _transcripts(now - timedelta(days=tenant.keep_transcripts_days), erased)
    _orphans(tenant, now - ORPHAN_AGE, erased)
    files = erased.recordings + erased.orphans
    if files or erased.transcripts:
        changes = [
            {"model": "calls.call", "field": "recording", "old": str(files), "new": "0"},
            {"model": "calls.turn", "field": "text", "old": str(erased.transcripts), "new": "0"},
        ]
        audit.record(action=Action.DELETE, row=tenant, detail=gettext_noop("kept long enough"), changes=changes)
    return erased


def erase_strays() -> Erased:
    """Files of companies that are gone, and of calls whose worker died on this machine."""
    limit, erased = timezone.now() - ORPHAN_AGE, Erased()
    tenants = {str(pk) for pk in Tenant.objects.values_list("pk", flat=True)}
    for name in _listed(RECORDINGS)[0]:
        if name not in tenants:
            erased.orphans += sum(_erase_old_file(path, limit, erased) for path in _files(f"{RECORDINGS}/{name}"))
    for path in Path(settings.DATA_DIR, "in-progress").glob("*"):
        if datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) < limit:
            erased.orphans += erased.is_gone(path.name, path.unlink)
    return erased


def _recordings(limit: datetime, erased: Erased) -> None:
    old = Call.objects.filter(started_at__lt=limit, ended_at__isnull=False).exclude(recording="").order_by("started_at")
    keys = list(old.values_list("pk", flat=True))
    for first in range(0, len(keys), BATCH):
        rows = Call.objects.filter(pk__in=keys[first : first + BATCH])
        # The file first: who dies here finds the row again.
        gone = [call.pk for call in rows if _erase_file(str(call.recording), erased)]
        # Not save(): a webhook for each call that has become old would tell nobody anything.
        erased.recordings += Call.objects.filter(pk__in=gone).update(updated_at=timezone.now(), recording="")


def _transcripts(limit: datetime, erased: Erased) -> None:
    old = Call.objects.filter(started_at__lt=limit, ended_at__isnull=False, transcript_erased_at=None)
    while calls := list(old.order_by("started_at")[:BATCH]):
        with transaction.atomic():
            words.erase(calls)
        erased.transcripts += len(calls)


def _orphans(tenant: Tenant, limit: datetime, erased: Erased) -> None:
    for folder, day in _days(f"{RECORDINGS}/{tenant.pk}"):
        around = (day - timedelta(days=1), day + timedelta(days=2))  # whatever clock named the folder
        names = Call.objects.filter(started_at__date__range=around).exclude(recording="")
        known = set(names.values_list("recording", flat=True))
        unknown = (path for path in _files(folder) if path not in known)
        erased.orphans += sum(_erase_old_file(path, limit, erased) for path in unknown)


def _erase_file(name: str, erased: Erased) -> bool:
    return erased.is_gone(name, lambda: default_storage.delete(name))


def _erase_old_file(name: str, limit: datetime, erased: Erased) -> bool:
    return default_storage.get_modified_time(name) < limit and _erase_file(name, erased)


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
