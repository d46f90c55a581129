"""What other systems reach a company's data with."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.telephony import digest_token
from tenants.scope import TenantModel

#: What every key begins with, so that a leaked one is recognised for what it is.
KEY_PREFIX: Final = "vbk_"
SHOWN_CHARACTERS: Final = 12
USED_EVERY: Final = timedelta(minutes=1)

#: (scope, what it allows); nothing else is ever granted.
SCOPES: Final = (
    ("companies:read", _("companies: read")),
    ("companies:write", _("companies: write")),
    ("customers:read", _("customers: read")),
    ("customers:write", _("customers: write")),
    ("tickets:read", _("tickets and comments: read")),
    ("tickets:write", _("tickets and comments: write")),
    ("calls:read", _("calls and what was said: read")),
    ("calls:write", _("calls: announce")),
    ("recordings:read", _("recordings: download")),
    ("phrases:read", _("phrases: read")),
    ("phrases:write", _("phrases: write")),
    ("keywords:read", _("keywords: read")),
    ("keywords:write", _("keywords: write")),
    ("costs:read", _("costs: read")),
    ("roi:read", _("savings: read")),
)


def validate_scopes(scopes: Any) -> None:
    if not isinstance(scopes, list) or not scopes or set(scopes) - {name for name, _label in SCOPES}:
        raise ValidationError(_("Choose what the key may do."))


def new_secret() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


class ApiKey(TenantModel):
    """A key of the API. Only its hash is stored: whoever has lost it makes a new one."""

    name = models.CharField(_("name"), max_length=100, help_text=_("The system that uses it."))
    scopes = models.JSONField(_("rights"), default=list, validators=[validate_scopes])
    shown = models.CharField(_("begins with"), max_length=SHOWN_CHARACTERS, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    old_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    old_valid_until = models.DateTimeField(_("the one before works until"), null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    expires_at = models.DateTimeField(
        _("expires"), null=True, blank=True, help_text=_("Empty: it works until it is switched off.")
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                name="one_api_key_per_name",
                violation_error_message=_("There is a key of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def renew(self, *, overlap: timedelta = timedelta(0)) -> str:
        """A new secret, which is told here and never again; the one before works on for `overlap`. Save afterwards."""
        secret = new_secret()
        if self.digest and overlap:
            self.old_digest, self.old_valid_until = self.digest, timezone.now() + overlap
        else:
            self.old_digest, self.old_valid_until = "", None
        self.digest, self.shown = digest_token(secret), secret[:SHOWN_CHARACTERS]
        return secret

    def allows(self, scope: str) -> bool:
        return scope in self.scopes

    @classmethod
    def find(cls, secret: str) -> ApiKey | None:
        """The key that `secret` opens now, whosever it is; the caller acts for EVERYONE."""
        digest, now = digest_token(secret), timezone.now()
        return (
            cls.objects.select_related("tenant")
            .filter(Q(digest=digest) | Q(old_digest=digest, old_valid_until__gt=now))
            .filter(Q(expires_at=None) | Q(expires_at__gt=now), is_active=True, tenant__is_active=True)
            .first()
        )

    def mark_used(self, now: datetime) -> None:
        """Remember that it was used: once a minute, not at every request."""
        if self.last_used_at is None or now - self.last_used_at >= USED_EVERY:
            ApiKey.objects.filter(pk=self.pk).update(last_used_at=now)


class IdempotentAnswer(TenantModel):
    """What was answered to a write that came with an Idempotency-Key; after a day it may come anew."""

    KEPT: Final = timedelta(hours=24)

    who = models.CharField(max_length=40)  # "key 7" or "user 3": the names of two never meet
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)  # of method, address and body
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [models.UniqueConstraint(fields=["tenant", "who", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key
