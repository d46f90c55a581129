"""Rows that a CRM or a file sends: known by their identifier elsewhere or by the number, each judged alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies import rows as companies_rows
from companies.models import Company, Customer
from companies.rows import Outcome, State, Stored, upsert_companies, upsert_customers
from tenants.scope import acting_for
from tests.cast import Cast


def customer(**row: Any) -> Outcome[Customer]:
    return upsert_customers(rows=[row])[0]


def company(row: dict[str, str]) -> Outcome[Company]:
    return upsert_companies(rows=[row])[0]


def test_a_customer_is_created_changed_and_left_alone(alpha: Cast) -> None:
    row = {"external_id": "C-7", "phone_number": "06 99 88 77 66", "last_name": "DURAND", "company": "Alpha client"}
    created = customer(**row)
    assert created.stored is not None
    assert (created.state, created.stored.phone_number) == (State.CREATED, "+33699887766")
    assert created.stored.company == alpha.alpha.company, "a company is known however it is capitalised"
    assert customer(**row).state == State.UNCHANGED
    changed = customer(external_id="C-7", email="d@example.com")
    assert (changed.state, changed.stored) == (State.UPDATED, created.stored)
    assert changed.stored is not None
    assert (changed.stored.last_name, changed.stored.email) == ("DURAND", "d@example.com")


def test_somebody_who_has_called_gets_the_identifier(alpha: Cast) -> None:
    known = alpha.alpha.customer
    outcome = customer(external_id="C-1", phone_number="0612345678")
    assert (outcome.state, outcome.stored) == (State.UPDATED, known)
    assert customer(external_id="C-1", phone_number="+33699999999").stored == known, "and may change the number"
    known.refresh_from_db()
    assert (known.external_id, known.phone_number) == ("C-1", "+33699999999")


def test_an_empty_text_removes_and_an_absent_key_leaves(alpha: Cast) -> None:
    customer(phone_number="+33612345678", first_name="", company="")
    known = Customer.objects.get()
    assert (known.first_name, known.company, known.last_name) == ("", None, "MARTIN-Alpha")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({}, "phone_number"),
        ({"phone_number": "hello"}, "phone_number"),
        ({"external_id": "unknown"}, "phone_number"),
        ({"external_id": "C-2", "phone_number": "0612345678"}, "phone_number"),  # known as C-1
        ({"phone_number": "0612345678", "email": "no"}, "email"),
        ({"phone_number": "0612345678", "colour": "red"}, "colour"),
        ({"phone_number": 612345678}, "phone_number"),
        ({"phone_number": "0612345678", "last_name": "a\x00"}, "last_name"),
        ({"phone_number": "0612345678", "last_name": "a" * 101}, "last_name"),
        ({"phone_number": "0612345678", "company": "a" * 151}, "company"),
        ({"phone_number": "0612345678", "company_external_id": "nobody"}, "company_external_id"),
    ],
)
def test_a_row_that_is_refused_names_the_field_and_changes_nothing(
    alpha: Cast, row: dict[str, Any], field: str
) -> None:
    Customer.objects.update(external_id="C-1")
    before = list(Customer.objects.values())
    outcome = customer(**row)
    assert (outcome.state, outcome.stored) == (State.FAILED, None)
    assert list(outcome.errors) == [field]
    assert list(Customer.objects.values()) == before


def test_a_refused_row_leaves_no_company_behind(alpha: Cast) -> None:
    assert customer(phone_number="0612345678", email="no", company="Brand new").state == State.FAILED
    assert not Company.objects.filter(name="Brand new").exists()


def test_two_customers_cannot_have_one_number(alpha: Cast) -> None:
    customer(external_id="C-1", phone_number="+33612345678")
    customer(external_id="C-2", phone_number="+33699999999")
    assert customer(external_id="C-2", phone_number="+33612345678").state == State.FAILED


def test_a_customer_works_for_the_company_that_the_crm_names(alpha: Cast) -> None:
    alike = company({"external_id": "F-1", "name": "alpha client"}).stored
    assert alike == alpha.alpha.company
    assert customer(phone_number="+33699999999", company_external_id="F-1").stored.company == alike  # type: ignore[union-attr]


def test_a_company_is_known_by_its_identifier_and_may_be_renamed(alpha: Cast) -> None:
    assert company({"external_id": "F-9", "name": "Old"}).state == State.CREATED
    renamed = company({"external_id": "F-9", "name": "New"})
    assert (renamed.state, renamed.stored and renamed.stored.name) == (State.UPDATED, "New")
    assert list(company({"external_id": "F-8", "name": "new"}).errors) == ["name"]
    assert list(company({"external_id": "F-8"}).errors) == ["name"]
    assert list(company({}).errors) == ["name"]


# --- Many ---------------------------------------------------------------------


def test_of_many_rows_each_is_judged_alone_and_in_its_order(alpha: Cast) -> None:
    rows: list[dict[str, Any]] = [
        {"external_id": "C-1", "phone_number": "06 99 88 77 01", "company": "Brand new"},
        {"external_id": "C-2", "phone_number": "0699887702", "company": "BRAND NEW"},
        {"external_id": "C-3", "phone_number": "0699887703", "email": "no", "company": "Nobody's"},
        {"external_id": "C-4", "phone_number": "06.99.88.77.01"},  # C-1's
        {"phone_number": "0612345678", "external_id": "C-5"},  # who has called
        {"external_id": "C-1", "last_name": "DURAND"},
        {"colour": "red"},
        {"phone_number": "+33612345678", "external_id": "C-5"},
    ]
    outcomes = upsert_customers(rows=rows)
    states = ["created", "created", "failed", "failed", "updated", "updated", "failed", "unchanged"]
    assert [str(outcome.state) for outcome in outcomes] == states
    assert [list(outcomes[index].errors) for index in (2, 3, 6)] == [["email"], ["phone_number"], ["colour"]]
    assert outcomes[4].stored == outcomes[7].stored == alpha.alpha.customer
    first, second = Customer.objects.get(external_id="C-1"), Customer.objects.get(external_id="C-2")
    assert (outcomes[0].stored, first.last_name, first.phone_number) == (first, "DURAND", "+33699887701")
    assert first.company == second.company == Company.objects.get(name="Brand new")
    assert not Company.objects.filter(name="Nobody's").exists()
    again = [str(outcome.state) for outcome in upsert_customers(rows=[row | {} for row in rows[:2]])]
    assert again == ["unchanged"] * 2


def test_a_changed_row_moves_its_time_and_others_do_not(alpha: Cast) -> None:
    rows = [{"external_id": f"C-{n}", "phone_number": f"+3369988770{n}", "last_name": "A"} for n in range(3)]
    upsert_customers(rows=rows)
    before = dict(Customer.objects.values_list("external_id", "updated_at"))
    upsert_customers(rows=[*rows[:2], rows[2] | {"last_name": "B"}])
    after = dict(Customer.objects.values_list("external_id", "updated_at"))
    assert [name for name in after if after[name] != before[name]] == ["C-2"]


def test_ten_times_the_rows_cost_hardly_more_queries(alpha: Cast) -> None:
    def cost(many: int, start: int) -> int:
        rows = [{"external_id": f"C-{n}", "phone_number": f"+336998{n:05}"} for n in range(start, start + many)]
        with CaptureQueriesContext(connection) as queries:
            assert {str(outcome.state) for outcome in upsert_customers(rows=rows)} == {"created"}
        return len(queries)

    assert cost(100, 0) - cost(10, 100) < 10


@pytest.mark.parametrize("many", [1, 3])
def test_what_somebody_else_writes_in_this_moment_is_found(
    alpha: Cast, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Two systems that send the same: nobody is told that it is another's, for it is the very same."""
    rows = [{"external_id": f"C-{n}", "phone_number": f"+3369988770{n}"} for n in range(many)]
    upsert_customers(rows=rows)
    reads = iter([True])

    def late(given: Any, model: Any) -> Stored:
        return Stored([] if next(reads, False) else given, model)

    monkeypatch.setattr(companies_rows, "Stored", late)
    assert [str(outcome.state) for outcome in upsert_customers(rows=rows)] == ["unchanged"] * many


def test_another_tenant_s_rows_are_neither_found_nor_changed(cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        upsert_customers(rows=[{"external_id": "C-1", "phone_number": "+33687654321"}])
    with acting_for(cast.alpha.tenant):
        assert customer(external_id="C-1", phone_number="+33687654321").state == State.CREATED
        assert customer(external_id="C-1", company_external_id="F-1").state == State.FAILED


def test_two_rows_that_name_a_customer_in_different_ways_are_both_written(alpha: Cast) -> None:
    known = Customer.objects.create(external_id="X", phone_number="+33699887766")
    rows = [{"external_id": "X", "first_name": "Anne"}, {"phone_number": "0699887766", "email": "a@b.fr"}]

    assert [outcome.state for outcome in upsert_customers(rows=rows)] == [State.UPDATED, State.UPDATED]
    known.refresh_from_db()
    assert (known.first_name, known.email) == ("Anne", "a@b.fr")


def test_a_company_that_was_renamed_a_row_before_does_not_take_the_old_name_s_row(alpha: Cast) -> None:
    Company.objects.create(external_id="X", name="Old")

    upsert_companies(rows=[{"external_id": "X", "name": "New"}, {"name": "Old"}])

    assert set(Company.objects.values_list("name", flat=True)) >= {"New", "Old"}
