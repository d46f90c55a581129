"""Counts what the bot earned by the tenants' days, and tells it; without days, those of which something changed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from calls.management.arguments import tenants
from tenants.scope import acting_for
from tickets.roi import Roi, catch_up, days_between, roll_up, today_of

FORMULAS = ("cost_eur", "cost_per_call_eur", "resolution_rate", "mean_seconds", "savings_eur")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, dest, meaning in (
            ("--day", "day", "count this day anew, by the tenant's clock"),
            ("--from", "since", "count a period anew, from this day"),
            ("--to", "until", "to this one, included; today by default"),
        ):
            parser.add_argument(name, dest=dest, metavar="YYYY-MM-DD", type=date.fromisoformat, help=meaning)
        parser.add_argument("--tenant", metavar="SLUG", help="only this company account; else every one")

    def handle(
        self,
        *_args: Any,
        day: date | None,
        since: date | None,
        until: date | None,
        tenant: str | None,
        **_options: Any,
    ) -> None:
        if day and (since or until):
            raise CommandError("Give --day, or --from and --to.")
        if until and not since:
            raise CommandError("--to needs --from.")
        for row in tenants(tenant):
            today = today_of(row)
            first, last = day or since, day or until or today
            if first and first > last:
                raise CommandError("--from is after --to.")
            with acting_for(row):
                counted = roll_up(days=days_between(first, last)) if first else catch_up()
                roi = Roi.of(since=first or today, until=last)
            figures = asdict(roi) | {name: getattr(roi, name) for name in FORMULAS}
            line = {"tenant": row.slug, "from": first or today, "to": last, "days_counted": counted, **figures}
            self.stdout.write(json.dumps(line, cls=DjangoJSONEncoder))
