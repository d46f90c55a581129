"""Secrets at rest: encrypted, rotated, and loud when the key is missing."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from tenants.models import AsteriskServer
from tests.cast import Cast

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
SECRET = "s3cret-é"


@pytest.fixture
def server(alpha: Cast, settings: Settings) -> AsteriskServer:
    settings.ENCRYPTION_KEYS = [OLD]
    server = alpha.alpha.server
    server.ami_secret = SECRET
    server.save()
    return server


def stored(server: AsteriskServer) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ami_secret FROM tenants_asteriskserver WHERE id = %s", [server.pk])
        found: str = cursor.fetchone()[0]
    return found


def read(server: AsteriskServer) -> str:
    secret: str = AsteriskServer.objects.only("ami_secret").get(pk=server.pk).ami_secret
    return secret


def test_what_is_written_is_read(server: AsteriskServer) -> None:
    assert read(server) == SECRET


def test_the_database_holds_no_plain_text(server: AsteriskServer) -> None:
    assert "s3cret" not in stored(server)
    assert Fernet(OLD).decrypt(stored(server)).decode() == SECRET


def test_nothing_stays_nothing(server: AsteriskServer) -> None:
    server.ami_secret = ""
    server.save()
    assert (stored(server), read(server)) == ("", "")


def test_without_keys_one_is_derived_from_the_secret_key(server: AsteriskServer, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []
    server.save()
    assert read(server) == SECRET
    settings.SECRET_KEY = "another"
    with pytest.raises(ImproperlyConfigured):
        read(server)


def test_a_new_key_is_put_before_the_old_one(server: AsteriskServer, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert read(server) == SECRET
    server.save()
    assert Fernet(NEW).decrypt(stored(server)).decode() == SECRET
    settings.ENCRYPTION_KEYS = [NEW]
    assert read(server) == SECRET


def test_without_its_key_a_secret_is_an_error_that_says_what_to_do(server: AsteriskServer, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OTHER]
    with pytest.raises(ImproperlyConfigured, match=r"ami_secret: none of ENCRYPTION_KEYS .* add the key") as error:
        read(server)
    assert SECRET not in str(error.value)
    assert error.value.__suppress_context__


def test_a_token_is_made_with_the_server_and_found_by_its_digest(alpha: Cast, settings: Settings) -> None:
    one, other = (AsteriskServer.objects.create(name=name, network=f"203.0.113.{name}") for name in "12")
    assert one.token != other.token
    assert one.token_digest != other.token_digest
    assert one.token not in one.token_digest
