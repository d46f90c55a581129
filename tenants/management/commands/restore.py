"""Puts back what `backup` wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.backup import BackupError, restore


class Command(BaseCommand):
    help = "Puts a backup back into an empty database, and brings its tables up to this release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", type=Path, required=True, dest="source", metavar="FILE", help="what `backup` wrote"
        )
        parser.add_argument("--force", action="store_true", help="replace everything that is in the database now")

    def handle(self, *, source: Path, force: bool, **_options: Any) -> None:
        try:
            manifest = restore(source, force=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Restored: the state of {manifest.created_at}. Everybody signs in again.")
