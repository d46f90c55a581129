"""Whom a request acts for: the session and the membership say it, the view cannot."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from tenants.middleware import ACTING_KEY, SESSION_KEY
from tenants.models import Membership, Tenant
from tenants.scope import NoTenant, acting_for_nobody
from tests.cast import Cast

pytestmark = pytest.mark.urls("tests.tenants.urls")

Login = Callable[[User], Client]
ALPHA, BRAVO = ["Alpha Client"], ["Bravo Client"]


def choose(client: Client, tenant: Tenant) -> None:
    session = client.session
    session[SESSION_KEY] = tenant.pk
    session[ACTING_KEY] = {"until": time.time() + 60, "reason": "a test"}  # of platform staff
    session.save()


def names(client: Client) -> list[str]:
    found: list[str] = client.get("/companies/").json()["names"]
    return found


def test_each_sees_the_rows_of_their_own_tenant(cast: Cast, login: Login) -> None:
    assert names(login(cast.owner)) == names(login(cast.teammate)) == ALPHA
    assert names(login(cast.outsider)) == BRAVO


def test_the_scope_ends_with_the_request(cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    assert client.get("/nothing/").json() == {"nobody": False, "zone": "Europe/Paris"}
    assert acting_for_nobody()
    assert Client().get("/nothing/").json()["nobody"]


def test_a_page_is_rendered_inside_the_scope(cast: Cast, login: Login) -> None:
    assert login(cast.owner).get("/companies/rendered/").content == b"Alpha Client"


def test_what_is_streamed_after_the_view_fails_closed(cast: Cast, login: Login) -> None:
    with pytest.raises(NoTenant):
        _ = login(cast.owner).get("/companies/streamed/").getvalue()


def test_times_are_the_tenant_s(cast: Cast, login: Login) -> None:
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(time_zone="America/Martinique")
    assert login(cast.owner).get("/nothing/").json()["zone"] == "America/Martinique"
    assert login(cast.outsider).get("/nothing/").json()["zone"] == "Europe/Paris"


def test_anonymous_sees_nothing(cast: Cast) -> None:
    with pytest.raises(NoTenant):
        Client().get("/companies/")


def test_anonymous_cannot_choose(cast: Cast) -> None:
    client = Client()
    choose(client, cast.alpha.tenant)
    with pytest.raises(NoTenant):
        client.get("/companies/")


def test_a_member_of_nothing_sees_nothing(cast: Cast, login: Login) -> None:
    Membership.objects.filter(user=cast.teammate).delete()
    with pytest.raises(NoTenant):
        names(login(cast.teammate))


def test_who_is_switched_off_sees_nothing(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    User.objects.filter(pk=cast.staff.pk).update(is_active=False)
    with pytest.raises(NoTenant):
        names(client)


def test_a_tenant_that_is_not_one_s_own_cannot_be_chosen(cast: Cast, login: Login) -> None:
    client = login(cast.outsider)
    choose(client, cast.alpha.tenant)
    assert names(client) == BRAVO


def test_a_session_does_not_outlive_the_membership(cast: Cast, login: Login) -> None:
    Membership.objects.create(user=cast.owner, tenant=cast.bravo.tenant)
    client = login(cast.owner)
    choose(client, cast.bravo.tenant)
    assert names(client) == BRAVO
    Membership.objects.filter(user=cast.owner, tenant=cast.bravo.tenant).delete()
    assert names(client) == ALPHA


def test_a_member_of_two_begins_with_the_first(cast: Cast, login: Login) -> None:
    Membership.objects.create(user=cast.outsider, tenant=cast.alpha.tenant)
    Membership.objects.create(user=cast.owner, tenant=cast.bravo.tenant)
    assert names(login(cast.outsider)) == BRAVO
    assert names(login(cast.owner)) == ALPHA


def test_a_tenant_that_is_switched_off_is_nobody_s_but_staff_s(cast: Cast, login: Login) -> None:
    client, staff = login(cast.outsider), login(cast.staff)
    choose(client, cast.bravo.tenant)
    choose(staff, cast.bravo.tenant)
    Tenant.objects.filter(pk=cast.bravo.tenant.pk).update(is_active=False)
    with pytest.raises(NoTenant):
        names(client)
    assert names(staff) == BRAVO


@pytest.mark.parametrize("chosen", [0, None])
def test_a_tenant_that_does_not_exist_cannot_be_chosen(cast: Cast, login: Login, chosen: object) -> None:
    client = login(cast.owner)
    session = client.session
    session[SESSION_KEY] = chosen
    session.save()
    assert names(client) == ALPHA


def test_staff_act_for_everyone_until_they_choose(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    assert names(client) == ALPHA + BRAVO
    choose(client, cast.bravo.tenant)
    assert names(client) == BRAVO


# --- Under ASGI ------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/companies/", "/companies/async/"])
async def test_the_scope_reaches_views_under_asgi(cast: Cast, path: str) -> None:
    for user, expected in ((cast.owner, ALPHA), (cast.outsider, BRAVO), (cast.staff, ALPHA + BRAVO)):
        client = AsyncClient()
        await client.aforce_login(user)
        assert (await client.get(path)).json()["names"] == expected
    assert acting_for_nobody()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/companies/", "/companies/async/"])
async def test_anonymous_sees_nothing_under_asgi(cast: Cast, path: str) -> None:
    with pytest.raises(NoTenant):
        await AsyncClient().get(path)
