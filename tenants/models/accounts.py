"""A company account, and the people who work in it."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.scope import EVERYONE, acting_for


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone; an example is Europe/Paris."), params={"name": name})


class Tenant(models.Model):
    """A client company of the platform."""

    class Language(models.TextChoices):
        FRENCH = "fr", _("French")
        ENGLISH = "en", _("English")

    class AfterHours(models.TextChoices):
        MESSAGE = "message", _("take a message")
        ON_CALL = "on_call", _("hand over to a target that is on call")

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FRENCH)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Europe/Paris", validators=[validate_time_zone])
    is_active = models.BooleanField(_("active"), default=True, help_text=_("If switched off, its calls are refused."))
    voice = models.CharField(
        _("voice"), max_length=100, blank=True, help_text=_("The voice's id at the vendor; empty: the platform's.")
    )
    record_calls = models.BooleanField(_("record calls"), default=True)
    max_call_seconds = models.PositiveIntegerField(
        _("longest call"),
        default=900,
        validators=[MinValueValidator(30), MaxValueValidator(7200)],
        help_text=_("In seconds. The caller is told before the call is ended."),
    )
    announces_recording = models.BooleanField(
        _("announce the recording"),
        default=False,
        help_text=_("The caller is told, and may refuse. Applies where calls are recorded."),
    )
    asks_first_name = models.BooleanField(_("ask for the first name"), default=True)
    asks_last_name = models.BooleanField(_("ask for the last name"), default=True)
    asks_company = models.BooleanField(_("ask for the company"), default=True)
    asks_email = models.BooleanField(_("ask for the e-mail address"), default=True)
    after_hours = models.CharField(
        _("outside opening hours"), max_length=10, choices=AfterHours, default=AfterHours.MESSAGE
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("company account")
        verbose_name_plural = _("company accounts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        from tenants.models.voices import ClonedVoice  # it refers to this module

        with acting_for(EVERYONE):
            if self.voice and ClonedVoice.objects.filter(voice_id=self.voice).exclude(tenant_id=self.pk).exists():
                raise ValidationError({"voice": _("This voice belongs to another company.")})


class Membership(models.Model):
    """A person's role in a tenant. Not owned: signing in comes before the tenant is known."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        ADMIN = "admin", _("administrator")
        AGENT = "agent", _("agent")
        VIEWER = "viewer", _("viewer")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships", verbose_name=_("company account"))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.AGENT)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="one_role_per_tenant")]

    def __str__(self) -> str:
        return f"{self.user} – {self.tenant} ({self.get_role_display()})"
