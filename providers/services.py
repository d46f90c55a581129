"""The verbs of this room."""

from __future__ import annotations

import asyncio

from django.db import transaction

from calls import settings as call_settings
from calls.usage import record
from providers.generation import OnMade, Outcome, make_missing
from providers.protocols import UsageReport
from tenants.models import Tenant


def phrases_changed(*, tenant: Tenant) -> None:
    """Have the tenant's phrases spoken, once the change of them is committed.

    The change stands even where the task cannot be started: every night speaks what is missing.
    """
    from providers.tasks import refresh_phrases as task  # it calls refresh_phrases below

    def start() -> None:  # a partial has no name, which Django writes into its log
        task.delay(tenant_id=tenant.pk)

    transaction.on_commit(start, robust=True)


def refresh_phrases(*, tenant: Tenant, on_made: OnMade = lambda text: None) -> Outcome:
    """Speak what is missing of the tenant's phrases, and record what that cost.

    In the tenant's scope, in a thread without an event loop. Takes minutes at most.
    """
    configured = call_settings.load(tenant)
    reports: list[UsageReport] = []
    try:
        return asyncio.run(make_missing(configured.all_texts(), configured.voice, reports.append, on_made))
    finally:
        for report in reports:
            record(report, call_id=None)
