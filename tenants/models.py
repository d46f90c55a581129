"""A tenant, its people, and what a company configures."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants import presets
from tenants.fields import EncryptedTextField
from tenants.scope import EVERYONE, TenantModel, acting_for


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone; an example is Europe/Paris."), params={"name": name})


def validate_network(value: str) -> None:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        network = None
    # Callers that a socket shows as ::ffff:203.0.113.7 are looked up as IPv4.
    if network is None or getattr(network.network_address, "ipv4_mapped", None):
        raise ValidationError(
            _("%(value)s is not a network: write an address such as 203.0.113.7, or a range such as 203.0.113.0/28."),
            params={"value": value},
        )


def refuse_unknown_values(text: str, *, offered: frozenset[str] = frozenset()) -> None:
    """Raise ValidationError for braces in the field `text` that could not be filled in during a call."""
    try:
        unknown = presets.placeholders(text) - offered
    except ValueError:
        raise ValidationError({"text": _("A brace is open, or holds more than the name of a value.")}) from None
    if unknown:
        raise ValidationError(
            {
                "text": ValidationError(
                    _("Nothing can be filled in for %(unknown)s. Offered here: %(offered)s."),
                    params={"unknown": in_braces(unknown), "offered": in_braces(offered) or "–"},
                )
            }
        )


def in_braces(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest_token(token: str) -> str:
    """What a token is found by; it has 256 random bits, so a plain hash keeps it secret."""
    return hashlib.sha256(token.encode()).hexdigest()


class Severity(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class Tenant(models.Model):
    """A client company of the platform."""

    class Language(models.TextChoices):
        FRENCH = "fr", _("French")
        ENGLISH = "en", _("English")

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FRENCH)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Europe/Paris", validators=[validate_time_zone])
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Switched off, its calls are refused."))
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
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("company account")
        verbose_name_plural = _("company accounts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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


class AsteriskServer(TenantModel):
    """An Asterisk that may hand us calls, known by the address it calls from."""

    name = models.CharField(_("name"), max_length=100)
    network = models.CharField(
        _("network"),
        max_length=43,
        validators=[validate_network],
        help_text=_("The address, or range in CIDR notation, that its calls come from."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    require_announcement = models.BooleanField(
        _("announced calls only"),
        default=False,
        help_text=_("Refuse a call that the dialplan did not announce over HTTP first."),
    )
    token = EncryptedTextField(
        _("token"), default=new_token, editable=False, help_text=_("What the dialplan shows when it announces a call.")
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)  # to find the server by its token
    ami_host = models.CharField(_("AMI host"), max_length=255, blank=True)
    ami_port = models.PositiveIntegerField(
        _("AMI port"), default=5038, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    ami_user = models.CharField(_("AMI user"), max_length=100, blank=True)
    ami_secret = EncryptedTextField(_("AMI secret"), blank=True)

    class Meta:
        verbose_name = _("Asterisk server")
        verbose_name_plural = _("Asterisk servers")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_server_name_per_tenant")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.token_digest = digest_token(self.token)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """An address leads to one tenant: networks of two tenants never overlap."""
        super().clean()
        try:
            mine = ipaddress.ip_network(self.network)
        except ValueError:
            return  # the field's own validator has said so
        with acting_for(EVERYONE):
            others = AsteriskServer.objects.exclude(tenant_id=self.tenant_id or 0).values_list("network", flat=True)
            taken = any(
                mine.overlaps(network)
                for other in others
                if (network := ipaddress.ip_network(other)).version == mine.version
            )
        if taken:
            raise ValidationError({"network": _("This network is not available. Narrow it to your own addresses.")})


class TransferTarget(TenantModel):
    """Where a call may be handed over: an extension of the dialplan's [transfer] context."""

    name = models.CharField(_("name"), max_length=100)
    extension = models.CharField(
        _("extension"), max_length=40, validators=[RegexValidator(r"^[0-9a-z]+$", _("Only digits and small letters."))]
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("transfer target")
        verbose_name_plural = _("transfer targets")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["tenant", "extension"], name="one_target_per_extension")]

    def __str__(self) -> str:
        return f"{self.name} ({self.extension})"


class Phrase(TenantModel):
    """What the bot says: the tenant's own text for a key of the preset."""

    key = models.SlugField(_("key"), max_length=60)
    language = models.CharField(_("language"), max_length=2, choices=Tenant.Language, default=Tenant.Language.FRENCH)
    text = models.TextField(_("text"), max_length=1000)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        ordering = ["key", "language"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key", "language"], name="one_phrase_per_key_and_language")
        ]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        """A phrase that could not be spoken is refused here, not in the middle of a call."""
        super().clean()
        preset = presets.phrases(self.language or Tenant.Language.FRENCH).get(self.key)
        if preset is None:
            raise ValidationError({"key": _("No phrase of the conversation has this key.")})
        refuse_unknown_values(self.text, offered=preset.values)


class ProblemType(TenantModel):
    """A kind of problem that callers have, with its remedy."""

    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=100, help_text=_("As it is said to the caller."))
    tag = models.CharField(_("ticket tag"), max_length=40, blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.MEDIUM)
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("problem type")
        verbose_name_plural = _("problem types")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="one_problem_type_per_code")]

    def __str__(self) -> str:
        return self.name


class RemedyStep(TenantModel):
    """One thing that the caller is asked to try, in order."""

    problem_type = models.ForeignKey(ProblemType, models.CASCADE, related_name="steps", verbose_name=_("problem type"))
    position = models.PositiveIntegerField(_("order"), default=0)
    text = models.TextField(_("text"), max_length=1000)
    can_be_interrupted = models.BooleanField(_("can be interrupted"), default=True)

    class Meta:
        verbose_name = _("remedy step")
        verbose_name_plural = _("remedy steps")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:60]

    def clean(self) -> None:
        super().clean()
        refuse_unknown_values(self.text)


class Keyword(TenantModel):
    """A word that means something to this tenant."""

    class Kind(models.TextChoices):
        HEARING = "hearing", _("helps recognition")
        PROBLEM = "problem", _("names a problem")
        ANGER = "anger", _("shows anger")
        CENSORED = "censored", _("is replaced")

    text = models.CharField(_("word or words"), max_length=100)
    kind = models.CharField(_("use"), max_length=10, choices=Kind)
    boost = models.PositiveSmallIntegerField(
        _("boost"),
        default=0,
        validators=[MaxValueValidator(4)],
        help_text=_("How much speech recognition favours it, 0 to 4."),
    )
    problem_type = models.ForeignKey(
        ProblemType, models.CASCADE, null=True, blank=True, related_name="keywords", verbose_name=_("problem type")
    )
    replacement = models.CharField(_("replacement"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("keyword")
        verbose_name_plural = _("keywords")
        ordering = ["kind", "text"]
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "text"], name="one_keyword_per_use")]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        super().clean()
        if (self.kind == self.Kind.PROBLEM) != (self.problem_type_id is not None):
            raise ValidationError(
                {"problem_type": _("Choose a problem type for a word that names a problem, and only for such a word.")}
            )
