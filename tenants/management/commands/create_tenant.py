"""Open a company account that can take calls at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tenants.models import Tenant
from tenants.services import create_tenant


class Command(BaseCommand):
    help = "Create a company account with its language's phrases, keywords and problem types."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name: small letters, digits and hyphens")
        parser.add_argument("--name", required=True, help="as callers hear it")
        parser.add_argument("--language", choices=Tenant.Language.values, default=Tenant.Language.FRENCH.value)
        parser.add_argument("--owner-email", help="who administers it; a new person when the address is unknown")

    @transaction.atomic
    def handle(self, *, slug: str, name: str, language: str, owner_email: str | None, **_options: Any) -> None:
        try:
            owner, is_new = invite(owner_email) if owner_email else (None, False)
            tenant = create_tenant(slug=slug, name=name, language=language, owner=owner)
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
            ) from None
        self.stdout.write(f"{tenant.name} ({tenant.slug}) can take calls; give it an Asterisk server in the admin.")
        if owner is not None and is_new:
            self.stdout.write(f"Set a password: manage.py changepassword {owner.username}")


def invite(email: str) -> tuple[User, bool]:
    """The person of that address, and whether they are new. Raises ValidationError."""
    if known := User.objects.filter(email__iexact=email).first():
        return known, False
    person = User(username=email, email=email, is_staff=True)
    person.set_unusable_password()
    person.full_clean()
    person.save()
    return person, True
