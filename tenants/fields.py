"""Secrets at rest."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...], secret_key: str) -> MultiFernet:
    derived = base64.urlsafe_b64encode(hashlib.sha256(f"fields:{secret_key}".encode()).digest())
    return MultiFernet([*map(Fernet, keys), Fernet(derived)])


def fernet() -> MultiFernet:
    """The cipher: encrypts with the first of ENCRYPTION_KEYS, decrypts with any.

    Behind them stands the key that is derived from SECRET_KEY: what was written before there were others is read.
    """
    return _fernet(tuple(settings.ENCRYPTION_KEYS), settings.SECRET_KEY)


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds encrypted (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return fernet().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return fernet().decrypt(value).decode()
        except InvalidToken:
            raise undecipherable(self) from None


def undecipherable(field: EncryptedTextField) -> ImproperlyConfigured:
    """In words that the log does not take for a secret."""
    return ImproperlyConfigured(
        f"none of ENCRYPTION_KEYS decrypts {field.model._meta.label}.{field.name}, add the key that wrote it"
    )
