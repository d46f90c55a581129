"""Importing, exporting and merging customers and companies in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from companies.admin.around import SHOWN
from companies.models import Company, Customer, Import
from tenants.models import AuditEntry, Membership
from tenants.scope import acting_for
from tests.admin.pages import form_in, form_of, text
from tests.cast import Cast, person
from tickets.models import Ticket

Login = Callable[[User], Client]
IMPORT = reverse("admin:companies_customer_import")


@pytest.fixture
def agent(cast: Cast, login: Login) -> Client:
    client = login(cast.teammate)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


def upload(client: Client, content: str | bytes, address: str = IMPORT) -> Any:
    content = content.encode() if isinstance(content, str) else content
    return client.post(address, {"sheet": SimpleUploadedFile("clients.csv", content)}, follow=True)


def test_a_file_is_looked_at_then_imported_and_the_page_says_what_was_done(
    cast: Cast, agent: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    response = upload(agent, "téléphone;nom\n0699887766;PETIT\ndouze;<b>X</b>\n")
    page, address = text(response), response.request["PATH_INFO"]
    assert "is created" in page
    assert "1 has an error" in page
    assert ">Import 1 row<" in page
    assert "&lt;b&gt;X" in page
    with acting_for(cast.alpha.tenant):
        assert Customer.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        agent.post(address)
    response = agent.get(address)
    run = response.context["run"]
    assert (run.state, run.created, len(run.refused), run.by) == (Import.State.DONE, 1, 1, cast.teammate)
    refused = agent.get(reverse("admin:companies_customer_refused", args=[run.pk]))
    assert "douze" in refused.content.decode("utf-8-sig")
    assert "attachment" in refused["Content-Disposition"]
    with acting_for(cast.alpha.tenant):
        assert set(Customer.objects.values_list("last_name", flat=True)) == {"MARTIN-Alpha", "PETIT"}
    assert address not in text(agent.get(reverse("admin:companies_company_import")))


def test_a_run_that_goes_on_shows_how_far_it_is(cast: Cast, agent: Client) -> None:
    with acting_for(cast.alpha.tenant):
        Import.objects.update(state=Import.State.RUNNING, total=40, done=20)
    page = text(agent.get(reverse("admin:companies_customer_import_run", args=[cast.alpha.import_run.pk])))
    assert "20 of 40 rows are imported" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The submitted file is empty."),
        ("a;b\n1;2\n", "«Telephone» must be one of them"),
        (b"PK\x03\x04\x00\x00", "This is no CSV file"),
        ("telephone\n" + "1\n" * 20_001, "more than 20,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(agent: Client, content: str | bytes, said: str) -> None:
    assert said in text(upload(agent, content)).replace("&#x27;", "'")


def test_an_export_is_for_whoever_may_change(cast: Cast, agent: Client, login: Login) -> None:
    address = reverse("admin:companies_customer_export")
    content = agent.get(address).content.decode("utf-8-sig")
    assert content.startswith("Telephone,First name,Last name,E-mail,Company,Identifier elsewhere\r\n")
    assert "'+33612345678,Pierre,MARTIN-Alpha,,Alpha Client,\r\n" in content
    viewer = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER))
    for page in ("export", "import", "duplicates"):
        assert viewer.get(reverse(f"admin:companies_customer_{page}")).status_code == 403


def test_the_list_leads_to_what_one_may_do(cast: Cast, agent: Client, owner: Client) -> None:
    for client, may_merge in ((agent, False), (owner, True)):
        page = text(client.get(reverse("admin:companies_customer_changelist")))
        assert 'href="import/"' in page
        assert ('href="duplicates/"' in page) is may_merge


def test_two_customers_are_made_one_after_a_look(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        into = Customer.objects.create(phone_number="+33699887766", first_name="pierre", last_name="Martin-Alpha")
    one, address = cast.alpha.customer, reverse("admin:companies_customer_duplicates")
    assert "Similar name" in text(owner.get(address))
    pair = {"one": str(one.pk), "into": str(into.pk)}
    look = text(owner.get(address, pair))
    assert "1 calls, 1 tickets" in look
    assert one.phone_number in look
    page = text(owner.post(address, pair, follow=True))
    assert "is now part of" in page
    assert "No duplicates were found." in page
    with acting_for(cast.alpha.tenant):
        assert Customer.objects.get() == into
        assert AuditEntry.objects.filter(action="delete", object_id=str(one.pk), person=cast.owner).exists()
    assert "still there" in text(owner.get(address, pair))


def test_an_agent_merges_nobody(cast: Cast, agent: Client) -> None:
    assert agent.get(reverse("admin:companies_customer_duplicates")).status_code == 403


def test_companies_are_made_one(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        into = Company.objects.create(name="Alpha Client SARL")
    address = reverse("admin:companies_company_duplicates")
    owner.post(address, {"one": str(cast.alpha.company.pk), "into": str(into.pk)})
    with acting_for(cast.alpha.tenant):
        assert Customer.objects.get().company == into


@pytest.mark.parametrize("pair", [{"one": "1"}, {"one": "x", "into": "y"}, {"one": "9" * 30, "into": "1"}])
def test_a_choice_that_is_none_is_told(owner: Client, pair: dict[str, str]) -> None:
    for send in (owner.get, owner.post):
        assert "Choose two different ones" in text(send(reverse("admin:companies_customer_duplicates"), pair))


def test_beside_a_customer_stand_their_latest_tickets_and_calls_and_the_way_to_all(cast: Cast, agent: Client) -> None:
    house = cast.alpha
    address = reverse("admin:companies_customer_change", args=[house.customer.pk])
    with acting_for(house.tenant):
        house.ticket.customer, house.call.customer = house.customer, house.customer
        house.ticket.save()
        house.call.save()
        for _ in range(SHOWN):
            Ticket.objects.create(customer=house.customer)
        other = Ticket.objects.create()
    context = agent.get(address).context
    assert len(context["tickets"].rows) == SHOWN
    assert [call for call, _colour in context["calls"].rows] == [house.call]
    listed = list(agent.get(context["tickets"].more).context["cl"].result_list)
    assert len(listed) == SHOWN + 1
    assert other not in listed
    assert context["calls"].more == ""


def test_beside_a_company_stand_its_people_and_their_tickets(cast: Cast, agent: Client) -> None:
    house = cast.alpha
    context = agent.get(reverse("admin:companies_company_change", args=[house.company.pk])).context
    with acting_for(house.tenant):
        assert list(context["people"].rows) == list(Customer.objects.filter(company=house.company))
        assert [row for row, _ in context["tickets"].rows] == list(Ticket.objects.filter(company=house.company))


def test_what_a_colleague_wrote_of_a_customer_meanwhile_is_not_overwritten(cast: Cast, agent: Client) -> None:
    customer = cast.alpha.customer
    address = reverse("admin:companies_customer_change", args=[customer.pk])
    typed = form_of(agent, address, "customer_form") | {"first_name": ["Zoé"]}
    with acting_for(cast.alpha.tenant):
        Customer.objects.filter(pk=customer.pk).update(email="new@alpha.example")
    refused = agent.post(address, typed)
    assert set(refused.context["adminform"].form.errors) == {"__all__", "email"}
    assert agent.post(address, form_in(text(refused), "customer_form")).status_code == 302
    with acting_for(cast.alpha.tenant):
        customer.refresh_from_db()
    assert (customer.first_name, customer.email) == ("Zoé", "new@alpha.example")


def test_a_company_is_not_added_twice_with_other_capitals(cast: Cast, agent: Client) -> None:
    with acting_for(cast.alpha.tenant):
        Company.objects.create(name="Vetodok")
        own = Company.objects.create(name="VETODOK")  # which an earlier release let in
    with acting_for(cast.bravo.tenant):
        Company.objects.create(name="Biolab")
    add = reverse("admin:companies_company_add")
    refused = agent.post(add, {"name": "vetodok"})
    assert "“Vetodok” already" in text(refused)
    assert agent.post(add, {"name": "BIOLAB"}).status_code == 302  # of another account
    address = reverse("admin:companies_company_change", args=[own.pk])
    data = form_of(agent, address, "company_form") | {"external_id": ["7"]}
    assert agent.post(address, data).status_code == 302
