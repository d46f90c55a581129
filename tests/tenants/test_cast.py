"""The cast is complete: a new owned model gets a row in it, or the outsider never tries it."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from companies.models import Company
from tenants.scope import NoTenant, TenantModel
from tests.cast import Cast


def test_both_houses_have_a_row_of_every_owned_model(cast: Cast) -> None:
    owned = {model for model in apps.get_models() if issubclass(model, TenantModel)}
    assert {type(row) for row in cast.alpha.rows} == owned
    assert {type(row) for row in cast.bravo.rows} == owned


def test_every_row_belongs_to_its_house(cast: Cast) -> None:
    assert {row.tenant for row in cast.alpha.rows} == {cast.alpha.tenant}
    assert {row.tenant for row in cast.bravo.rows} == {cast.bravo.tenant}


def test_no_scope_is_open(cast: Cast) -> None:
    with pytest.raises(NoTenant):
        Company.objects.exists()


def test_the_scope_can_be_alpha_s(alpha: Cast) -> None:
    assert list(Company.objects.all()) == [alpha.alpha.company]


@pytest.mark.django_db(transaction=True)
async def test_the_scope_can_be_alpha_s_in_async_code(alpha: Cast) -> None:
    assert [company async for company in Company.objects.all()] == [alpha.alpha.company]


def test_each_of_them_can_sign_in(cast: Cast, login: Callable[[User], Client]) -> None:
    for user in (cast.owner, cast.teammate, cast.outsider, cast.staff):
        assert login(user).session["_auth_user_id"] == str(user.pk)
