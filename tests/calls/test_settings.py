"""Settings of calls are read once, and again as soon as somebody changed one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls import settings as call_settings
from calls.settings import CallSettings
from companies.models import Company
from tenants.models import Keyword, Phrase, ProblemType, Tenant
from tenants.scope import EVERYONE, TenantModel, acting_for
from tests.cast import Cast, House


def settings_of(house: House) -> CallSettings:
    """As a call that begins now gets them."""
    tenant = Tenant.objects.get(pk=house.tenant.pk)
    with acting_for(tenant):
        return call_settings.load(tenant)


def test_what_did_not_change_is_not_read_again(cast: Cast) -> None:
    first = settings_of(cast.alpha)
    with CaptureQueriesContext(connection) as captured:
        second = settings_of(cast.alpha)
    assert second == first
    assert second.faq is first.faq
    assert [table_of(query["sql"]) for query in captured] == ["tenants_tenant", "companies_company"]


def by_save(house: House) -> None:
    house.phrase.text = "Bonjour à vous."
    house.phrase.save()


def by_update(house: House) -> None:
    Phrase.objects.filter(pk=house.phrase.pk).update(text="Bonjour à vous.")


def by_bulk_update(house: House) -> None:
    house.phrase.text = "Bonjour à vous."
    Phrase.objects.bulk_update([house.phrase], ["text"])


def by_staff(house: House) -> None:
    with acting_for(EVERYONE):
        Phrase.objects.filter(pk=house.phrase.pk).update(text="Bonjour à vous.")


@pytest.mark.parametrize("change", [by_save, by_update, by_bulk_update, by_staff])
def test_a_changed_phrase_is_said_in_the_next_call(cast: Cast, change: Callable[[House], None]) -> None:
    key = cast.alpha.phrase.key
    assert settings_of(cast.alpha).phrases[key].text != "Bonjour à vous."
    with acting_for(cast.alpha.tenant):
        change(cast.alpha)
    assert settings_of(cast.alpha).phrases[key].text == "Bonjour à vous."


def test_new_and_deleted_rows_count_in_the_next_call(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        settings_of(cast.alpha)
        Keyword.objects.bulk_create([Keyword(text="fibre", boost=3, kind=Keyword.Kind.HEARING)])
    assert settings_of(cast.alpha).keyterms["fibre"] == 3
    with acting_for(cast.alpha.tenant):
        Keyword.objects.filter(text="fibre").delete()
    assert "fibre" not in settings_of(cast.alpha).keyterms
    with acting_for(cast.alpha.tenant):
        ProblemType.objects.get(pk=cast.alpha.problem_type.pk).delete()
        assert not settings_of(cast.alpha).problems
        Company.objects.create(name="Vetodok")
    assert "Vetodok" in settings_of(cast.alpha).companies


def test_a_change_that_was_taken_back_is_no_change(cast: Cast) -> None:
    before = settings_of(cast.alpha)
    with acting_for(cast.alpha.tenant), transaction.atomic():
        by_save(cast.alpha)
        transaction.set_rollback(True)
    assert settings_of(cast.alpha) == before


def test_the_tenants_own_row_counts_too(cast: Cast) -> None:
    settings_of(cast.alpha)
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(max_call_seconds=77)
    assert settings_of(cast.alpha).max_seconds == 77


def test_what_no_call_asks_for_is_no_change(cast: Cast) -> None:
    faq = settings_of(cast.alpha).faq
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(roi_at=timezone.now(), heard_voice="v")
    assert settings_of(cast.alpha).faq is faq


def test_no_call_asks_for_what_is_said_to_be_no_change(cast: Cast) -> None:
    tenant = Tenant.objects.defer(*call_settings.NOT_ASKED_FOR).get(pk=cast.alpha.tenant.pk)
    with acting_for(tenant):
        call_settings.load(tenant)
    assert tenant.get_deferred_fields() == call_settings.NOT_ASKED_FOR


def test_one_tenants_change_leaves_the_others_alone(cast: Cast) -> None:
    faq = settings_of(cast.bravo).faq
    with acting_for(cast.alpha.tenant):
        by_save(cast.alpha)
    assert settings_of(cast.bravo).faq is faq


def table_of(sql: str) -> str:
    return sql.split(' FROM "')[1].split('"')[0]


def test_every_table_that_settings_are_read_from_says_so(cast: Cast) -> None:
    """Or an edit of it would wait for an edit of something else."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    tenant = Tenant.objects.get(pk=cast.alpha.tenant.pk)
    with acting_for(tenant), CaptureQueriesContext(connection) as captured:
        call_settings._read(tenant)
    read = {models[table_of(query["sql"])] for query in captured}
    assert len(read) > 8
    assert not [model for model in read if not (issubclass(model, TenantModel) and model.configures_calls)]
