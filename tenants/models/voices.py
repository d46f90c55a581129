"""How a tenant's bot sounds: pronunciations, cloned voices, and the making of its phrases."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.scope import TenantModel

LONGEST_RUN = timedelta(minutes=15)  # of PhraseRun: Celery ends a task after ten


def validate_spoken(text: str) -> None:
    if not any(character.isalnum() for character in text) or {"{", "}"} & set(text):
        raise ValidationError(_("Write words, without braces."))


class Pronunciation(TenantModel):
    """How a word is spoken that a voice would say wrongly; what people read stays as it is."""

    configures_calls = True

    written = models.CharField(_("written"), max_length=60, validators=[validate_spoken])
    spoken = models.CharField(
        _("spoken"),
        max_length=100,
        validators=[validate_spoken],
        help_text=_("As the voice should read it: Ouipple for Wipple."),
    )

    class Meta:
        verbose_name = _("pronunciation")
        verbose_name_plural = _("pronunciations")
        ordering = ["written"]
        constraints = [models.UniqueConstraint(fields=["tenant", "written"], name="one_pronunciation_per_word")]

    def __str__(self) -> str:
        return f"{self.written} → {self.spoken}"


class ClonedVoice(TenantModel):
    """A voice made of a person's recordings, and that person's consent.

    The recordings go to the vendor and are not kept. The row is the record of a consent:
    it is never changed, only deleted, and the voice with it.
    """

    configures_calls = True

    name = models.CharField(_("name"), max_length=60)
    voice_id = models.CharField(_("voice's id"), max_length=100, editable=False)
    consent_by = models.CharField(
        _("consent of"), max_length=100, help_text=_("First and last name of the person whose voice it is.")
    )
    consent_statement = models.TextField(
        _("statement"),
        max_length=2000,
        help_text=_("What the person agreed to, in the words that were signed or said."),
    )
    consent_at = models.DateTimeField(_("recorded on"), default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("cloned voice")
        verbose_name_plural = _("cloned voices")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_cloned_voice_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class PhraseRun(TenantModel):
    """One making of what is missing of the tenant's phrases, while it goes on and afterwards."""

    class State(models.TextChoices):
        RUNNING = "running", _("in progress")
        DONE = "done", _("done")
        FAILED = "failed", _("incomplete")

    state = models.CharField(_("status"), max_length=10, choices=State, default=State.RUNNING)
    total = models.PositiveIntegerField(_("to make"), default=0)
    done = models.PositiveIntegerField(_("made"), default=0)
    failed = models.PositiveIntegerField(_("not made"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reasons = models.JSONField(_("reasons"), default=dict, blank=True)  # by text that was not made
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("making of phrases")
        verbose_name_plural = _("makings of phrases")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["tenant", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"

    @classmethod
    def current(cls) -> PhraseRun | None:
        """The latest of the tenant acted for; one whose process is gone is not in progress for ever."""
        run = cls.objects.first()
        if run is not None and run.state == cls.State.RUNNING and run.started_at < timezone.now() - LONGEST_RUN:
            run.state = cls.State.FAILED
        return run
