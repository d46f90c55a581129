"""Django's own `migrate`, for all tenants: what a migration does to rows, it does to everyone's."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from tenants.scope import EVERYONE, acting_for


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with acting_for(EVERYONE):
            super().handle(*args, **options)
