"""Writes all that is known of a customer into a ZIP archive: JSON, and the recordings."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.scope import acting_for
from tickets.management.arguments import add_customer, customer_of
from tickets.privacy import export


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_customer(parser)
        parser.add_argument("--output", required=True, type=Path, metavar="FILE", help="a file that is not there yet")

    def handle(self, *_args: Any, tenant: str, number: str, output: Path, **_options: Any) -> None:
        owner, customer = customer_of(tenant, number)
        try:
            file = output.open("xb")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None
        with acting_for(owner), file:
            export(customer=customer, to=file)
        self.stdout.write(str(output))
