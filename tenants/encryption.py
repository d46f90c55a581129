"""All secrets at rest: put under another key, and counted where no key decrypts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.functions import Cast

from tenants.fields import EncryptedTextField, fernet, undecipherable


@transaction.atomic
def rotate() -> dict[str, int]:
    """Encrypt every secret anew, with the first of ENCRYPTION_KEYS: how many there are, by column.

    All of them or none. Raises ImproperlyConfigured for one that no key decrypts.
    """
    done = {}
    for field in _fields():
        tokens = list(_tokens(field).select_for_update())
        for key, token in tokens:
            try:
                fresh = fernet().rotate(token).decode()
            except InvalidToken:
                raise undecipherable(field) from None
            written = models.Value(fresh, output_field=models.TextField())  # not to be encrypted once more
            field.model._default_manager.filter(pk=key).update(**{field.name: written})
        done[_named(field)] = len(tokens)
    return done


def unreadable(*, using: str = DEFAULT_DB_ALIAS) -> dict[str, int]:
    """How many secrets no key decrypts, by column; only columns that have such."""
    found = {}
    for field in _fields():
        if lost := sum(not _is_readable(token) for _key, token in _tokens(field).using(using)):
            found[_named(field)] = lost
    return found


def _is_readable(token: str) -> bool:
    try:
        fernet().decrypt(token)
    except InvalidToken:
        return False
    return True


def _fields() -> Iterator[EncryptedTextField]:
    for model in apps.get_models():
        yield from (field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField))


def _tokens(field: EncryptedTextField) -> models.QuerySet[Any, tuple[int, str]]:
    """Key of the row, and the secret as the database has it; of rows that have one."""
    stored = Cast(field.name, models.TextField())
    return field.model._default_manager.annotate(stored=stored).exclude(stored="").values_list("pk", "stored")


def _named(field: EncryptedTextField) -> str:
    return f"{field.model._meta.label}.{field.name}"
