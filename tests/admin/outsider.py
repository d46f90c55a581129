"""Somebody of Alpha in the browser, and whether what is answered tells of Bravo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from calls import scenarios
from tenants.models import Membership
from tenants.scope import EVERYONE, acting_for
from tests.admin.pages import text
from tests.cast import Cast, person

Login = Callable[[User], Client]


@pytest.fixture(params=[Membership.Role.OWNER, Membership.Role.VIEWER])
def client(request: pytest.FixtureRequest, cast: Cast, login: Login) -> Client:
    """The browser of somebody of Alpha; an owner may the most, a viewer the least."""
    return login(person(f"alpha-{request.param}", cast.alpha.tenant, request.param))


@pytest.fixture(autouse=True)
def one_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever posts nothing to the rehearsal has all scenarios played, for seconds; one tells as much."""
    load = scenarios.load
    one = "hangs_up_in_opening"
    monkeypatch.setattr(scenarios, "load", lambda language: [each for each in load(language) if each.name == one])


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    return login(cast.owner)


def url(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def assert_silent(response: Any, where: str) -> None:
    """Bravo is not in the answer: neither its name, which is in every text of it, nor its number."""
    assert response.status_code in {200, 302, 400, 403, 404, 405}, f"{where} answered {response.status_code}"
    body = text(response).lower()
    for secret in ("bravo", "33687654321", "198.51.100.7", "outsider"):
        assert secret not in body, f"{where} tells {secret!r}"


def stored(row: models.Model) -> dict[str, Any]:
    with acting_for(EVERYONE):
        fresh = type(row)._base_manager.get(pk=row.pk)
    return {field.attname: getattr(fresh, field.attname) for field in fresh._meta.concrete_fields}


def count(model: type[models.Model]) -> int:
    with acting_for(EVERYONE):
        return model._base_manager.count()
