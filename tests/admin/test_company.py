"""What a company configures on its own pages: hours, holidays, questions, and who is told of a change."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from tenants.models import FaqEntry, Holiday, Membership, OpeningHours, Phrase, Tenant, TransferTarget
from tenants.scope import acting_for
from tests.admin.pages import form_of, text
from tests.cast import Cast, person

Login = Callable[[User], Client]
Capture = DjangoCaptureOnCommitCallbacks
Span = tuple[int, str, str]


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    return login(cast.owner)


def change(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def save(client: Client, row: models.Model, **values: str) -> Any:
    """Post the form of `row` with other values."""
    data = form_of(client, change(row), f"{row._meta.model_name}_form")
    return client.post(change(row), data | {name: [value] for name, value in values.items()})


def spans(*rows: Span, known: tuple[OpeningHours, ...] = ()) -> dict[str, str]:
    """The fields of the hours, as the page posts them."""
    data = {"hours-TOTAL_FORMS": str(len(rows)), "hours-INITIAL_FORMS": str(len(known))}
    for number, (weekday, opens, closes) in enumerate(rows):
        prefix = f"hours-{number}-"
        data |= {f"{prefix}weekday": str(weekday), f"{prefix}opens": opens, f"{prefix}closes": closes}
        if number < len(known):
            data[f"{prefix}id"] = str(known[number].pk)
    return data


def of_company(data: dict[str, str]) -> dict[str, str]:
    """The account's page names them by the model."""
    return {name.replace("hours-", "openinghours_set-"): value for name, value in data.items()}


def stored(cast: Cast, target: TransferTarget | None = None) -> list[tuple[int, time, time]]:
    with acting_for(cast.alpha.tenant):
        rows = OpeningHours.objects.filter(transfer_target=target)
        return list(rows.values_list("weekday", "opens", "closes"))


def errors(response: Any) -> str:
    assert response.status_code == 200, "the form was taken"
    return " ".join(
        str(formset.formset.errors) + str(formset.formset.non_form_errors())
        for formset in response.context["inline_admin_formsets"]
    )


# --- Hours --------------------------------------------------------------------


def test_an_owner_sets_the_hours_and_holidays(cast: Cast, owner: Client) -> None:
    hours = of_company(spans((0, "09:00", "12:00"), (0, "14:00", "00:00")))
    holiday = {
        "holiday_set-TOTAL_FORMS": "2",
        "holiday_set-1-date": "2026-12-25",
        "holiday_set-1-name": "Noël",
        "holiday_set-1-every_year": "on",
    }
    assert save(owner, cast.alpha.tenant, after_hours="on_call", **hours, **holiday).status_code == 302
    assert stored(cast) == [(0, time(9), time(12)), (0, time(14), time())]
    with acting_for(cast.alpha.tenant):
        assert Holiday.objects.get(name="Noël").every_year
    cast.alpha.tenant.refresh_from_db()
    assert cast.alpha.tenant.after_hours == Tenant.AfterHours.ON_CALL


def test_the_company_s_page_leaves_the_targets_hours_alone(cast: Cast, owner: Client) -> None:
    assert save(owner, cast.alpha.tenant, name="Alpha SA").status_code == 302
    assert stored(cast, cast.alpha.night_target) == [(0, time(20), time())]


def test_a_target_has_hours_of_its_own(cast: Cast, owner: Client) -> None:
    target = cast.alpha.transfer_target
    assert save(owner, target, max_transfers="3", **spans((5, "10:00", "16:00"))).status_code == 302
    assert stored(cast, target) == [(5, time(10), time(16))]
    assert stored(cast) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (((0, "12:00", "09:00"),), "It closes before it opens."),
        (((0, "09:00", "12:00"), (0, "11:00", "14:00")), "Monday 09:00–12:00 and Monday 11:00–14:00 overlap."),
        (((0, "09:00", "00:00"), (0, "23:00", "23:30")), "overlap"),
        (((7, "09:00", "12:00"),), "7"),
        (((0, "", "12:00"),), "required"),
    ],
)
def test_hours_that_make_no_sense_are_refused(cast: Cast, owner: Client, rows: tuple[Span, ...], message: str) -> None:
    english(owner)
    response = save(owner, cast.alpha.tenant, **of_company(spans(*rows)))
    assert message in errors(response)
    assert message in text(response)  # and people can read it
    assert stored(cast) == []


def test_spans_are_compared_as_they_will_be(cast: Cast, owner: Client) -> None:
    """9–12 and 14–18 become 9–15 and 16–18 at once, though 9–15 overlaps what is stored."""
    with acting_for(cast.alpha.tenant):
        known = tuple(
            OpeningHours.objects.create(weekday=0, opens=time(opens), closes=time(closes))
            for opens, closes in ((9, 12), (14, 18))
        )
    rows = spans((0, "09:00", "15:00"), (0, "16:00", "18:00"), known=known)
    assert save(owner, cast.alpha.tenant, **of_company(rows)).status_code == 302
    assert stored(cast) == [(0, time(9), time(15)), (0, time(16), time(18))]


def test_a_span_that_is_deleted_is_in_nobody_s_way(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        known = OpeningHours.objects.create(weekday=0, opens=time(9), closes=time(12))
    rows = spans((0, "09:00", "12:00"), (0, "08:00", "18:00"), known=(known,))
    assert save(owner, cast.alpha.tenant, **of_company(rows | {"hours-0-DELETE": "on"})).status_code == 302
    assert stored(cast) == [(0, time(8), time(18))]


def test_an_administrator_reads_the_account_and_changes_nothing(cast: Cast, login: Login) -> None:
    client = login(person("administrator", cast.alpha.tenant, Membership.Role.ADMIN))
    assert client.get(change(cast.alpha.tenant)).status_code == 200
    assert client.post(change(cast.alpha.tenant), of_company(spans((0, "09:00", "12:00")))).status_code == 403


def test_nobody_reaches_the_hours_of_others(cast: Cast, owner: Client) -> None:
    foreign = cast.bravo.holiday
    data = {
        "holiday_set-TOTAL_FORMS": "1",
        "holiday_set-INITIAL_FORMS": "1",
        "holiday_set-0-id": str(foreign.pk),
        "holiday_set-0-name": "taken",
    }
    for deletion in ({}, {"holiday_set-0-DELETE": "on"}):
        response = save(owner, cast.alpha.tenant, **data, **deletion)
        assert "Bravo" not in text(response)
    with acting_for(cast.bravo.tenant):
        foreign.refresh_from_db()
    assert foreign.name == "Bravo holiday"


def test_staff_change_hours_only_while_they_act_for_the_company(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    for tenant in (cast.alpha.tenant, cast.bravo.tenant):
        assert save(client, tenant, max_call_seconds="700").status_code == 302
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk})
    assert "openinghours_set-TOTAL_FORMS" not in form_of(client, change(cast.bravo.tenant), "tenant_form")
    hours = of_company(spans((0, "09:00", "12:00")))
    assert save(client, cast.alpha.tenant, **hours).status_code == 302
    assert stored(cast) == [(0, time(9), time(12))]


def test_two_holidays_of_a_date_are_refused(cast: Cast, owner: Client) -> None:
    data = {"holiday_set-TOTAL_FORMS": "2", "holiday_set-1-date": "2000-01-01"}
    english(owner)
    assert "This date is a holiday already." in errors(save(owner, cast.alpha.tenant, **data))
    with acting_for(cast.alpha.tenant):
        assert Holiday.objects.get().date == datetime.date(2000, 1, 1)


# --- Questions ----------------------------------------------------------------


def test_a_question_gets_an_answer_that_can_be_spoken(cast: Cast, owner: Client) -> None:
    address = reverse("admin:tenants_faqentry_add")
    data = form_of(owner, address, "faqentry_form")
    assert data["language"] == ["fr"]
    data |= {"question": ["Quel est le prix ?"], "answer": ["Vingt euros {par} mois."]}
    response = owner.post(address, data)
    assert list(response.context["adminform"].form.errors) == ["answer"]
    assert owner.post(address, data | {"answer": ["Vingt euros par mois."]}).status_code == 302
    with acting_for(cast.alpha.tenant):
        assert FaqEntry.objects.filter(question="Quel est le prix ?", is_active=True).exists()


# --- Phrases ------------------------------------------------------------------


def test_a_phrase_that_left_the_script_says_so_and_can_be_deleted(cast: Cast, owner: Client) -> None:
    english(owner)
    with acting_for(cast.alpha.tenant):
        phrase = Phrase.objects.create(key="gone", text="Adieu.")
    response = save(owner, phrase, text="Encore.")
    assert "this text is never spoken" in text(response)
    address = reverse("admin:tenants_phrase_delete", args=[phrase.pk])
    assert owner.post(address, {"post": "yes"}).status_code == 302


def spoken(capture: Capture, act: Callable[[], Any]) -> int:
    """How often the phrases are spoken once what `act` changed is committed."""
    with capture() as callbacks:
        assert act().status_code == 302
    return len(callbacks)


def test_texts_that_changed_are_spoken(cast: Cast, owner: Client, django_capture_on_commit_callbacks: Capture) -> None:
    capture, house = django_capture_on_commit_callbacks, cast.alpha
    assert spoken(capture, lambda: save(owner, house.phrase, text="Alpha à votre service.")) == 1
    assert spoken(capture, lambda: save(owner, house.problem_type, **{"steps-0-text": "Attendez."})) == 1
    assert spoken(capture, lambda: save(owner, house.faq_entry, answer="À Concarneau.")) == 1
    assert spoken(capture, lambda: save(owner, house.tenant, name="Alpha SA")) == 1
    assert spoken(capture, lambda: save(owner, house.tenant, language="en")) == 1
    assert spoken(capture, lambda: save(owner, house.tenant, voice="another")) == 1
    address = reverse("admin:tenants_phrase_delete", args=[house.phrase.pk])
    assert spoken(capture, lambda: owner.post(address, {"post": "yes"})) == 1


def test_what_nobody_hears_has_nothing_spoken(
    cast: Cast, owner: Client, django_capture_on_commit_callbacks: Capture
) -> None:
    capture, house = django_capture_on_commit_callbacks, cast.alpha
    assert spoken(capture, lambda: save(owner, house.phrase)) == 0
    assert spoken(capture, lambda: save(owner, house.tenant, max_call_seconds="700")) == 0
    assert spoken(capture, lambda: save(owner, house.transfer_target, name="Alpha 2")) == 0


def test_a_change_stands_although_the_vendor_is_away(
    cast: Cast, owner: Client, settings: Any, django_capture_on_commit_callbacks: Capture
) -> None:
    settings.VENDORS = {"elevenlabs": {"api_key": "key", "url": "http://127.0.0.1:9"}}
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert save(owner, cast.alpha.phrase, text="Alpha à votre service.").status_code == 302
    assert len(callbacks) == 1
    with acting_for(cast.alpha.tenant):
        cast.alpha.phrase.refresh_from_db()
    assert cast.alpha.phrase.text == "Alpha à votre service."


def english(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
