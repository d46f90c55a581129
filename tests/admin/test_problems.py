"""The screen of problem types."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tenants.models import ProblemType
from tenants.scope import acting_for
from tests.admin.pages import form_of
from tests.cast import Cast

Login = Callable[[User], Client]


def test_a_code_that_other_systems_know_tickets_by_is_given_once(cast: Cast, login: Login) -> None:
    client, problem = login(cast.owner), cast.alpha.problem_type
    assert "code" in form_of(client, reverse("admin:tenants_problemtype_add"), "problemtype_form")
    address = reverse("admin:tenants_problemtype_change", args=[problem.pk])
    data = form_of(client, address, "problemtype_form")
    assert "code" not in data
    assert client.post(address, data | {"code": ["another"], "name": ["Internet et Wi-Fi"]}).status_code == 302
    with acting_for(cast.alpha.tenant):
        stored = ProblemType.objects.get(pk=problem.pk)
    assert (stored.code, stored.name) == (problem.code, "Internet et Wi-Fi")
