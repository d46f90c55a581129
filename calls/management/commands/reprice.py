"""Prices the vendor usage of a period again, and tells what has changed."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.management.arguments import add_period, tenants
from calls.pricing import reprice
from tenants.scope import acting_for


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser, required=True)
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")

    def handle(self, *args: Any, since: date, until: date, tenant: str | None, dry_run: bool, **options: Any) -> None:
        if since > until:
            raise CommandError("--from is after --to.")
        changed = 0
        for row in tenants(tenant):
            with acting_for(row):
                differences = reprice(since=since, until=until, dry_run=dry_run)
            for found in differences:
                changed += found.usages
                self.stdout.write(
                    f"{row.slug}: {found.provider} {found.model}: {found.usages} usages, "
                    f"{found.before_eur} € -> {found.after_eur} €, "
                    f"without a price {found.unpriced_before} -> {found.unpriced_after}"
                )
        self.stdout.write(f"{changed} usages {'would change' if dry_run else 'changed'}")
