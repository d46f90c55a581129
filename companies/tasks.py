"""What goes on behind the screens of customers and companies."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from companies import imports
from companies.models import Import
from voicebot_site.celery import TenantTask

#: A worker gives itself to one file for so long.
TURN_SECONDS: Final = 20.0


@shared_task(
    base=TenantTask,
    name="companies.import_rows",
    label=_("Import customers or companies"),
    soft_time_limit=780,
    time_limit=840,
)
def import_rows(*, import_id: int) -> int:
    """Take over the rows of a file; how many. What is left of a long one is another task's, behind those of others."""
    run = Import.objects.select_related("tenant").get(pk=import_id)
    go_on = partial(import_rows.delay, import_id=import_id, tenant_id=run.tenant_id)
    taken = 0
    try:
        while run.state == Import.State.RUNNING:
            taken += imports.take_over(run=run, seconds=TURN_SECONDS)
            with suppress(OperationalError):  # the broker is away: nobody else would go on
                if run.state == Import.State.RUNNING:
                    go_on()
                break
    except SoftTimeLimitExceeded:
        go_on()
        raise
    return taken
