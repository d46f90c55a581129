"""The staff see every job and start it; companies do neither."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tenants.models import JobRun, Tenant
from tenants.scope import EVERYONE, acting_for
from tests.admin.pages import text
from tests.cast import Cast

Login = Callable[[User], Client]
LIST, START = reverse("admin:tenants_jobrun_changelist"), reverse("admin:tenants_jobrun_start")


def seen_to() -> set[Tenant | None]:
    with acting_for(EVERYONE):
        return {run.tenant for run in JobRun.objects.select_related("tenant")}


def test_the_staff_see_what_ran_and_how(cast: Cast, login: Login) -> None:
    with acting_for(cast.alpha.tenant):
        JobRun.objects.create(
            task_id="1", name="tickets.count_roi", tenant=cast.alpha.tenant, state="failed", error="database away"
        )
    page = text(login(cast.staff).get(LIST))
    assert "database away" in page
    assert "calls.close_abandoned" in page  # it has not run yet, and is there


def test_the_staff_start_a_job_for_whom_they_act_for(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    assert client.post(START, {"name": "tickets.count_roi"}).status_code == 302
    assert seen_to() == {cast.alpha.tenant, cast.bravo.tenant}
    with acting_for(EVERYONE):
        JobRun.objects.all().delete()
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    client.post(START, {"name": "tickets.count_roi"})
    assert seen_to() == {cast.alpha.tenant}
    page = text(client.get(LIST))
    assert 'href="?name=calls.close_abandoned"' not in page  # no matter of one company


def test_starting_a_job_is_asked_about_with_whom_it_is_for(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    client.cookies["django_language"] = "en"
    outside = text(client.get(LIST))
    assert 'data-ask="Erase what was kept long enough: run it now for every company?"' in outside
    assert outside.count("data-ask=") == outside.count(f'action="{START}"') > 5
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    assert 'data-ask="Erase what was kept long enough: run it now for Alpha?"' in text(client.get(LIST))


@pytest.mark.parametrize("name", ["tickets.summarise", "nothing", ""])
def test_what_cannot_be_started_by_hand_is_not(cast: Cast, login: Login, name: str) -> None:
    assert login(cast.staff).post(START, {"name": name}).status_code == 404


def test_a_company_neither_sees_nor_starts_jobs(cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    assert client.get(LIST).status_code == 403
    assert client.post(START, {"name": "tickets.count_roi"}).status_code == 403
    assert seen_to() == set()
    assert login(cast.staff).get(START).status_code == 405
