"""Which vendors a company's calls use, and whose keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls import settings as call_settings
from calls.models import Call, Usage
from providers import registry
from providers.protocols import Choice, Failure, ProviderError
from tenants.models import Tenant, VendorChoice, VendorKey
from tenants.scope import EVERYONE, acting_for
from tenants.vendors import choices
from tests.cast import Cast

Login = Callable[[User], Client]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that were tried; those with `wrong` in them do not work."""
    keys: list[str] = []

    def try_key(*, tenant: Tenant, provider: str, api_key: str) -> None:
        keys.append(api_key)
        if "wrong" in api_key:
            raise ProviderError(provider, Failure.REFUSED, "401 invalid key")

    monkeypatch.setattr("tenants.admin.vendors.try_key", try_key)
    return keys


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


def test_a_key_is_encrypted_and_never_shown(cast: Cast, login: Login, tried: list[str]) -> None:
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


def test_a_key_that_does_not_work_is_not_stored_and_the_cause_is_told(
    cast: Cast, login: Login, tried: list[str]
) -> None:
    client = login(cast.owner)
    with acting_for(cast.alpha.tenant):
        key = VendorKey.objects.get()
    page = client.post(
        reverse("admin:tenants_vendorkey_change", args=[key.pk]), {"provider": "groq", "api_key": "wrong"}
    )
    assert page.status_code == 200
    [error] = page.context["adminform"].form.errors["api_key"]
    assert "Groq refuse" in error
    assert "401 invalid key" in error
    assert '"wrong"' not in page.content.decode()
    with acting_for(cast.alpha.tenant):
        assert VendorKey.objects.get().api_key == "Alpha secret"


def test_a_key_is_tried_when_it_is_new_and_only_then(cast: Cast, login: Login, tried: list[str]) -> None:
    client = login(cast.owner)
    assert client.post(reverse("admin:tenants_vendorkey_add"), {"provider": "", "api_key": "mine"}).status_code == 200
    assert client.post(reverse("admin:tenants_vendorkey_add"), {"provider": "vosk", "api_key": "x"}).status_code == 200
    assert tried == []
    client.post(reverse("admin:tenants_vendorkey_add"), {"provider": "deepgram", "api_key": " mine "})
    with acting_for(cast.alpha.tenant):
        key = VendorKey.objects.get(provider="deepgram")
    assert key.api_key == "mine"
    client.post(reverse("admin:tenants_vendorkey_change", args=[key.pk]), {"provider": "deepgram", "api_key": ""})
    assert tried == ["mine"]


def test_only_who_may_change_keys_has_one_tried(cast: Cast, login: Login, tried: list[str]) -> None:
    with acting_for(cast.alpha.tenant):
        key = VendorKey.objects.get()
    addresses = reverse("admin:tenants_vendorkey_add"), reverse("admin:tenants_vendorkey_change", args=[key.pk])
    for address in addresses:
        assert login(cast.teammate).post(address, {"provider": "deepgram", "api_key": "x"}).status_code == 403
    assert login(cast.outsider).post(addresses[1], {"provider": "deepgram", "api_key": "x"}).status_code == 302
    assert tried == []
    with acting_for(cast.alpha.tenant):
        assert VendorKey.objects.get().api_key == "Alpha secret"


def test_the_list_says_whether_a_key_works(cast: Cast, login: Login) -> None:
    client, address, now = login(cast.owner), reverse("admin:tenants_vendorkey_changelist"), timezone.now()
    with acting_for(cast.alpha.tenant):
        VendorKey.objects.all().delete()
        Usage.objects.all().delete()
        VendorKey.objects.create(provider="elevenlabs", api_key="mine")
    with acting_for(cast.bravo.tenant):
        Usage.objects.create(kind="tts", provider="elevenlabs", created_at=now)
    assert "pas utilisée" in client.get(address).content.decode()
    with acting_for(cast.alpha.tenant):
        usage = Usage.objects.create(kind="tts", provider="elevenlabs", created_at=now - timedelta(hours=1))
    assert "fonctionne" in client.get(address).content.decode()
    with acting_for(cast.alpha.tenant):
        error = f"no voice for «greet»: {ProviderError('elevenlabs', Failure.REFUSED, '401')}"
        Call.objects.create(uuid=uuid.uuid4(), status=Call.Status.FAILED, error=error, ended_at=now)
    assert "ElevenLabs refuse" in client.get(address).content.decode()
    with acting_for(cast.alpha.tenant):
        Usage.objects.filter(pk=usage.pk).update(created_at=now + timedelta(seconds=5))
    assert "ElevenLabs refuse" not in client.get(address).content.decode()
