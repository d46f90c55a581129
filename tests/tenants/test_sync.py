"""What other systems keep a copy of: every change moves the time, every deletion leaves a tombstone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models import F
from django.utils import timezone

from calls.models import Call
from companies.models import Company, Customer
from tenants.models import Tenant, Tombstone
from tenants.scope import EVERYONE, acting_for
from tenants.sync import SyncedModel
from tests.cast import Cast
from tickets.models import Comment, Ticket

SYNCED = [model for model in apps.get_models() if issubclass(model, SyncedModel)]
LONG_AGO = timezone.now() - timedelta(days=9)


def buried() -> set[tuple[str, str]]:
    return set(Tombstone.objects.exclude(object_id="0").values_list("resource", "object_id"))


@pytest.mark.parametrize("model", SYNCED, ids=lambda model: model._meta.label)
def test_a_synced_model_is_found_by_its_last_change(model: type[SyncedModel]) -> None:
    assert any(index.fields[:2] == ["tenant", "updated_at"] for index in model._meta.indexes)
    assert model.synced_as


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.save(),
        lambda row: row.save(update_fields=["external_id"]),
        lambda row: Customer.objects.filter(pk=row.pk).update(last_name="X"),
        lambda row: Customer.objects.bulk_update([row], ["last_name"]),
        lambda row: row.company.delete(),  # what refers to it loses the reference
    ],
)
def test_every_way_to_change_a_row_moves_its_time(alpha: Cast, change: Callable[[Customer], object]) -> None:
    row = alpha.alpha.customer
    Customer.objects.update(updated_at=LONG_AGO)
    change(row)
    assert Customer.objects.get().updated_at > LONG_AGO


def test_what_is_no_change_can_say_so(alpha: Cast) -> None:
    Call.objects.update(updated_at=LONG_AGO)
    Call.objects.update(heartbeat_at=timezone.now(), updated_at=F("updated_at"))
    assert Call.objects.get().updated_at == LONG_AGO


def test_a_comment_is_a_change_of_its_ticket(alpha: Cast) -> None:
    Ticket.objects.update(updated_at=LONG_AGO)
    Comment.objects.create(ticket=alpha.alpha.ticket, text="Called back.")
    assert Ticket.objects.get().updated_at > LONG_AGO


def test_a_deletion_leaves_a_tombstone_however_it_is_done(alpha: Cast) -> None:
    house = alpha.alpha
    Customer.objects.update(external_id="C-1")
    expected = {
        ("customers", str(house.customer.pk)),
        ("companies", str(house.company.pk)),
        ("calls", str(house.call.uuid)),
    }
    Customer.objects.filter(phone_number=house.customer.phone_number).delete()
    house.company.delete()
    Call.objects.all().delete()
    assert buried() == expected
    assert Tombstone.objects.get(resource="customers", object_id=house.customer.pk).external_id == "C-1"


def test_what_goes_with_another_row_leaves_its_own(alpha: Cast) -> None:
    pk = str(alpha.alpha.keyword.pk)
    alpha.alpha.problem_type.delete()
    assert ("keywords", pk) in buried()


def test_a_tombstone_is_the_tenant_s_own(cast: Cast) -> None:
    with acting_for(EVERYONE):
        Company.objects.filter(tenant=cast.bravo.tenant).delete()
    with acting_for(cast.alpha.tenant):
        assert buried() == set()
    with acting_for(cast.bravo.tenant):
        assert buried() == {("companies", str(cast.bravo.company.pk))}


def test_a_deleted_account_leaves_nothing(cast: Cast) -> None:
    with acting_for(EVERYONE):
        Tenant.objects.filter(pk=cast.bravo.tenant.pk).delete()
        cast.alpha.tenant.delete()
        assert not Tombstone.objects.exists()
