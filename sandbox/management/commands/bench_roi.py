"""Counts a million calls by day, in an empty PostgreSQL database that it fills; the last line is JSON."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from tenants.models import Tenant
from tenants.scope import acting_for
from tickets.models import RoiDay
from tickets.roi import catch_up

DAYS: Final = 365
#: Four usages a call: what was heard, two decisions, what was spoken.
SEEDS: Final = (
    """
    INSERT INTO calls_call (
        tenant_id, uuid, phone_number, language, status, end_reason, transfer_to, scene, worker, error, started_at,
        heartbeat_at, ended_at, updated_at, recording, disclosure, recording_refused, is_test, late_frames,
        dropped_frames, is_resolved, cached_characters, cached_eur, data)
    SELECT %(tenant)s, gen_random_uuid(), '', 'fr',
        (ARRAY['completed', 'completed', 'completed', 'transferred', 'dropped'])[1 + number %% 5], '', '', '', '', '',
        moment, moment, moment + interval '90 seconds', moment, '', '', false, false, 0, 0, number %% 5 < 2, 900, 0.04,
        '{}'
    FROM generate_series(1, %(calls)s) AS number,
        LATERAL (SELECT %(until)s - number * (%(days)s * interval '1 day' / %(calls)s) AS moment) AS at
    """,
    """
    INSERT INTO calls_usage (
        tenant_id, call_id, kind, provider, model, request_id, audio_seconds, characters, credits, input_tokens,
        output_tokens, cached_tokens, reasoning_tokens, is_estimated, cost_eur, created_at)
    SELECT tenant_id, id, kind, 'vendor', 'model', '', 0, 0, 0, 0, 0, 0, 0, false, 0.0123, ended_at
    FROM calls_call, unnest(ARRAY['stt', 'llm', 'llm', 'tts']) AS kind
    """,
    "ANALYZE calls_call, calls_usage",
)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=1_000_000, help="over a year (%(default)s)")

    def handle(self, *_args: Any, calls: int, **_options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("PostgreSQL is measured: set DATABASE_URL.")
        if Tenant.objects.exists():
            raise CommandError("The database is not empty: give one that nobody uses.")
        tenant = Tenant.objects.create(slug="bench", name="Bench")
        began = time.perf_counter()
        values: dict[str, Any] = {
            "tenant": tenant.pk,
            "calls": calls,
            "days": DAYS,
            "until": timezone.now() - timedelta(minutes=5),
        }
        with acting_for(tenant), connection.cursor() as cursor:
            for seed in SEEDS:
                cursor.execute(seed, values if "%" in seed else None)
        seeded = time.perf_counter()
        with acting_for(tenant):
            days = catch_up()
            seconds = time.perf_counter() - seeded
            counted = sum(RoiDay.objects.values_list("calls", flat=True))
        if counted != calls:
            raise CommandError(f"{counted} of {calls} calls were counted.")
        found = {"calls": calls, "usages": 4 * calls, "days": days, "seed_seconds": round(seeded - began, 1)}
        self.stdout.write(json.dumps(found | {"roi_seconds": round(seconds, 2)}))
