"""A key of the API is made, shown once, renewed and switched off in the admin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.models import ApiKey, Tenant
from tenants.scope import acting_for
from tests.admin.pages import form_of, text
from tests.cast import Cast

Login = Callable[[User], Client]


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


def key_in(page: str) -> str:
    found: str = re.findall(r"vbk_[\w-]{40,}", page)[0]
    return found


def works(secret: str) -> bool:
    return Client().get("/api/v1/customers", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def make(client: Client, **more: str | list[str]) -> str:
    address = reverse("admin:tenants_apikey_add")
    form = form_of(client, address, "apikey_form") | {"name": "CRM", "scopes": ["customers:read"], **more}
    return text(client.post(address, form))


def test_a_key_is_shown_when_it_is_made_and_never_again(cast: Cast, owner: Client) -> None:
    secret = key_in(make(owner))
    assert works(secret)
    with acting_for(cast.alpha.tenant):
        key = ApiKey.objects.get(name="CRM")
    for page in ("changelist", "change"):
        args = [key.pk] if page == "change" else []
        shown = text(owner.get(reverse(f"admin:tenants_apikey_{page}", args=args)))
        assert secret[:12] in shown
        assert secret not in shown


def test_a_key_is_renewed_with_or_without_an_overlap(cast: Cast, owner: Client) -> None:
    first = key_in(make(owner))
    with acting_for(cast.alpha.tenant):
        address = reverse("admin:tenants_apikey_renew", args=[ApiKey.objects.get(name="CRM").pk])
    second = key_in(text(owner.post(address, {"overlap": "day"})))
    assert works(first)
    assert works(second)
    third = key_in(text(owner.post(address, {"overlap": "none"})))
    assert [works(secret) for secret in (first, second, third)] == [False, False, True]
    assert owner.get(address).status_code == 405


def test_a_key_that_is_switched_off_stops_at_once(cast: Cast, owner: Client) -> None:
    secret = key_in(make(owner))
    with acting_for(cast.alpha.tenant):
        address = reverse("admin:tenants_apikey_change", args=[ApiKey.objects.get(name="CRM").pk])
    form = form_of(owner, address, "apikey_form")
    del form["is_active"]
    assert owner.post(address, form).status_code == 302
    assert not works(secret)


def test_what_is_wrong_with_a_key_is_said_beside_the_field(cast: Cast, owner: Client) -> None:
    yesterday = timezone.localtime() - timedelta(days=1)
    past = {"expires_at_0": f"{yesterday:%Y-%m-%d}", "expires_at_1": "12:00:00"}
    assert "would never work" in make(owner, **past)
    assert "There is a key of this name already." in make(owner, name="Alpha CRM")
    assert "This field is required" in make(owner, scopes=[])
    with acting_for(cast.alpha.tenant):
        assert ApiKey.objects.count() == 1


def test_a_key_with_a_day_and_no_time_works_to_the_end_of_the_day(cast: Cast, owner: Client) -> None:
    make(owner, expires_at_0="2099-12-24", expires_at_1="")
    with acting_for(cast.alpha.tenant):
        expires = ApiKey.objects.get(name="CRM").expires_at
    assert expires is not None
    assert f"{timezone.localtime(expires):%Y-%m-%d %H:%M:%S}" == "2099-12-24 23:59:59"


def test_a_key_opens_no_page(cast: Cast, owner: Client) -> None:
    bearer = {"Authorization": f"Bearer {key_in(make(owner))}"}
    assert Client().get("/api/v1/customers", headers=bearer).status_code == 200
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(requires_two_factor=True)
    for headers in ({}, bearer):
        answer = owner.get(reverse("admin:tickets_ticket_changelist"), headers=headers)
        assert (answer.status_code, answer.headers.get("Location")) == (302, reverse("admin:security_set_up"))
