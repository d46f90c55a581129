"""A voice of one's own: consent first, recordings checked by content, nothing of them kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from calls.models import Usage
from tenants.models import ClonedVoice, Membership
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.cast import Cast, person
from tests.providers.conftest import Vendors, vendors_beside
from tests.providers.test_cloning import listed, mp3, wav

__all__ = ["vendors_beside"]

ADD = "admin:tenants_clonedvoice_add"
LIST = "admin:tenants_clonedvoice_changelist"


@pytest.fixture
def owner(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


def filled_in(**changes: Any) -> dict[str, Any]:
    samples = [SimpleUploadedFile("a.wav", wav(20)), SimpleUploadedFile("b.mp3", mp3(20))]
    form = {
        "name": "Voix de Claire",
        "consent_by": "Claire MARTIN",
        "consent_statement": "Je consens à ce que ma voix soit imitée par le standard d'Alpha.",
        "samples": samples,
    }
    return {**form, **changes}


def errors(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = response.context["adminform"].form.errors
    return found


def made(cast: Cast) -> ClonedVoice | None:
    with acting_for(cast.alpha.tenant):
        return ClonedVoice.objects.select_related("recorded_by").filter(name="Voix de Claire").first()


def test_a_voice_is_made_with_its_consent_on_record(
    vendors_beside: Vendors, cast: Cast, owner: Client, settings: Settings
) -> None:
    assert owner.post(reverse(ADD), filled_in()).status_code == 302
    voice = made(cast)
    assert voice is not None
    assert (voice.consent_by, voice.recorded_by, voice.tenant) == ("Claire MARTIN", cast.owner, cast.alpha.tenant)
    assert voice.consent_statement.startswith("Je consens")
    assert voice.consent_at is not None
    assert voice.voice_id in listed(vendors_beside)
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]  # nothing was kept


@pytest.mark.parametrize("field", ["name", "consent_by", "consent_statement", "samples"])
def test_nothing_is_made_without_a_consent_or_a_recording(
    vendors_beside: Vendors, cast: Cast, owner: Client, field: str
) -> None:
    before = listed(vendors_beside)
    response = owner.post(reverse(ADD), filled_in(**{field: "" if field != "samples" else []}))
    assert field in errors(response)
    assert made(cast) is None
    assert listed(vendors_beside) == before


@pytest.mark.parametrize("content", [b"<script>" * 100, wav(5), b"MZ" + bytes(1000)])
def test_what_is_no_recording_or_too_short_is_refused(
    vendors_beside: Vendors, cast: Cast, owner: Client, content: bytes
) -> None:
    response = owner.post(reverse(ADD), filled_in(samples=[SimpleUploadedFile("voice.wav", content, "audio/wav")]))
    assert "samples" in errors(response)
    assert made(cast) is None


def test_a_name_is_taken_once_and_the_vendor_is_not_asked(vendors_beside: Vendors, cast: Cast, owner: Client) -> None:
    before = listed(vendors_beside)
    assert owner.post(reverse(ADD), filled_in(name="Voix de Alpha")).status_code == 200
    assert listed(vendors_beside) == before


def test_the_vendor_s_refusal_is_told_without_the_key(vendors_beside: Vendors, cast: Cast, owner: Client) -> None:
    vendors_beside.point(key="sandbox-401")
    response = owner.post(reverse(ADD), filled_in())
    assert "elevenlabs: refused" in str(errors(response))
    assert "sandbox-401" not in text(response)
    assert made(cast) is None


@pytest.mark.parametrize("role", [Membership.Role.ADMIN, Membership.Role.AGENT, Membership.Role.VIEWER])
def test_only_an_owner_makes_or_deletes_a_voice(cast: Cast, client: Client, role: Membership.Role) -> None:
    client.force_login(person("somebody", cast.alpha.tenant, role))
    assert client.post(reverse(ADD), filled_in()).status_code == 403
    address = reverse("admin:tenants_clonedvoice_delete", args=[cast.alpha.cloned_voice.pk])
    assert client.post(address, {"post": "yes"}).status_code == 403


def test_a_consent_is_not_written_over(cast: Cast, client: Client) -> None:
    address = reverse("admin:tenants_clonedvoice_change", args=[cast.alpha.cloned_voice.pk])
    client.force_login(cast.staff)
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    assert client.get(address).status_code == 200
    assert client.post(address, filled_in(consent_by="Somebody else", voice_id="another")).status_code == 403
    with acting_for(cast.alpha.tenant):
        cast.alpha.cloned_voice.refresh_from_db()
    assert (cast.alpha.cloned_voice.consent_by, cast.alpha.cloned_voice.voice_id) == ("Claire Alpha", "voice-of-alpha")


def test_a_voice_is_heard_before_it_is_used(vendors_beside: Vendors, cast: Cast, owner: Client) -> None:
    row = cast.alpha.cloned_voice
    address = reverse("admin:tenants_clonedvoice_listen", args=[row.pk])
    assert address in text(owner.get(reverse("admin:tenants_clonedvoice_change", args=[row.pk])))
    for _time in range(2):
        response = owner.get(address)
        assert response["Content-Type"] == "audio/wav"
        assert response.content.startswith(b"RIFF")
    billed = httpx.get(f"{vendors_beside.url}/sandbox/ledger").json()
    assert [entry["text"] for entry in billed] == ["Bienvenue chez Alpha."]  # the second time it is kept
    with acting_for(cast.alpha.tenant):
        assert Usage.objects.filter(kind="tts", characters=len("Bienvenue chez Alpha.")).count() == 1


def test_without_the_vendor_there_is_nothing_to_hear(vendors_beside: Vendors, cast: Cast, owner: Client) -> None:
    vendors_beside.point(key="sandbox-401")
    address = reverse("admin:tenants_clonedvoice_listen", args=[cast.alpha.cloned_voice.pk])
    assert owner.get(address).status_code == 404


def test_a_voice_is_used_and_taken_back_with_its_consent(
    vendors_beside: Vendors,
    cast: Cast,
    owner: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    owner.post(reverse(ADD), filled_in())
    voice, tenant = made(cast), cast.alpha.tenant
    assert voice is not None
    assert owner.post(reverse(LIST), {"action": "use", "_selected_action": [voice.pk]}).status_code == 302
    tenant.refresh_from_db()
    assert tenant.voice == voice.voice_id
    with django_capture_on_commit_callbacks(execute=True):
        address = reverse("admin:tenants_clonedvoice_delete", args=[voice.pk])
        assert owner.post(address, {"post": "yes"}).status_code == 302
    tenant.refresh_from_db()
    assert (made(cast), tenant.voice) == (None, "")
    assert voice.voice_id not in listed(vendors_beside)


def test_one_voice_is_chosen(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        other = ClonedVoice.objects.create(name="Other", voice_id="other", consent_by="x", consent_statement="x")
    chosen = {"action": "use", "_selected_action": [other.pk, cast.alpha.cloned_voice.pk]}
    owner.post(reverse(LIST), chosen)
    cast.alpha.tenant.refresh_from_db()
    assert cast.alpha.tenant.voice == ""


def test_a_company_does_not_speak_with_the_voice_of_another(cast: Cast) -> None:
    cast.alpha.tenant.voice = "voice-of-bravo"
    with pytest.raises(ValidationError, match="voice"):
        cast.alpha.tenant.full_clean()
    cast.alpha.tenant.voice = "voice-of-alpha"
    cast.alpha.tenant.full_clean()
