"""What callers and colleagues say is text wherever it is shown, never a page's own markup."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from calls.models import Call, Turn
from companies.models import Company, Customer
from tenants.models import Membership
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.admin.test_masking import pages
from tests.cast import Cast, person
from tickets.models import Comment, Ticket

MARKUP = "<img src=x onerror=alert(1)>"  # a name may have no more letters
ESCAPED = "&lt;img src=x"


@pytest.fixture
def house(cast: Cast) -> Cast:
    with acting_for(cast.alpha.tenant):
        Company.objects.update(name=MARKUP)
        Customer.objects.update(first_name=MARKUP, last_name=MARKUP, email=MARKUP)
        Ticket.objects.update(client_name=MARKUP, client_email=MARKUP, description=MARKUP, summary=MARKUP, tag=MARKUP)
        Turn.objects.update(text=MARKUP)
        Comment.objects.update(text=MARKUP)
        Call.objects.update(phone_number=MARKUP, error=MARKUP)
    return cast


@pytest.mark.parametrize("model", [Call, Company, Customer, Ticket], ids=lambda model: model.__name__)
def test_no_screen_takes_words_for_markup(
    model: type[models.Model], house: Cast, login: Callable[[User], Client]
) -> None:
    client = login(person("alpha-agent", house.alpha.tenant, Membership.Role.AGENT))
    bodies = {address: text(client.get(address)) for address in (*pages(house, model), reverse("admin:index"))}
    assert [address for address, body in bodies.items() if "<img src=x" in body] == []
    assert any(ESCAPED in body for body in bodies.values())
