"""The table of rights is what the screens do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from tenants.models import Membership, Tenant
from tenants.roles import ALL, COLUMNS, EVIDENCE, MONEY, NONE, RIGHTS, WORDS, may, table
from tenants.scope import EVERYONE
from tests.admin.pages import form_of, text
from tests.admin.rows import OWNED, REGISTERED, label, row_of
from tests.cast import Cast, person

Login = Callable[[User], Client]


def page(model: type[models.Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("role", COLUMNS)
@pytest.mark.parametrize("model", OWNED, ids=label)
def test_a_role_does_what_the_table_says(
    model: type[models.Model], role: Membership.Role, cast: Cast, login: Login
) -> None:
    client = login(person("somebody", cast.alpha.tenant, role))
    rights = RIGHTS.get(label(model), (NONE,) * 4)[COLUMNS.index(role)]
    row = row_of(cast.alpha, model)
    assert (client.get(page(model, "changelist")).status_code == 200) is ("view" in rights)
    assert (client.get(page(model, "add")).status_code == 200) is ("add" in rights)
    assert (client.get(page(model, "delete", row.pk)).status_code == 200) is ("delete" in rights)
    form = client.get(page(model, "change", row.pk))
    assert (form.status_code == 200) is ("view" in rights)
    if "view" in rights:
        assert bool(form.context["has_change_permission"]) is ("change" in rights)
    if "change" not in rights:
        assert client.post(page(model, "change", row.pk), {}).status_code == 403


@pytest.mark.parametrize("model", OWNED, ids=label)
def test_every_owned_screen_is_in_the_table_or_for_staff_only(model: type[models.Model]) -> None:
    staff_only = {"calls.usage"}  # which is money
    assert (label(model) in RIGHTS) is not (label(model) in staff_only)


@pytest.mark.parametrize("model", REGISTERED, ids=label)
def test_staff_outside_any_tenant_see_nothing_of_them_but_money(
    model: type[models.Model], cast: Cast, login: Login
) -> None:
    client = login(cast.staff)
    seen = 403 if model in OWNED and label(model) not in MONEY else 200
    listed = client.get(page(model, "changelist"))
    assert listed.status_code == seen
    assert ("agissez d'abord pour elle" in text(listed)) is (seen == 403)  # and it says what to do
    if model in OWNED:
        assert client.get(page(model, "add")).status_code == 403
        row = row_of(cast.alpha, model)
        for where in ("change", "history"):
            shown = client.get(page(model, where, row.pk))
            assert shown.status_code == seen
            assert cast.alpha.customer.phone_number not in text(shown)
        assert client.post(page(model, "change", row.pk), {}).status_code == 403
        assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    else:
        assert client.get(page(model, "add")).status_code == (403 if label(model) in EVIDENCE else 200)


def test_staff_outside_any_tenant_are_shown_the_way_to_what_they_may_open(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    sidebar = client.get(reverse("admin:index")).context["sidebar_navigation"]
    links = [item["link"] for group in sidebar for item in group["items"]]
    assert reverse("admin:tenants_tenant_changelist") in links
    for link in links:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("model", [model for model in OWNED if label(model) not in EVIDENCE], ids=label)
def test_staff_who_act_for_a_tenant_have_its_owner_s_rights_there(
    model: type[models.Model], cast: Cast, login: Login
) -> None:
    client = login(cast.staff)
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    assert client.get(page(model, "add")).status_code == 200
    assert client.get(page(model, "change", row_of(cast.alpha, model).pk)).status_code == 200
    assert client.get(page(model, "change", row_of(cast.bravo, model).pk)).status_code == 302


def test_nobody_writes_what_calls_leave_behind(cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user, request.tenant = cast.staff, cast.alpha.tenant  # type: ignore[attr-defined]
    for model in (model for model in REGISTERED if label(model) in EVIDENCE):
        assert [action for action in sorted(ALL) if may(request, action, model)] == ["view"]


def test_somebody_switched_off_may_nothing(cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/")
    cast.staff.is_active = False
    request.user, request.tenant = cast.staff, EVERYONE  # type: ignore[attr-defined]
    assert not any(may(request, "view", model) for model in REGISTERED)


def test_the_admin_is_for_members_who_are_staff(cast: Cast, login: Login) -> None:
    alone = User.objects.create_user("alone", is_staff=True)
    client_user = User.objects.create_user("no-staff")
    Membership.objects.create(user=client_user, tenant=cast.alpha.tenant, role=Membership.Role.OWNER)
    for user in (alone, client_user):
        assert login(user).get(reverse("admin:index")).status_code == 302
    assert login(cast.owner).get(reverse("admin:index")).status_code == 200


def test_a_member_of_a_company_that_is_switched_off_stays_outside(cast: Cast, login: Login) -> None:
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(is_active=False)
    assert login(cast.owner).get(reverse("admin:index")).status_code == 302


def test_an_owner_changes_the_own_account_and_not_what_the_platform_decides(cast: Cast, login: Login) -> None:
    client, tenant = login(cast.owner), cast.alpha.tenant
    address = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    assert client.get(reverse("admin:tenants_tenant_changelist"))["Location"] == address
    data = form_of(client, address, "tenant_form")
    data |= {"name": ["Alpha SA"], "language": ["en"], "max_call_seconds": ["600"]}
    assert client.post(address, data | {"slug": ["taken"], "is_active": [""]}).status_code == 302
    tenant.refresh_from_db()
    assert (tenant.name, tenant.language, tenant.max_call_seconds) == ("Alpha SA", "en", 600)
    assert (tenant.slug, tenant.is_active) == ("alpha", True)


def test_an_administrator_changes_settings_and_not_what_is_the_owner_s(cast: Cast, login: Login) -> None:
    client, tenant = login(person("admin", cast.alpha.tenant, Membership.Role.ADMIN)), cast.alpha.tenant
    address = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    data = form_of(client, address, "tenant_form") | {"name": ["taken"], "requires_two_factor": ["on"]}
    assert client.post(address, data | {"max_call_seconds": ["600"]}).status_code == 302
    tenant.refresh_from_db()
    assert (tenant.name, tenant.requires_two_factor, tenant.max_call_seconds) == ("Alpha", False, 600)


def test_each_site_page_says_whom_one_acts_for(cast: Cast, login: Login) -> None:
    pages = [reverse("admin:index"), page(OWNED[0], "changelist")]
    for address in pages:
        assert "Alpha" in login(cast.owner).get(address).content.decode()
    client = login(cast.staff)
    assert client.get(pages[0]).context["acting_tenant"] is None
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.bravo.tenant.pk, "reason": "Ticket 4211"})
    assert client.get(pages[0]).context["acting_tenant"] == cast.bravo.tenant


def test_the_page_of_rights_names_every_right() -> None:
    assert set(WORDS) == {right for columns in RIGHTS.values() for rights in columns for right in rights}
    with translation.override("fr"):
        rows = {name: [", ".join(map(str, words)) for words in cells] for name, cells in table()}
    owner, admin, agent, viewer = rows["Appels"]
    assert "raccrocher" in agent
    assert "essai" not in agent
    assert "essai" in owner
    assert owner == admin
    assert viewer == "voir"
    assert rows["Clients"][0] == "tout, communiquer ou effacer toutes les données d'une personne"
    assert rows["Mots-clés"][:3] == ["tout", "tout", "voir"]


def test_whoever_is_signed_in_reads_the_page_of_rights(cast: Cast, login: Login, client: Client) -> None:
    assert "raccrocher" in text(login(cast.teammate).get(reverse("admin:rights")))
    assert client.get(reverse("admin:rights")).status_code == 302
