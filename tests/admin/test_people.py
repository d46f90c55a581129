"""Who joins a company, with which role, and who leaves it; and platform staff who act for one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants import people, two_factor
from tenants.middleware import ACTING_KEY
from tenants.models import AuditEntry, Authenticator, Invitation, Membership
from tenants.scope import acting_for
from tests.admin.pages import form_of, text
from tests.admin.test_signing_in import with_app
from tests.cast import Cast, person

Login = Callable[[User], Client]
Role = Membership.Role
EMAIL = "zoe@example.com"
NEW = {"first_name": "Zoé", "last_name": "Petit", "password1": "un-bon-secret-9", "password2": "un-bon-secret-9"}


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def invite(cast: Cast, owner: Client, django_capture_on_commit_callbacks: Any) -> Callable[..., str]:
    """invite() is the path of the link that the mail holds."""

    def invite(email: str = EMAIL, role: str = "agent") -> str:
        with django_capture_on_commit_callbacks(execute=True):
            answer = owner.post(reverse("admin:tenants_invitation_add"), {"email": email, "role": role})
        assert answer.status_code == 302, text(answer)
        return path_of(mail.outbox[-1])

    return invite


def path_of(message: Any) -> str:
    found = re.search(r"/admin/invitation/\S+", message.body)
    assert found
    return found[0]


def stranger() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


# --- Invitations -----------------------------------------------------------------------


def test_somebody_new_joins_by_the_link_with_name_and_password(cast: Cast, invite: Callable[..., str]) -> None:
    client, path = stranger(), invite()
    message = mail.outbox[-1]
    assert message.to == [EMAIL]
    assert "Alpha" in message.subject
    assert client.get(path).status_code == 200
    assert client.post(path, NEW)["Location"] == reverse("admin:index")
    user = User.objects.get(username=EMAIL)
    assert (user.email, user.first_name, user.is_superuser) == (EMAIL, "Zoé", False)
    assert Membership.objects.get(user=user).role == Role.AGENT
    assert client.get(reverse("admin:index")).context["acting_tenant"] == cast.alpha.tenant
    with acting_for(cast.alpha.tenant):
        entry = AuditEntry.objects.get(person=user)
    assert (entry.action, entry.detail) == (AuditEntry.Action.ADD, people.ACCEPTED)


def test_a_bad_password_is_told_and_nothing_typed_is_lost(invite: Callable[..., str]) -> None:
    answer = stranger().post(invite(), NEW | {"password1": "petit", "password2": "petit"})
    assert "too short" in text(answer)
    assert 'value="Zoé"' in text(answer)
    assert not User.objects.filter(username=EMAIL).exists()


def test_a_link_works_once(invite: Callable[..., str]) -> None:
    path = invite()
    stranger().post(path, NEW)
    answer = stranger().get(path)
    assert answer.status_code == 404
    assert "no longer valid" in text(answer)
    assert stranger().post(path, NEW).status_code == 404


def test_a_link_ends_after_a_week(cast: Cast, invite: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = invite()
    with acting_for(cast.alpha.tenant):
        Invitation.objects.filter(email=EMAIL).update(sent_at=timezone.now() - timedelta(days=7, seconds=1))
    assert stranger().get(path).status_code == 404
    with acting_for(cast.alpha.tenant):
        Invitation.objects.filter(email=EMAIL).update(sent_at=timezone.now())
    later = time.time() + 7 * 86400 + 2
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)  # the signature ends by itself, too
    assert people.invitation_of(path.split("/")[-2]) is None


@pytest.mark.parametrize("change", [lambda p: p[:-3] + "xx/", lambda p: p.replace(":", "x", 1), lambda p: p[:20] + "/"])
def test_a_forged_link_opens_nothing(change: Callable[[str], str], invite: Callable[..., str]) -> None:
    assert stranger().get(change(invite())).status_code == 404


def test_sending_again_ends_the_first_link(
    cast: Cast, owner: Client, invite: Callable[..., str], django_capture_on_commit_callbacks: Any
) -> None:
    first = invite()
    with acting_for(cast.alpha.tenant):
        key = Invitation.objects.get(email=EMAIL).pk
    with django_capture_on_commit_callbacks(execute=True):
        data = {"action": "resend", ACTION_CHECKBOX_NAME: [key]}
        owner.post(reverse("admin:tenants_invitation_changelist"), data)
    second = path_of(mail.outbox[-1])
    assert len(mail.outbox) == 2
    assert (stranger().get(first).status_code, stranger().get(second).status_code) == (404, 200)


def test_a_revoked_invitation_opens_nothing(cast: Cast, owner: Client, invite: Callable[..., str]) -> None:
    path = invite()
    with acting_for(cast.alpha.tenant):
        key = Invitation.objects.get(email=EMAIL).pk
    owner.post(reverse("admin:tenants_invitation_delete", args=[key]), {"post": "yes"})
    assert stranger().get(path).status_code == 404


def test_nobody_is_invited_twice_or_as_a_member(cast: Cast, owner: Client, invite: Callable[..., str]) -> None:
    invite()
    add = reverse("admin:tenants_invitation_add")
    assert "has an invitation already" in text(owner.post(add, {"email": EMAIL, "role": "agent"}))
    User.objects.filter(pk=cast.teammate.pk).update(email="team@alpha.example")
    assert "a member already" in text(owner.post(add, {"email": "Team@alpha.example", "role": "agent"}))
    assert len(mail.outbox) == 1


def test_somebody_known_joins_after_signing_in(cast: Cast, invite: Callable[..., str], login: Login) -> None:
    User.objects.filter(pk=cast.outsider.pk).update(email=EMAIL)
    path = invite(role="viewer")
    page = stranger().get(path)
    assert f"?next={path}" in text(page)
    assert 'name="password1"' not in text(page)
    client = login(cast.outsider)
    assert client.get(path).status_code == 200
    assert not Membership.objects.filter(user=cast.outsider, tenant=cast.alpha.tenant).exists()
    client.post(path)
    assert Membership.objects.get(user=cast.outsider, tenant=cast.alpha.tenant).role == Role.VIEWER
    assert Membership.objects.filter(user=cast.outsider).count() == 2


def test_the_link_of_another_is_not_one_s_own(cast: Cast, invite: Callable[..., str], login: Login) -> None:
    path = invite()
    client = login(cast.outsider)
    assert client.get(path).status_code == 403
    assert client.post(path, NEW).status_code == 403
    assert not Membership.objects.filter(user=cast.outsider, tenant=cast.alpha.tenant).exists()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT, Role.VIEWER])
def test_only_an_owner_invites(role: Role, cast: Cast, login: Login) -> None:
    client = login(person("other", cast.alpha.tenant, role))
    data = {"email": EMAIL, "role": "owner"}
    assert client.post(reverse("admin:tenants_invitation_add"), data).status_code == 403


# --- Members -----------------------------------------------------------------------------


def members(name: str, *args: Any) -> str:
    return reverse(f"admin:tenants_membership_{name}", args=args)


def test_an_owner_sees_the_people_of_the_own_company_only(cast: Cast, owner: Client) -> None:
    page = text(owner.get(members("changelist")))
    assert "teammate" in page
    assert "outsider" not in page
    assert owner.get(members("add")).status_code == 403


def test_an_owner_changes_a_role_and_removes_a_person(cast: Cast, owner: Client) -> None:
    row = cast.teammate.memberships.get()
    assert owner.post(members("change", row.pk), {"role": "admin", "user": cast.outsider.pk}).status_code == 302
    row.refresh_from_db()
    assert (row.role, row.user) == (Role.ADMIN, cast.teammate)
    owner.post(members("delete", row.pk), {"post": "yes"})
    assert not cast.teammate.memberships.exists()
    with acting_for(cast.alpha.tenant):
        found = list(AuditEntry.objects.filter(model="tenants.membership").order_by("pk"))
    assert [entry.action for entry in found] == ["change", "delete"]


@pytest.mark.parametrize("who", ["owner", "staff"])
def test_the_last_owner_stays_an_owner(who: str, cast: Cast, login: Login) -> None:
    client = login(getattr(cast, who))
    client.cookies["django_language"] = "en"
    row = cast.owner.memberships.get()
    assert "The last owner stays" in text(client.post(members("change", row.pk), {"role": "agent"}))
    client.post(members("delete", row.pk), {"post": "yes"})
    client.post(members("changelist"), {"action": "delete_selected", ACTION_CHECKBOX_NAME: [row.pk], "post": "yes"})
    row.refresh_from_db()
    assert row.role == Role.OWNER


def test_of_two_owners_one_may_go(cast: Cast, owner: Client) -> None:
    second = person("second", cast.alpha.tenant, Role.OWNER)
    owner.post(members("delete", cast.owner.memberships.get().pk), {"post": "yes"})
    assert not cast.owner.memberships.exists()
    assert second.memberships.get().is_last_owner()


def test_staff_cannot_take_the_last_owner_out_on_the_person_s_page(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    address = reverse("admin:auth_user_change", args=[cast.owner.pk])
    data = form_of(client, address, "user_form")
    client.post(address, data | {"memberships-0-DELETE": ["on"]})
    client.post(address, data | {"memberships-0-role": ["viewer"]})
    assert cast.owner.memberships.get().role == Role.OWNER


def reset(client: Client, row: Membership) -> str:
    data = {"action": "reset_second_step", ACTION_CHECKBOX_NAME: [row.pk]}
    return text(client.post(members("changelist"), data, follow=True))


def test_an_owner_resets_the_second_step_of_a_lost_telephone(cast: Cast, owner: Client) -> None:
    with_app(cast.teammate)
    reset(owner, cast.teammate.memberships.get())
    assert two_factor.authenticator_of(cast.teammate) is None
    with acting_for(cast.alpha.tenant):
        assert AuditEntry.objects.filter(detail="Reset the two-step sign-in.", person=cast.owner).exists()


def test_who_works_elsewhere_too_is_reset_by_staff_only(cast: Cast, owner: Client, login: Login) -> None:
    with_app(cast.teammate)
    Membership.objects.create(user=cast.teammate, tenant=cast.bravo.tenant)
    row = cast.teammate.memberships.get(tenant=cast.alpha.tenant)
    assert "ask the platform" in reset(owner, row)
    assert Authenticator.objects.filter(user=cast.teammate).exists()
    reset(login(cast.staff), row)
    assert not Authenticator.objects.filter(user=cast.teammate).exists()


# --- Platform staff --------------------------------------------------------------------


def act_for(client: Client, cast: Cast, reason: str | None) -> Any:
    data = {"tenant": cast.alpha.tenant.pk} | ({"reason": reason} if reason is not None else {})
    return client.post(reverse("admin:switch_tenant"), data)


@pytest.mark.parametrize("reason", [None, "", "   ", "abc"])
def test_staff_are_asked_for_a_reason(reason: str | None, cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    answer = act_for(client, cast, reason)
    assert answer.status_code == 200
    assert 'name="reason"' in text(answer)
    assert client.get(reverse("admin:index")).context["acting_tenant"] is None


def test_staff_act_for_an_hour_under_a_banner_and_the_owner_reads_it(cast: Cast, owner: Client, login: Login) -> None:
    client = login(cast.staff)
    client.cookies["django_language"] = "en"
    assert act_for(client, cast, "Ticket 4211: no transfers").status_code == 302
    page = text(client.get(reverse("admin:index")))
    assert "vb-acting" in page
    assert "Ticket 4211: no transfers" in page
    company = cast.alpha.company
    address = reverse("admin:companies_company_change", args=[company.pk])
    client.post(address, form_of(client, address, "company_form") | {"name": ["Renamed"]})
    log = text(owner.get(reverse("admin:tenants_auditentry_changelist")))
    assert "Ticket 4211: no transfers" in log
    assert "platform staff" in log
    with acting_for(cast.alpha.tenant):
        entries = AuditEntry.objects.filter(person=cast.staff, is_staff=True).order_by("pk")
        assert [entry.action for entry in entries] == ["access", "change"]
    client.post(reverse("admin:switch_tenant"), {"tenant": ""})
    assert "vb-acting" not in text(client.get(reverse("admin:index")))


def test_the_hour_ends(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    act_for(client, cast, "Ticket 4211")
    session = client.session
    assert 3590 < session[ACTING_KEY]["until"] - time.time() <= 3600
    session[ACTING_KEY] |= {"until": time.time() - 1}
    session.save()
    assert client.get(reverse("admin:index")).context["acting_tenant"] is None
    assert client.get(reverse("admin:companies_company_add")).status_code == 403


def test_a_member_of_two_companies_gives_no_reason(cast: Cast, login: Login) -> None:
    Membership.objects.create(user=cast.outsider, tenant=cast.alpha.tenant, role=Role.AGENT)
    client = login(cast.outsider)
    assert act_for(client, cast, None).status_code == 302
    page = client.get(reverse("admin:index"))
    assert page.context["acting_tenant"] == cast.alpha.tenant
    assert "vb-acting" not in text(page)
