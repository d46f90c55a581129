"""How people get into a company, and how they show who they are."""

from __future__ import annotations

import hmac
import secrets
from binascii import unhexlify
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from tenants.fields import EncryptedTextField
from tenants.models.accounts import Membership
from tenants.models.telephony import digest_token
from tenants.scope import TenantModel

INVITATION_DAYS = 7


def new_nonce() -> str:
    """What makes an earlier link of the same invitation useless."""
    return secrets.token_urlsafe(16)


class Invitation(TenantModel):
    """Somebody was asked by e-mail to join; the link holds the nonce, and works once."""

    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=10, choices=Membership.Role, default=Membership.Role.AGENT)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    nonce = models.CharField(max_length=32, default=new_nonce, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("invited by"),
    )
    sent_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at=None),
                name="one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def expires_at(self) -> datetime:
        return self.sent_at + timedelta(days=INVITATION_DAYS)

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and timezone.now() < self.expires_at


def new_secret() -> str:
    return secrets.token_hex(20)


class Authenticator(ThrottlingMixin, Device):
    """An app that makes six digits every 30 seconds (RFC 6238), and ten codes for when it is lost."""

    secret = EncryptedTextField(default=new_secret)
    last_step = models.BigIntegerField(default=-1)  # a code works once
    recovery_digests = models.JSONField(default=list)

    class Meta:
        verbose_name = _("two-step sign-in")
        verbose_name_plural = _("two-step sign-ins")
        constraints = [models.UniqueConstraint(fields=["user"], name="one_authenticator_each")]

    def get_throttle_factor(self) -> float:
        """Seconds after the first wrong code; each further one doubles them."""
        return 1.0

    def verify_token(self, token: str) -> bool:
        """Whether `token` is a code of this moment, or a recovery code; it never works again.

        Call it on a row that is locked. Wrong codes make the next ones wait.
        """
        if not self.verify_is_allowed()[0]:
            return False
        token = "".join(token.split()).replace("-", "").lower()
        if not (self._is_current(token) or self._is_recovery(token)):
            self.throttle_increment()
            return False
        self.throttle_reset()
        return True

    def _is_current(self, token: str) -> bool:
        if len(token) != 6 or not (token.isascii() and token.isdecimal()):
            return False
        totp = TOTP(unhexlify(self.secret))
        if not totp.verify(int(token), tolerance=1, min_t=self.last_step + 1):
            return False
        self.last_step = totp.t()
        return True

    def _is_recovery(self, token: str) -> bool:
        digest = digest_token(token)
        found = [known for known in self.recovery_digests if hmac.compare_digest(known, digest)]
        self.recovery_digests = [known for known in self.recovery_digests if known not in found]
        return bool(found)


class SignIn(models.Model):
    """A browser in which somebody is signed in; it ends with its session."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField(_("signed in"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("device"), max_length=300, blank=True)

    class Meta:
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return f"{self.user} · {self.user_agent}"
