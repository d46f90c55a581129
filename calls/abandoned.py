"""Calls whose worker is gone: closed, each with a ticket of what was stored, or is on this disk."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.utils import timezone

from calls import journal, recording, resuming, services
from calls import settings as call_settings
from calls.case import Case, Ending
from calls.models import Announcement, Call
from tenants.scope import EVERYONE, acting_for

logger = logging.getLogger(__name__)

#: Three heartbeats: a worker that is only slow keeps its calls.
ABANDONED_AFTER: Final = timedelta(seconds=35)
ANNOUNCEMENT_KEPT: Final = timedelta(days=1)


def close_abandoned() -> int:
    """Close the calls whose worker is gone, each with a ticket of the turns that were stored, or left on this disk."""
    with acting_for(EVERYONE):
        abandoned = list(
            Call.objects.select_related("tenant").filter(
                status=Call.Status.IN_PROGRESS, heartbeat_at__lt=timezone.now() - ABANDONED_AFTER
            )
        )
    for call in abandoned:
        with acting_for(call.tenant):
            try:
                _close_abandoned(call)
            except Exception:  # one call must not hold up those of everybody else
                logger.exception("call %s was abandoned and cannot be closed", call.uuid)
    with acting_for(EVERYONE):
        Announcement.objects.filter(created_at__lt=timezone.now() - ANNOUNCEMENT_KEPT).delete()
    return len(abandoned)


def _close_abandoned(call: Call) -> None:
    cut = resuming.cut(call)
    case = Case(phone_number=cut.known.get("phone_number", call.phone_number))
    services.recognise(call, case)
    journal.replay(call)
    case.recall(cut.known, call_settings.load(call.tenant).problems)
    Call.objects.filter(pk=call.pk).update(scene=cut.scene)
    services.finish(call_id=call.pk, ending=_ending(call), case=case, quality=services.LineQuality())
    logger.error("call %s was abandoned by %s", call.uuid, call.worker)
    journal.forget(call)
    _keep_what_is_left(call, is_refused=case.recording_refused)


def _ending(call: Call) -> Ending:
    """How the conversation had ended, if only the database was missing."""
    if noted := journal.notes(call).get("ending"):
        reason = Call.EndReason(noted["reason"])
        return Ending(Call.Status(noted["status"]), reason, transfer_to=noted["transfer_to"], error=noted["error"])
    return Ending(Call.Status.DROPPED, Call.EndReason.WORKER_DIED, error="the worker gave no sign of life")


def _keep_what_is_left(call: Call, *, is_refused: bool) -> None:
    """The recording of a worker that died, if it was on this host."""
    path = recording.in_progress(call)
    if is_refused:
        path.unlink(missing_ok=True)
    elif path.exists():
        recording.keep(call_id=call.pk, path=path)
