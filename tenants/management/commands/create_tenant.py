"""Open a company account that can take calls at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from providers.services import phrases_changed
from tenants import people
from tenants.models import Invitation, Membership, Tenant
from tenants.models.people import INVITATION_DAYS
from tenants.scope import acting_for
from tenants.services import create_tenant


class Command(BaseCommand):
    help = "Create a company account with its language's phrases, keywords and problem types."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name: small letters, digits and hyphens")
        parser.add_argument("--name", required=True, help="as callers hear it")
        parser.add_argument("--language", choices=Tenant.Language.values, default=Tenant.Language.FRENCH.value)
        parser.add_argument("--owner-email", help="who is invited by e-mail to own it")

    def handle(self, *, slug: str, name: str, language: str, owner_email: str | None, **_options: Any) -> None:
        try:
            with transaction.atomic():
                tenant = create_tenant(slug=slug, name=name, language=language, announces_recording=True)
                phrases_changed(tenant=tenant)  # the first caller is not to wait for them
                if owner_email:
                    invite(tenant, owner_email)
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
            ) from None
        except OSError as error:
            raise CommandError(
                f"{name} ({slug}) is open, but its owner's invitation could not be sent ({error}): "
                "send it again from the list of invitations."
            ) from None
        self.stdout.write(f"{tenant.name} ({tenant.slug}) can take calls; give it an Asterisk server in the admin.")
        if owner_email:
            self.stdout.write(
                f"{owner_email} is invited to own it: the link in the mail works for {INVITATION_DAYS} days."
            )


def invite(tenant: Tenant, email: str) -> None:
    """Ask whoever reads `email` to own the account. Raises ValidationError; on commit OSError."""
    with acting_for(tenant):
        invitation = Invitation(email=email.lower(), role=Membership.Role.OWNER)
        invitation.full_clean()
        invitation.save()
    people.send(invitation=invitation)
