"""Wrong settings are said by `manage.py check`, and before every command, with what to do about them.

DATABASE_URL that is set means production: then nothing embedded may be left over.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections

from telephony.audiosocket import proxying
from tenants import encryption, row_security
from tenants.scope import EVERYONE, acting_for
from tenants.webhooks.targets import networks

ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


@register()
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    return [*secrets(), *services(), *database(), *addresses(), *storage(), *money(), *outside(), *logs()]


def secrets() -> Iterator[CheckMessage]:
    if settings.DATABASE_URL and settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        yield Error(
            "SECRET_KEY is the public default.",
            hint="Set SECRET_KEY (or SECRET_KEY_FILE) to 50 random characters and keep them.",
            id="voicebot.E001",
        )
    for number, key in enumerate(settings.ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"ENCRYPTION_KEYS: key {number} is not 32 bytes in URL-safe base64.",
                hint="Make one with: python -c 'from cryptography.fernet import Fernet as F; "
                "print(F.generate_key().decode())'",
                id="voicebot.E002",
            )


def services() -> Iterator[CheckMessage]:
    if not settings.DATABASE_URL:
        return
    for kind in ("SPEECH_TO_TEXT", "LANGUAGE_MODEL", "TEXT_TO_SPEECH"):
        chosen = re.split(r"[,.]", getattr(settings, kind))  # by name, or by the path of a class
        vendor = next((name for name in settings.VENDORS if name in map(str.strip, chosen)), None)
        if vendor and settings.VENDORS[vendor]["api_key"] == "sandbox":
            yield Warning(
                f"{kind} speaks to the sandbox: {vendor.upper()}_API_KEY is not set.",
                hint=f"Set {vendor.upper()}_API_KEY (or {vendor.upper()}_API_KEY_FILE), or name another {kind}.",
                id="voicebot.W001",
            )
        for engine, path in (("vosk", "VOSK_MODEL_PATH"), ("piper", "PIPER_VOICE_PATH")):
            if engine in map(str.strip, chosen) and not getattr(settings, path):
                yield Warning(
                    f"{kind} is the sandbox's engine: {path} is not set.",
                    hint=f"Set {path} to the model's files on this machine, or name another {kind}.",
                    id="voicebot.W001",
                )
    if not settings.REDIS_URL:
        yield Warning(
            "REDIS_URL is not set: messages and tasks stay inside one process.",
            hint="Set REDIS_URL, such as redis://redis:6379/0, for web, calls and Celery alike.",
            id="voicebot.W002",
        )


def database() -> Iterator[CheckMessage]:
    if settings.DATABASE_URL and not settings.ROW_LEVEL_SECURITY:
        yield Warning(
            "ROW_LEVEL_SECURITY is off: the database itself keeps no company's rows from another.",
            hint="Leave ROW_LEVEL_SECURITY out, and run migrate.",
            id="voicebot.W030",
        )


@register(Tags.database, deploy=True)
def check_stored(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """With `manage.py check --deploy --database default`: asks the database."""
    checks = (rights, row_level_security, secrets_at_rest)
    return [message for using in databases or () for check in checks for message in check(using)]


def rights(using: str) -> Iterator[CheckMessage]:
    if connections[using].vendor == "postgresql" and (tables := row_security.ungranted(using=using)):
        yield Error(
            f"The database's user {connections[using].settings_dict['USER']} may not read and write {len(tables)} "
            f"tables: {', '.join(tables[:3])}{', …' if len(tables) > 3 else ''}.",
            hint="Run docs/postgresql/roles.sql in this database, as the owner of the tables.",
            id="voicebot.E009",
        )


def row_level_security(using: str) -> Iterator[CheckMessage]:
    if connections[using].vendor != "postgresql" or not settings.ROW_LEVEL_SECURITY:
        return
    if user := row_security.is_passed_by(using=using):
        yield Warning(
            f"The database's user {user} is a superuser, or has BYPASSRLS: row-level security does not hold for it.",
            hint="Make a role with docs/postgresql/roles.sql, and name it in DATABASE_URL of all but migrate.",
            id="voicebot.W031",
        )
    if tables := row_security.unguarded(using=using):
        yield Warning(
            f"Tables without their row-level security: {', '.join(tables)}.",
            hint="Run migrate, as the owner of the tables.",
            id="voicebot.W032",
        )


def secrets_at_rest(using: str) -> Iterator[CheckMessage]:
    try:
        with acting_for(EVERYONE):
            lost = encryption.unreadable(using=using)
    except DatabaseError:  # of a table or column that `migrate` has still to make, or that may not be read
        return
    if lost:
        columns = ", ".join(f"{column} ({count})" for column, count in lost.items())
        yield Error(
            f"Secrets that none of ENCRYPTION_KEYS decrypts: {columns}.",
            hint="Add the key that wrote them behind the others, and run rotate_keys before it goes.",
            id="voicebot.E008",
        )


def addresses() -> Iterator[CheckMessage]:
    if settings.DATABASE_URL and not settings.HTTPS:
        yield Warning(
            f"SITE_URL is {settings.SITE_URL}: passwords and recordings would travel in plain text.",
            hint="Set SITE_URL to the https:// address that browsers use.",
            id="voicebot.W003",
        )
    address = settings.AUDIOSOCKET_PUBLIC_ADDRESS
    match = ADDRESS.fullmatch(address)
    if address and not (match and 0 < int(match[2]) < 65536):
        yield Error(
            f"AUDIOSOCKET_PUBLIC_ADDRESS is {address!r}, not HOST:PORT.",
            hint="Write it as voicebot.example.com:9092, 203.0.113.7:9092 or [2001:db8::7]:9092.",
            id="voicebot.E003",
        )
    try:
        proxying.trusted(settings.AUDIOSOCKET_PROXIES)
    except ValueError as error:
        yield Error(
            f"AUDIOSOCKET_PROXIES: {error}.",
            hint="Write the balancers' addresses or networks, such as 10.0.0.5,10.1.0.0/28.",
            id="voicebot.E007",
        )


def storage() -> Iterator[CheckMessage]:
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.DATA_DIR):
            pass
    except OSError as error:
        yield Error(
            f"DATA_DIR cannot be written to: {error.strerror} ({settings.DATA_DIR}).",
            hint="Recordings and spoken phrases are kept there: make it the service's own, or set DATA_DIR.",
            id="voicebot.E004",
        )


def money() -> Iterator[CheckMessage]:
    for name in ("PLATFORM_DAY_LIMIT_EUR", "PLATFORM_MONTH_LIMIT_EUR"):
        amount = getattr(settings, name)
        if amount is not None and not (amount.is_finite() and amount >= 0):
            yield Error(f"{name} is no amount of euros.", hint=f"Set {name} such as 250.00.", id="voicebot.E005")
    if settings.PLATFORM_LIMIT_ACTION not in ("degraded", "refuse"):
        yield Error(
            f"PLATFORM_LIMIT_ACTION is {settings.PLATFORM_LIMIT_ACTION!r}.",
            hint="Set PLATFORM_LIMIT_ACTION to degraded or refuse.",
            id="voicebot.E006",
        )


def outside() -> Iterator[CheckMessage]:
    try:
        networks(tuple(settings.WEBHOOK_ALLOWED_NETWORKS))
    except ValueError as error:
        yield Error(
            f"WEBHOOK_ALLOWED_NETWORKS: {error}.",
            hint="Write networks such as 10.20.0.0/16, with commas between them.",
            id="voicebot.E020",
        )
    if settings.DATABASE_URL and not settings.EMAIL_URL:
        yield Warning(
            "EMAIL_URL is not set: mail is written to files that nobody reads.",
            hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.com:587, and DEFAULT_FROM_EMAIL.",
            id="voicebot.W020",
        )


def logs() -> Iterator[CheckMessage]:
    if settings.LOG_FORMAT not in ("json", "terminal"):
        yield Error(
            f"LOG_FORMAT is {settings.LOG_FORMAT!r}.",
            hint="Set LOG_FORMAT to json or terminal.",
            id="voicebot.E021",
        )
