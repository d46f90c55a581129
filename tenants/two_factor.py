"""Signing in with a second step: a code of an app, or a recovery code."""

from __future__ import annotations

import base64
import math
import secrets
from binascii import unhexlify
from dataclasses import dataclass
from urllib.parse import quote

import segno
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone

from tenants.models import Authenticator, Tenant, digest_token

ISSUER = "Voicebot"
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a code was right; `wait` are the seconds until the next one is looked at."""

    is_right: bool
    wait: int = 0


def authenticator_of(user: User | AnonymousUser) -> Authenticator | None:
    """What the person signs in with besides the password; None: nothing."""
    found: Authenticator | None = Authenticator.objects.filter(user=user.pk, confirmed=True).first()
    return found


def is_missing(user: User | AnonymousUser, tenant: Tenant) -> bool:
    """Whether the company asks for a second step that the person has not set up."""
    return tenant.requires_two_factor and authenticator_of(user) is None


def begin(user: User) -> Authenticator:
    """A secret for the person's app, which counts once a code of it was shown."""
    authenticator, _created = Authenticator.objects.get_or_create(
        user=user, defaults={"name": "app", "confirmed": False}
    )
    return authenticator  # type: ignore[no-any-return]


def key_of(authenticator: Authenticator) -> str:
    """The secret as one types it into an app."""
    return base64.b32encode(unhexlify(authenticator.secret)).decode()


def qr_code(authenticator: Authenticator) -> str:
    """The secret as an SVG to be scanned, without any style that a policy would refuse."""
    name = quote(f"{ISSUER}:{authenticator.user.get_username()}")
    address = f"otpauth://totp/{name}?secret={key_of(authenticator)}&issuer={ISSUER}"
    return segno.make(address, error="m").svg_inline(scale=5, border=3, light="#fff")


@transaction.atomic
def verify(user: User, token: str) -> Verdict:
    """Take a code of a person who is signing in."""
    row = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
    return _judge(row, token) if row else Verdict(False)


@transaction.atomic
def confirm(user: User, token: str) -> tuple[Verdict, list[str]]:
    """Take the first code of a new app; right, the app counts from now on, with these recovery codes."""
    row = Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
    verdict = _judge(row, token) if row else Verdict(False)
    if row is None or not verdict.is_right:
        return verdict, []
    row.confirmed = True
    return verdict, _renew(row)


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """Ten new recovery codes; the old ones work no longer."""
    return _renew(Authenticator.objects.select_for_update().get(user=user, confirmed=True))


def remove(user: User) -> bool:
    """Back to the password alone; whether there was more."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def _judge(row: Authenticator, token: str) -> Verdict:
    is_right = row.verify_token(token)
    allowed, why = row.verify_is_allowed()
    if allowed or is_right:
        return Verdict(is_right)
    return Verdict(False, max(1, math.ceil((why["locked_until"] - timezone.now()).total_seconds())))


def _renew(row: Authenticator) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    row.recovery_digests = [digest_token(code) for code in codes]
    row.save()
    return [f"{code[:5]}-{code[5:]}" for code in codes]
