"""Which extension takes a call that is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls import admission
from calls.models import Call
from calls.settings import Target
from tenants.models import TransferTarget


@transaction.atomic
def free_target(candidates: Sequence[Target], *, call_id: int | None = None) -> str:
    """The first extension that has not taken its share of calls lately; "" when all have.

    Of a share, the call with this key holds its part until it ends: calls that ask at once do not exceed it.
    """
    for target in candidates:
        if not target.max_transfers:
            return target.extension
        if call_id is not None:  # one after the other
            TransferTarget.objects.select_for_update().filter(extension=target.extension).first()
        if taken_lately(target.extension, target.per_minutes, besides=call_id) < target.max_transfers:
            if call_id is not None:
                Call.objects.filter(pk=call_id).update(transfer_to=target.extension)
            return target.extension
    return ""


def taken_lately(extension: str, minutes: int, *, besides: int | None = None) -> int:
    """How many calls were handed over to an extension within the last minutes, or are about to be."""
    now = timezone.now()
    is_recent = Q(ended_at__gt=now - timedelta(minutes=minutes))
    is_about_to = Q(status=Call.Status.IN_PROGRESS, heartbeat_at__gt=now - admission.ALIVE)
    taken = Call.objects.filter(is_recent | is_about_to, transfer_to=extension, is_test=False)
    return taken.exclude(pk__in=[besides] if besides else []).count()
