"""A call, what was said in it, and what it cost."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.models import Customer
from providers.names import name_of
from tenants.models import AsteriskServer, ProblemType, WebhookEvent
from tenants.privacy import MaskedCharField, MaskedJSONField, MaskedTextField
from tenants.scope import TenantModel
from tenants.webhooks.outbox import Published


class Announcement(TenantModel):
    """What the dialplan told us of a call before it dialled us; used once, short-lived."""

    call_uuid = models.UUIDField(_("call"), unique=True)
    server = models.ForeignKey(AsteriskServer, models.CASCADE, verbose_name=_("Asterisk server"))
    phone_number = MaskedCharField(_("telephone"), max_length=40, blank=True)
    caller_name = models.CharField(_("caller's name"), max_length=100, blank=True)
    data = MaskedJSONField(_("free data"), default=dict, blank=True)
    returned_from = models.UUIDField(
        _("returned from"), null=True, blank=True, help_text=_("The call that nobody took when it was handed over.")
    )
    resumes = models.UUIDField(
        _("goes on with"), null=True, blank=True, help_text=_("The call of the same channel that was cut off.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("announced call")
        verbose_name_plural = _("announced calls")

    def __str__(self) -> str:
        return str(self.call_uuid)


def recording_path(call: Call, filename: str) -> str:
    return f"recordings/{call.tenant_id}/{call.started_at:%Y/%m/%d}/{call.uuid}.wav"


class Call(Published):
    """One telephone call; the row exists from its first second."""

    synced_as = "calls"

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", _("in progress")
        COMPLETED = "completed", _("completed")
        TRANSFERRED = "transferred", _("transferred")
        DROPPED = "dropped", _("dropped")
        FAILED = "failed", _("failed")

    class EndReason(models.TextChoices):
        """What ended it; the dialplan reads this as the result."""

        GOODBYE = "goodbye", _("the bot said goodbye")
        HANDOVER = "handover", _("handed over to a person")
        HANGUP = "hangup", _("the caller hung up")
        DISMISSED = "dismissed", _("a colleague hung up")
        SILENCE = "silence", _("the caller stayed silent")
        TOO_LONG = "too_long", _("the longest duration was reached")
        DRAIN = "drain", _("the service was being restarted")
        BUSY = "busy", _("all lines were busy")
        ERROR = "error", _("an error on our side")
        WORKER_DIED = "worker_died", _("the worker died")

    uuid = models.UUIDField(_("identifier"), unique=True)
    server = models.ForeignKey(
        AsteriskServer, models.SET_NULL, null=True, blank=True, verbose_name=_("Asterisk server")
    )
    phone_number = MaskedCharField(_("telephone"), max_length=40, blank=True, db_index=True)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="calls", verbose_name=_("customer")
    )
    language = models.CharField(_("language"), max_length=2, default="fr")
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.IN_PROGRESS)
    end_reason = models.CharField(_("ended because"), max_length=12, choices=EndReason, blank=True)
    transfer_to = models.CharField(_("handed over to"), max_length=40, blank=True)
    scene = models.CharField(_("scene"), max_length=30, blank=True)
    problem_type = models.ForeignKey(
        ProblemType, models.SET_NULL, null=True, blank=True, verbose_name=_("problem type")
    )
    # As Case.known tells it; empty once the call has its ticket, if the caller cannot come back in the same channel.
    known = MaskedJSONField(_("what is known"), null=True, blank=True, editable=False)
    resumes = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="resumed_by",
        verbose_name=_("goes on with"),
        help_text=_("The call that was cut off on our side; the ticket is the later one's."),
    )
    worker = models.CharField(_("worker"), max_length=100, blank=True)
    error = models.TextField(_("error"), blank=True)
    data = MaskedJSONField(_("free data"), default=dict, blank=True)  # of its announcement
    started_at = models.DateTimeField(_("started"), default=timezone.now, db_index=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    recording = models.FileField(_("recording"), upload_to=recording_path, blank=True, max_length=200)
    disclosure = models.TextField(
        _("disclosure"), blank=True, help_text=_("The words that told the caller that an automatic assistant speaks.")
    )
    recording_refused = models.BooleanField(_("recording refused"), default=False)
    is_test = models.BooleanField(
        _("test call"),
        default=False,
        help_text=_("Made by somebody of the company; in no figure."),
    )
    late_frames = models.PositiveIntegerField(_("late frames"), default=0)
    dropped_frames = models.PositiveIntegerField(_("dropped frames"), default=0)
    is_resolved = models.BooleanField(
        _("resolved by the bot"), default=False, help_text=_("The caller said so, and no person was needed.")
    )
    cached_characters = models.PositiveIntegerField(
        _("characters from the phrase store"), default=0, help_text=_("Said without asking a vendor.")
    )
    transcript_erased_at = models.DateTimeField(_("transcript erased"), null=True, blank=True, editable=False)
    cached_eur = models.DecimalField(
        _("saved by the phrase store"),
        max_digits=14,
        decimal_places=8,
        null=True,
        blank=True,
        help_text=_("In euros, what a vendor would have cost. Empty: no price is known."),
    )

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["tenant", "-started_at"]),
            models.Index(fields=["tenant", "updated_at"]),
            models.Index(fields=["status", "heartbeat_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.phone_number or self.uuid} {timezone.localtime(self.started_at):%d/%m/%Y %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        # Saving made a FieldFile that holds the row: only the garbage collector would free it.
        self.recording = self.recording.name

    def events_since(self, before: Call | None) -> list[str]:
        """Of test calls nothing. A call that was given up and turns out to live ends twice; the last word counts."""
        if self.is_test:
            return []
        if before is None:
            return [WebhookEvent.CALL_STARTED]
        has_ended = self.status != before.status and self.status != self.Status.IN_PROGRESS
        is_recorded = bool(self.recording) and not before.recording  # a moment after the end
        happened = ((WebhookEvent.CALL_ENDED, has_ended), (WebhookEvent.CALL_RECORDED, is_recorded))
        return [str(event) for event, is_so in happened if is_so]

    def as_data(self) -> dict[str, Any]:
        from calls.api import CallSerializer  # it shows these rows

        return {**CallSerializer(context={"query": {}}).to_representation(self)}

    @property
    def duration_seconds(self) -> float | None:
        """Length of the call in seconds; None while it lasts."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


class Turn(TenantModel):
    """What one side said without the other taking over."""

    class Speaker(models.TextChoices):
        CALLER = "caller", _("caller")
        BOT = "bot", _("bot")
        AGENT = "agent", _("colleague")  # what a person had the bot say

    call = models.ForeignKey(Call, models.CASCADE, related_name="turns", verbose_name=_("call"))
    position = models.PositiveIntegerField(_("order"))
    speaker = models.CharField(_("speaker"), max_length=6, choices=Speaker)
    scene = models.CharField(_("scene"), max_length=30, blank=True)
    phrase = models.CharField(_("phrase"), max_length=60, blank=True)
    text = MaskedTextField(_("text"), help_text=_("Of the bot: what the caller really heard."))
    started_at = models.FloatField(_("from"), help_text=_("Seconds since the call began."))
    ended_at = models.FloatField(_("to"), help_text=_("Seconds since the call began."))
    was_interrupted = models.BooleanField(_("interrupted"), default=False)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    response_seconds = models.FloatField(
        _("response time"), null=True, blank=True, help_text=_("From the end of the caller's words to the bot's first.")
    )
    language_model_seconds = models.FloatField(_("language model"), null=True, blank=True)
    text_to_speech_seconds = models.FloatField(_("text to speech"), null=True, blank=True)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering = ["call", "started_at", "position"]
        constraints = [models.UniqueConstraint(fields=["tenant", "call", "position"], name="one_turn_per_position")]

    def __str__(self) -> str:
        return f"{self.get_speaker_display()}: {self.text[:60]}"


class Usage(TenantModel):
    """What one vendor call used, in the vendor's own units, and what that cost."""

    class Kind(models.TextChoices):
        SPEECH_TO_TEXT = "stt", _("speech to text")
        LANGUAGE_MODEL = "llm", _("language model")
        TEXT_TO_SPEECH = "tts", _("text to speech")

    call = models.ForeignKey(
        Call, models.SET_NULL, null=True, blank=True, related_name="usages", verbose_name=_("call")
    )
    kind = models.CharField(_("kind"), max_length=3, choices=Kind)
    provider = models.CharField(_("provider"), max_length=40)
    model = models.CharField(_("model"), max_length=80)
    request_id = models.CharField(_("request"), max_length=100, blank=True)
    audio_seconds = models.DecimalField(_("audio seconds"), max_digits=12, decimal_places=3, default=0)
    characters = models.PositiveIntegerField(_("characters"), default=0)
    credits = models.PositiveIntegerField(_("credits"), default=0, help_text=_("Where the vendor counts in them."))
    input_tokens = models.PositiveIntegerField(_("input tokens"), default=0)
    output_tokens = models.PositiveIntegerField(_("output tokens"), default=0)
    cached_tokens = models.PositiveIntegerField(_("cached tokens"), default=0)
    reasoning_tokens = models.PositiveIntegerField(_("reasoning tokens"), default=0)
    latency_seconds = models.FloatField(_("latency"), null=True, blank=True)
    cost_eur = models.DecimalField(
        _("cost in euros"),
        max_digits=14,
        decimal_places=8,
        null=True,
        blank=True,
        help_text=_("Empty: no price is known."),
    )
    is_estimated = models.BooleanField(_("estimated"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("vendor usage")
        verbose_name_plural = _("vendor usage")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["tenant", "-created_at"]),
            models.Index(
                fields=["tenant", "-created_at"], condition=models.Q(cost_eur=None), name="usage_without_price"
            ),
        ]

    def __str__(self) -> str:
        return f"{name_of(self.provider)} {self.model}"


class SpendDay(TenantModel):
    """What vendors cost the tenant on one day of the platform: a month is at most 31 rows to add up."""

    day = models.DateField(_("day"), db_index=True)
    cost_eur = models.DecimalField(_("cost in euros"), max_digits=14, decimal_places=8, default=0)

    class Meta:
        verbose_name = _("spending of a day")
        verbose_name_plural = _("spending by day")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="one_sum_per_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.cost_eur} €"


class SpendLimit(TenantModel):
    """How much vendors may cost the tenant, and what becomes of calls beyond that."""

    class Action(models.TextChoices):
        DEGRADED = "degraded", _("take calls with keywords and recorded phrases only")
        REFUSE = "refuse", _("refuse calls: the dialplan sends them to a person")

    day_eur = models.DecimalField(
        _("euros a day"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    month_eur = models.DecimalField(
        _("euros a month"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    action = models.CharField(_("when it is reached"), max_length=10, choices=Action, default=Action.DEGRADED)

    class Meta:
        verbose_name = _("spend limit")
        verbose_name_plural = _("spend limits")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="one_spend_limit_per_tenant")]

    def __str__(self) -> str:
        return self.get_action_display()
