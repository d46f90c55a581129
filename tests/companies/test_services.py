"""Customers are found again by their number, and completed by what they tell."""

import pytest
from django.core.exceptions import ValidationError

from companies.models import Company, Customer
from companies.phone import forms, international
from companies.services import find_customer, remember_caller, remember_company
from tenants.scope import NoTenant, acting_for
from tests.cast import Cast


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+33612345678", "+33612345678"),
        ("0612345678", "+33612345678"),
        ("06 12 34 56 78", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("33612345678", "+33612345678"),
        ("+330612345678", "+33612345678"),
        ("0262 12 34 56", "+262262123456"),
        ("0692 12 34 56", "+262692123456"),
        ("+33692123456", "+262692123456"),
        ("33692123456", "+262692123456"),
        ("+262 692 12 34 56", "+262692123456"),
        ("0269 61 23 45", "+262269612345"),
        ("0639 12 34 56", "+262639123456"),
        ("06 39 98 00 01", "+33639980001"),
        ("0590 84 12 67", "+590590841267"),
        ("0691 12 34 56", "+590691123456"),
        ("0594 28 12 34", "+594594281234"),
        ("0697 12 34 56", "+596697123456"),
        ("0709 21 23 45", "+262709212345"),
        ("0508 41 23 45", "+508412345"),
        ("0695123456", "+33695123456"),
        ("+442071838750", "+442071838750"),
        ("00442071838750", "+442071838750"),
        ("", ""),
        ("anonymous", ""),
        ("100", ""),
        ("+", ""),
        ("06123456", ""),
        ("+33612345678; DROP", ""),
        ("٠٦١٢٣٤٥٦٧٨", ""),
    ],
)
def test_a_number_has_one_written_form(written: str, number: str) -> None:
    assert international(written) == number


def test_a_caller_is_found_by_any_form_of_the_number(alpha: Cast) -> None:
    assert find_customer(phone_number="06 12 34 56 78") == alpha.alpha.customer


@pytest.mark.parametrize(
    ("number", "former"),
    [
        ("+262692123456", ["+33692123456"]),
        ("+508412345", ["+33508412345"]),
        ("+33612345678", []),
        ("+442071838750", []),
    ],
)
def test_an_overseas_number_may_be_stored_as_one_of_france(number: str, former: list[str]) -> None:
    assert forms(number) == (number, *former)


def test_an_overseas_caller_who_was_stored_as_one_of_france_is_found_and_has_the_right_number_from_then_on(
    alpha: Cast,
) -> None:
    stored = Customer.objects.create(phone_number="+33692123456", last_name="PAYET")

    assert find_customer(phone_number="0692 12 34 56") == stored
    remembered = remember_caller(phone_number="+262692123456", first_name="Marie", last_name="Payet")
    assert remembered.customer == stored
    stored.refresh_from_db()
    assert (stored.phone_number, stored.full_name) == ("+262692123456", "Marie PAYET")


def test_of_two_records_the_one_with_the_right_number_is_the_caller_s(alpha: Cast) -> None:
    Customer.objects.create(phone_number="+33692123456")
    right = Customer.objects.create(phone_number="+262692123456")

    assert find_customer(phone_number="+33692123456") == right


def test_a_withheld_number_is_nobody_s(alpha: Cast) -> None:
    assert find_customer(phone_number="anonymous") is None


def test_another_tenant_s_customer_is_not_found(alpha: Cast) -> None:
    assert find_customer(phone_number=alpha.bravo.customer.phone_number) is None


def test_a_new_caller_is_remembered_with_a_new_company(alpha: Cast) -> None:
    remember_caller(
        phone_number="+33711111111", first_name="Zoé", last_name="PETIT", email="zoe@example.com", company="Vetodok"
    )
    customer = Customer.objects.get(phone_number="+33711111111")
    assert (customer.full_name, customer.email) == ("Zoé PETIT", "zoe@example.com")
    assert customer.company == Company.objects.get(name="Vetodok")


def test_what_is_longer_than_its_column_is_cut(alpha: Cast) -> None:
    told = remember_caller(
        phone_number="+33711111111", first_name="Z" * 150, email="z" * 300 + "@example.com", company="V" * 200
    )
    assert told.customer is not None
    assert told.company is not None
    told.customer.full_clean(exclude=["email"])
    assert (len(told.customer.email), told.company.name) == (254, "V" * 150)
    assert remember_company(name="V" * 200) == told.company


def test_what_a_call_tells_completes_the_record(alpha: Cast) -> None:
    before = alpha.alpha.customer
    told = remember_caller(phone_number=before.phone_number, email="pierre@example.com")
    after = Customer.objects.get(pk=before.pk)
    assert told.customer == after
    assert after.email == "pierre@example.com"
    assert (after.first_name, after.last_name, after.company) == (before.first_name, before.last_name, before.company)
    assert told.differences == {}


def test_what_the_record_says_already_is_left_for_a_person_to_decide(alpha: Cast) -> None:
    before = alpha.alpha.customer
    told = remember_caller(phone_number=before.phone_number, first_name="Paul", company="Vetodok")
    after = Customer.objects.get(pk=before.pk)
    assert (after.first_name, after.company) == ("Pierre", before.company)
    assert told.differences == {"first_name": ("Pierre", "Paul"), "company": ("Alpha Client", "Vetodok")}


def test_the_same_number_may_call_two_tenants(cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        theirs = remember_caller(phone_number=cast.alpha.customer.phone_number, first_name="Autre").customer
    assert theirs is not None
    assert theirs != cast.alpha.customer
    assert theirs.tenant == cast.bravo.tenant


def test_a_caller_without_a_number_leaves_only_a_company(alpha: Cast) -> None:
    told = remember_caller(phone_number="", first_name="Paul", company="Vetodok")
    assert told.customer is None
    assert told.company == Company.objects.get(name="Vetodok")


def test_of_companies_that_differ_in_capitals_the_one_that_is_written_so_is_taken(alpha: Cast) -> None:
    first, other = Company.objects.create(name="VETODOK"), Company.objects.create(name="Vetodok")
    assert remember_company(name="Vetodok") == other
    assert remember_company(name="VETODOK") == first
    assert remember_company(name="vetodok") == first


def test_a_company_is_found_however_it_is_capitalised(alpha: Cast) -> None:
    assert remember_company(name=" alpha  CLIENT ") == alpha.alpha.company
    assert remember_company(name="Bravo Client") != alpha.bravo.company


def test_nobody_is_remembered_for_nobody(cast: Cast) -> None:
    with pytest.raises(NoTenant):
        remember_caller(phone_number="+33611111111", first_name="Pierre")


def test_a_number_typed_in_the_admin_gets_its_written_form(alpha: Cast) -> None:
    customer = Customer(phone_number="07 11 11 11 11", last_name="PETIT")
    customer.full_clean()
    assert customer.phone_number == "+33711111111"


def test_a_number_that_is_none_is_refused_beside_its_field(alpha: Cast) -> None:
    with pytest.raises(ValidationError, match=r"\+33612345678") as refusal:
        Customer(phone_number="12", last_name="PETIT").full_clean()
    assert set(refusal.value.message_dict) == {"phone_number"}
