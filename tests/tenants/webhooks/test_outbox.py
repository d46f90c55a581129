"""What is written down, with what, and when nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls import recording
from calls.case import Case, Ending
from calls.models import Call
from calls.services import LineQuality, begin, finish
from companies import duplicates
from companies.models import Company, Customer
from companies.rows import upsert_customers
from tenants.allowlist import Entry
from tenants.models import WebhookEndpoint, WebhookMessage
from tenants.scope import acting_for
from tests.admin.pages import form_of
from tests.cast import Cast
from tickets.models import Comment, Ticket

GOODBYE = Ending(Call.Status.COMPLETED, Call.EndReason.GOODBYE)


@pytest.fixture
def crm(alpha: Cast) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(name="CRM", url="https://crm.example.com/hooks")


def told(crm: WebhookEndpoint) -> list[tuple[str, str]]:
    return [(row.event, row.subject) for row in crm.messages.order_by("pk")]


def data_of(message: WebhookMessage) -> Any:
    return json.loads(message.body)["data"]


def test_a_call_is_told_from_its_beginning_to_its_ticket(alpha: Cast, crm: WebhookEndpoint) -> None:
    server, tenant = alpha.alpha.server, alpha.alpha.tenant
    opening = begin(
        call_uuid=uuid4(), entry=Entry(ip_network(server.network), server.pk, tenant.pk, "alpha"), worker="test"
    )
    assert told(crm) == [("call.started", f"call:{opening.call.pk}")]
    case = Case(phone_number="+33699887766", first_name="Claire", description="Ma box clignote", is_fixed=True)
    ticket = finish(call_id=opening.call.pk, ending=GOODBYE, case=case, quality=LineQuality())
    assert ticket is not None
    customer = Customer.objects.get(phone_number="+33699887766")
    assert told(crm)[1:] == [
        ("customer.updated", f"customer:{customer.pk}"),
        ("call.ended", f"call:{opening.call.pk}"),
        ("ticket.created", f"ticket:{ticket.pk}"),
        ("ticket.resolved", f"ticket:{ticket.pk}"),
    ]
    shown = data_of(crm.messages.get(event="ticket.created"))
    assert shown["client_name"] == "Claire"
    assert "Ma box clignote" in shown["summary"], "the summary is written after the ticket, and told with it"


def test_a_recording_is_told_once_it_can_be_fetched(alpha: Cast, crm: WebhookEndpoint, tmp_path: Path) -> None:
    call = Call.objects.create(uuid=uuid4())
    finish(call_id=call.pk, ending=GOODBYE, case=Case(), quality=LineQuality())
    path = tmp_path / "in-progress.wav"
    path.write_bytes(b"RIFF")
    recording.keep(call_id=call.pk, path=path)
    of_call = crm.messages.filter(subject=f"call:{call.pk}").order_by("pk")
    assert [(message.event, data_of(message)["has_recording"]) for message in of_call] == [
        ("call.started", False),
        ("call.ended", False),
        ("call.recorded", True),
    ]


def test_a_ticket_that_is_changed_on_a_screen_is_told(
    cast: Cast, login: Callable[[User], Client], alpha: Cast, crm: WebhookEndpoint
) -> None:
    client, ticket = login(cast.owner), cast.alpha.ticket
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    data = form_of(client, address, "ticket_form")
    assert client.post(address, data | {"status": ["resolved"]}).status_code == 302
    assert told(crm) == [("ticket.updated", f"ticket:{ticket.pk}"), ("ticket.resolved", f"ticket:{ticket.pk}")]
    assert client.post(address, data | {"status": ["resolved"]}).status_code == 302
    assert len(told(crm)) == 2, "nothing has changed"


def test_a_comment_is_told_with_its_ticket(alpha: Cast, crm: WebhookEndpoint) -> None:
    ticket = alpha.alpha.ticket
    Comment.objects.create(ticket=ticket, text="Rappelée.")
    assert told(crm) == [("ticket.updated", f"ticket:{ticket.pk}")]
    assert data_of(crm.messages.get())["comments"][-1]["text"] == "Rappelée."


def test_a_ticket_is_told_when_its_customer_becomes_part_of_another(alpha: Cast, crm: WebhookEndpoint) -> None:
    ticket, into = alpha.alpha.ticket, Customer.objects.create(phone_number="+33637170308")
    crm.messages.all().delete()
    duplicates.merge(row=alpha.alpha.customer, into=into)
    assert ("ticket.updated", f"ticket:{ticket.pk}") in told(crm)
    assert data_of(crm.messages.get(event="ticket.updated"))["customer"] == into.pk


def test_customers_and_tickets_are_told_when_their_company_becomes_part_of_another(
    alpha: Cast, crm: WebhookEndpoint
) -> None:
    ticket, into = alpha.alpha.ticket, Company.objects.create(name="Other")
    duplicates.merge(row=alpha.alpha.company, into=into)
    assert sorted(told(crm)) == [
        ("customer.updated", f"customer:{alpha.alpha.customer.pk}"),
        ("ticket.updated", f"ticket:{ticket.pk}"),
    ]
    assert {data_of(message)["company"] for message in crm.messages.all()} == {into.pk}


@pytest.mark.parametrize("name", ["customer", "company", "problem_type", "call"])
@pytest.mark.parametrize("is_bulk", [False, True])
def test_a_ticket_is_told_when_what_it_refers_to_is_deleted(
    alpha: Cast, crm: WebhookEndpoint, name: str, is_bulk: bool
) -> None:
    ticket, row = alpha.alpha.ticket, getattr(alpha.alpha, name)
    Ticket.objects.filter(pk=ticket.pk).update(problem_type=alpha.alpha.problem_type)
    if is_bulk:
        type(row).objects.filter(pk=row.pk).delete()
    else:
        row.delete()
    assert ("ticket.updated", f"ticket:{ticket.pk}") in told(crm)
    assert data_of(crm.messages.get(event="ticket.updated"))[name] is None


def test_what_is_told_is_what_the_api_shows(
    cast: Cast, login: Callable[[User], Client], alpha: Cast, crm: WebhookEndpoint
) -> None:
    rows = {"tickets": alpha.alpha.ticket, "customers": alpha.alpha.customer}
    for resource, row in rows.items():
        row.save()  # changes nothing, and is told to nobody
        assert told(crm) == []
        shown = login(cast.owner).get(f"/api/v1/{resource}/{row.pk}").json()
        assert {**json.loads(json.dumps(row.as_data(), cls=DjangoJSONEncoder)), "comments": []} == {
            **shown,
            "comments": [],
        }


def test_a_customer_that_another_system_sends_is_told_when_it_is_new_or_different(
    alpha: Cast, crm: WebhookEndpoint
) -> None:
    row = {"phone_number": "+33611223344", "last_name": "DURAND"}
    for _time in range(2):
        upsert_customers(rows=[row])
    upsert_customers(rows=[row | {"last_name": "DUPONT"}])
    assert [data_of(message)["last_name"] for message in crm.messages.order_by("pk")] == ["DURAND", "DUPONT"]


def test_what_is_rolled_back_is_not_told(alpha: Cast, crm: WebhookEndpoint) -> None:
    ticket = alpha.alpha.ticket
    with transaction.atomic():
        ticket.tag = "CHANGED"
        ticket.save()
        assert told(crm) == [("ticket.updated", f"ticket:{ticket.pk}")]
        transaction.set_rollback(True)
    assert told(crm) == []


def test_only_what_was_chosen_is_told(alpha: Cast, crm: WebhookEndpoint) -> None:
    crm.events = ["ticket.resolved"]
    crm.save()
    ticket = alpha.alpha.ticket
    ticket.tag = "CHANGED"
    ticket.save()
    assert told(crm) == []
    ticket.status = Ticket.Status.RESOLVED
    ticket.save()
    assert told(crm) == [("ticket.resolved", f"ticket:{ticket.pk}")]


def test_of_a_test_call_nothing_is_told(alpha: Cast, crm: WebhookEndpoint) -> None:
    call = Call.objects.create(uuid=uuid4(), is_test=True)
    call.status = Call.Status.COMPLETED
    call.save()
    ticket = Ticket.objects.create(call=call)
    Comment.objects.create(ticket=ticket, text="Un essai.")
    assert told(crm) == []


def test_without_a_webhook_it_costs_one_query(alpha: Cast) -> None:
    ticket = alpha.alpha.ticket
    ticket.tag = "CHANGED"
    with CaptureQueriesContext(connection) as queries:
        ticket.save(update_fields=["tag"])
    assert len([query for query in queries if "webhook" in query["sql"]]) == 1
    assert len(queries) == 2
    assert WebhookMessage.objects.filter(endpoint__is_active=True).count() == 0


def test_the_other_company_s_webhook_is_told_nothing(cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        other = WebhookEndpoint.objects.create(name="CRM", url="https://bravo.example.com/hooks")
    with acting_for(cast.alpha.tenant):
        cast.alpha.ticket.tag = "CHANGED"
        cast.alpha.ticket.save()
    with acting_for(cast.bravo.tenant):
        assert told(other) == []
