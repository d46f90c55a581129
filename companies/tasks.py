"""What goes on behind the screens of customers and companies."""

from __future__ import annotations

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils.translation import gettext_lazy as _

from companies import imports
from companies.models import Import
from voicebot_site.celery import TenantTask


@shared_task(
    base=TenantTask,
    name="companies.import_rows",
    label=_("Import customers or companies"),
    soft_time_limit=780,
    time_limit=840,
)
def import_rows(*, import_id: int) -> int:
    """Take over the rows of a file; how many. What is left of a long one is another task's."""
    run = Import.objects.select_related("tenant").get(pk=import_id)
    try:
        return imports.take_over(run=run)
    except SoftTimeLimitExceeded:
        import_rows.delay(import_id=import_id, tenant_id=run.tenant_id)
        raise
