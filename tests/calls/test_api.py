"""What the dialplan asks over HTTP."""

from __future__ import annotations

import json
import uuid
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from calls.models import Announcement, Call
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast, House

URL = "/api/v1/calls/announce"


def announce(client: Client, headers: dict[str, str], **form: str) -> HttpResponse:
    """As CURL() of a dialplan posts."""
    return client.post(URL, urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers)  # type: ignore[return-value]


def bearer(house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.server.token}"}


def test_an_announced_call_is_answered_with_where_to_dial(cast: Cast, client: Client, settings: Settings) -> None:
    settings.AUDIOSOCKET_PUBLIC_ADDRESS = "bot.example.com:9092"
    call_uuid = uuid.uuid4()
    answer = announce(client, bearer(cast.alpha), uuid=str(call_uuid), number="+33612345678", name="Иван")
    assert (answer.status_code, answer.content) == (200, b"bot.example.com:9092")
    with acting_for(cast.alpha.tenant):
        announcement = Announcement.objects.get(call_uuid=call_uuid)
    assert (announcement.phone_number, announcement.caller_name) == ("+33612345678", "Иван")
    assert announcement.tenant == cast.alpha.tenant


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
def test_nobody_announces_without_a_token(cast: Cast, client: Client, headers: dict[str, str]) -> None:
    answer = announce(client, headers, uuid=str(uuid.uuid4()))
    assert answer.status_code == 401


def test_a_server_that_is_switched_off_announces_nothing(cast: Cast, client: Client) -> None:
    with acting_for(cast.alpha.tenant):
        cast.alpha.server.is_active = False
        cast.alpha.server.save()
    assert announce(client, bearer(cast.alpha), uuid=str(uuid.uuid4())).status_code == 401


def test_a_uuid_that_is_none_is_named(cast: Cast, client: Client) -> None:
    answer = announce(client, bearer(cast.alpha), uuid="12")
    assert answer.status_code == 400
    assert "uuid" in json.loads(answer.content)


def test_a_used_uuid_is_refused_without_a_body(cast: Cast, client: Client) -> None:
    answer = announce(client, bearer(cast.alpha), uuid=str(cast.bravo.call.uuid))
    assert (answer.status_code, answer.content) == (409, b"")


def test_the_result_is_read_by_the_call_s_own_server_only(cast: Cast, client: Client) -> None:
    with acting_for(EVERYONE):
        Call.objects.update(status=Call.Status.TRANSFERRED, transfer_to="technician")
    mine = client.get(f"/api/v1/calls/{cast.alpha.call.uuid}/result", headers=bearer(cast.alpha))
    theirs = client.get(f"/api/v1/calls/{cast.alpha.call.uuid}/result", headers=bearer(cast.bravo))
    assert (mine.status_code, mine.content) == (200, b"transfer:technician")
    assert (theirs.status_code, theirs.content) == (404, b"")


def test_a_call_in_progress_has_no_result(cast: Cast, client: Client) -> None:
    assert client.get(f"/api/v1/calls/{cast.alpha.call.uuid}/result", headers=bearer(cast.alpha)).status_code == 404
