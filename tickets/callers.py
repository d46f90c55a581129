"""A caller who has left an e-mail address is told the number of the ticket."""

from __future__ import annotations

from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tenants import mail
from tickets.models import Ticket


def tell(ticket: Ticket) -> bool:
    """Write it once; whether that was to be done, and is. Raises OSError when the mail server does not take it."""
    if not ticket.tenant.writes_to_callers or not is_address(ticket.client_email):
        return False
    mine = Ticket.objects.filter(pk=ticket.pk, caller_told_at=None)
    if not mine.update(caller_told_at=timezone.now()):
        return False
    try:
        mail.send([letter(ticket)])
    except OSError:
        Ticket.objects.filter(pk=ticket.pk).update(caller_told_at=None)  # the next try may
        raise
    return True


def letter(ticket: Ticket) -> EmailMessage:
    """In the company's language and name. What was said in the call stays out: the address may be misheard."""
    tenant = ticket.tenant
    with translation.override(tenant.language), timezone.override(tenant.time_zone):
        return EmailMessage(
            subject=_("%(tenant)s: your request no. %(number)d") % {"tenant": tenant, "number": ticket.pk},
            body=render_to_string("mail/to_caller.txt", {"ticket": ticket, "tenant": tenant}),
            from_email=formataddr((tenant.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
            to=[ticket.client_email],
            headers={"Auto-Submitted": "auto-generated"},
        )


def is_address(text: str) -> bool:
    """Whether it can be one: callers spell, and machines hear."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
