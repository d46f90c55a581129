"""What was kept long enough is really gone, and what was not is all there."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import override

from calls.models import Call, Turn, Usage
from companies.imports import KEPT
from companies.models import Import
from tenants import audit
from tenants.models import AuditEntry, JobRun, Tenant, WebhookAttempt, WebhookEndpoint
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast, House
from tickets import services
from tickets.models import Comment, Ticket
from tickets.retention import NotAllErased, erase_old, erase_strays
from tickets.tasks import erase_old as erase_old_task
from tickets.tasks import erase_old_of_everyone

Recorded = Callable[..., Call]


@pytest.fixture(autouse=True)
def _in_french() -> Iterator[None]:
    """Whatever language another test has left behind."""
    with override("fr"):
        yield


def recorded(house: House, *, days: float) -> Call:
    """A call that ended so many days ago, with words, a ticket, a cost and a recording."""
    began = timezone.now() - timedelta(days=days)
    call = Call.objects.create(
        uuid=uuid.uuid4(),
        phone_number="+33612345678",
        started_at=began,
        ended_at=began + timedelta(minutes=1),
        status=Call.Status.COMPLETED,
        data={"contract": "42"},
    )
    call.recording.name = f"recordings/{house.tenant.pk}/{began:%Y/%m/%d}/{call.uuid}.wav"
    call.save()
    stray(str(call.recording))
    Turn.objects.create(call=call, position=1, speaker="caller", text="Ma box fume.", started_at=1, ended_at=2)
    Ticket.objects.create(
        call=call, description="Ma box fume.", summary="Problème : internet. L'appelant a dit : « Ma box fume »."
    )
    Usage.objects.create(call=call, kind="llm", provider="groq", model="oss", cost_eur="0.5")
    return call


def stray(name: str, *, days: float = 3) -> Path:
    path = Path(settings.MEDIA_ROOT, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    os.utime(path, (time.time() - days * 86400,) * 2)
    return path


def words(call: Call) -> str:
    call.refresh_from_db()
    ticket = Ticket.objects.get(call=call)
    return " ".join([*call.turns.values_list("text", flat=True), ticket.description, ticket.summary, str(call.data)])


def test_a_recording_is_erased_after_its_days_and_what_was_said_after_more(alpha: Cast) -> None:
    fresh, old, older = (recorded(alpha.alpha, days=days) for days in (89, 91, 366))
    erased = erase_old()
    assert (erased.recordings, erased.transcripts, erased.orphans) == (2, 1, 0)
    files = {path.stem for path in Path(settings.MEDIA_ROOT).rglob("*.wav")}
    assert files == {str(fresh.uuid)}
    for call, has_file, has_words in ((fresh, True, True), (old, False, True), (older, False, False)):
        assert bool(Call.objects.get(pk=call.pk).recording) is has_file
        assert ("fume" in words(call)) is has_words
        assert ("42" in words(call)) is has_words
    assert words(older).startswith(" ")
    assert "Problème : internet." in words(older)  # the summary stays, without the words
    assert Usage.objects.get(call=older).cost_eur is not None


def test_erasing_again_finds_nothing(alpha: Cast) -> None:
    recorded(alpha.alpha, days=400)
    erase_old()
    assert str(erase_old()) == "0 enregistrements, 0 transcriptions, 0 fichiers sans appel"
    assert AuditEntry.objects.filter(action="delete", model="tenants.tenant").count() == 1


def test_the_company_s_own_period_counts(alpha: Cast) -> None:
    call = recorded(alpha.alpha, days=8)
    tenant = alpha.alpha.tenant
    tenant.keep_recordings_days, tenant.keep_transcripts_days = 7, 9
    erased = erase_old()
    assert (erased.recordings, erased.transcripts) == (1, 0)
    assert "fume" in words(call)


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_period_must_make_sense(alpha: Cast, days: int) -> None:
    tenant = alpha.alpha.tenant
    for name in ("keep_recordings_days", "keep_transcripts_days"):
        setattr(tenant, name, days)
        with pytest.raises(ValidationError) as caught:
            tenant.full_clean()
        assert name in caught.value.message_dict


def test_a_call_that_goes_on_is_left_alone(alpha: Cast) -> None:
    call = recorded(alpha.alpha, days=400)
    Call.objects.filter(pk=call.pk).update(ended_at=None)
    assert erase_old().recordings == 0
    assert "fume" in words(call)


def test_a_file_that_is_gone_already_does_not_stop_the_rest(alpha: Cast) -> None:
    gone, there = recorded(alpha.alpha, days=100), recorded(alpha.alpha, days=101)
    Path(settings.MEDIA_ROOT, str(gone.recording)).unlink()
    assert erase_old().recordings == 2
    assert not Path(settings.MEDIA_ROOT, str(there.recording)).exists()


def test_a_file_that_the_disk_does_not_give_up_keeps_nobody_from_the_others(
    alpha: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, there, old = (recorded(alpha.alpha, days=days) for days in (102, 101, 400))
    orphan = stray(f"recordings/{alpha.alpha.tenant.pk}/2026/01/02/orphan.wav")
    delete = default_storage.delete

    def refuse(name: str) -> None:
        if name in (str(stuck.recording), f"recordings/{alpha.alpha.tenant.pk}/2026/01/02/orphan.wav"):
            raise PermissionError(f"[Errno 1] Operation not permitted: {name}")
        delete(name)

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", refuse)
        erased = erase_old()
        done = "2 enregistrements, 1 transcriptions, 0 fichiers sans appel"
        assert str(erased) == f"{done}; 2 fichiers n'ont pas pu être effacés"
        assert caplog.text.count("cannot be erased") == 2
        with pytest.raises(NotAllErased, match="2 fichiers n'ont pas pu"):
            erase_old_task(tenant_id=alpha.alpha.tenant.pk)
    assert JobRun.objects.get(name="tickets.erase_old").state == JobRun.State.FAILED
    assert [Call.objects.get(pk=call.pk).recording.name for call in (there, old)] == ["", ""]
    assert "fume" not in words(old)
    assert str(erase_old()) == "1 enregistrements, 0 transcriptions, 1 fichiers sans appel"
    assert not orphan.exists()


def test_what_was_told_and_logged_of_a_call_loses_the_caller_s_words_with_it(alpha: Cast) -> None:
    endpoint = WebhookEndpoint.objects.create(name="CRM", url="https://crm.example/hooks")
    old, fresh = recorded(alpha.alpha, days=400), recorded(alpha.alpha, days=3)
    for call in (old, fresh):
        ticket = Ticket.objects.get(call=call)
        Comment.objects.create(ticket=ticket, text="Rappelé. L'appelant a dit : « Ma box fume ».")
        audit.record(
            action=AuditEntry.Action.CHANGE,
            row=ticket,
            changes=[
                {"field": "description", "old": "", "new": "Ma box fume."},
                {"field": "severity", "old": "low", "new": "high"},
            ],
        )
        ticket.tag = "SMOKE"
        ticket.save()
    message = endpoint.messages.filter(subject=f"ticket:{Ticket.objects.get(call=old).pk}").earliest("pk")
    attempt = WebhookAttempt.objects.create(message=message, seconds=0.1, status_code=200, excerpt="Ma box fume.")

    def left(call: Call) -> str:
        ticket = Ticket.objects.get(call=call)
        told = endpoint.messages.filter(subject__in=[f"call:{call.pk}", f"ticket:{ticket.pk}"])
        logged = AuditEntry.objects.filter(model="tickets.ticket", object_id=str(ticket.pk))
        texts = [*told.values_list("body", flat=True), *map(str, logged.values_list("changes", flat=True))]
        return " ".join([*texts, *ticket.comments.values_list("text", flat=True)])

    before = left(old)
    assert before.count("fume") > 4
    assert '"contract"' in before
    erase_old()
    assert "fume" not in left(old)
    assert '"contract"' not in left(old)
    assert "'severity'" in left(old)
    assert "SMOKE" in left(old)
    attempt.refresh_from_db()
    assert attempt.excerpt == ""
    assert left(fresh).count("fume") == before.count("fume")
    assert not Ticket.objects.filter(searched__contains="fume", call=old).exists()


def test_a_ticket_that_took_over_the_words_of_another_loses_them(alpha: Cast) -> None:
    ticket = Ticket.objects.get(call=recorded(alpha.alpha, days=400))
    into = services.create(client_name="Claire")
    services.merge(ticket=ticket, into=into, actor=None)
    into.refresh_from_db()
    assert "fume" in into.description
    assert "fume" in into.comments.get().text
    erase_old()
    into.refresh_from_db()
    assert "fume" not in into.description + into.summary + into.comments.get().text


def test_files_without_a_call_are_erased_and_young_ones_are_not(alpha: Cast) -> None:
    kept = recorded(alpha.alpha, days=5)
    folder = f"recordings/{alpha.alpha.tenant.pk}/2026/01/02"
    old, young = stray(f"{folder}/old.wav"), stray(f"{folder}/young.wav", days=0.5)
    foreign = stray(f"recordings/{alpha.bravo.tenant.pk}/2026/01/02/bravo.wav")
    assert erase_old().orphans == 1
    assert (old.exists(), young.exists(), foreign.exists()) == (False, True, True)
    assert Path(settings.MEDIA_ROOT, str(kept.recording)).exists()


def test_files_of_nobody_are_erased(cast: Cast) -> None:
    gone = stray("recordings/999/2026/01/02/gone.wav")
    own = stray(f"recordings/{cast.alpha.tenant.pk}/2026/01/02/own.wav")
    half = Path(settings.DATA_DIR, "in-progress", "half.wav")
    half.parent.mkdir()
    half.write_bytes(b"RIFF")
    os.utime(half, (time.time() - 3 * 86400,) * 2)
    assert erase_strays().orphans == 2
    assert (gone.exists(), half.exists(), own.exists()) == (False, False, True)


def test_every_night_each_company_is_seen_to_and_that_shows(cast: Cast) -> None:
    Tenant.objects.filter(pk=cast.bravo.tenant.pk).update(is_active=False)
    for house in (cast.alpha, cast.bravo):
        with acting_for(house.tenant):
            recorded(house, days=100)
    erase_old_of_everyone()
    with acting_for(EVERYONE):
        results = list(JobRun.objects.filter(name="tickets.erase_old").values_list("result", flat=True))
    assert results == ["1 enregistrements, 0 transcriptions, 0 fichiers sans appel"] * 2
    assert list(Path(settings.MEDIA_ROOT).rglob("*.wav")) == []


def test_files_that_were_imported_are_forgotten_with_what_was_refused(alpha: Cast) -> None:
    row = [[2, {"phone_number": "06 12 34 56 78"}, "Telephone: taken."]]
    for days in (0, 1):
        Import.objects.create(
            kind=Import.Kind.CUSTOMERS,
            file_name=f"{days}.csv",
            refused=row,
            total=1,
            begun_at=timezone.now() - KEPT * days - timedelta(minutes=days),
        )
    erase_old()
    assert list(Import.objects.filter(file_name__in=("0.csv", "1.csv")).values_list("file_name", flat=True)) == [
        "0.csv"
    ]
