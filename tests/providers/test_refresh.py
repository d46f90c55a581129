"""From a company's phrases to their sound: service, tasks, command."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import httpx
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from calls import settings as call_settings
from calls.models import Usage
from calls.usage import forget_prices
from providers import generation
from providers.phrases import phrase_store
from providers.services import RUNS_KEPT, NotSpoken, phrases_changed, refresh_phrases, try_voice
from providers.tasks import refresh_phrases as refresh_phrases_task
from providers.tasks import refresh_phrases_of_everyone
from tenants.models import JobRun, Phrase, PhraseRun, Tenant
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast, House
from tests.providers.conftest import Vendors

pytestmark = pytest.mark.django_db


def missing(house: House) -> list[str]:
    with acting_for(house.tenant):
        configured = call_settings.load(house.tenant)
    return phrase_store().missing(configured.all_texts(), configured.voice)


def test_a_companys_phrases_are_spoken_and_paid_for(vendors_beside: Vendors, cast: Cast) -> None:
    forget_prices()
    assert len(missing(cast.alpha)) > 20
    with acting_for(cast.alpha.tenant):
        outcome = refresh_phrases(tenant=cast.alpha.tenant)
        usages = list(Usage.objects.filter(kind="tts"))
    assert missing(cast.alpha) == []
    assert "Bienvenue chez Alpha." in outcome.made  # its own text
    assert "Redémarrez la box de Alpha." in outcome.made  # a step of a remedy
    assert len(usages) == len(outcome.made)
    billed = httpx.get(f"{vendors_beside.url}/sandbox/ledger").json()
    assert sum(usage.characters for usage in usages) == sum(entry["characters"] for entry in billed)
    assert all(usage.call_id is None and usage.tenant == cast.alpha.tenant for usage in usages)


def test_companies_with_the_same_voice_pay_once_for_the_same_text(vendors_beside: Vendors, cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        refresh_phrases(tenant=cast.alpha.tenant)
    with acting_for(cast.bravo.tenant):
        outcome = refresh_phrases(tenant=cast.bravo.tenant)
    assert outcome.present > 20
    assert all("Bravo" in text for text in outcome.made)


def test_a_phrase_that_changed_is_spoken_after_the_commit(
    vendors_beside: Vendors, cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with acting_for(cast.alpha.tenant):
        Phrase.objects.filter(key="welcome").update(text="Alpha à votre service.")
    with django_capture_on_commit_callbacks() as callbacks:
        phrases_changed(tenant=cast.alpha.tenant)
    assert "Alpha à votre service." in missing(cast.alpha)
    for callback in callbacks:
        callback()
    assert missing(cast.alpha) == []


@pytest.mark.django_db(transaction=True)
def test_a_change_stands_although_the_task_cannot_be_started(caplog: pytest.LogCaptureFixture) -> None:
    with transaction.atomic():
        phrases_changed(tenant=Tenant(pk=999_999))
        Tenant.objects.create(slug="kept", name="Kept")
    assert Tenant.objects.filter(slug="kept").exists()
    assert "DoesNotExist" in caplog.text


def test_every_night_each_active_company_gets_what_is_missing(vendors_beside: Vendors, cast: Cast) -> None:
    cast.bravo.tenant.is_active = False
    cast.bravo.tenant.save()
    assert refresh_phrases_of_everyone() == 1
    assert missing(cast.alpha) == []
    assert missing(cast.bravo) != []


def test_the_command_tells_what_it_made(vendors_beside: Vendors, cast: Cast) -> None:
    out = StringIO()
    call_command("refresh_phrases", tenant="alpha", stdout=out)
    assert "Bienvenue chez Alpha." in out.getvalue()
    assert out.getvalue().rstrip().endswith("0 present, 0 failed")
    out = StringIO()
    call_command("refresh_phrases", stdout=out)
    assert "alpha:\n  0 made" in out.getvalue()
    assert "Bienvenue chez Bravo." in out.getvalue()


def test_the_command_says_what_it_could_not_make(vendors_beside: Vendors, cast: Cast) -> None:
    vendors_beside.point(key="sandbox-401")
    error = StringIO()
    with pytest.raises(CommandError, match="run this again"):
        call_command("refresh_phrases", tenant="alpha", stdout=StringIO(), stderr=error)
    assert "not made: Bienvenue chez Alpha." in error.getvalue()
    assert "elevenlabs: refused" in error.getvalue()


def test_the_command_knows_no_company_of_that_name(db: None) -> None:
    with pytest.raises(CommandError, match="no company account 'nobody'"):
        call_command("refresh_phrases", tenant="nobody")


# --- How far it has come ------------------------------------------------------------


def run_of(house: House) -> PhraseRun:
    with acting_for(house.tenant):
        run = PhraseRun.objects.first()
    assert run is not None
    return run


def test_a_run_tells_how_far_it_has_come(vendors_beside: Vendors, cast: Cast) -> None:
    seen: list[str] = []
    wanted = len(missing(cast.alpha))
    with acting_for(cast.alpha.tenant):
        outcome = refresh_phrases(tenant=cast.alpha.tenant, on_made=seen.append)
    run = run_of(cast.alpha)
    assert (run.state, run.total, run.done, run.failed, run.reason) == ("done", wanted, len(outcome.made), 0, "")
    assert run.finished_at is not None
    assert len(seen) == wanted
    assert run_of(cast.bravo).reason == "Bravo is out of credits"  # of the cast


def test_a_run_that_failed_says_how_much_and_why(vendors_beside: Vendors, cast: Cast) -> None:
    vendors_beside.point(key="sandbox-401")
    with acting_for(cast.alpha.tenant):
        outcome = refresh_phrases(tenant=cast.alpha.tenant)
    run = run_of(cast.alpha)
    assert (run.state, run.done, run.failed) == ("failed", 0, len(outcome.failed))
    assert "refused" in run.reason
    assert "sandbox-401" not in run.reason


def test_a_run_whose_process_is_gone_is_not_in_progress_for_ever(vendors_beside: Vendors, cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        lost = PhraseRun.objects.create(started_at=timezone.now() - timedelta(hours=1))
        for _number in range(30):
            PhraseRun.objects.create(state="done", started_at=timezone.now() - timedelta(days=1))
        lost.started_at = timezone.now() - timedelta(minutes=20)
        lost.save()
        refresh_phrases(tenant=cast.alpha.tenant)
        lost.refresh_from_db()
        assert lost.state == "failed"
        assert PhraseRun.objects.count() == RUNS_KEPT


def test_a_run_that_a_vendor_let_wait_too_long_goes_on_later(
    vendors_beside: Vendors, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor allows one request and says 429 to the rest; each run makes what it can."""
    monkeypatch.setattr(generation, "LONGEST_SECONDS", 0.3)
    monkeypatch.setattr("providers.tasks.MOST_RESUMED", 2)
    vendors_beside.point(key="sandbox-429")
    with acting_for(cast.alpha.tenant):
        PhraseRun.objects.all().delete()
    refresh_phrases_task.delay(tenant_id=cast.alpha.tenant.pk)
    with acting_for(cast.alpha.tenant):
        assert PhraseRun.objects.filter(state="failed").count() == 3
    vendors_beside.point()
    monkeypatch.undo()
    refresh_phrases_task.delay(tenant_id=cast.alpha.tenant.pk)
    assert missing(cast.alpha) == []


def test_a_voice_is_tried_and_counted_before_it_speaks(vendors_beside: Vendors, cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        count, cost = try_voice(tenant=cast.alpha.tenant, voice_id="another")
        assert count > 20
        assert cost is not None
        assert 0 < cost < 1
        vendors_beside.point(key="sandbox-401")
        with pytest.raises(NotSpoken, match="ElevenLabs refuse"):
            try_voice(tenant=cast.alpha.tenant, voice_id="a third")


def test_a_run_that_spoke_nothing_is_a_job_that_failed(vendors_beside: Vendors, cast: Cast) -> None:
    vendors_beside.point(key="sandbox-401")
    refresh_phrases_task.delay(tenant_id=cast.alpha.tenant.pk)
    with acting_for(EVERYONE):
        run = JobRun.objects.get(name="providers.refresh_phrases")
    assert run.state == JobRun.State.FAILED
    assert run.outcome.startswith("0 phrases faites")
    assert "ElevenLabs refuse" in run.outcome
    vendors_beside.point()
    refresh_phrases_task.delay(tenant_id=cast.alpha.tenant.pk)
    with acting_for(EVERYONE):
        assert JobRun.objects.filter(name="providers.refresh_phrases").latest("pk").state == JobRun.State.DONE


def test_the_list_of_phrases_shows_the_run(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    address = reverse("admin:tenants_phrase_changelist")
    assert "Alpha is out of credits" in client.get(address).content.decode()
    with acting_for(cast.alpha.tenant):
        PhraseRun.objects.create(total=40, done=12)
    page = client.get(address).content.decode()
    assert "12" in page
    assert "40" in page
    assert "out of credits" not in page
