"""Letters to the people of a company."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection

from tenants.models import Membership, Tenant

logger = logging.getLogger(__name__)

MANAGERS = (Membership.Role.OWNER, Membership.Role.ADMIN)


def managers(tenant: Tenant) -> list[User]:
    """Owners and administrators who can be written to."""
    people = User.objects.filter(memberships__tenant=tenant, memberships__role__in=MANAGERS, is_active=True)
    return list(people.exclude(email="").order_by("pk"))


def send(letters: Iterable[EmailMessage]) -> int:
    """Over one connection; how many went out. Raises OSError when none did.

    An address that the server refuses keeps nobody else's letter back.
    """
    sent, refused, letters = 0, None, list(letters)
    if not letters:
        return 0  # a connection alone leaves an empty file where letters are files
    with get_connection() as connection:
        for letter in letters:
            try:
                sent += connection.send_messages([letter]) or 0
            except SMTPException as error:
                logger.warning("a letter was refused: %s", type(error).__name__)  # its text has the address
                refused = error
    if refused is not None and not sent:
        raise refused
    return sent
