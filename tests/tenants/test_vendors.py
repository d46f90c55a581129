"""Which vendors a company's calls use, and whose keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from calls import settings as call_settings
from providers import registry
from providers.protocols import Choice
from tenants.models import VendorChoice, VendorKey
from tenants.scope import EVERYONE, acting_for
from tenants.vendors import choices
from tests.cast import Cast

Login = Callable[[User], Client]


@pytest.fixture
def nothing_chosen(alpha: Cast) -> Cast:
    VendorChoice.objects.all().delete()
    VendorKey.objects.all().delete()
    return alpha


def test_who_chose_nothing_has_the_platforms(nothing_chosen: Cast) -> None:
    assert choices() == {kind: registry.defaults(kind) for kind in registry.KINDS}


def test_what_was_chosen_is_in_order_and_nothing_else_is_asked(nothing_chosen: Cast) -> None:
    for position, (provider, model) in enumerate([("groq", "large"), ("groq", "")]):
        VendorChoice.objects.create(kind="llm", provider=provider, model=model, position=position)
    assert choices()["llm"] == (Choice("groq", "large"), Choice("groq"))
    assert choices()["stt"] == registry.defaults("stt")


def test_an_own_key_is_used_with_the_platforms_choice_too(nothing_chosen: Cast) -> None:
    VendorKey.objects.create(provider="deepgram", api_key="mine")
    assert choices()["stt"] == (Choice("deepgram", api_key="mine"),)
    assert choices()["llm"] == registry.defaults("llm")
    assert "mine" not in repr(choices())


def test_another_companys_choices_and_keys_are_not_used(nothing_chosen: Cast) -> None:
    with acting_for(EVERYONE):
        assert VendorKey.objects.filter(tenant=nothing_chosen.bravo.tenant).exists()
    assert not any(choice.api_key for chosen in choices().values() for choice in chosen)


def test_calls_get_them(nothing_chosen: Cast) -> None:
    VendorChoice.objects.create(kind="stt", provider="deepgram", model="nova-2")
    VendorKey.objects.create(provider="elevenlabs", api_key="mine")
    configured = call_settings.load(nothing_chosen.alpha.tenant)
    assert configured.speech_to_text == (Choice("deepgram", "nova-2"),)
    assert configured.language_model == registry.defaults("llm")
    assert configured.voice.vendors == (Choice("elevenlabs", api_key="mine"),)


@pytest.mark.parametrize("provider", ["deepgram", "nobody"])
def test_a_vendor_must_do_what_it_is_chosen_for(alpha: Cast, provider: str) -> None:
    choice = VendorChoice(tenant=alpha.alpha.tenant, kind="llm", provider=provider)
    with pytest.raises(ValidationError, match="Groq"):
        choice.full_clean()


def test_what_runs_on_our_machine_has_our_model_and_no_key(alpha: Cast) -> None:
    VendorChoice(tenant=alpha.alpha.tenant, kind="stt", provider="vosk").full_clean()
    with pytest.raises(ValidationError, match="laissez vide"):
        VendorChoice(tenant=alpha.alpha.tenant, kind="stt", provider="vosk", model="/etc").full_clean()
    with pytest.raises(ValidationError, match="pas besoin de clé"):
        VendorKey(tenant=alpha.alpha.tenant, provider="vosk", api_key="secret").full_clean()


def test_a_key_is_encrypted_and_never_shown(cast: Cast, login: Login) -> None:
    with acting_for(cast.alpha.tenant):
        key = VendorKey.objects.get()
        with connection.cursor() as cursor:
            cursor.execute("SELECT api_key FROM tenants_vendorkey WHERE id = %s", [key.pk])
            assert "secret" not in cursor.fetchone()[0]
    client = login(cast.owner)
    address = reverse("admin:tenants_vendorkey_change", args=[key.pk])
    assert "Alpha secret" not in client.get(address).content.decode()
    assert client.post(address, {"provider": "groq", "api_key": ""}).status_code == 302  # the stored one stays
    with acting_for(cast.alpha.tenant):
        assert VendorKey.objects.get().api_key == "Alpha secret"
    client.post(address, {"provider": "groq", "api_key": "another"})
    with acting_for(cast.alpha.tenant):
        assert VendorKey.objects.get().api_key == "another"


def test_a_new_key_cannot_be_empty(cast: Cast, login: Login) -> None:
    page = login(cast.owner).post(reverse("admin:tenants_vendorkey_add"), {"provider": "deepgram", "api_key": ""})
    assert page.status_code == 200
    with acting_for(cast.alpha.tenant):
        assert not VendorKey.objects.filter(provider="deepgram").exists()
