"""The checklist of a new company: each step knows by itself whether it is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.models import Call
from providers.phrases import phrase_store
from tenants.models import AsteriskServer, Membership, Phrase, PhraseChange, Tenant
from tenants.scope import acting_for
from tenants.services import create_tenant, server_announced
from tenants.voices import named, voice_of
from tests.admin.pages import text
from tests.cast import Cast, person
from voicebot_site.first_steps import steps_of

Login = Callable[[User], Client]
PAGE = "admin:first_steps"


@pytest.fixture
def company(db: None) -> Tenant:
    return create_tenant(slug="new", name="New", language="en")


@pytest.fixture
def owner(company: Tenant, login: Login) -> Client:
    client = login(person("new-owner", company, Membership.Role.OWNER))
    client.cookies["django_language"] = "en"
    return client


def done(company: Tenant) -> set[str]:
    company.refresh_from_db()
    with acting_for(company):
        return {step.key for step in steps_of(company) if step.is_done}


def server_of(company: Tenant) -> AsteriskServer:
    with acting_for(company):
        return AsteriskServer.objects.create(name="PBX", network="192.0.2.200")


def call_of(company: Tenant, **values: object) -> Call:
    with acting_for(company):
        return Call.objects.create(uuid=uuid.uuid4(), ended_at=timezone.now(), **values)


def test_a_new_company_has_all_before_it(company: Tenant, owner: Client) -> None:
    assert done(company) == set()
    dashboard = text(owner.get(reverse("admin:index")))
    assert "First steps (0 of 5)" in dashboard
    assert "Next: Connect your Asterisk" in dashboard
    page = text(owner.get(reverse(PAGE)))
    assert reverse("admin:tenants_asteriskserver_add") in page
    assert "Close the checklist" not in page


def test_a_server_is_connected_once_it_announced_a_call(company: Tenant) -> None:
    server = server_of(company)
    assert done(company) == set()
    with acting_for(company):
        server_announced(server=server, address="192.0.2.200")
    assert done(company) == {"connect"}


def test_a_voice_counts_once_it_was_heard_and_no_more_when_it_is_changed(company: Tenant, owner: Client) -> None:
    with acting_for(company):
        phrase = Phrase.objects.get(key="welcome", language="en")
        words = named(phrase.live_text, company)
        phrase_store().keep(words, voice_of(company, "en"), b"\x10\x27\xf0\xd8" * 8000)
    assert owner.get(reverse("admin:tenants_phrase_audio", args=["en", "welcome"])).status_code == 200
    assert done(company) == {"voice"}
    Tenant.objects.filter(pk=company.pk).update(voice="another")
    assert done(company) == set()


def test_phrases_are_reviewed_when_some_are_published_or_all_are_kept(company: Tenant, owner: Client) -> None:
    owner.post(reverse(PAGE), {"done": "phrases"})
    assert done(company) == {"phrases"}
    Tenant.objects.update(phrases_reviewed_at=None)
    with acting_for(company):
        PhraseChange.objects.create(phrase=Phrase.objects.earliest("pk"), before="a", after="b")
    assert done(company) == {"phrases"}


def test_a_test_call_is_no_customer_s(company: Tenant) -> None:
    call_of(company, is_test=True)
    assert done(company) == {"test"}
    call_of(company, server=server_of(company))
    assert done(company) == {"connect", "test", "live"}


def test_the_checklist_is_closed_when_all_is_done_and_not_before(company: Tenant, owner: Client) -> None:
    owner.post(reverse(PAGE), {"done": "all"})
    assert "First steps (0 of 5)" in text(owner.get(reverse("admin:index")))
    call_of(company, server=server_of(company))
    Tenant.objects.update(heard_voice="", phrases_reviewed_at=timezone.now())
    assert "your bot takes calls" in text(owner.get(reverse("admin:index")))
    assert "Close the checklist" in text(owner.get(reverse(PAGE)))
    owner.post(reverse(PAGE), {"done": "all"})
    assert reverse(PAGE) not in text(owner.get(reverse("admin:index")))


@pytest.mark.parametrize("role", [Membership.Role.AGENT, Membership.Role.VIEWER])
def test_who_sets_nothing_up_sees_no_checklist(role: Membership.Role, cast: Cast, login: Login) -> None:
    client = login(person(f"some-{role}", cast.alpha.tenant, role))
    assert client.get(reverse(PAGE)).status_code == 403
    assert reverse(PAGE) not in text(client.get(reverse("admin:index")))


def test_staff_who_act_for_nobody_have_none(cast: Cast, login: Login) -> None:
    assert login(cast.staff).get(reverse(PAGE)).status_code == 403
