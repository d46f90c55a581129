"""What is written over the API stands in the company's audit log, with the key's name or the person's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from tenants.models import AuditEntry
from tenants.scope import acting_for
from tests.api.client import Crm
from tests.cast import Cast

PIERRE = {"phone_number": "+33698765432", "last_name": "PETIT"}


def entries(cast: Cast) -> list[AuditEntry]:
    with acting_for(cast.alpha.tenant):
        return list(AuditEntry.objects.exclude(pk=cast.alpha.audit_entry.pk).order_by("pk"))


def changed(entry: AuditEntry) -> dict[str, tuple[str, str]]:
    return {change["field"]: (change["old"], change["new"]) for change in entry.changes}


def test_each_write_by_a_key_is_logged_with_its_name_and_what_changed(cast: Cast, crm: Crm) -> None:
    customer = crm.post("customers", PIERRE).json()
    path = f"customers/{customer['id']}"
    changing = crm.patch(path, {"last_name": "GRAND", "first_name": ""}, If_Match=customer["etag"])
    crm.send("DELETE", path, If_Match=changing.json()["etag"])
    added, changed_, deleted = entries(cast)
    for entry, action in ((added, "add"), (changed_, "change"), (deleted, "delete")):
        assert (entry.action, entry.model, entry.object_id) == (action, "companies.customer", str(customer["id"]))
        assert (entry.person, entry.person_name, entry.detail) == (None, "API: Alpha CRM", "API")
        assert entry.address == "127.0.0.1"
    assert changed(added)["phone_number"] == ("", "+33698765432")
    assert changed(changed_) == {"last_name": ("PETIT", "GRAND")}
    assert deleted.label == "GRAND"


def test_what_changes_nothing_or_is_refused_or_read_leaves_no_entry(cast: Cast, crm: Crm) -> None:
    etag = crm.get(f"customers/{cast.alpha.customer.pk}").json()["etag"]
    for body in ({"last_name": "MARTIN-Alpha"}, {"phone_number": "none"}):
        crm.patch(f"customers/{cast.alpha.customer.pk}", body, If_Match=etag)
    crm.post("customers", {"phone_number": "none"})
    crm.get("customers")
    assert entries(cast) == []


def test_a_write_that_is_sent_twice_is_logged_once(cast: Cast, crm: Crm) -> None:
    for _time in range(2):
        crm.post("customers", PIERRE, Idempotency_Key="once")
    assert [entry.action for entry in entries(cast)] == ["add"]


def test_many_rows_at_once_are_one_entry_that_counts_them(cast: Cast, crm: Crm) -> None:
    for _time in range(2):  # the second time nothing is new
        crm.post("customers/bulk", {"rows": [PIERRE, {"phone_number": "none"}]})
    [entry] = entries(cast)
    assert (entry.action, entry.model, entry.person_name) == ("do", "companies.customer", "API: Alpha CRM")
    assert changed(entry) == {"created": ("", "1"), "failed": ("", "1")}


def test_a_comment_and_a_person_s_session_are_logged_too(cast: Cast, crm: Crm, login: Callable[[User], Client]) -> None:
    crm.post(f"tickets/{cast.alpha.ticket.pk}/comments", {"text": "Rappelée."})
    colleague: Any = login(cast.teammate)
    colleague.post("/api/v1/companies", {"name": "Boulangerie"}, content_type="application/json")
    comment, company = entries(cast)
    assert (comment.action, comment.model, comment.detail) == ("do", "tickets.ticket", "Comment")
    assert (company.action, company.person, company.person_name) == ("add", cast.teammate, "teammate")
