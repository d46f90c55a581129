"""What a tenant may write: rows of its own, that refer to rows of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from calls.models import Turn
from companies.models import Company, Customer
from tenants.models import Keyword, ProblemType, RemedyStep, Tenant
from tenants.scope import EVERYONE, ForeignTenant, NoTenant, acting_for
from tests.cast import Cast
from tickets.models import Comment, Ticket

NUMBER = "+33711111111"


def test_a_new_row_belongs_to_whoever_is_acted_for(alpha: Cast) -> None:
    made = [
        Company.objects.create(name="a"),
        Company.objects.get_or_create(name="b")[0],
        Company.objects.update_or_create(name="c")[0],
        *Company.objects.bulk_create([Company(name="d")]),
        alpha.alpha.problem_type.keywords.create(text="e", kind=Keyword.Kind.PROBLEM),
    ]
    assert {row.tenant_id for row in made} == {alpha.alpha.tenant.pk}


#: Ways to make a row of Alpha's refer to Bravo's company.
REFERENCES: dict[str, Callable[[Customer, Company], object]] = {
    "create by object": lambda mine, theirs: Customer.objects.create(phone_number=NUMBER, company=theirs),
    "create by key": lambda mine, theirs: Customer.objects.create(phone_number=NUMBER, company_id=theirs.pk),
    "create by a made-up object": lambda mine, theirs: Customer.objects.create(
        phone_number=NUMBER, company=Company(pk=theirs.pk, name="mine")
    ),
    "save by object": lambda mine, theirs: referring(mine, theirs).save(),
    "save by key": lambda mine, theirs: Customer(pk=mine.pk, phone_number=NUMBER, company_id=theirs.pk).save(),
    "save that field": lambda mine, theirs: referring(mine, theirs).save(update_fields=["company"]),
    "save that column": lambda mine, theirs: referring(mine, theirs).save(update_fields=["company_id"]),
    "update by object": lambda mine, theirs: Customer.objects.update(company=theirs),
    "update by key": lambda mine, theirs: Customer.objects.update(company=theirs.pk),
    "update the column": lambda mine, theirs: Customer.objects.update(company_id=theirs.pk),
    "bulk_create by object": lambda mine, theirs: Customer.objects.bulk_create(
        [Customer(phone_number=NUMBER, company=theirs)]
    ),
    "bulk_create by key": lambda mine, theirs: Customer.objects.bulk_create(
        [Customer(phone_number=NUMBER, company=mine.company), Customer(phone_number="1", company_id=theirs.pk)]
    ),
    "bulk_update": lambda mine, theirs: Customer.objects.bulk_update([referring(mine, theirs)], ["company"]),
    "get_or_create": lambda mine, theirs: Customer.objects.get_or_create(
        phone_number=NUMBER, defaults={"company": theirs}
    ),
    "update_or_create": lambda mine, theirs: Customer.objects.update_or_create(
        phone_number=mine.phone_number, defaults={"company": theirs}
    ),
    "add to theirs": lambda mine, theirs: theirs.customers.add(mine),
    "create in theirs": lambda mine, theirs: theirs.customers.create(phone_number=NUMBER),
}


def referring(mine: Customer, theirs: Company) -> Customer:
    mine.company = theirs
    return mine


@pytest.mark.parametrize("way", REFERENCES)
def test_no_row_refers_to_another_tenant_s(alpha: Cast, way: str) -> None:
    with pytest.raises(ForeignTenant), transaction.atomic():
        REFERENCES[way](alpha.alpha.customer, alpha.bravo.company)
    with acting_for(EVERYONE):
        assert not alpha.bravo.company.customers.exclude(pk=alpha.bravo.customer.pk).exists()


def test_even_everyone_keeps_rows_apart(cast: Cast) -> None:
    with acting_for(EVERYONE), pytest.raises(ForeignTenant):
        referring(cast.alpha.customer, cast.bravo.company).save()


def test_a_row_that_was_referred_to_before_it_was_stored_is_looked_at_too(cast: Cast) -> None:
    company = Company(name="later", tenant=cast.bravo.tenant)
    customer = Customer(phone_number=NUMBER, company=company, tenant=cast.alpha.tenant)
    with acting_for(cast.bravo.tenant):
        company.save()
    with acting_for(cast.alpha.tenant), pytest.raises(ForeignTenant):
        customer.save()


#: Ways to write what is Bravo's while acting for Alpha.
THEFTS: dict[str, Callable[[Cast], object]] = {
    "save what is theirs": lambda cast: cast.bravo.company.save(),
    "create for them": lambda cast: Company.objects.create(name="gift", tenant=cast.bravo.tenant),
    "bulk_create for them": lambda cast: Company.objects.bulk_create([Company(name="gift", tenant=cast.bravo.tenant)]),
    "bulk_update theirs": lambda cast: Company.objects.bulk_update([cast.bravo.company], ["name"]),
    "save over theirs": lambda cast: Company(pk=cast.bravo.company.pk, name="stolen").save(),
    "update over theirs": lambda cast: Company(pk=cast.bravo.company.pk, name="stolen").save(update_fields=["name"]),
    "bulk_create over theirs": lambda cast: Company.objects.bulk_create(
        [Company(pk=cast.bravo.company.pk, name="stolen")],
        update_conflicts=True,
        update_fields=["name", "tenant"],
        unique_fields=["pk"],
    ),
    "delete theirs": lambda cast: cast.bravo.company.delete(),
    "delete by key": lambda cast: Company(pk=cast.bravo.company.pk).delete(),
    "give away": lambda cast: Company.objects.update(tenant=cast.bravo.tenant),
    "give away by key": lambda cast: Company.objects.update(tenant_id=cast.bravo.tenant.pk),
    "give away one": lambda cast: given(cast.alpha.company, cast.bravo.tenant).save(),
}


def given(row: Company, tenant: Tenant) -> Company:
    row.tenant = tenant
    return row


@pytest.mark.parametrize("way", THEFTS)
def test_nothing_of_another_tenant_s_is_written(alpha: Cast, way: str) -> None:
    # DatabaseError: the UPDATE found no row of one's own, and the INSERT the key taken.
    with pytest.raises((ForeignTenant, DatabaseError)), transaction.atomic():
        THEFTS[way](alpha)
    assert_untouched(alpha)


def test_bulk_update_by_a_guessed_key_finds_nothing(alpha: Cast) -> None:
    assert Company.objects.bulk_update([Company(pk=alpha.bravo.company.pk, name="stolen")], ["name"]) == 0
    assert_untouched(alpha)


def test_adding_theirs_to_mine_finds_nothing(alpha: Cast) -> None:
    alpha.alpha.company.customers.add(alpha.bravo.customer)
    assert_untouched(alpha)


def assert_untouched(cast: Cast) -> None:
    with acting_for(EVERYONE):
        assert {(row.tenant_id, row.name) for row in Company.objects.all()} == {
            (cast.alpha.tenant.pk, "Alpha Client"),
            (cast.bravo.tenant.pk, "Bravo Client"),
        }
        assert cast.bravo.company.customers.get() == cast.bravo.customer


@pytest.mark.parametrize(
    "write",
    [
        lambda cast: cast.alpha.company.save(),
        lambda cast: cast.alpha.company.save(update_fields=["name"]),
        lambda cast: cast.alpha.company.delete(),
        lambda cast: Company.objects.create(name="x", tenant=cast.alpha.tenant),
        lambda cast: Company.objects.bulk_create([Company(name="x", tenant=cast.alpha.tenant)]),
        lambda cast: Company.objects.bulk_update([cast.alpha.company], ["name"]),
        lambda cast: Company.objects.update(name="x"),
        lambda cast: Company.objects.all().delete(),
    ],
    ids=["save", "save a field", "delete", "create", "bulk_create", "bulk_update", "update", "delete all"],
)
def test_nothing_is_written_for_nobody(cast: Cast, write: Callable[[Cast], object]) -> None:
    with pytest.raises(NoTenant), transaction.atomic():
        write(cast)
    assert_untouched(cast)


@pytest.mark.parametrize("stored", [lambda row: Company.objects.get(pk=row.pk), lambda row: row], ids=["read", "made"])
def test_a_row_never_changes_hands_not_even_for_everyone(cast: Cast, stored: Callable[[Company], Company]) -> None:
    with acting_for(EVERYONE):
        row = stored(cast.alpha.company)
        row.tenant = cast.bravo.tenant
        with pytest.raises(ForeignTenant, match="never changes hands"):
            row.save()
    assert_untouched(cast)


def test_everyone_writes_for_a_tenant_that_is_named(cast: Cast) -> None:
    with acting_for(EVERYONE):
        assert Company.objects.create(name="x", tenant=cast.bravo.tenant).tenant == cast.bravo.tenant
        with pytest.raises(IntegrityError), transaction.atomic():
            Company.objects.create(name="x")  # whose?


def test_raw_sql_is_refused(alpha: Cast) -> None:
    with pytest.raises(NotImplementedError, match="wall"):
        Company.objects.raw("SELECT * FROM companies_company")


def test_what_was_not_loaded_is_not_looked_at(alpha: Cast, django_assert_num_queries: Any) -> None:
    company = Company.objects.only("name", "tenant").get()
    company.name = "Paul"
    with django_assert_num_queries(1):
        company.save(update_fields=["name"])


def test_a_reference_in_hand_costs_no_query(alpha: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        Turn.objects.create(call=alpha.alpha.call, position=99, speaker="bot", text="x", started_at=0, ended_at=1)


def test_bulk_references_cost_one_query_per_column(alpha: Cast, django_assert_num_queries: Any) -> None:
    comments = [Comment(ticket_id=alpha.alpha.ticket.pk, text="x") for _ in range(10)]
    with django_assert_num_queries(2):
        Comment.objects.bulk_create(comments)


def test_deleting_takes_along_what_depends_and_no_more(alpha: Cast) -> None:
    alpha.alpha.problem_type.delete()
    assert not RemedyStep.objects.exists()
    assert Ticket.objects.get().problem_type is None
    with acting_for(alpha.bravo.tenant):
        assert RemedyStep.objects.exists()
        assert Ticket.objects.get().problem_type == alpha.bravo.problem_type


def test_deleting_a_tenant_deletes_its_rows_only(cast: Cast) -> None:
    with acting_for(EVERYONE):
        cast.alpha.tenant.delete()
        assert [row.name for row in Company.objects.all()] == ["Bravo Client"]


# --- Uniqueness: per tenant, and validated although `tenant` is on no form --------


class ProblemTypeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ProblemType
        fields = ["code", "name", "severity", "position"]


def form(code: str) -> ProblemTypeForm:
    return ProblemTypeForm({"code": code, "name": "x", "severity": "low", "position": 1})


def test_a_clash_with_one_s_own_is_a_message_and_not_an_error(alpha: Cast) -> None:
    assert not form("internet").is_valid()


def test_another_tenant_s_names_are_free_and_cannot_be_found_out(alpha: Cast) -> None:
    with acting_for(alpha.bravo.tenant):
        ProblemType.objects.create(code="secret", name="x")
    assert form("secret").is_valid()
    form("secret").save()


def test_a_row_does_not_clash_with_itself(alpha: Cast) -> None:
    alpha.alpha.problem_type.full_clean()
    with pytest.raises(ValidationError):
        ProblemType(code="internet", name="x").full_clean()
