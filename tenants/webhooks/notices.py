"""A company is told when nothing can be told any more."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import mail
from tenants.models.webhooks import WebhookEndpoint

logger = logging.getLogger(__name__)


def tell_of_switching_off(endpoint: WebhookEndpoint) -> int:
    """Write to those who can mend it; how many that are. Raises OSError."""
    tenant = endpoint.tenant
    with translation.override(tenant.language):
        page = settings.SITE_URL + reverse("admin:tenants_webhookendpoint_change", args=[endpoint.pk])
        subject = _("%(tenant)s: the webhook “%(webhook)s” is switched off") % {"tenant": tenant, "webhook": endpoint}
        body = _(
            "Hello,\n\n"
            "nothing could be delivered to the webhook “%(webhook)s” of %(tenant)s for three days, or its server "
            "answered that it wants no more. It is switched off: your other software is told nothing at present.\n\n"
            "Once its server answers again, switch the webhook on, and send again what was given up:\n%(page)s\n\n"
            "What happened meanwhile can be fetched with the API (updated_since).\n"
        ) % {"tenant": tenant, "webhook": endpoint, "page": page}
    if not (people := mail.managers(tenant)):
        logger.warning("nobody of %s can be written to about its webhook %d", tenant, endpoint.pk)
    return mail.send(EmailMessage(subject, body, to=[person.email]) for person in people)
