"""Erases all that is known of a customer, for good."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.scope import acting_for
from tickets.management.arguments import add_customer, customer_of
from tickets.privacy import Belongings, erase


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_customer(parser)
        parser.add_argument("--yes", action="store_true", help="really; without it only what there is is told")

    def handle(self, *_args: Any, tenant: str, number: str, yes: bool, **_options: Any) -> None:
        owner, customer = customer_of(tenant, number)
        with acting_for(owner):
            if not yes:
                self.stdout.write(json.dumps(Belongings.of(customer).counts()))
                raise CommandError("Nothing was erased: add --yes if that is what you want to erase.")
            try:
                self.stdout.write(json.dumps(erase(customer=customer)))
            except ValidationError as error:
                raise CommandError(error.messages[0]) from None
