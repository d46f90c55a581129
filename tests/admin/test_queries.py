"""A list costs the same number of queries whether it has one row or thirty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.scope import acting_for
from tests.admin.rows import OWNED, clones, label, row_of
from tests.cast import Cast

Login = Callable[[User], Client]
#: Session, user, tenant, role, the switcher, the list's count and rows; filters that offer rows.
MOST = 16


def queries(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("model", OWNED, ids=label)
def test_a_list_of_thirty_rows_costs_no_more_than_one_of_few(
    model: type[models.Model], cast: Cast, login: Login
) -> None:
    client = login(cast.staff)
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with acting_for(cast.alpha.tenant):
        clones(row_of(cast.alpha, model), 2)
        few = queries(client, address)
        clones(row_of(cast.alpha, model), 28)
        many = queries(client, address)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= MOST, "\n".join(many)


PAGES = ("index", "calls_call_change", "tickets_ticket_change", "companies_customer_change", "companies_company_change")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_many_rows_costs_no_more_than_one_of_few(page: str, cast: Cast, login: Login) -> None:
    client, house = login(cast.owner), cast.alpha
    row = [] if page == "index" else [getattr(house, page.split("_")[1]).pk]
    address = reverse(f"admin:{page}", args=row)
    few = queries(client, address)
    with acting_for(house.tenant):
        for position in range(2, 32):
            house.turn.pk, house.turn.position = None, position
            house.turn._state.adding = True
            house.turn.save()
        clones(house.call, 30)
        clones(house.ticket, 30)
        clones(house.usage, 30)
        clones(house.comment, 30)
    many = queries(client, address)
    assert len(many) <= len(few), "\n".join(many)
    assert len(many) <= MOST + 8
