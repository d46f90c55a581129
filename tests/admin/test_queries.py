"""A page costs the same number of queries whether there are few rows or twice as many; each screen is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.models import Membership, Tenant
from tenants.scope import EVERYONE, TenantModel, acting_for
from tests.admin.rows import PLATFORM, REGISTERED, clones, is_only_one, row_of
from tests.cast import Cast, person

Login = Callable[[User], Client]
#: Session, user, tenant, role, the switcher, the list's count and rows; filters that offer rows.
MOST_OF_A_LIST = 16
MOST_OF_A_PAGE = 24


def test_no_page_asks_more_when_there_are_twice_as_many_rows(cast: Cast, login: Login) -> None:
    """Of every screen the list and the page of a row; whatever refers to that row is doubled, too."""
    house = cast.alpha
    inside, outside = login(cast.staff), login(cast.staff)
    inside.post(reverse("admin:switch_tenant"), {"tenant": house.tenant.pk, "reason": "Ticket 4211"})
    with acting_for(EVERYONE):
        of_nobody = [PLATFORM[model](cast) for model in REGISTERED if model in PLATFORM]
    owned = [row_of(house, model) for model in REGISTERED if issubclass(model, TenantModel)]
    pages = [Page(inside, reverse("admin:index"), MOST_OF_A_PAGE + 1)]  # how phrases are, too
    for client, rows in ((inside, owned), (outside, of_nobody)):
        for row in rows:
            name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
            pages.append(Page(client, reverse(f"{name}_changelist"), MOST_OF_A_LIST))
            pages.append(Page(client, reverse(f"{name}_change", args=[row.pk]), MOST_OF_A_PAGE))

    doubled = [row for row in (*house.rows, *of_nobody) if not is_only_one(row)]
    ContentType.objects.get_for_models(*REGISTERED)  # which are asked for once in the life of a process
    double(doubled, house.tenant, by=1)
    few = [page.queries() for page in pages]
    double(doubled, house.tenant, by=2)
    many = [page.queries() for page in pages]

    grown = {
        page.address: after for page, before, after in zip(pages, few, many, strict=True) if len(after) > len(before)
    }
    assert grown == {}
    counts = {page.address: len(asked) for page, asked in zip(pages, many, strict=True) if len(asked) > page.most}
    assert counts == {}


@dataclass(frozen=True)
class Page:
    client: Client
    address: str
    most: int

    def queries(self) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert self.client.get(self.address).status_code == 200, self.address
        return [query["sql"] for query in captured.captured_queries]


def double(rows: Iterable[models.Model], tenant: Tenant, *, by: int) -> None:
    with acting_for(EVERYONE):
        for row in rows:
            clones(row, by)
        for number in range(by):
            person(f"colleague-{by}-{number}", tenant, Membership.Role.AGENT)
