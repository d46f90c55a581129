"""Two rows of one person, or one company, become one; nothing that refers to them is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from companies import duplicates
from companies.models import Company, Customer
from tests.cast import Cast
from tickets.models import Ticket


def another(**values: Any) -> Customer:
    count = Customer.objects.count()
    return Customer.objects.create(**{"phone_number": f"+3369988770{count}", **values})


def found() -> list[tuple[str, set[Customer]]]:
    return [(group.why, set(group.rows)) for group in duplicates.groups_of_customers()]


def test_the_same_address_or_name_is_suggested_once(alpha: Cast) -> None:
    first = alpha.alpha.customer
    Customer.objects.filter(pk=first.pk).update(email="p@example.com")
    assert found() == []
    same_address = another(email="P@Example.com", first_name="Pierre", last_name="martin-alpha")
    assert found() == [("email", {first, same_address})]
    same_name = another(first_name="pierre", last_name="MARTIN-ALPHA")
    assert found()[1] == ("name", {first, same_address, same_name})
    another(), another()  # of whom nothing is known
    assert len(found()) == 2


@pytest.mark.parametrize("name", ["ALPHA CLIENT SARL", "Alpha-Client", "alpha client, S.A.S.", "Álpha Client"])
def test_companies_that_are_written_differently_are_suggested(alpha: Cast, name: str) -> None:
    other = Company.objects.create(name=name)
    Company.objects.create(name="Alpha Clients Réunis")
    assert [set(group.rows) for group in duplicates.groups_of_companies()] == [{alpha.alpha.company, other}]


@pytest.mark.parametrize("name", ["SAS", "!!!", "日本"])
def test_a_name_of_nothing_but_its_form_is_like_no_other(alpha: Cast, name: str) -> None:
    Company.objects.create(name=name)
    Company.objects.create(name=name + ".")
    assert duplicates.groups_of_companies() == []


def test_all_that_refers_to_a_customer_moves(alpha: Cast) -> None:
    one = alpha.alpha.customer
    Customer.objects.filter(pk=one.pk).update(external_id="C-1", email="one@example.com")
    one.refresh_from_db()
    into = another(first_name="Peter", email="two@example.com")
    with translation.override("fr"):
        assert {(moved.name, moved.count) for moved in duplicates.moving(one)} == {("appels", 1), ("tickets", 1)}
    duplicates.merge(row=one, into=into)
    into.refresh_from_db()
    assert (into.first_name, into.last_name, into.email) == ("Peter", "MARTIN-Alpha", "two@example.com")
    assert (into.company, into.external_id) == (alpha.alpha.company, "C-1")
    assert not Customer.objects.filter(pk=one.pk).exists()
    assert Ticket.objects.get(pk=alpha.alpha.ticket.pk).customer == into
    assert into.calls.get() == alpha.alpha.call


def test_customers_and_tickets_of_a_company_move(alpha: Cast) -> None:
    into = Company.objects.create(name="Alpha Client SARL")
    duplicates.merge(row=alpha.alpha.company, into=into)
    assert (into.customers.count(), into.tickets.count()) == (1, 1)


def test_nobody_is_merged_with_oneself_or_with_another_tenant_s(alpha: Cast) -> None:
    one = alpha.alpha.customer
    for other in (one, alpha.bravo.customer):
        with pytest.raises(ValidationError):
            duplicates.merge(row=one, into=other)
        with pytest.raises(ValidationError):
            duplicates.merge(row=other, into=one)
    assert Customer.objects.count() == 1
