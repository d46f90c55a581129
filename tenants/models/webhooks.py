"""What a company's other software is told, and how the telling went."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.scope import TenantModel
from tenants.webhooks.signing import new_secret
from tenants.webhooks.targets import validate_url

#: How long a message is tried before it is a dead letter.
LIFETIME: Final = timedelta(days=3)


class WebhookEvent(models.TextChoices):
    """What can be told; the labels are for people, the values for machines."""

    TICKET_CREATED = "ticket.created", _("ticket created")
    TICKET_UPDATED = "ticket.updated", _("ticket changed")
    TICKET_RESOLVED = "ticket.resolved", _("ticket resolved")
    CALL_STARTED = "call.started", _("call started")
    CALL_ENDED = "call.ended", _("call ended")
    CALL_RECORDED = "call.recorded", _("recording of a call is there")
    CUSTOMER_UPDATED = "customer.updated", _("customer added or changed")


def all_events() -> list[str]:
    return [str(value) for value in WebhookEvent.values]


class WebhookEndpoint(TenantModel):
    """An address of the company's that is told of events, signed with a secret that both know."""

    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(
        _("address"),
        max_length=500,
        validators=[validate_url],
        help_text=_("Where events are sent to, such as https://crm.example.com/webhooks/voicebot."),
    )
    events = models.JSONField(_("events"), default=all_events)  # values of WebhookEvent
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("What happens while it is switched off is not told.")
    )
    secret = EncryptedTextField(_("secret"), default=new_secret, editable=False)
    # Signs as well, until then: whoever receives has time to change over.
    previous_secret = EncryptedTextField(_("previous secret"), blank=True, editable=False)
    previous_secret_until = models.DateTimeField(_("previous secret until"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(_("last delivery"), null=True, blank=True, editable=False)
    switched_off_at = models.DateTimeField(
        _("switched off"), null=True, blank=True, editable=False, help_text=_("By us, because nothing arrived.")
    )
    # Whoever delivers moves this ahead: nobody else takes it, unless the worker dies.
    taken_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_webhook_per_name")]

    def __str__(self) -> str:
        return self.name

    def secrets(self, now: datetime) -> list[str]:
        """What to sign with, the newest first."""
        is_overlap = self.previous_secret and self.previous_secret_until and now < self.previous_secret_until
        return [self.secret, self.previous_secret] if is_overlap else [self.secret]


def expiry() -> datetime:
    return timezone.now() + LIFETIME


class WebhookMessage(TenantModel):
    """One event for one endpoint: written with the change that it tells of, delivered after that."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="messages", verbose_name=_("webhook"), editable=False
    )
    uuid = models.UUIDField(_("identifier"), default=uuid.uuid4, editable=False)
    event = models.CharField(_("event"), max_length=40, editable=False)
    # Such as ticket:12. Messages of one subject are delivered in their order.
    subject = models.CharField(_("about"), max_length=60, editable=False)
    body = models.TextField(_("content"), editable=False)  # the bytes that are signed, the same at each attempt
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("tried until"), default=expiry, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["tenant", "-created_at"]),
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="webhook_messages_that_are_due"
            ),
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=models.Q(state="pending"),
                name="webhook_messages_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"

    @property
    def identifier(self) -> str:
        """What the receiver knows it by; the same at each attempt."""
        return f"msg_{self.uuid.hex}"


class WebhookAttempt(TenantModel):
    """One request to an endpoint, and what came of it."""

    message = models.ForeignKey(
        WebhookMessage, models.CASCADE, related_name="log", verbose_name=_("webhook delivery"), editable=False
    )
    started_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    seconds = models.FloatField(_("seconds"), editable=False)
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True, editable=False)
    error = models.CharField(_("error"), max_length=200, blank=True, editable=False)
    excerpt = models.TextField(_("beginning of the answer"), blank=True, editable=False)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return str(self.status_code or self.error)
