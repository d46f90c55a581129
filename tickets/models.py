"""What a call leaves behind for the people who help."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from companies.models import Company, Customer
from tenants.models import ProblemType, Severity
from tenants.scope import TenantModel


class Ticket(TenantModel):
    """A request for help; a call leaves one, whatever ended it."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        TRANSFERRED = "transferred", _("transferred")
        RESOLVED = "resolved", _("resolved")
        FAILED = "failed", _("failed")

    class Sentiment(models.TextChoices):
        POSITIVE = "positive", _("positive")
        NEUTRAL = "neutral", _("neutral")
        NEGATIVE = "negative", _("negative")

    call = models.OneToOneField(
        Call, models.SET_NULL, null=True, blank=True, related_name="ticket", verbose_name=_("call")
    )
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="tickets", verbose_name=_("customer")
    )
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="tickets", verbose_name=_("company")
    )
    phone_number = models.CharField(_("telephone"), max_length=40, blank=True)
    client_name = models.CharField(_("caller's name"), max_length=200, blank=True)
    client_email = models.EmailField(_("e-mail"), blank=True)
    problem_type = models.ForeignKey(
        ProblemType, models.SET_NULL, null=True, blank=True, related_name="tickets", verbose_name=_("problem type")
    )
    description = models.TextField(_("in the caller's words"), blank=True)
    summary = models.TextField(_("summary"), blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.OPEN)
    sentiment = models.CharField(_("sentiment"), max_length=10, choices=Sentiment, default=Sentiment.NEUTRAL)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.MEDIUM)
    tag = models.CharField(_("tag"), max_length=40, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["tenant", "-created_at"]), models.Index(fields=["tenant", "status"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.client_name or self.phone_number}".strip()


class Comment(TenantModel):
    """A remark on a ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments", verbose_name=_("ticket"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, verbose_name=_("author")
    )
    text = models.TextField(_("text"), max_length=5000)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.text[:60]
