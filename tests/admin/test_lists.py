"""Lists without rows, the sidebar, and single rows: words for people, and never how they are stored."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tenants.models import AuditEntry, Invitation, JobRun, Membership, WebhookEndpoint
from tenants.scope import TenantModel, acting_for
from tests.admin.pages import text
from tests.cast import Cast

Login = Callable[[User], Client]
ENGLISH = {"accept-language": "en"}
#: What no company ever finds empty, or does not see as a list.
NEVER_EMPTY = {"tenants.phrase", "tenants.openinghours", "calls.usage"}


def test_an_empty_list_says_what_it_is_for(cast: Cast, login: Login) -> None:
    with acting_for(cast.alpha.tenant):
        WebhookEndpoint.objects.all().delete()
    page = text(login(cast.owner).get(reverse("admin:tenants_webhookendpoint_changelist"), headers=ENGLISH))
    assert "Nothing here yet" in page
    assert "Add the address of your CRM or help desk" in page


def test_a_list_that_the_search_empties_offers_all_rows(cast: Cast, login: Login) -> None:
    page = text(login(cast.owner).get(f"{reverse('admin:companies_customer_changelist')}?q=zzzz", headers=ENGLISH))
    assert "Nothing found" in page
    assert "Nothing here yet" not in page
    assert '<a href="?" class="vb-button">Show all</a>' in page


def test_every_list_of_a_company_has_words_for_the_day_on_which_it_is_empty() -> None:
    silent = {
        model._meta.label_lower
        for model, screen in admin.site._registry.items()
        if issubclass(model, TenantModel) and not getattr(screen, "when_empty", "")
    }
    assert silent <= NEVER_EMPTY, silent - NEVER_EMPTY


@pytest.mark.parametrize("model", [Membership, Invitation, AuditEntry, JobRun])
def test_the_page_of_one_row_shows_words(model: type[Model], cast: Cast, login: Login) -> None:
    user = cast.owner
    if model is JobRun:
        user = cast.staff
    with acting_for(cast.alpha.tenant):
        if model is JobRun:
            JobRun.objects.create(task_id="1", name="tickets.count_roi", tenant=cast.alpha.tenant, state="failed")
        row = model._default_manager.filter(tenant=cast.alpha.tenant).first()
    assert row is not None
    page = text(login(user).get(reverse(f"admin:tenants_{model._meta.model_name}_change", args=[row.pk])))
    assert "(&#x27;" not in page
    assert "+00:00" not in page


def test_the_sidebar_opens_the_group_of_the_page(cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    assert text(client.get(reverse("admin:index"))).count('<details class="vb-nav" open>') == 3
    assert text(client.get(reverse("admin:tenants_apikey_changelist"))).count('<details class="vb-nav" open>') == 4


#: Fields that a label belongs to by its `for`, and those that nobody sees.
NAMED = re.compile(r'aria-label="[^"]+"|type="(?:hidden|submit|file)"')


@pytest.mark.parametrize(
    "address",
    [
        "admin:tickets_ticket_changelist",
        "admin:calls_call_changelist",
        "admin:tickets_roiday_changelist",
        "admin:tenants_auditentry_changelist",
        "admin:tenants_apikey_add",
    ],
)
def test_every_field_has_a_name_for_ears(address: str, cast: Cast, login: Login) -> None:
    page = text(login(cast.owner).get(reverse(address)))
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", page)
    around = "".join(re.findall(r"<label\b.*?</label>", page, re.DOTALL))
    nameless = [
        field
        for field in fields
        if not NAMED.search(field)
        and field not in around
        and ((own := re.search(r'\bid="([^"]+)"', field)) is None or own[1] not in labelled)
    ]
    assert not nameless


def test_filters_are_named_without_a_word_that_french_titles_do_not_follow(cast: Cast, login: Login) -> None:
    page = text(login(cast.owner).get(reverse("admin:tickets_ticket_changelist")))
    assert "Par créé" not in page
    assert "Par assigné" not in page
    assert 'data-placeholder="Tous"' in page


def test_the_audit_log_counts_entries(cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    with acting_for(cast.alpha.tenant):
        AuditEntry.objects.create(person_name="owner", action="add", model="tickets.ticket", label="#1")
    page = text(client.get(reverse("admin:tenants_auditentry_changelist")))
    assert re.search(r"[2-9]\s+entrées\s", page)


def test_whoever_made_several_errors_is_not_told_of_one(cast: Cast, login: Login) -> None:
    page = text(login(cast.owner).post(reverse("admin:tenants_apikey_add"), {}))
    assert "Corrigez ce qui est signalé ci-dessous." in page


def test_a_choice_of_vendor_begins_with_none_and_says_what_each_does(cast: Cast, login: Login) -> None:
    page = text(login(cast.owner).get(reverse("admin:tenants_vendorchoice_add"), headers=ENGLISH))
    assert '<option value="" selected>---------</option>' in page
    assert "Deepgram (speech to text)" in page
    assert "Type of service" in page
