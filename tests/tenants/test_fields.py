"""Secrets at rest: encrypted, rotated, and loud when the key is missing."""

from __future__ import annotations

import io

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from monitoring.logs import masked
from tenants import encryption
from tenants.fields import EncryptedTextField
from tenants.models import AsteriskServer, VendorKey, WebhookEndpoint
from tenants.models.people import Authenticator
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast
from voicebot_site.checks import secrets_at_rest

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
    settings.ENCRYPTION_KEYS = [NEW]
    assert read(server) == SECRET, "the first key of one's own comes before it"
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
    with pytest.raises(ImproperlyConfigured, match=r"none of ENCRYPTION_KEYS .*ami_secret, add the key") as error:
        read(server)
    assert SECRET not in str(error.value)
    assert masked(str(error.value)) == str(error.value), "the log tells it whole"
    assert error.value.__suppress_context__


@pytest.mark.parametrize("before", [[OLD], []], ids=["another key", "the derived key"])
def test_all_secrets_are_put_under_a_new_key_by_one_command(cast: Cast, settings: Settings, before: list[str]) -> None:
    settings.ENCRYPTION_KEYS = before
    with acting_for(EVERYONE):
        Authenticator.objects.create(user=cast.owner, name="app", secret=SECRET)
    for house in (cast.alpha, cast.bravo):
        with acting_for(house.tenant):
            AsteriskServer.objects.update(ami_secret=SECRET)
            VendorKey.objects.all().delete()
            VendorKey.objects.create(provider="openai", api_key=SECRET)
            WebhookEndpoint.objects.create(name="CRM", url="https://crm.example.com/hooks", secret=SECRET)
    settings.ENCRYPTION_KEYS = [NEW, *before]
    told = io.StringIO()
    call_command("rotate_keys", stdout=told)
    settings.ENCRYPTION_KEYS, settings.SECRET_KEY = [NEW], "another"
    read = {}
    with acting_for(EVERYONE):
        assert encryption.unreadable() == {}
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField):
                    read[f"{model._meta.label}.{field.name}"] = set(
                        model._default_manager.values_list(field.name, flat=True)
                    )
    assert told.getvalue().startswith("tenants.AsteriskServer.token: ")
    assert read.keys() == {line.partition(":")[0] for line in told.getvalue().splitlines()}
    assert [name for name, secrets in read.items() if SECRET in secrets] == [
        "tenants.AsteriskServer.ami_secret",
        "tenants.Authenticator.secret",
        "tenants.VendorKey.api_key",
        "tenants.WebhookEndpoint.secret",
    ]


def test_a_secret_that_no_key_decrypts_leaves_all_as_they_were(server: AsteriskServer, settings: Settings) -> None:
    before = stored(server)
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match=r"AsteriskServer.*Nothing was changed"):
        call_command("rotate_keys")
    assert stored(server) == before


def test_the_check_for_deployment_counts_what_no_key_decrypts(server: AsteriskServer, settings: Settings) -> None:
    assert list(secrets_at_rest("default")) == []
    settings.ENCRYPTION_KEYS = [OTHER]
    (message,) = secrets_at_rest("default")
    assert message.id == "voicebot.E008"
    assert "tenants.AsteriskServer.ami_secret (1)" in message.msg


def test_a_token_is_made_with_the_server_and_found_by_its_digest(alpha: Cast, settings: Settings) -> None:
    one, other = (AsteriskServer.objects.create(name=name, network=f"203.0.113.{name}") for name in "12")
    assert one.token != other.token
    assert one.token_digest != other.token_digest
    assert one.token not in one.token_digest
