"""A company account, and the people who work in it."""

from __future__ import annotations

from typing import Final
from uuid import uuid4
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.scope import EVERYONE, acting_for

LONGEST_KEPT_DAYS: Final = 3650  # ten years, as French law keeps commercial records


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
    max_calls = models.PositiveIntegerField(
        _("calls at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Whoever calls beyond that hears that all lines are busy. Empty: no limit of its own."),
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
    words_answers = models.BooleanField(
        _("answers in its own words"),
        default=False,
        help_text=_(
            "Where no answer of yours fits word for word, the language model may put one together from them. "
            "Otherwise it only chooses which of them to say."
        ),
    )
    after_hours = models.CharField(
        _("outside opening hours"), max_length=10, choices=AfterHours, default=AfterHours.MESSAGE
    )
    human_call_eur = models.DecimalField(
        _("a call answered by a person"),
        max_digits=8,
        decimal_places=2,
        default=15,
        validators=[MinValueValidator(0)],
        help_text=_("In euros, what such a call costs you: savings are counted with it."),
    )
    writes_to_callers = models.BooleanField(
        _("write to callers"),
        default=False,
        help_text=_("Whoever leaves an e-mail address gets the number of the ticket, once."),
    )
    keep_recordings_days = models.PositiveIntegerField(
        _("keep recordings (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_KEPT_DAYS)],
        help_text=_("Then the files are erased."),
    )
    keep_transcripts_days = models.PositiveIntegerField(
        _("keep transcripts (days)"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_KEPT_DAYS)],
        help_text=_("Then what was said is erased, also from tickets; their summaries stay."),
    )
    roi_at = models.DateTimeField(_("figures counted"), null=True, editable=False)
    # Of opening hours, from a ticket's creation; empty: a ticket of that severity is never due.
    hours_high = models.PositiveSmallIntegerField(
        _("high severity: due after"), null=True, blank=True, default=4, validators=[MinValueValidator(1)]
    )
    hours_medium = models.PositiveSmallIntegerField(
        _("medium severity: due after"), null=True, blank=True, default=8, validators=[MinValueValidator(1)]
    )
    hours_low = models.PositiveSmallIntegerField(
        _("low severity: due after"), null=True, blank=True, default=24, validators=[MinValueValidator(1)]
    )
    requires_two_factor = models.BooleanField(
        _("two-step sign-in for everybody"),
        default=False,
        help_text=_("Whoever has not set it up is led to it before anything else."),
    )
    # What the first steps cannot see from anything else.
    heard_voice = models.CharField(max_length=100, null=True, editable=False)  # null: nobody has listened yet
    phrases_reviewed_at = models.DateTimeField(null=True, editable=False)
    first_steps_closed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Another one whenever a row that configures calls is written (tenants.scope.configuring).
    configuration = models.UUIDField(default=uuid4, editable=False)

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

    wants_report = models.BooleanField(
        _("weekly report"), default=True, help_text=_("By e-mail on Mondays, to owners and administrators.")
    )

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="one_role_per_tenant")]

    def __str__(self) -> str:
        name = self.user.get_full_name() or self.user.get_username()
        return f"{name} – {self.tenant} ({self.get_role_display()})"

    def clean(self) -> None:
        """A company always has an owner."""
        super().clean()
        if self.role != self.Role.OWNER and self.is_last_owner():
            raise ValidationError({"role": _("The last owner stays: make somebody else an owner first.")})

    def is_last_owner(self) -> bool:
        """Whether the company, as it is stored, would have no owner without this person."""
        owners = Membership.objects.filter(tenant=self.tenant_id, role=self.Role.OWNER, user__is_active=True)
        return owners.filter(pk=self.pk).exists() and not owners.exclude(pk=self.pk).exists()
