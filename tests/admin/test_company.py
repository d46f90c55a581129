"""What a company configures on its own pages: hours, holidays, questions, and who is told of a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from providers.services import NotSpoken
from tenants.models import FaqEntry, OpeningHours, Phrase, Tenant, TransferTarget
from tenants.scope import acting_for
from tests.admin.pages import form_in, form_of, text
from tests.cast import Cast

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
    target = cast.alpha.transfer_target
    response = save(owner, target, **spans(*rows))
    assert message in errors(response)
    assert message in text(response)  # and people can read it
    assert stored(cast, target) == []


def test_spans_are_compared_as_they_will_be(cast: Cast, owner: Client) -> None:
    """9–12 and 14–18 become 9–15 and 16–18 at once, though 9–15 overlaps what is stored."""
    target = cast.alpha.transfer_target
    with acting_for(cast.alpha.tenant):
        known = tuple(
            OpeningHours.objects.create(weekday=0, opens=time(opens), closes=time(closes), transfer_target=target)
            for opens, closes in ((9, 12), (14, 18))
        )
    rows = spans((0, "09:00", "15:00"), (0, "16:00", "18:00"), known=known)
    assert save(owner, target, **rows).status_code == 302
    assert stored(cast, target) == [(0, time(9), time(15)), (0, time(16), time(18))]


def test_a_span_that_is_deleted_is_in_nobody_s_way(cast: Cast, owner: Client) -> None:
    target = cast.alpha.transfer_target
    with acting_for(cast.alpha.tenant):
        known = OpeningHours.objects.create(weekday=0, opens=time(9), closes=time(12), transfer_target=target)
    rows = spans((0, "09:00", "12:00"), (0, "08:00", "18:00"), known=(known,))
    assert save(owner, target, **rows, **{"hours-0-DELETE": "on"}).status_code == 302
    assert stored(cast, target) == [(0, time(8), time(18))]


def test_an_agent_reads_no_settings_and_changes_none(cast: Cast, login: Login) -> None:
    client = login(cast.teammate)
    assert client.get(change(cast.alpha.tenant)).status_code == 403
    assert client.post(change(cast.alpha.tenant), {"name": "taken"}).status_code == 403


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
    response = save(owner, phrase, draft="Encore.")
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
    assert spoken(capture, lambda: save(owner, house.problem_type, **{"steps-0-text": "Attendez."})) == 1
    assert spoken(capture, lambda: save(owner, house.faq_entry, answer="À Concarneau.")) == 1
    assert spoken(capture, lambda: save(owner, house.tenant, name="Alpha SA")) == 1
    assert spoken(capture, lambda: save(owner, house.tenant, language="en")) == 1
    assert spoken(capture, lambda: save(owner, house.tenant, voice="another", agreed_voice="another")) == 1
    address = reverse("admin:tenants_phrase_delete", args=[house.phrase.pk])
    assert spoken(capture, lambda: owner.post(address, {"post": "yes"})) == 1


def test_what_nobody_hears_has_nothing_spoken(
    cast: Cast, owner: Client, django_capture_on_commit_callbacks: Capture
) -> None:
    capture, house = django_capture_on_commit_callbacks, cast.alpha
    assert spoken(capture, lambda: save(owner, house.phrase, draft="Alpha à votre service.")) == 0
    assert spoken(capture, lambda: save(owner, house.tenant, max_call_seconds="700")) == 0
    assert spoken(capture, lambda: save(owner, house.transfer_target, name="Alpha 2")) == 0


def test_a_change_stands_although_the_vendor_is_away(
    cast: Cast, owner: Client, settings: Any, django_capture_on_commit_callbacks: Capture
) -> None:
    settings.VENDORS = {"elevenlabs": {"api_key": "key", "url": "http://127.0.0.1:9"}}
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert save(owner, cast.alpha.phrase, draft="Alpha à votre service.").status_code == 302
        assert owner.post(reverse("admin:tenants_phrase_publish")).status_code == 302
    assert len(callbacks) == 1
    with acting_for(cast.alpha.tenant):
        cast.alpha.phrase.refresh_from_db()
    assert cast.alpha.phrase.text == "Alpha à votre service."


def english(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "en", "next": "/"})


# --- Transfer targets and pronunciations --------------------------------------


def test_the_list_of_targets_says_who_is_free_now_and_why_not(cast: Cast, owner: Client) -> None:
    english(owner)
    house, now = cast.alpha, timezone.now()
    address = reverse("admin:tenants_transfertarget_changelist")
    page = text(owner.get(address))
    assert "switched off" in page  # the night's
    assert "no limit" in page
    assert "free" in page
    with acting_for(house.tenant):
        TransferTarget.objects.filter(pk=house.transfer_target.pk).update(max_transfers=1, per_minutes=30)
        house.call.transfer_to, house.call.ended_at = "technician", now
        house.call.save()
    page = text(owner.get(address))
    assert "has taken its share" in page
    assert "1 of 1 within 30 minutes" in page
    with acting_for(house.tenant):
        day = (now.weekday() + 3) % 7
        OpeningHours.objects.create(weekday=day, opens=time(9), closes=time(10), transfer_target=house.transfer_target)
    assert "outside its hours" in text(owner.get(address))


def test_a_pronunciation_is_listened_to_by_those_who_may_change_it(cast: Cast, owner: Client, login: Login) -> None:
    address = change(cast.alpha.pronunciation)
    listen = reverse("admin:tenants_phrase_listen")
    assert text(owner.get(address)).count(listen) == 2
    assert listen not in text(login(cast.teammate).get(address))


def test_calls_that_are_recorded_without_a_word_are_warned_of(cast: Cast, owner: Client) -> None:
    tenant, said = cast.alpha.tenant, "les appelants n&#x27;en sont pas avertis par le bot"
    pages = []
    for recorded, announced in (("on", ""), ("on", "on"), ("", "")):
        data = form_of(owner, change(tenant), "tenant_form")
        for name, value in (("record_calls", recorded), ("announces_recording", announced)):
            data.pop(name, None)
            if value:
                data[name] = [value]
        pages.append(text(owner.post(change(tenant), data, follow=True)))
        tenant.refresh_from_db()
        assert (tenant.record_calls, tenant.announces_recording) == (bool(recorded), bool(announced))
    assert [said in page for page in pages] == [True, False, False]


def test_a_new_account_announces_that_it_records(cast: Cast, login: Login) -> None:
    data = {"name": "Neuve", "slug": "neuve", "language": "fr"}
    assert login(cast.staff).post(reverse("admin:tenants_tenant_add"), data).status_code == 302
    made = Tenant.objects.get(slug="neuve")
    assert (made.record_calls, made.announces_recording) == (True, True)


def test_another_voice_is_tried_and_its_cost_told_before_it_is_saved(
    cast: Cast, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_voice(*, tenant: Tenant, voice_id: str) -> tuple[int, Decimal]:
        if voice_id == "Amélie":
            raise NotSpoken("ElevenLabs ne connaît pas cette voix.")
        return 79, Decimal("0.2")

    monkeypatch.setattr("tenants.admin.accounts.try_voice", try_voice)
    tenant = cast.alpha.tenant
    before = tenant.voice

    def told(response: Any) -> str:
        return str(response.context["adminform"].form.errors["voice"])

    assert "ne connaît pas cette voix" in told(save(owner, tenant, voice="Amélie"))
    asked = save(owner, tenant, voice="another")
    assert "79 phrases sont à reprononcer (0,2000 € chez le fournisseur)" in told(asked)
    tenant.refresh_from_db()
    assert tenant.voice == before
    again = form_in(text(asked), "tenant_form")
    assert (again["voice"], again["agreed_voice"]) == (["another"], ["another"])
    assert "79 phrases" in told(owner.post(change(tenant), again | {"voice": ["a third"]}))  # which nobody agreed to
    assert owner.post(change(tenant), again).status_code == 302
    tenant.refresh_from_db()
    assert tenant.voice == "another"
