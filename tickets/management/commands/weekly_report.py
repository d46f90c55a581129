"""Sends the report of a week to a company's owners and administrators, or to whom one names."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.management.arguments import tenants
from tenants.scope import acting_for
from tickets.reports import figures, letters
from tickets.roi import today_of


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", required=True, help="of this company account")
        parser.add_argument(
            "--week",
            metavar="YYYY-MM-DD",
            type=date.fromisoformat,
            help="the week that this day is in; by default the last one that is over",
        )
        parser.add_argument("--to", metavar="ADDRESS", help="to this e-mail address only; else to all who want it")

    def handle(self, *_args: Any, tenant: str, week: date | None, to: str | None, **_options: Any) -> None:
        [row] = tenants(tenant)
        monday = figures.monday_of(week) if week else figures.monday_of(today_of(row)) - timedelta(days=7)
        with acting_for(row):
            counted = figures.count(row, monday)
        addresses = {to: ""} if to else letters.recipients(row)
        if not addresses:
            raise CommandError("Nobody wants it: no owner or administrator with an e-mail address. Name one with --to.")
        sent = letters.send(counted, addresses)
        self.stdout.write(f"{row.slug}, week of {monday}: {counted.roi.calls} calls, {sent} letters")
