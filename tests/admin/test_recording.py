"""Listening to a call: who may, and jumping about in the file (RFC 9110 §14)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils.http import http_date

from calls.models import Call
from telephony.wav import header, interleave
from tenants.models import AuditEntry, Membership
from tenants.scope import acting_for
from tests.cast import Cast, person
from voicebot_site.files import Unsatisfiable, requested_range

Login = Callable[[User], Client]
SOUND = bytes(range(256)) * 4


@pytest.fixture
def address(cast: Cast, settings: Any) -> str:
    return record(cast.alpha.call, settings.MEDIA_ROOT, SOUND)


def record(call: Call, media: Path, sound: bytes) -> str:
    call.recording.name = f"recordings/{call.uuid}.wav"
    with acting_for(call.tenant):
        call.save()
    path = media / call.recording.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)
    return reverse("admin:calls_call_recording", args=[call.uuid])


def body(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


def test_it_works(address: str, cast: Cast, login: Login) -> None:
    response = login(cast.owner).get(address)
    assert response.status_code == 200
    assert body(response) == SOUND
    assert response["Content-Type"] == "audio/wav"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == "1024"
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert response["Content-Disposition"].startswith("inline")


def test_a_download_is_saved_under_the_call_s_name(address: str, cast: Cast, login: Login) -> None:
    response = login(cast.owner).get(address + "?download")
    assert response["Content-Disposition"] == f'attachment; filename="call-{cast.alpha.call.uuid}.wav"'
    assert body(response) == SOUND


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [("bytes=0-", 0, 1023), ("bytes=100-199", 100, 199), ("bytes=1000-9999", 1000, 1023), ("bytes=-24", 1000, 1023)],
)
def test_a_range_is_sent_alone(address: str, cast: Cast, login: Login, header: str, first: int, last: int) -> None:
    response = login(cast.owner).get(address, headers={"range": header})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/1024"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == SOUND[first : last + 1]


def test_a_range_behind_the_end_cannot_be_satisfied(address: str, cast: Cast, login: Login) -> None:
    response = login(cast.owner).get(address, headers={"range": "bytes=1024-"})
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */1024"
    assert body(response) == b""


@pytest.mark.parametrize(
    "header", ["", "bytes", "bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b"]
)
def test_what_is_no_single_range_gets_the_whole(address: str, cast: Cast, login: Login, header: str) -> None:
    response = login(cast.owner).get(address, headers={"range": header})
    assert response.status_code == 200
    assert body(response) == SOUND


def test_if_range_gives_a_part_of_the_same_file_only(address: str, cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    date = client.get(address)["Last-Modified"]
    assert client.get(address, headers={"range": "bytes=0-9", "if-range": date}).status_code == 206
    for other in (http_date(0), '"an-etag"', "nonsense"):
        assert client.get(address, headers={"range": "bytes=0-9", "if-range": other}).status_code == 200


def test_head_tells_the_size_and_ignores_ranges(address: str, cast: Cast, login: Login) -> None:
    response = login(cast.owner).head(address, headers={"range": "bytes=0-9"})
    assert (response.status_code, response["Content-Length"], body(response)) == (200, "1024", b"")


def test_a_viewer_reads_and_does_not_listen(address: str, cast: Cast, login: Login) -> None:
    client = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER))
    assert client.get(address).status_code == 403
    page = client.get(reverse("admin:calls_call_change", args=[cast.alpha.call.pk]))
    assert page.status_code == 200
    assert address not in page.content.decode()
    assert "<audio" not in page.content.decode()


def test_who_opens_a_page_has_not_listened_and_who_plays_has_once(address: str, cast: Cast, login: Login) -> None:
    client = login(cast.owner)

    def listened() -> int:
        with acting_for(cast.alpha.tenant):
            return AuditEntry.objects.filter(action=AuditEntry.Action.LISTEN, person=cast.owner).count()

    for page, row in (("calls_call", cast.alpha.call), ("tickets_ticket", cast.alpha.ticket)):
        content = client.get(reverse(f"admin:{page}_change", args=[row.pk])).content.decode()
        (player,) = re.findall(r"<audio[^>]*>", content)
        assert address in player
        assert 'preload="none"' in player  # else the browser fetches a part of it by itself
    client.head(address)
    assert listened() == 0
    for part in ("bytes=0-", "bytes=200-", "bytes=900-"):
        client.get(address, headers={"range": part})
    assert listened() == 1


def test_absent_foreign_and_erased_recordings_answer_alike(
    address: str, cast: Cast, settings: Any, login: Login
) -> None:
    foreign = record(cast.bravo.call, settings.MEDIA_ROOT, SOUND)
    (settings.MEDIA_ROOT / cast.alpha.call.recording.name).unlink()
    absent = reverse("admin:calls_call_recording", args=["00000000-0000-4000-8000-000000000000"])
    answers = [login(cast.owner).get(url) for url in (address, foreign, absent)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.content for answer in answers}) == 1


def test_whoever_is_not_signed_in_is_asked_to(address: str, client: Client) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


@pytest.mark.django_db(transaction=True)
async def test_under_asgi_the_file_is_streamed(cast: Cast, settings: Any) -> None:
    from asgiref.sync import sync_to_async

    sound = SOUND * 1024  # several chunks
    address = await sync_to_async(record)(cast.alpha.call, settings.MEDIA_ROOT, sound)
    client = AsyncClient()
    await client.aforce_login(cast.owner)
    response = await client.get(address, headers={"range": "bytes=5-1000000"})
    assert response.status_code == 206
    assert response.is_async  # type: ignore[attr-defined]
    assert b"".join([chunk async for chunk in response]) == sound[5:1_000_001]  # type: ignore[attr-defined]


@pytest.mark.parametrize("header", ["bytes=0-0", "bytes=-1", "bytes=-0"])
def test_no_range_of_an_empty_file_can_be_satisfied(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        requested_range(header, 0)


def test_a_number_of_thousands_of_digits_is_no_range() -> None:
    assert requested_range(f"bytes={'9' * 5000}-", 1024) is None


# --- What it looks like ----------------------------------------------------------


def test_the_waveform_is_read_from_the_recording_once(cast: Cast, settings: Any, login: Login) -> None:
    loud, silence = (10_000).to_bytes(2, "little") * 8000, bytes(16_000)
    record(cast.alpha.call, settings.MEDIA_ROOT, header(64_000) + interleave(loud + silence, silence + loud))
    client, shape = login(cast.owner), reverse("admin:calls_call_waveform", args=[cast.alpha.call.uuid])
    found = client.get(shape).json()
    assert (found["seconds"], len(found["caller"])) == (2.0, 1000)
    assert (found["caller"][0], found["caller"][-1], found["bot"][0], found["bot"][-1]) == (100, 0, 0, 100)
    (settings.MEDIA_ROOT / cast.alpha.call.recording.name).unlink()
    assert client.get(shape).json() == found


def test_an_erased_recording_has_no_waveform(address: str, cast: Cast, login: Login) -> None:
    client, shape = login(cast.owner), reverse("admin:calls_call_waveform", args=[cast.alpha.call.uuid])
    assert client.get(shape).status_code == 200
    with acting_for(cast.alpha.tenant):
        Call.objects.update(recording="")
    assert client.get(shape).status_code == 404


def test_whoever_may_not_listen_does_not_see_who_spoke_when(address: str, cast: Cast, login: Login) -> None:
    shape = reverse("admin:calls_call_waveform", args=[cast.alpha.call.uuid])
    assert login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER)).get(shape).status_code == 403
    assert login(cast.outsider).get(shape).status_code == 404
    assert (
        shape in login(cast.owner).get(reverse("admin:calls_call_change", args=[cast.alpha.call.pk])).content.decode()
    )
