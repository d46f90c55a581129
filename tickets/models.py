"""What a call leaves behind for the people who help."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from companies.models import Company, Customer
from companies.phone import international
from tenants.models import ProblemType, Severity, WebhookEvent
from tenants.privacy import MaskedCharField, MaskedEmailField, MaskedTextField
from tenants.scope import TenantModel
from tenants.webhooks.outbox import Published

LONGEST_COMMENT: Final = 5000


class Ticket(Published):
    """A request for help; a call leaves one, whatever ended it. A new comment is a change of it."""

    synced_as = "tickets"

    class Status(models.TextChoices):
        """Transferred and failed say how a call ended: nobody sets them by hand."""

        OPEN = "open", _("open")
        TRANSFERRED = "transferred", _("transferred")
        PENDING = "pending", _("waiting for the customer")
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
    phone_number = MaskedCharField(_("telephone"), max_length=40, blank=True)
    client_name = models.CharField(_("caller's name"), max_length=200, blank=True)
    client_email = MaskedEmailField(_("e-mail"), blank=True)
    problem_type = models.ForeignKey(
        ProblemType, models.SET_NULL, null=True, blank=True, related_name="tickets", verbose_name=_("problem type")
    )
    description = MaskedTextField(_("in the caller's words"), blank=True)
    summary = MaskedTextField(_("summary"), blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.OPEN)
    sentiment = models.CharField(_("sentiment"), max_length=10, choices=Sentiment, default=Sentiment.NEUTRAL)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.MEDIUM)
    tag = models.CharField(_("tag"), max_length=40, blank=True)
    # A digest of each field as the bot wrote it: one that differs is a person's.
    by_bot = models.JSONField(default=dict, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    external_id = models.CharField(
        _("identifier elsewhere"), max_length=100, blank=True, help_text=_("What your CRM knows it by.")
    )
    wants_callback = models.BooleanField(_("to be called back"), default=False)
    due_at = models.DateTimeField(_("due"), null=True, blank=True, editable=False)
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True, editable=False)
    waited = models.DurationField(
        _("waited"), default=timedelta, editable=False, help_text=_("Of opening hours, for the customer.")
    )
    resolved_at = models.DateTimeField(_("resolved on"), null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("resolved by"),
        help_text=_("Nobody: the bot."),
    )
    reopened_at = models.DateTimeField(_("reopened"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    caller_told_at = models.DateTimeField(_("caller told of it"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    # What the search looks through, kept by the database: of 200,000 tickets one column without capitals
    # is read in a tenth of the time that six take.
    searched = models.GeneratedField(
        expression=Lower(
            Concat(
                *("client_name", Value(" "), "client_email", Value(" "), "phone_number", Value(" ")),
                *("tag", Value(" "), "summary", Value(" "), "description"),
                output_field=models.TextField(),
            )
        ),
        output_field=MaskedTextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["tenant", "-created_at"]),
            models.Index(fields=["tenant", "updated_at"]),
            models.Index(fields=["tenant", "status"]),
            models.Index(fields=["tenant", "phone_number"]),
            # The queue: few of all tickets, and what its tabs count.
            models.Index(
                fields=["tenant", "due_at"],
                condition=models.Q(status__in=["open", "transferred", "failed", "pending"]),
                name="ticket_in_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.client_name or self.phone_number}".strip()

    def clean(self) -> None:
        """A number as customers have it; what is none, such as an extension, stays as it was written."""
        super().clean()
        self.phone_number = international(self.phone_number) or self.phone_number

    def events_since(self, before: Ticket | None) -> list[str]:
        """Of a ticket that a test call left nothing."""
        if self.call is not None and self.call.is_test:
            return []
        events = [WebhookEvent.TICKET_UPDATED if before else WebhookEvent.TICKET_CREATED]
        if self.status == self.Status.RESOLVED and (before is None or before.status != self.Status.RESOLVED):
            events.append(WebhookEvent.TICKET_RESOLVED)
        return [str(event) for event in events]

    def as_data(self) -> dict[str, Any]:
        from tickets.api import CommentSerializer, TicketSerializer  # they show these rows

        comments = CommentSerializer(self.comments.select_related("author"), many=True).data
        return {**TicketSerializer(context={"query": {}}).to_representation(self), "comments": comments}


TO_WORK_ON: Final = (Ticket.Status.OPEN, Ticket.Status.TRANSFERRED, Ticket.Status.FAILED)
#: What is not resolved; the index of the queue has these.
ACTIVE: Final = (*TO_WORK_ON, Ticket.Status.PENDING)
#: Where people may take a ticket from each status.
TRANSITIONS: Final[dict[str, tuple[Ticket.Status, ...]]] = {
    Ticket.Status.OPEN: (Ticket.Status.PENDING, Ticket.Status.RESOLVED),
    Ticket.Status.TRANSFERRED: (Ticket.Status.OPEN, Ticket.Status.PENDING, Ticket.Status.RESOLVED),
    Ticket.Status.FAILED: (Ticket.Status.OPEN, Ticket.Status.PENDING, Ticket.Status.RESOLVED),
    Ticket.Status.PENDING: (Ticket.Status.OPEN, Ticket.Status.RESOLVED),
    Ticket.Status.RESOLVED: (Ticket.Status.OPEN,),
}


class Comment(TenantModel):
    """A remark on a ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments", verbose_name=_("ticket"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, verbose_name=_("author")
    )
    text = MaskedTextField(_("text"), max_length=LONGEST_COMMENT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return str(self.text[:60])

    def save(self, *args: Any, **kwargs: Any) -> None:
        with self.ticket.changing():
            super().save(*args, **kwargs)
            Ticket.objects.filter(pk=self.ticket_id).update(updated_at=timezone.now())


class WeeklyReport(TenantModel):
    """That a week was reported by e-mail, so that it is once."""

    monday = models.DateField(_("week from"))
    tried_at = models.DateTimeField(_("tried"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    letters = models.PositiveIntegerField(_("letters"), default=0)

    class Meta:
        verbose_name = _("weekly report")
        verbose_name_plural = _("weekly reports")
        ordering = ["-monday"]
        constraints = [models.UniqueConstraint(fields=["tenant", "monday"], name="one_report_per_week")]

    def __str__(self) -> str:
        return str(self.monday)


class RoiDay(TenantModel):
    """What one day's calls came to and cost; the day is the tenant's, from its midnight to the next.

    A call belongs to the day it began on. Made of calls and usages, by tickets.roi alone; docs/roi.md has
    the formulas.
    """

    day = models.DateField(_("day"))
    calls = models.PositiveIntegerField(_("calls"), default=0)
    resolved = models.PositiveIntegerField(_("resolved by the bot"), default=0)
    left_open = models.PositiveIntegerField(_("left open"), default=0)
    transferred = models.PositiveIntegerField(_("handed over"), default=0)
    dropped = models.PositiveIntegerField(_("dropped"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    handled_seconds = models.DecimalField(_("seconds of calls"), max_digits=14, decimal_places=3, default=0)
    stt_eur = models.DecimalField(_("speech to text, in euros"), max_digits=14, decimal_places=8, default=0)
    llm_eur = models.DecimalField(_("language models, in euros"), max_digits=14, decimal_places=8, default=0)
    tts_eur = models.DecimalField(_("text to speech, in euros"), max_digits=14, decimal_places=8, default=0)
    other_eur = models.DecimalField(
        _("outside calls, in euros"),
        max_digits=14,
        decimal_places=8,
        default=0,
        help_text=_("Phrases that were spoken ahead, and test calls."),
    )
    unpriced = models.PositiveIntegerField(_("usages without a price"), default=0)
    cached_characters = models.PositiveBigIntegerField(_("characters from the phrase store"), default=0)
    spoken_characters = models.PositiveBigIntegerField(_("characters that a vendor spoke"), default=0)
    cached_eur = models.DecimalField(
        _("saved by the phrase store, in euros"), max_digits=14, decimal_places=8, default=0
    )
    counted_at = models.DateTimeField(_("counted"), auto_now=True)

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("figures by day")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="one_roi_per_day")]

    def __str__(self) -> str:
        return str(self.day)
