"""Calls that were cut off on our side, and the calls that go on with them.

A caller comes back in two ways. The dialplan, whose AudioSocket() ended without a result, announces another call of the
same channel: that is the same caller. Or somebody calls from the same number: that may be anybody behind it, so the
conversation asks for the name first (calls/flow/greeting.py). The call that was cut need not be closed yet: its worker
may be dead for a second, and is given up after 35.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from calls import journal
from calls.case import Cut
from calls.models import Call
from tenants.models import AsteriskServer
from tickets.models import Ticket

#: A caller who comes back later begins anew.
RESUMABLE: Final = timedelta(minutes=5)
#: One heartbeat, and time to store it: a call that still gives some is in good hands.
SIGN_OF_LIFE: Final = timedelta(seconds=15)

_OPEN: Final = Q(status=Call.Status.IN_PROGRESS)
_DROPPED: Final = Q(status=Call.Status.DROPPED)


def is_cut(call: Call) -> bool:
    """Whether the dialplan may try again: the line has ended, and neither the script nor an error of it did that.

    Not twice: a caller whom two workers have failed is given to a person.
    """
    return _was_cut(call) and not (call.resumes and _was_cut(call.resumes)) and not call.is_test


def _was_cut(call: Call) -> bool:
    return call.status in (Call.Status.IN_PROGRESS, Call.Status.DROPPED)


def of_channel(call_uuid: UUID | None, server: AsteriskServer) -> Call | None:
    """The call that was cut off in the channel of another, by the word of its dialplan."""
    found = _lately().filter(_OPEN | _DROPPED, uuid=call_uuid, server=server) if call_uuid else Call.objects.none()
    return found.first()


def handed_over(call_uuid: UUID | None, server: AsteriskServer) -> Call | None:
    """The call that the dialplan handed over in the channel of another, and that nobody took, by its word."""
    return Call.objects.filter(uuid=call_uuid, server=server).first() if call_uuid else None


def of_number(phone_number: str, besides: UUID) -> Call | None:
    """The last call that was cut off of a number, if a name can be asked for; "" has none."""
    is_silent = Q(heartbeat_at__lt=timezone.now() - SIGN_OF_LIFE)
    found = _lately().filter(_DROPPED | (_OPEN & is_silent), phone_number=phone_number).exclude(uuid=besides)
    return found.order_by("-started_at").first() if phone_number else None


def _lately() -> QuerySet[Call]:
    since = timezone.now() - RESUMABLE
    return Call.objects.filter(heartbeat_at__gt=since, resumed_by=None, is_test=False)


def cut(call: Call) -> Cut:
    """What its worker knew when it died; from its disk, or as it was when the scene began."""
    try:
        noted = journal.notes(call)
    except OSError:
        noted = {}
    known = noted.get("known") or call.known or {}
    name = f"{known.get('first_name', '')} {known.get('last_name', '')}".strip()
    return Cut(call.pk, noted.get("scene") or call.scene, known, name, has_ended="ending" in noted)


@transaction.atomic
def take_up(*, call: Call, cut_id: int) -> bool:
    """Let a call go on with one that was cut, and have its ticket; False: another does already, or it was not cut.

    Whoever closes the other one holds its row as well: it leaves its ticket before this, or none.
    """
    before = Call.objects.select_for_update().get(pk=cut_id)
    if not _was_cut(before) or is_taken_up(before):
        return False
    _take(call, before)
    return True


@transaction.atomic
def take_back(*, call: Call, before: Call) -> None:
    """Let a call go on with one that was handed over to nobody, and have its ticket, unless another does already."""
    if not is_taken_up(Call.objects.select_for_update().get(pk=before.pk)):
        _take(call, before)


def _take(call: Call, before: Call) -> None:
    call.resumes = before
    Call.objects.filter(pk=call.pk).update(resumes=before)
    ticket = Ticket.objects.select_for_update().filter(call=before).first()
    if ticket is not None:
        ticket.call = call
        ticket.save(update_fields=["call"])


def is_taken_up(call: Call) -> bool:
    return Call.objects.filter(resumes=call).exists()


def parts(call: Call) -> list[Call]:
    """The calls that it goes on with, the first first, and itself."""
    found = [call]
    while (before := found[0].resumes) is not None:
        found.insert(0, before)
    return found


def last_part(call: Call) -> Call:
    """The call that has the ticket of a call."""
    while (later := Call.objects.filter(resumes=call).first()) is not None:
        call = later
    return call
