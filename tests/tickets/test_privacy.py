"""One customer's data, given out or erased: all of it, and nobody else's."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from calls.models import Announcement, Call, Turn, Usage
from companies import duplicates
from companies.models import Customer, Import
from tenants import audit
from tenants.models import AuditEntry, Membership, WebhookEndpoint, WebhookMessage
from tenants.models.webhooks import all_events
from tenants.scope import acting_for
from tenants.sync import Tombstone
from tests.admin.pages import text
from tests.cast import Cast, person
from tickets import services
from tickets.models import Comment, Ticket
from tickets.privacy import Belongings, erase, export
from tickets.roi import Roi, catch_up, today_of

Login = Callable[[User], Client]
HOLDERS = (Announcement, AuditEntry, Call, Comment, Customer, Import, Ticket, Tombstone, Turn, WebhookMessage)
#: What names the customer or quotes them, anywhere.
TRACES = ("MARTIN-Alpha", "33612345678", "Bonjour Alpha", "Alpha n'a plus", "Alpha a été", "secret remark")


@pytest.fixture
def house(alpha: Cast) -> Any:
    """Alpha's customer, with an ended and recorded call of theirs, one by number alone, and copies elsewhere."""
    house = alpha.alpha
    house.call.status, house.call.ended_at = Call.Status.COMPLETED, timezone.now()
    house.call.recording.name = f"recordings/{house.tenant.pk}/2026/01/02/{house.call.uuid}.wav"
    house.call.save()
    path = Path(settings.MEDIA_ROOT, str(house.call.recording))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF" + bytes(100_000))
    now = timezone.now()
    Call.objects.create(uuid=uuid.uuid4(), phone_number=house.customer.phone_number, status="completed", ended_at=now)
    audit.record(
        action=AuditEntry.Action.CHANGE,
        row=house.ticket,
        changes=[{"field": "summary", "old": "", "new": "secret remark"}],
    )
    row = [2, {"phone_number": "06 12 34 56 78", "last_name": "MARTIN-Alpha"}, "No."]
    other = [3, {"phone_number": "06 99 99 99 99", "last_name": "AUTRE"}, "No."]
    Import.objects.create(kind="customers", file_name="a.csv", refused=[row, other], state="done", total=2)
    endpoint = WebhookEndpoint.objects.first()
    assert endpoint is not None
    WebhookMessage.objects.create(
        endpoint=endpoint, event="customer.updated", subject=f"customer:{house.customer.pk}", body="MARTIN-Alpha"
    )
    return house


def everything_stored() -> str:
    """Every text of the tables that hold something of a company's customers."""
    tables = [model._meta.db_table for model in HOLDERS]
    with connection.cursor() as cursor:
        found = []
        for table in [*tables, "django_admin_log"]:
            cursor.execute(f"SELECT * FROM {table}")
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


# --- Erasing --------------------------------------------------------------------


def test_nothing_is_left_of_an_erased_customer(
    house: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    before = everything_stored()
    assert [trace for trace in TRACES if trace.lower() not in before.lower()] == []
    with django_capture_on_commit_callbacks(execute=True):
        counts = erase(customer=house.customer)
    assert counts == {"calls": 2, "recordings": 1, "turns": 1, "tickets": 1, "comments": 1}
    after = everything_stored().lower()
    assert [trace for trace in TRACES if trace.lower() in after] == []
    assert list(Path(settings.MEDIA_ROOT).rglob("*.wav")) == []
    assert "autre" in after  # a row of the same file
    assert Tombstone.objects.filter(resource="customers").exists()  # who keeps a copy learns of it


def test_money_and_figures_stay(house: Any) -> None:
    def sums() -> tuple[Any, Any]:
        catch_up()
        today = today_of(house.tenant)
        return Roi.of(since=today, until=today), list(Usage.objects.values_list("call", "cost_eur"))

    before = sums()
    erase(customer=house.customer)
    assert sums() == before
    assert Call.objects.count() == 2


def test_other_customers_are_not_touched(house: Any, cast: Cast) -> None:
    other = Customer.objects.create(phone_number="+33699999999", last_name="AUTRE")
    call = Call.objects.create(
        uuid=uuid.uuid4(), phone_number=other.phone_number, customer=other, ended_at=timezone.now()
    )
    Turn.objects.create(call=call, position=1, speaker="caller", text="Bonjour.", started_at=0, ended_at=1)
    erase(customer=house.customer)
    other.refresh_from_db()
    call.refresh_from_db()
    assert (call.customer, call.turns.get().text) == (other, "Bonjour.")
    with acting_for(cast.bravo.tenant):
        assert Turn.objects.get().text


@pytest.mark.parametrize("written", ["06 12 34 56 78", "+33 (0)6.12.34.56.78", "0033612345678", "06/12/34/56/78"])
def test_tickets_of_the_number_are_found_however_it_was_written(house: Any, written: str) -> None:
    def filed(number: str) -> Ticket:
        return services.create(phone_number=number, client_name="MARTIN-Alpha", client_email="p@alpha.example")

    ticket, other = filed(written), filed("07 12 34 56 78")
    erase(customer=house.customer)
    ticket.refresh_from_db()
    other.refresh_from_db()
    assert (ticket.phone_number, ticket.client_name, ticket.client_email) == ("", "", "")
    assert other.client_name == "MARTIN-Alpha"


@pytest.mark.parametrize("written", ["+33612345678", "06 12 34 56 78"])
@pytest.mark.parametrize("told", ["the log", "a webhook"])
def test_what_is_left_of_rows_that_were_deleted_before_goes_too(
    house: Any, cast: Cast, login: Login, written: str, told: str
) -> None:
    if told == "the log":
        WebhookEndpoint.objects.all().delete()
    WebhookEndpoint.objects.update(is_active=True, events=all_events())
    client, kept = login(cast.owner), services.create(phone_number="07 12 34 56 78", client_name="KEPT")
    for number, name in ((written, "GONE"), ("07 12 34 56 78", "KEPT")):
        ticket = services.create(phone_number=number, client_name=name)
        audit.record(action=AuditEntry.Action.CHANGE, row=ticket)
        if told == "the log":
            assert client.delete(f"/api/v1/tickets/{ticket.pk}", headers={"if-match": "*"}).status_code == 204
        else:
            ticket.delete()
    audit.record(action=AuditEntry.Action.CHANGE, row=kept)
    before = everything_stored()
    assert "GONE" in before
    erase(customer=house.customer)
    after = everything_stored()
    assert "GONE" not in after
    assert written not in after
    assert after.count("KEPT") == before.count("KEPT")


def test_announcements_go_however_their_number_was_written_and_of_their_calls_anyway(house: Any) -> None:
    other = Announcement.objects.create(call_uuid=uuid.uuid4(), server=house.server, phone_number="07 12 34 56 78")
    Announcement.objects.create(call_uuid=uuid.uuid4(), server=house.server, phone_number="0612345678", caller_name="P")
    Announcement.objects.create(call_uuid=house.call.uuid, server=house.server, caller_name="P")
    erase(customer=house.customer)
    assert list(Announcement.objects.filter(server=house.server)) == [other]


def test_who_became_part_of_a_customer_is_erased_with_them(house: Any, cast: Cast, login: Login) -> None:
    """Nothing of those who were there twice, in copies and of their numbers, through two merges."""
    client = login(cast.owner)
    rows = [Customer.objects.create(phone_number=f"+3369988770{n}", last_name="TWICE") for n in range(3)]
    for one, into in ((rows[0], rows[1]), (rows[1], rows[2])):
        client.post(reverse("admin:companies_customer_duplicates"), {"one": one.pk, "into": into.pk})
    customer = Customer.objects.get(last_name="TWICE")
    # Of the first one's number, and after it became part of another.
    call = Call.objects.create(uuid=uuid.uuid4(), phone_number=rows[0].phone_number, status=Call.Status.COMPLETED)
    services.create(phone_number="06 99 88 77 00", client_name="TWICE")
    Import.objects.create(file_name="b.csv", refused=[[2, {"phone": "06 99 88 77 01"}, "No."]], state="done", total=1)
    assert everything_stored().count("TWICE") > 5
    erase(customer=customer)
    call.refresh_from_db()
    assert call.phone_number == ""
    left = everything_stored()
    assert [trace for trace in ("TWICE", "twice", "9988770", "99 88 77") if trace in left] == []


def test_a_number_that_is_somebody_else_s_meanwhile_stays_theirs(house: Any) -> None:
    one = Customer.objects.create(phone_number="+33699887700")
    duplicates.merge(row=one, into=house.customer)
    heir = Customer.objects.create(phone_number="+33699887700", last_name="HEIR")
    ticket = services.create(customer=heir, phone_number=heir.phone_number, client_name="HEIR")
    erase(customer=Customer.objects.get(pk=house.customer.pk))
    ticket.refresh_from_db()
    assert (ticket.customer, ticket.client_name) == (heir, "HEIR")


def test_a_customer_on_the_telephone_is_not_erased(house: Any) -> None:
    Call.objects.filter(pk=house.call.pk).update(status=Call.Status.IN_PROGRESS)
    with pytest.raises(ValidationError):
        erase(customer=house.customer)
    assert Customer.objects.filter(pk=house.customer.pk).exists()


# --- Giving out -----------------------------------------------------------------


def opened(content: bytes) -> tuple[dict[str, Any], zipfile.ZipFile]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return json.loads(archive.read("customer.json")), archive


def test_an_export_has_everything(house: Any) -> None:
    file = io.BytesIO()
    export(customer=house.customer, to=file)
    told, archive = opened(file.getvalue())
    assert told["customer"]["phone_number"] == "+33612345678"
    assert [len(call["turns"]) for call in told["calls"]] == [1, 0]
    assert told["tickets"][0]["comments"][0]["text"] == "Alpha a été rappelé."
    assert len(archive.read(told["calls"][0]["recording"])) == 100_004


def test_a_recording_that_is_gone_does_not_stop_an_export(house: Any) -> None:
    Path(settings.MEDIA_ROOT, str(house.call.recording)).unlink()
    file = io.BytesIO()
    export(customer=house.customer, to=file)
    assert opened(file.getvalue())[1].namelist() == ["customer.json"]


# --- In the admin ---------------------------------------------------------------


def page(name: str, customer: Customer) -> str:
    return reverse(f"admin:companies_customer_{name}", args=[customer.pk])


@pytest.mark.parametrize("role", list(Membership.Role))
def test_owners_and_administrators_do_it_and_nobody_else(house: Any, login: Login, role: Membership.Role) -> None:
    client, may = login(person("somebody", house.tenant, role)), role in ("owner", "admin")
    for name in ("privacy", "give_out"):
        answer = client.get(page(name, house.customer))
        assert answer.status_code == (200 if may else 403)
        list(getattr(answer, "streaming_content", ()))
    answer = client.post(page("erase", house.customer), {"number": house.customer.phone_number})
    assert answer.status_code == (302 if may else 403)
    assert Customer.objects.filter(pk=house.customer.pk).exists() is not may


def test_an_export_is_a_download_that_is_written_down(house: Any, cast: Cast, login: Login) -> None:
    answer = login(cast.owner).get(page("give_out", house.customer))
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert int(answer["Content-Length"]) == len(content)
    assert opened(content)[0]["customer"]["last_name"] == "MARTIN-Alpha"
    assert AuditEntry.objects.filter(action="download", model="companies.customer").exists()


def test_erasing_wants_the_number_and_tells_what_it_did(house: Any, cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    for number in ("", "+33612345679"):
        answer = client.post(page("erase", house.customer), {"number": number})
        assert answer.status_code == 200
        assert "vb-note--poor" in text(answer)
    assert Belongings.of(house.customer).counts()["calls"] == 2
    answer = client.post(page("erase", house.customer), {"number": " +33 612345678"}, follow=True)
    assert answer.status_code == 200
    entry = AuditEntry.objects.get(action="delete", model="companies.customer")
    assert (entry.person, "MARTIN" in entry.label) == (cast.owner, False)


def test_the_customer_s_page_leads_there(house: Any, cast: Cast, login: Login) -> None:
    address = reverse("admin:companies_customer_change", args=[house.customer.pk])
    assert page("privacy", house.customer) in text(login(cast.owner).get(address))
    assert page("privacy", house.customer) not in text(login(cast.teammate).get(address))


# --- On the command line --------------------------------------------------------


def test_the_commands_give_out_and_erase(house: Any, tmp_path: Path) -> None:
    who, file = ("--tenant", "alpha", "--number", "06 12 34 56 78"), tmp_path / "out.zip"
    call_command("export_customer", *who, "--output", str(file))
    assert opened(file.read_bytes())[0]["customer"]["last_name"] == "MARTIN-Alpha"
    with pytest.raises(CommandError, match="written"):
        call_command("export_customer", *who, "--output", str(file))
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_customer", *who)
    assert Customer.objects.filter(pk=house.customer.pk).exists()
    call_command("erase_customer", *who, "--yes")
    assert not Customer.objects.filter(pk=house.customer.pk).exists()
    with pytest.raises(CommandError, match="no customer"):
        call_command("erase_customer", *who, "--yes")
