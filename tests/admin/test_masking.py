"""A viewer reads no number and no address, and finds none out by asking."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from calls.models import Announcement, Call, Turn
from companies.models import Customer
from tenants.models import Membership
from tenants.privacy import hiding, is_masked, mask
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.admin.rows import OWNED, label, row_of
from tests.cast import Cast, person
from tickets.models import Ticket

Login = Callable[[User], Client]
NUMBER, SPOKEN, EMAIL = "+33698761278", "06 98 76 12 78", "pierre.martin@alpha.example"
HIDDEN = ("698761278", "06 98 76 12", EMAIL, "pierre.martin")


@pytest.fixture
def house(cast: Cast) -> Cast:
    """Alpha's number and address are wherever one can write them."""
    with acting_for(cast.alpha.tenant):
        for model in (Customer, Ticket, Call):
            model.objects.update(phone_number=NUMBER)
        Customer.objects.update(email=EMAIL, first_name="", last_name="")
        Ticket.objects.update(client_email=EMAIL, client_name="", description=f"Rappeler au {SPOKEN}", summary=EMAIL)
        Call.objects.update(data={"callback": NUMBER, "contacts": [{EMAIL: int(NUMBER)}], "contract": "C-42"})
        Turn.objects.update(text=f"Mon numéro est le {SPOKEN}, mon adresse {EMAIL}.")
    return cast


def browser(cast: Cast, login: Login, role: Membership.Role) -> Client:
    return login(person(f"alpha-{role}", cast.alpha.tenant, role))


@pytest.fixture
def viewer(house: Cast, login: Login) -> Client:
    return browser(house, login, Membership.Role.VIEWER)


def pages(cast: Cast, model: type[models.Model]) -> list[str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = row_of(cast.alpha, model)
    return [
        reverse(f"{name}_changelist"),
        *(reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")),
    ]


@pytest.mark.parametrize("model", OWNED, ids=label)
def test_no_screen_shows_a_viewer_a_number_or_an_address(
    model: type[models.Model], house: Cast, viewer: Client
) -> None:
    for address in pages(house, model):
        body = text(viewer.get(address))
        assert not [secret for secret in HIDDEN if secret in body], address


def test_the_same_screens_show_them_to_an_agent(house: Cast, login: Login) -> None:
    client = browser(house, login, Membership.Role.AGENT)
    for model, secret in ((Customer, EMAIL), (Ticket, "06 98 76 12"), (Call, "698761278")):
        assert any(secret in text(client.get(address)) for address in pages(house, model)), label(model)


def test_titles_and_the_dashboard_show_none(house: Cast, viewer: Client) -> None:
    for address in (reverse("admin:index"), reverse("admin:calls_call_change", args=[house.alpha.call.pk])):
        body = text(viewer.get(address))
        assert "698761278" not in body
    assert "•" in text(viewer.get(reverse("admin:calls_call_changelist")))


MASKED = [
    (model, field.name)
    for model in OWNED
    for field in model._meta.concrete_fields
    if is_masked(model, field.name) and model in admin.site._registry
]


@pytest.mark.parametrize(("model", "name"), MASKED, ids=[f"{label(model)}.{name}" for model, name in MASKED])
def test_a_viewer_cannot_ask_for_a_part_of_what_is_masked(
    model: type[models.Model], name: str, house: Cast, viewer: Client
) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    row = row_of(house.alpha, model)
    with acting_for(house.alpha.tenant):
        row.refresh_from_db()
    for lookup in (name, f"{name}__startswith", f"{name}__contains", f"{name}__regex", f"{name}__gte"):
        right, wrong = (viewer.get(address, {lookup: value}) for value in (str(getattr(row, name))[:5] or "a", "zzz"))
        assert right.status_code == wrong.status_code
        assert right.get("Location") == wrong.get("Location"), lookup


@pytest.mark.parametrize("term", ["698761", "1278", "pierre.martin", "alpha.example", "06 98"])
def test_a_search_is_no_oracle(term: str, house: Cast, viewer: Client, login: Login) -> None:
    agent = browser(house, login, Membership.Role.AGENT)
    found = []
    for client in (viewer, agent):
        counts = []
        for model in (Customer, Ticket, Call):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            counts.append(client.get(reverse(name), {"q": term}).context["cl"].result_count)
        found.append(counts)
    assert found[0] == [0, 0, 0]
    assert any(found[1])
    site = text(viewer.get(reverse("admin:search"), {"s": term, "extended": "1"}))
    assert str(reverse("admin:tickets_ticket_change", args=[house.alpha.ticket.pk])) not in site


def test_lists_are_not_sorted_by_what_is_masked(house: Cast, viewer: Client, login: Login) -> None:
    address = reverse("admin:companies_customer_changelist")
    sortable = viewer.get(address).context["cl"].sortable_by
    assert not {"phone_number", "email"} & set(sortable)
    assert {"phone_number", "email"} <= set(
        browser(house, login, Membership.Role.AGENT).get(address).context["cl"].sortable_by
    )


@pytest.mark.parametrize(("model", "name"), [(Customer, "phone_number"), (Customer, "email"), (Call, "caller")])
@pytest.mark.parametrize("sign", ["", "-"])
def test_an_address_that_asks_for_the_order_of_a_masked_column_gets_none(
    model: type[models.Model], name: str, sign: str, house: Cast, viewer: Client, login: Login
) -> None:
    def ordered(client: Client) -> set[str]:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        column = list(client.get(address).context["cl"].list_display).index(name)
        return {
            part.lstrip("-")
            for part in client.get(address, {"o": f"{sign}{column}"}).context["cl"].queryset.query.order_by
        }

    masked = {"phone_number", "email"}
    assert not masked & ordered(viewer)
    assert masked & ordered(browser(house, login, Membership.Role.AGENT))


def test_the_history_of_a_row_tells_a_viewer_no_number(house: Cast, viewer: Client, login: Login) -> None:
    """Neither that of a merge, nor what histories have from before."""
    owner = browser(house, login, Membership.Role.OWNER)
    with acting_for(house.alpha.tenant):
        one = Customer.objects.create(phone_number="+33649380217")
    into = house.alpha.customer
    owner.post(reverse("admin:companies_customer_duplicates"), {"one": one.pk, "into": into.pk})
    entry = LogEntry.objects.get(object_id=str(into.pk))
    assert entry.change_message == f"Merge #{one.pk}"
    LogEntry.objects.filter(pk=entry.pk).update(change_message="Merge +33649380217")
    page = text(viewer.get(reverse("admin:companies_customer_history", args=[into.pk])))
    assert f"Merge {mask('+33649380217')}" in page
    assert "49380217" not in page


def test_a_viewer_sees_the_other_tickets_of_a_number(house: Cast, viewer: Client) -> None:
    with acting_for(house.alpha.tenant):
        ticket, other = (Ticket.objects.create(phone_number=NUMBER) for _number in range(2))
    page = text(viewer.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])))
    assert reverse("admin:tickets_ticket_change", args=[other.pk]) in page


def test_what_was_masked_is_never_stored(house: Cast) -> None:
    with acting_for(house.alpha.tenant), hiding():
        customer = Customer.objects.get(pk=house.alpha.customer.pk)
        assert customer.phone_number == "+•••••••••78"
        with pytest.raises(RuntimeError, match="masked value"), transaction.atomic():
            customer.save()
    with acting_for(house.alpha.tenant):
        customer.refresh_from_db()
        assert customer.phone_number == NUMBER


def test_a_viewer_s_request_masks_and_the_next_one_does_not(house: Cast, viewer: Client, login: Login) -> None:
    agent = browser(house, login, Membership.Role.AGENT)
    address = reverse("admin:companies_customer_changelist")
    shown = [NUMBER in text(client.get(address)) for client in (viewer, agent, viewer, agent)]
    assert shown == [False, True, False, True]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("+33612345678", "+•••••••••78"),
        ("06 12 34 56 78", "•• •• •• •• 78"),
        ("06.12.34.56.78, puis 12 €", "••.••.••.••.78, puis 12 €"),
        ("rendez-vous à 14 h 30", "rendez-vous à 14 h 30"),
        ("pierre@example.com et 0612345678.", "p•••@••• et ••••••••78."),
        ("(01) 23 45 67 89", "(••) •• •• •• 89"),
        ("06, 12, 34, 56, 78", "••, ••, ••, ••, 78"),
        ("06 – 12 – 34 – 56 – 78", "•• – •• – •• – •• – 78"),
        ("06‑12—34;56;78", "••‑••—••;••;78"),
        ("code 12345", "code 12345"),
        ("de 9 h à 12 h, puis de 14 h à 18 h", "de 9 h à 12 h, puis de 14 h à 18 h"),
        ("", ""),
    ],
)
def test_the_mask_leaves_the_last_two_digits(written: str, shown: str) -> None:
    assert mask(written) == shown


def test_free_data_is_masked_wherever_a_number_stands_in_it(house: Cast) -> None:
    with acting_for(house.alpha.tenant):
        call = Call.objects.get(pk=house.alpha.call.pk)
        with hiding():
            shown = Call.objects.get(pk=call.pk)
            announced = Announcement.objects.create(
                call_uuid=uuid.uuid4(), server=house.alpha.server, data={"pin": 12345, "paid": True}
            )
            announced.refresh_from_db()
            with pytest.raises(RuntimeError, match="masked value"), transaction.atomic():
                shown.save()
    assert call.data["callback"] == NUMBER
    assert shown.data == {"callback": mask(NUMBER), "contacts": [{mask(EMAIL): "•••••••••78"}], "contract": "C-42"}
    assert announced.data == {"pin": 12345, "paid": True}


def test_lookups_are_followed_through_relations() -> None:
    assert is_masked(Ticket, "customer__phone_number__startswith")
    assert is_masked(Ticket, "^client_email")
    assert is_masked(Ticket, "call__turns__text__contains")
    assert not is_masked(Ticket, "customer__last_name")
    assert not is_masked(Ticket, "nonsense__x")
