"""Speaks what is missing of the phrases, now, and tells what was made."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.services import refresh_phrases
from tenants.models import Tenant
from tenants.scope import acting_for


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="only this company account; else every active one")

    def handle(self, *args: Any, tenant: str | None, **options: Any) -> None:
        tenants = Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.filter(is_active=True)
        if tenant and not tenants:
            raise CommandError(f"There is no company account {tenant!r}.")
        has_failed = False
        for row in tenants:
            self.stdout.write(f"{row.slug}:")
            with acting_for(row):
                outcome = refresh_phrases(tenant=row, on_made=lambda text: self.stdout.write(f"  {text}"))
            for text in outcome.failed:
                self.stderr.write(f"  not made: {text}")
            if outcome.error:
                self.stderr.write(f"  {outcome.error}")
            self.stdout.write(f"  {len(outcome.made)} made, {outcome.present} present, {len(outcome.failed)} failed")
            has_failed = has_failed or bool(outcome.failed)
        if has_failed:
            raise CommandError("Some phrases are missing; run this again.")
