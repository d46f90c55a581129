"""Every way to read owned rows: nothing without a tenant, only one's own with one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Upper

from calls.models import Call, Turn
from companies.models import Company, Customer
from tenants import row_security
from tenants.models import Tenant
from tenants.scope import (
    EVERYONE,
    NoTenant,
    acting_for,
    acting_for_nobody,
    current_tenant,
    current_tenant_id,
)
from tests.cast import Cast
from tickets.models import Comment, Ticket

AT_IMPORT = Company.objects.order_by("name")
UNORDERED = Company.objects.order_by()  # SQLite takes no order inside a compound query


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Customer
        fields = ["phone_number", "company"]


#: Each takes Bravo's company and answers with the names, keys or numbers it came upon.
READS: dict[str, Callable[[Company], Any]] = {
    "all": lambda theirs: [row.name for row in Company.objects.all()],
    "filter": lambda theirs: [row.name for row in Company.objects.filter(name__contains="Client")],
    "exclude": lambda theirs: [row.name for row in Company.objects.exclude(name="x")],
    "get": lambda theirs: [Company.objects.get(name__contains="Client").name],
    "first": lambda theirs: [getattr(Company.objects.first(), "name", None)],
    "last": lambda theirs: [getattr(Company.objects.last(), "name", None)],
    "earliest": lambda theirs: [Company.objects.earliest("pk").name],
    "latest": lambda theirs: [Company.objects.latest("pk").name],
    "values": lambda theirs: [row["name"] for row in Company.objects.values("name")],
    "values_list": lambda theirs: list(Company.objects.values_list("name", flat=True)),
    "iterator": lambda theirs: [row.name for row in Company.objects.iterator()],
    "in_bulk": lambda theirs: [row.name for row in Company.objects.in_bulk().values()],
    "slice": lambda theirs: [row.name for row in Company.objects.order_by("-name")[:5]],
    "index": lambda theirs: [Company.objects.order_by("-name")[0].name],
    "or": lambda theirs: [row.name for row in Company.objects.filter(pk=0) | Company.objects.filter(name__gt="")],
    "and": lambda theirs: [row.name for row in Company.objects.all() & Company.objects.filter(name__gt="")],
    "xor": lambda theirs: [row.name for row in Company.objects.filter(pk=0) ^ Company.objects.filter(name__gt="")],
    "or in a Q": lambda theirs: [row.name for row in Company.objects.filter(Q(pk=theirs.pk) | Q(name__gt=""))],
    "not in a Q": lambda theirs: [row.name for row in Company.objects.filter(~Q(pk=0))],
    "union": lambda theirs: [row.name for row in UNORDERED.union(UNORDERED.filter(pk=0))],
    "intersection": lambda theirs: [row.name for row in UNORDERED.intersection(UNORDERED.all())],
    "difference": lambda theirs: [row.name for row in UNORDERED.difference(UNORDERED.filter(pk=0))],
    "distinct": lambda theirs: list(Company.objects.values_list("name", flat=True).distinct()),
    "defer": lambda theirs: [row.name for row in Company.objects.defer("name")],
    "only": lambda theirs: [row.name for row in Company.objects.only("name")],
    "annotate": lambda theirs: list(Company.objects.annotate(up=Upper("name")).values_list("name", flat=True)),
    "using": lambda theirs: [row.name for row in Company.objects.using("default")],
    "select_for_update": lambda theirs: [row.name for row in Company.objects.select_for_update()],
    "select_related": lambda theirs: [str(row.company) for row in Customer.objects.select_related("company")],
    "prefetch_related": lambda theirs: [
        str(customer.company)
        for company in Company.objects.prefetch_related("customers")
        for customer in company.customers.all()
    ],
    "subquery": lambda theirs: list(
        Customer.objects.values_list(
            Subquery(Company.objects.filter(pk=OuterRef("company_id")).values("name")), flat=True
        )
    ),
    "in a subquery": lambda theirs: [
        str(row.company) for row in Customer.objects.filter(company__in=Company.objects.all())
    ],
    "pickled query": lambda theirs: [row.name for row in unpickled(Company.objects.all())],
    "made at import": lambda theirs: [row.name for row in AT_IMPORT.all()],
    "form made at import": lambda theirs: [str(row) for row in CustomerForm().fields["company"].queryset],  # type: ignore[attr-defined]
    "count": lambda theirs: Company.objects.count(),
    "aggregate": lambda theirs: Company.objects.aggregate(n=Count("pk"))["n"],
    "len": lambda theirs: len(Company.objects.all()),
    "dates": lambda theirs: len(Customer.objects.dates("created_at", "year")),
    "datetimes": lambda theirs: len(Customer.objects.datetimes("created_at", "second")),
    "exists": lambda theirs: not Company.objects.filter(pk=theirs.pk).exists(),
    "exclude exists": lambda theirs: not Company.objects.exclude(name__contains="Alpha").exists(),
    "contains": lambda theirs: not Company.objects.contains(theirs),
    "Exists": lambda theirs: not Tenant.objects.filter(Exists(Company.objects.filter(pk=theirs.pk))).exists(),
    "explain": lambda theirs: bool(Company.objects.all().explain()),
    "str of the query": lambda theirs: "tenant_id" in str(Company.objects.all().query),
}
#: The same, for what changes rows; each says how many it changed.
WRITES: dict[str, Callable[[Company], int]] = {
    "update": lambda theirs: Company.objects.filter(name__contains="Client").update(name="changed"),
    "delete": lambda theirs: Turn.objects.all().delete()[0],
    "bulk_update": lambda theirs: Company.objects.bulk_update([renamed(theirs)], ["name"]),
}


def unpickled(rows: QuerySet[Company]) -> QuerySet[Company]:
    again = Company.objects.none()
    again.query = pickle.loads(pickle.dumps(rows.query))
    return again


def renamed(row: Company) -> Company:
    row.name = "changed"
    return row


@pytest.mark.parametrize("way", READS)
def test_no_way_leads_to_rows_without_a_tenant(cast: Cast, way: str) -> None:
    with pytest.raises(NoTenant):
        READS[way](cast.bravo.company)


@pytest.mark.parametrize("way", READS)
def test_every_way_leads_to_one_s_own_rows_only(alpha: Cast, way: str) -> None:
    assert READS[way](alpha.bravo.company) in (["Alpha Client"], 1, True)


@pytest.mark.parametrize("way", WRITES)
def test_nothing_is_written_without_a_tenant(cast: Cast, way: str) -> None:
    with pytest.raises(NoTenant), transaction.atomic():
        WRITES[way](cast.bravo.company)
    with acting_for(EVERYONE):
        assert Company.objects.filter(name="changed").count() == 0
        assert Turn.objects.count() == 2


@pytest.mark.parametrize("way", ["update", "delete"])
def test_only_one_s_own_rows_are_written(alpha: Cast, way: str) -> None:
    assert WRITES[way](alpha.bravo.company) == 1
    with acting_for(alpha.bravo.tenant):
        assert Company.objects.get().name == "Bravo Client"
        assert Turn.objects.count() == 1


@pytest.mark.parametrize(
    "fetch",
    [
        lambda theirs: Company.objects.get(pk=theirs.pk),
        lambda theirs: theirs.refresh_from_db(),
        lambda theirs: Company._base_manager.get(pk=theirs.pk),
        lambda theirs: theirs.customers.get(),
    ],
    ids=["get", "refresh_from_db", "base manager", "reverse manager"],
)
def test_another_tenant_s_row_is_as_absent_as_one_that_never_was(
    alpha: Cast, fetch: Callable[[Company], object]
) -> None:
    with pytest.raises(ObjectDoesNotExist):
        fetch(alpha.bravo.company)


def test_a_foreign_key_does_not_lead_out(alpha: Cast) -> None:
    """However the key came to be there."""
    with pytest.raises(Company.DoesNotExist):
        _ = Customer(company_id=alpha.bravo.company.pk).company


def test_a_one_to_one_does_not_lead_out(alpha: Cast) -> None:
    with pytest.raises(Ticket.DoesNotExist):
        _ = Call(pk=alpha.bravo.call.pk).ticket


def test_everyone_is_everyone(cast: Cast) -> None:
    with acting_for(EVERYONE):
        assert {row.name for row in Company.objects.all()} == {"Alpha Client", "Bravo Client"}
        assert Company.objects.exclude(name="x").exists()
        assert Company.objects.filter(~Q(name="x")).count() == 2


def test_a_scope_ends_where_its_block_ends_even_in_an_error(cast: Cast) -> None:
    with pytest.raises(ZeroDivisionError), acting_for(cast.alpha.tenant):
        _ = 1 / 0
    assert acting_for_nobody()


def test_scopes_nest(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        with acting_for(EVERYONE):
            assert current_tenant() is None
            assert not acting_for_nobody()
        assert current_tenant() == cast.alpha.tenant
        assert current_tenant_id() == cast.alpha.tenant.pk
    with pytest.raises(NoTenant):
        current_tenant()


def test_a_queryset_follows_whoever_evaluates_it(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        rows = Company.objects.all()
    with pytest.raises(NoTenant):
        list(rows)
    with acting_for(cast.bravo.tenant):
        assert [row.name for row in rows] == ["Bravo Client"]


def test_a_tenant_that_is_not_stored_owns_nothing(cast: Cast) -> None:
    with acting_for(Tenant(slug="gamma")):
        assert not Company.objects.exists()


def test_the_predicate_is_one_an_index_serves(alpha: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1) as captured:
        list(Company.objects.filter(name="x"))
    assert f'"tenant_id" = {alpha.alpha.tenant.pk} AND ' in captured.captured_queries[0]["sql"]


def test_a_form_refuses_a_forged_key(alpha: Cast) -> None:
    form = CustomerForm({"phone_number": "+33711111111", "company": alpha.bravo.company.pk})
    assert set(form.errors) == {"company"}


def test_validation_refuses_a_forged_key(alpha: Cast) -> None:
    with pytest.raises(ValidationError) as refusal:
        Customer(phone_number="+33711111111", last_name="X", company_id=alpha.bravo.company.pk).full_clean()
    assert set(refusal.value.message_dict) == {"company"}


# --- Known limits, written down in docs/tenancy.md ---------------------------------


def test_a_join_from_a_model_without_tenant_crosses_where_row_level_security_does_not_hold(alpha: Cast) -> None:
    """The predicate belongs to the model that a query starts from: start from an owned one."""
    held = connection.vendor == "postgresql" and not row_security.is_passed_by()
    assert Tenant.objects.filter(company__name="Bravo Client").exists() != held


def test_dumping_owned_rows_fails_closed(cast: Cast) -> None:
    with pytest.raises(CommandError, match="no tenant"):
        call_command("dumpdata", "companies")


@pytest.mark.django_db(transaction=True)
def test_a_person_who_wrote_for_another_tenant_is_deleted_by_everyone_only(cast: Cast) -> None:
    with acting_for(cast.bravo.tenant):
        Comment.objects.update(author=cast.staff)
    with acting_for(cast.alpha.tenant), pytest.raises(IntegrityError):
        cast.staff.delete()
    with acting_for(EVERYONE):
        cast.staff.delete()
        assert not Comment.objects.exclude(author=None).exists()
