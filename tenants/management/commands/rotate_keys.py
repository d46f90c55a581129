"""Puts every secret in the database under the first of ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from tenants import encryption
from tenants.scope import EVERYONE, acting_for


class Command(BaseCommand):
    help = "Encrypts every secret in the database anew, with the first of ENCRYPTION_KEYS: then the others may go."

    def handle(self, **_options: Any) -> None:
        try:
            with acting_for(EVERYONE):
                done = encryption.rotate()
        except ImproperlyConfigured as error:
            raise CommandError(f"{error}. Nothing was changed.") from error
        for column, count in done.items():
            self.stdout.write(f"{column}: {count}")
