"""Print the dialplan for a tenant's Asterisk server."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telephony.dialplan import dialplan
from tenants.models import AsteriskServer, Tenant, TransferTarget
from tenants.scope import acting_for


class Command(BaseCommand):
    help = "Print what goes into extensions.conf of a tenant's Asterisk. It holds the server's token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="short name of the company account")
        parser.add_argument("server", help="name of the Asterisk server, as in the admin")

    def handle(self, *, tenant: str, server: str, **_options: Any) -> None:
        account = Tenant.objects.filter(slug=tenant).first()
        if account is None:
            raise CommandError(f"tenant: there is no company account {tenant}")
        with acting_for(account):
            found = AsteriskServer.objects.filter(name=server).first()
            if found is None:
                names = ", ".join(AsteriskServer.objects.values_list("name", flat=True)) or "none"
                raise CommandError(f"server: {tenant} has no Asterisk server {server!r}; it has: {names}")
            targets = list(TransferTarget.objects.filter(is_active=True))
        try:
            self.stdout.write(dialplan(found, targets, site_url=settings.SITE_URL))
        except ValueError as error:
            raise CommandError(str(error)) from None
