"""Writes everything that the platform knows to one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.backup import BackupError, back_up


class Command(BaseCommand):
    help = "Writes the database, recordings and spoken phrases to one file. Calls may go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file; /dev/stdout for a pipe")

    def handle(self, *, to: Path, **_options: Any) -> None:
        try:
            manifest = back_up(to)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(
            f"Written: {to} ({manifest.vendor}). Keep ENCRYPTION_KEYS and SECRET_KEY elsewhere: without them "
            "companies' secrets in it cannot be read."
        )
