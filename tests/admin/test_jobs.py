"""The staff see every job and start it; companies do neither."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tenants.models import JobRun
from tests.admin.pages import text
from tests.cast import Cast

Login = Callable[[User], Client]
LIST, START = reverse("admin:tenants_jobrun_changelist"), reverse("admin:tenants_jobrun_start")


def test_the_staff_see_what_ran_and_how(cast: Cast, login: Login) -> None:
    JobRun.objects.create(
        task_id="1", name="tickets.count_roi", tenant=cast.alpha.tenant, state="failed", error="the database is away"
    )
    page = text(login(cast.staff).get(LIST))
    assert "the database is away" in page
    assert "calls.close_abandoned" in page  # it has not run yet, and is there


def test_the_staff_start_a_job_for_whom_they_act_for(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    assert client.post(START, {"name": "tickets.count_roi"}).status_code == 302
    assert {run.tenant for run in JobRun.objects.all()} == {cast.alpha.tenant, cast.bravo.tenant}
    JobRun.objects.all().delete()
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    client.post(START, {"name": "tickets.count_roi"})
    assert [run.tenant for run in JobRun.objects.all()] == [cast.alpha.tenant]
    page = text(client.get(LIST))
    assert 'href="?name=calls.close_abandoned"' not in page  # no matter of one company


@pytest.mark.parametrize("name", ["tickets.summarise", "nothing", ""])
def test_what_cannot_be_started_by_hand_is_not(cast: Cast, login: Login, name: str) -> None:
    assert login(cast.staff).post(START, {"name": name}).status_code == 404


def test_a_company_neither_sees_nor_starts_jobs(cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    assert client.get(LIST).status_code == 403
    assert client.post(START, {"name": "tickets.count_roi"}).status_code == 403
    assert not JobRun.objects.exists()
    assert login(cast.staff).get(START).status_code == 405
