"""From a draft to what callers hear, and back; and what people see and hear on the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoCaptureOnCommitCallbacks

from calls import settings as call_settings
from calls.models import SpendLimit, Usage
from providers.phrases import phrase_store
from tenants import presets
from tenants.admin import phrases as screen
from tenants.models import AuditEntry, Membership, Phrase, PhraseChange, PhraseRun
from tenants.scope import acting_for
from tenants.services import draft_phrase
from tests.admin.pages import form_of, text
from tests.cast import Cast, House, list_prices, person
from tests.providers.conftest import Vendors, vendors_beside

__all__ = ["vendors_beside"]

LIST = "admin:tenants_phrase_changelist"
PUBLISH = "admin:tenants_phrase_publish"
LISTEN = "admin:tenants_phrase_listen"
IMPORT = "admin:tenants_phrase_import"


@pytest.fixture
def owner(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    client.cookies["django_language"] = "en"
    cache.clear()
    return client


@pytest.fixture(params=[Membership.Role.AGENT, Membership.Role.VIEWER])
def onlooker(request: pytest.FixtureRequest, cast: Cast) -> Client:
    client = Client()
    client.force_login(person("onlooker", cast.alpha.tenant, request.param))
    return client


def draft(house: House, written: str, key: str = "welcome") -> Phrase:
    with acting_for(house.tenant):
        phrase = Phrase.objects.filter(key=key, language="fr").first() or Phrase(key=key, language="fr")
        draft_phrase(phrase=phrase, text=written, by=None)
    return phrase


def stored(phrase: Phrase, house: House) -> Phrase:
    with acting_for(house.tenant):
        return Phrase.objects.get(pk=phrase.pk)


def heard(house: House, key: str = "welcome") -> str:
    house.tenant.refresh_from_db()  # it says whether settings are to be read again
    with acting_for(house.tenant):
        return call_settings.load(house.tenant).phrases[key].text


# --- Drafts -----------------------------------------------------------------------------


def test_what_is_written_is_a_draft_until_all_are_published(
    cast: Cast, owner: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    house = cast.alpha
    address = reverse("admin:tenants_phrase_change", args=[house.phrase.pk])
    data = form_of(owner, address, "phrase_form")
    assert data["draft"] == ["Bienvenue chez Alpha."]
    owner.post(address, data | {"draft": ["Bienvenue !"]})
    other = draft(house, "Tant pis.", "skip_item")
    with acting_for(house.tenant):
        a_call = call_settings.load(house.tenant)
    assert heard(house) == "Bienvenue chez Alpha."
    with acting_for(house.tenant):
        assert call_settings.load_drafts(house.tenant).phrases["welcome"].text == "Bienvenue !"

    with django_capture_on_commit_callbacks() as callbacks:
        owner.post(reverse(PUBLISH))
    assert len(callbacks) == 1  # they are spoken ahead
    assert (heard(house), heard(house, "skip_item")) == ("Bienvenue !", "Tant pis.")
    assert a_call.phrases["welcome"].text == "Bienvenue chez Alpha."  # it keeps what it began with
    with acting_for(house.tenant):
        assert not Phrase.objects.exclude(draft="").exists()
        change = PhraseChange.objects.get(phrase=other)
    assert (change.before, change.after, change.changed_by) == (
        presets.phrases("fr")["skip_item"].text,
        "Tant pis.",
        cast.owner,
    )
    with acting_for(house.tenant):
        entry = AuditEntry.objects.get(action="change", object_id=str(other.pk), person=cast.owner)
    assert [(row["field"], row["new"]) for row in entry.changes] == [("text", "Tant pis.")]


def test_one_draft_that_cannot_be_spoken_publishes_none(cast: Cast, owner: Client) -> None:
    house = cast.alpha
    draft(house, "Bienvenue !")
    broken = draft(house, "Tant pis.", "skip_item")
    with acting_for(house.tenant):
        Phrase.objects.filter(pk=broken.pk).update(draft="Tant pis, {prenom}.")
    page = text(owner.post(reverse(PUBLISH), follow=True))
    assert "Go on without an answer (skip_item): Nothing can be filled in for {prenom}" in page
    assert heard(house) == "Bienvenue chez Alpha."
    assert stored(broken, house).draft


def test_a_text_that_is_heard_already_is_no_draft(cast: Cast, owner: Client) -> None:
    phrase = draft(cast.alpha, "Bienvenue !")
    address = reverse("admin:tenants_phrase_change", args=[phrase.pk])
    owner.post(address, form_of(owner, address, "phrase_form") | {"draft": [" Bienvenue chez Alpha. "]})
    assert stored(phrase, cast.alpha).draft == ""


def test_a_value_that_is_left_out_is_mentioned(cast: Cast, owner: Client) -> None:
    address = reverse("admin:tenants_phrase_add") + "?key=greet_known&language=fr"
    data = form_of(owner, address, "phrase_form") | {"draft": ["Bonjour !"]}
    assert "The preset says {first_name}, and your text does not" in text(owner.post(address, data, follow=True))


def test_drafts_are_seen_on_every_page_of_phrases(cast: Cast, owner: Client, onlooker: Client) -> None:
    phrase = draft(cast.alpha, "Bienvenue toutes et tous.")
    change = reverse("admin:tenants_phrase_change", args=[phrase.pk])
    history = reverse("admin:tenants_phrase_history", args=[phrase.pk])
    for client in (owner, onlooker):
        for address in (reverse(LIST), reverse(PUBLISH), change, history):
            assert "toutes" in text(client.get(address)), address


def test_drafts_are_discarded_one_by_one_or_all(cast: Cast, owner: Client) -> None:
    one, other = draft(cast.alpha, "Un."), draft(cast.alpha, "Deux.", "skip_item")
    owner.post(reverse(PUBLISH), {"discard": str(one.pk)})
    assert (stored(one, cast.alpha).draft, stored(other, cast.alpha).draft) == ("", "Deux.")
    owner.post(reverse(PUBLISH), {"discard": "all"})
    assert stored(other, cast.alpha).draft == ""
    assert heard(cast.alpha) == "Bienvenue chez Alpha."
    assert owner.post(reverse(PUBLISH), {"discard": "999999"}).status_code == 404


def test_who_only_looks_changes_nothing(cast: Cast, onlooker: Client) -> None:
    phrase = draft(cast.alpha, "Bienvenue !")
    restore = reverse("admin:tenants_phrase_restore", args=[phrase.pk])
    posts: list[tuple[str, dict[str, Any]]] = [
        (reverse(PUBLISH), {}),
        (reverse(PUBLISH), {"discard": "all"}),
        (restore, {"preset": "1"}),
        (reverse(LISTEN), {"text": "Bonjour", "language": "fr"}),
        (reverse("admin:tenants_phrase_speak"), {}),
        (reverse(IMPORT), {"rows": "x"}),
    ]
    for address, data in posts:
        assert onlooker.post(address, data).status_code == 403, address
    assert stored(phrase, cast.alpha).draft == "Bienvenue !"


# --- History ----------------------------------------------------------------------------


def test_an_earlier_text_is_restored_as_a_draft(cast: Cast, owner: Client) -> None:
    phrase = draft(cast.alpha, "Bienvenue !")
    owner.post(reverse(PUBLISH))
    page = text(owner.get(reverse("admin:tenants_phrase_history", args=[phrase.pk])))
    assert "<del>chez Alpha.</del><ins>!</ins>" in page
    assert "owner" in page
    with acting_for(cast.alpha.tenant):
        change = PhraseChange.objects.filter(phrase=phrase, after="Bienvenue !").get()
    restore = reverse("admin:tenants_phrase_restore", args=[phrase.pk])
    owner.post(restore, {"change": change.pk})
    assert stored(phrase, cast.alpha).draft == "Bienvenue chez Alpha."
    assert heard(cast.alpha) == "Bienvenue !"
    owner.post(restore, {"preset": "1"})
    assert stored(phrase, cast.alpha).draft == presets.phrases("fr")["welcome"].text
    assert owner.post(restore, {"change": "0"}).status_code == 404


def test_phrases_are_shown_by_their_names(cast: Cast, owner: Client) -> None:
    phrase = draft(cast.alpha, "Bienvenue !")
    pages = [
        reverse(LIST),
        reverse(PUBLISH),
        reverse("admin:tenants_phrase_change", args=[phrase.pk]),
        reverse("admin:tenants_phrase_history", args=[phrase.pk]),
        reverse("admin:tenants_phrase_add"),
    ]
    for address in pages:
        assert "Welcome a new caller" in text(owner.get(address)), address


@pytest.mark.parametrize(
    ("key", "said"), [("welcome", "From the next call on, callers hear"), ("skip_item", "Callers hear the preset")]
)
def test_whoever_deletes_a_phrase_reads_what_callers_will_hear(cast: Cast, owner: Client, key: str, said: str) -> None:
    phrase = draft(cast.alpha, "Bien.", key)
    page = text(owner.get(reverse("admin:tenants_phrase_delete", args=[phrase.pk])))
    assert said in page
    assert escape(presets.phrases("fr")[key].text) in page
    owner.post(reverse("admin:tenants_phrase_delete", args=[phrase.pk]), {"post": "yes"})
    assert heard(cast.alpha, key) == presets.phrases("fr")[key].text


# --- Scenarios --------------------------------------------------------------------------


def test_scenarios_are_played_with_the_drafts(cast: Cast, owner: Client) -> None:
    draft(cast.alpha, "Dites-moi tout, je vous écoute.", "ask_problem")
    with acting_for(cast.alpha.tenant):
        before = Usage.objects.count()
    response = owner.post(reverse("admin:tenants_phrase_rehearse"), {"name": ["known_caller_is_helped"]})
    [(scenario, report)] = response.context["played"]
    assert scenario.name == report.name == "known_caller_is_helped"
    assert "Dites-moi tout, je vous écoute." in text(response)
    with acting_for(cast.alpha.tenant):
        assert Usage.objects.count() == before


def test_a_scenario_that_fails_shows_why_and_what_was_said(cast: Cast, owner: Client) -> None:
    """Alpha knows only two words for its problem, and the caller uses neither."""
    response = owner.post(reverse("admin:tenants_phrase_rehearse"), {"name": ["known_caller_is_helped"]})
    page = text(response)
    assert 'data-outcome="failed"' in page
    assert "it ended with" in page
    assert "Bonjour" in page


def test_playing_costs_a_bounded_number_of_queries(cast: Cast, owner: Client) -> None:
    names = [scenario.name for scenario in owner.get(reverse(PUBLISH)).context["scenarios"]][:15]

    def queries(some: list[str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            owner.post(reverse("admin:tenants_phrase_rehearse"), {"name": some})
        return len(captured)

    assert queries(names) == queries(names[:1]) <= 25


# --- Sound ------------------------------------------------------------------------------


def test_a_draft_is_heard_before_it_is_published(vendors_beside: Vendors, cast: Cast, owner: Client) -> None:
    for _time in range(2):
        response = owner.post(reverse(LISTEN), {"text": "Bonjour de {tenant}, {first_name}.", "language": "fr"})
        assert response.content.startswith(b"RIFF")
    with acting_for(cast.alpha.tenant):
        [usage] = Usage.objects.filter(kind="tts")
    assert usage.characters == len("Bonjour de Alpha,")  # the second time it is kept; values are in calls


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"text": "Bonjour {", "language": "fr"}, 400, "brace"),
        ({"text": "", "language": "fr"}, 400, "1,000"),
        ({"text": "x" * 1001, "language": "fr"}, 400, "1,000"),
        ({"text": "Bonjour", "language": "de"}, 400, "language"),
        ({"text": "Bonjour", "language": "fr"}, 502, "ElevenLabs refuses"),
    ],
)
def test_what_cannot_be_heard_says_why(
    vendors_beside: Vendors, owner: Client, data: dict[str, str], status: int, said: str
) -> None:
    vendors_beside.point(key="sandbox-401")
    response = owner.post(reverse(LISTEN), data)
    assert response.status_code == status
    assert said in response.json()["error"]
    assert "sandbox-401" not in text(response)


def test_listening_ends_somewhere(
    vendors_beside: Vendors, cast: Cast, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "MOST_LISTENED", 1)
    one, other = {"text": "Bonjour un.", "language": "fr"}, {"text": "Bonjour deux.", "language": "fr"}
    assert owner.post(reverse(LISTEN), one).status_code == 200
    assert owner.post(reverse(LISTEN), other).status_code == 429
    assert owner.post(reverse(LISTEN), one).status_code == 200  # it is kept, and costs nothing
    cache.clear()
    with acting_for(cast.alpha.tenant):
        SpendLimit.objects.update(month_eur=0)
    assert owner.post(reverse(LISTEN), other).status_code == 409


def states(client: Client) -> dict[str, str]:
    scenes = client.get(reverse(LIST)).context["scenes"]
    return {line.preset.key: str(line.state) for _scene, group in scenes for line in group}


def test_each_phrase_says_how_far_its_sound_is(vendors_beside: Vendors, cast: Cast, owner: Client) -> None:
    assert set(states(owner).values()) == {"missing"}
    with acting_for(cast.alpha.tenant):
        run = PhraseRun.objects.create(total=40, done=12)
    assert set(states(owner).values()) == {"making"}
    progress = owner.get(reverse("admin:tenants_phrase_progress")).json()
    assert progress["running"]
    assert "12 of 40" in progress["summary"]
    assert "being spoken" in progress["lines"]["welcome"]
    with acting_for(cast.alpha.tenant):
        run.delete()
    vendors_beside.point(key="sandbox-401")
    owner.post(reverse("admin:tenants_phrase_speak"))
    run_tasks(cast, vendors_beside)
    page = text(owner.get(reverse(LIST)))
    assert states(owner)["welcome"] == "failed"
    assert "refused" in page
    assert "Try again" in page
    vendors_beside.point()
    run_tasks(cast, vendors_beside)
    assert states(owner)["welcome"] == states(owner)["greet"] == "ready"
    assert not owner.get(reverse("admin:tenants_phrase_progress")).json()["running"]


def run_tasks(cast: Cast, vendors: Vendors) -> None:
    from providers.services import refresh_phrases

    phrase_store.cache_clear()
    with acting_for(cast.alpha.tenant):
        refresh_phrases(tenant=cast.alpha.tenant)


def test_all_is_spoken_on_demand_and_not_twice_at_once(
    vendors_beside: Vendors,
    cast: Cast,
    owner: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        assert owner.post(reverse("admin:tenants_phrase_speak")).status_code == 302
    assert len(callbacks) == 1
    with acting_for(cast.alpha.tenant):
        PhraseRun.objects.create(total=40)
    with django_capture_on_commit_callbacks() as callbacks:
        owner.post(reverse("admin:tenants_phrase_speak"))
    assert callbacks == []


def test_the_page_of_a_phrase_tells_what_a_text_costs(cast: Cast, owner: Client) -> None:
    list_prices()
    response = owner.get(reverse("admin:tenants_phrase_change", args=[cast.alpha.phrase.pk]))
    estimate = response.context["estimate"]
    assert estimate.pace == 15  # nothing was spoken yet
    assert 0 < estimate.thousand_eur < 1
    assert f'data-thousand="{estimate.thousand_eur}"' in text(response)


# --- How much it costs ------------------------------------------------------------------


@pytest.mark.parametrize("page", [LIST, PUBLISH, "admin:tenants_phrase_progress", "admin:tenants_phrase_export"])
def test_pages_of_phrases_cost_a_bounded_number_of_queries(cast: Cast, owner: Client, page: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(reverse(page)).status_code == 200
        return len(captured)

    few = queries()
    for key in list(presets.phrases("fr"))[:30]:
        draft(cast.alpha, "Ici un robot.", key)
    assert queries() <= max(few, 16)
