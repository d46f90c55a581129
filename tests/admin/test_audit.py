"""Who did what is written down, on every screen, without a screen's doing."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from tenants import audit
from tenants.models import AuditEntry, Membership, OpeningHours, Phrase
from tenants.scope import EVERYONE, acting_for
from tenants.tasks import forget_old_audit
from tests.admin.pages import form_of, text
from tests.admin.rows import OWNED, label, row_of
from tests.admin.test_recording import SOUND
from tests.admin.test_recording import record as store_recording
from tests.cast import Cast, person

Login = Callable[[User], Client]
Action = AuditEntry.Action


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


def entries(cast: Cast, **which: Any) -> list[AuditEntry]:
    with acting_for(cast.alpha.tenant):
        return list(AuditEntry.objects.filter(**which).exclude(pk=cast.alpha.audit_entry.pk).order_by("pk"))


def page(model: type[models.Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", OWNED, ids=label)
def test_every_screen_that_deletes_says_who_deleted_what(model: type[models.Model], cast: Cast, owner: Client) -> None:
    row = row_of(cast.alpha, model)
    answer = owner.post(page(model, "delete", row.pk), {"post": "yes"})
    with acting_for(cast.alpha.tenant):
        is_gone = not model._default_manager.filter(pk=row.pk).exists()
    found = entries(cast, action=Action.DELETE)
    assert [(entry.model, entry.object_id, entry.person) for entry in found] == (
        [(label(model), str(row.pk), cast.owner)] if is_gone else []
    ), answer.status_code


def test_a_change_tells_the_old_and_the_new(cast: Cast, owner: Client) -> None:
    address = page(type(cast.alpha.ticket), "change", cast.alpha.ticket.pk)
    data = form_of(owner, address, "ticket_form") | {"status": ["resolved"], "assigned_to": [str(cast.teammate.pk)]}
    assert owner.post(address, data, REMOTE_ADDR="203.0.113.9").status_code == 302
    (entry,) = entries(cast)
    assert (entry.action, entry.person, entry.address) == (Action.CHANGE, cast.owner, "203.0.113.9")
    assert entry.changes == [
        {"field": "status", "old": "open", "new": "resolved"},
        {"field": "assigned_to", "old": "", "new": "teammate"},
    ]
    shown = text(owner.get(page(AuditEntry, "changelist")))
    assert "Status: Open → Resolved" in shown or "Status: open → resolved" in shown


def test_the_history_of_a_row_is_what_the_audit_log_has_of_it(cast: Cast, owner: Client, login: Login) -> None:
    ticket, changed = cast.alpha.ticket, "Status: Open → Resolved"
    address = page(type(ticket), "change", ticket.pk)
    owner.post(address, form_of(owner, address, "ticket_form") | {"status": ["resolved"]})
    assert changed.lower() in text(owner.get(page(type(ticket), "history", ticket.pk))).lower()
    agent = login(cast.teammate)
    agent.cookies["django_language"] = "en"
    told = text(agent.get(page(type(ticket), "history", ticket.pk)))
    assert "Changed Status" in told
    assert "→" not in told  # the log's values are for whoever may read it


def test_deleting_a_webhook_takes_its_deliveries_along(cast: Cast, owner: Client) -> None:
    endpoint = cast.alpha.webhook_message.endpoint
    address = page(type(endpoint), "delete", endpoint.pk)
    assert "Webhook deliveries" in text(owner.get(address))
    assert owner.post(address, {"post": "yes"}).status_code == 302
    with acting_for(cast.alpha.tenant):
        assert not type(endpoint).objects.filter(pk=endpoint.pk).exists()


def test_a_form_that_was_saved_unchanged_leaves_nothing(cast: Cast, owner: Client) -> None:
    address = page(type(cast.alpha.company), "change", cast.alpha.company.pk)
    assert owner.post(address, form_of(owner, address, "company_form")).status_code == 302
    assert entries(cast) == []


def test_what_an_inline_changes_is_told_too(cast: Cast, owner: Client) -> None:
    target = cast.alpha.night_target
    address = page(type(target), "change", target.pk)
    data = form_of(owner, address, "transfertarget_form")
    prefix = next(key for key in data if key.endswith("-TOTAL_FORMS")).removesuffix("-TOTAL_FORMS")
    assert owner.post(address, data | {f"{prefix}-0-opens": ["19:00"]}).status_code == 302
    (entry,) = entries(cast)
    assert entry.model == "tenants.transfertarget"
    (change,) = entry.changes
    assert (change["model"], change["field"]) == (label(OpeningHours), "opens")
    assert (change["old"], change["new"]) == ("20:00:00", "19:00:00")
    owner.post(address, form_of(owner, address, "transfertarget_form") | {f"{prefix}-0-DELETE": ["on"]})
    assert entries(cast)[-1].changes[0]["new"] == ""
    assert "Opening hours" in text(owner.get(page(AuditEntry, "changelist")))


def test_a_secret_is_told_to_have_changed_and_not_what_it_is(cast: Cast, owner: Client) -> None:
    server = cast.alpha.server
    address = page(type(server), "change", server.pk)
    data = form_of(owner, address, "asteriskserver_form") | {"ami_secret": ["s3cret"]}
    assert owner.post(address, data).status_code == 302
    (entry,) = entries(cast)
    assert entry.changes == [{"field": "ami_secret", "old": audit.MASK, "new": audit.MASK}]


def test_an_action_is_told_of_each_row(cast: Cast, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = admin.site._registry[type(cast.alpha.phrase)]

    @admin.action(description="Praise")
    def praise(modeladmin: Any, request: HttpRequest, queryset: Any) -> None: ...

    monkeypatch.setattr(screen, "actions", [praise])
    client = login(cast.owner)
    client.post(page(Phrase, "changelist"), {"action": "praise", ACTION_CHECKBOX_NAME: [cast.alpha.phrase.pk]})
    (entry,) = entries(cast)
    assert (entry.action, entry.detail, entry.object_id) == (Action.DO, "Praise", str(cast.alpha.phrase.pk))


def test_the_deletion_of_many_is_told_of_each_once(cast: Cast, owner: Client) -> None:
    company = cast.alpha.company
    data = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [company.pk]}
    owner.post(page(type(company), "changelist"), data)
    assert entries(cast) == []  # it asked whether one is sure
    owner.post(page(type(company), "changelist"), data | {"post": "yes"})
    assert [(entry.action, entry.object_id) for entry in entries(cast)] == [(Action.DELETE, str(company.pk))]


@pytest.mark.parametrize(
    ("method", "response", "recorded"),
    [
        ("post", HttpResponse(status=302), [Action.DO]),
        ("post", HttpResponse(status=204), [Action.DO]),
        ("post", HttpResponse("<form>"), []),
        ("post", HttpResponse(status=403), []),
        ("get", HttpResponse("page"), []),
        (
            "get",
            HttpResponse("a;b", headers={"Content-Disposition": 'attachment; filename="a.csv"'}),
            [Action.DOWNLOAD],
        ),
    ],
)
def test_a_page_of_its_own_is_covered_without_a_word(
    method: str, response: HttpResponse, recorded: list[Action], cast: Cast, rf: RequestFactory
) -> None:
    request = getattr(rf, method)("/")
    request.user, request.tenant = cast.owner, cast.alpha.tenant
    with acting_for(cast.alpha.tenant):
        address = reverse("admin:tenants_asteriskserver_token", args=[cast.alpha.server.pk])
        request.resolver_match = resolve(address)
        audit.record_unsaid(request, response)
    assert [(e.action, e.object_id, e.detail) for e in entries(cast)] == [
        (action, str(cast.alpha.server.pk), "token") for action in recorded
    ]


def test_who_listened_and_who_downloaded_is_told_once(cast: Cast, login: Login, settings: Any) -> None:
    address = store_recording(cast.alpha.call, settings.MEDIA_ROOT, SOUND)
    client = login(cast.teammate)
    for part in ("bytes=0-9", "bytes=10-", "bytes=9999-"):
        client.get(address, headers={"Range": part})
    client.head(address)
    client.get(address + "?download")
    found = entries(cast)
    assert [(entry.action, entry.person) for entry in found] == [
        (Action.LISTEN, cast.teammate),
        (Action.DOWNLOAD, cast.teammate),
    ]
    assert {entry.object_id for entry in found} == {str(cast.alpha.call.pk)}


def test_whoever_may_not_listen_leaves_no_entry(cast: Cast, login: Login, settings: Any) -> None:
    address = store_recording(cast.alpha.call, settings.MEDIA_ROOT, SOUND)
    assert login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER)).get(address).status_code == 403
    assert entries(cast) == []


def test_the_log_is_read_only_even_for_staff(cast: Cast, login: Login) -> None:
    entry = cast.alpha.audit_entry
    for user in (cast.owner, cast.staff):
        client = login(user)
        if user.is_superuser:
            client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
        assert client.get(page(AuditEntry, "change", entry.pk)).status_code == 200
        assert client.post(page(AuditEntry, "change", entry.pk), {"label": "forged"}).status_code == 403
        assert client.post(page(AuditEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403
        assert client.get(page(AuditEntry, "add")).status_code == 403


def test_the_log_is_filtered_by_person_object_and_date(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        audit.record(action=Action.CHANGE, row=cast.alpha.customer, person=cast.teammate)
        audit.record(action=Action.CHANGE, row=cast.alpha.phrase, person=cast.owner)

    def listed(query: str) -> list[str]:
        answer = owner.get(page(AuditEntry, "changelist") + query)
        return [entry.model for entry in answer.context["cl"].result_list]

    assert listed(f"?person={cast.teammate.pk}") == ["companies.customer"]
    assert listed("?kind=tenants.phrase") == ["tenants.phrase"]
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    assert listed(f"?at_from={tomorrow:%Y-%m-%d}") == []
    assert listed(f"?at_to={timezone.localdate():%Y-%m-%d}") == listed("")
    assert listed("?person=x") == listed("?kind=") == listed("")


def test_entries_are_kept_so_long_and_no_longer(cast: Cast, settings: Any) -> None:
    settings.AUDIT_DAYS = 30
    with acting_for(EVERYONE):
        AuditEntry.objects.update(at=timezone.now() - datetime.timedelta(days=31))
    with acting_for(cast.alpha.tenant):
        kept = audit.record(action=Action.ADD, row=cast.alpha.phrase, person=cast.owner)
    assert forget_old_audit() == 2
    assert entries(cast) == [kept]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.1", "192.0.2.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.66, 203.0.113.1", "203.0.113.1"),
        (2, "198.51.100.66, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "192.0.2.1"),
        (1, "nonsense", None),
    ],
)
def test_the_address_is_what_the_own_proxies_say(
    proxies: int, forwarded: str, address: str | None, rf: RequestFactory, settings: Any
) -> None:
    settings.PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    assert audit.address_of(request) == address


def test_somebody_who_is_gone_is_still_named(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        audit.record(action=Action.ADD, row=cast.alpha.phrase, person=cast.teammate)
        cast.teammate.delete()
        audit.record(action=Action.ADD, row=cast.alpha.phrase, person=AnonymousUser())
    assert [(entry.person, entry.person_name) for entry in entries(cast)] == [(None, "teammate"), (None, "–")]
