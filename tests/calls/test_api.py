"""What the dialplan asks over HTTP."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from calls import dialplan_api, services
from calls.models import Announcement, Call
from monitoring.once import OncePerMinute
from tenants.allowlist import AllowList
from tenants.models import ApiKey, AsteriskServer
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast, House, secret_of
from tickets.models import Ticket
from tickets.services import resolve

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


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (lambda cast: cast.alpha.server, "the server Alpha Asterisk of alpha is switched off"),
        (lambda cast: cast.alpha.tenant, "the company alpha is switched off"),
        (None, "no server has its token"),
    ],
)
def test_our_log_and_nobody_else_says_why_a_dialplan_is_refused(
    cast: Cast,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    rows: Callable[[Cast], Any] | None,
    why: str,
) -> None:
    monkeypatch.setattr(dialplan_api, "_may_log", OncePerMinute())
    headers = bearer(cast.alpha) if rows else {"Authorization": "Bearer a-token-of-nobody"}
    if rows:
        with acting_for(EVERYONE):
            type(rows(cast)).objects.filter(pk=rows(cast).pk).update(is_active=False)
    bodies = {announce(client, headers, uuid=str(uuid.uuid4())).content for _ in range(2)}
    assert caplog.text.count(f"a dialplan at 127.0.0.1 is refused: {why}") == 1
    assert headers["Authorization"].split()[1] not in caplog.text
    assert bodies == {announce(client, {"Authorization": "Bearer wrong"}, uuid="12").content}


def test_a_uuid_that_is_none_is_named(cast: Cast, client: Client) -> None:
    answer = announce(client, bearer(cast.alpha), uuid="12")
    assert answer.status_code == 400
    assert [error["field"] for error in json.loads(answer.content)["errors"]] == ["uuid"]


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


def test_a_call_that_failed_has_no_result(cast: Cast, client: Client) -> None:
    with acting_for(EVERYONE):
        Call.objects.update(status=Call.Status.FAILED)
    assert client.get(f"/api/v1/calls/{cast.alpha.call.uuid}/result", headers=bearer(cast.alpha)).status_code == 404


def test_a_call_that_was_cut_off_is_announced_again_to_go_on(cast: Cast, client: Client) -> None:
    cut = str(cast.alpha.call.uuid)
    answer = client.get(f"/api/v1/calls/{cut}/result", headers=bearer(cast.alpha))
    assert (answer.status_code, answer.content) == (200, b"again")
    call_uuid = uuid.uuid4()
    announce(client, bearer(cast.alpha), uuid=str(call_uuid), number="0612345678", returned_from="", resumes=cut)
    assert begin(call_uuid, cast.alpha).resumes == cast.alpha.call


def misses(client: Client, house: House, call: Call, status: str = "CANCEL") -> int:
    url, form = f"/api/v1/calls/{call.uuid}/result", "application/x-www-form-urlencoded"
    return client.post(url, f"status={status}", content_type=form, headers=bearer(house)).status_code


def test_who_gave_up_while_it_rang_is_to_be_called_back(cast: Cast, client: Client) -> None:
    call = cast.alpha.call
    with acting_for(cast.alpha.tenant):
        rows = Ticket.objects.filter(pk=cast.alpha.ticket.pk)
        rows.update(status="transferred", wants_callback=False, call=call)
        assert misses(client, cast.bravo, call) == 404
        assert misses(client, cast.alpha, call, "ANSWER") == 400
        assert rows.get().status == "transferred"
        assert misses(client, cast.alpha, call) == 204
        ticket = rows.get()
        assert (ticket.status, ticket.wants_callback) == ("open", True)
        assert "raccroché" in ticket.comments.latest("pk").text
        resolve(ticket=ticket, actor=None)
        assert misses(client, cast.alpha, call) == 204
        assert rows.get().status == "resolved"


# --- From a PBX, with an API key --------------------------------------------------


def announce_json(client: Client, house: House, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret_of(house.tenant.name)}"}
    return client.post(URL, json.dumps(body), content_type="application/json", headers=headers)


def begin(call_uuid: uuid.UUID, house: House) -> Call:
    """As an Asterisk of the house hands the call over."""
    allow_list = AllowList()
    allow_list.refresh()
    entry = allow_list.find(house.server.network.partition("/")[0])
    assert entry is not None
    return services.begin(call_uuid=call_uuid, entry=entry, worker="w").call


def test_a_pbx_announces_a_call_and_its_data_stays_on_it(cast: Cast, client: Client) -> None:
    call_uuid = uuid.uuid4()
    extra = {"contract": "A-7", "queue": {"name": "été", "position": 2}}
    answer = announce_json(client, cast.alpha, uuid=str(call_uuid), number="06 12 34 56 78", name="Pierre", extra=extra)
    assert answer.status_code == 200
    assert answer.json() == {"uuid": str(call_uuid), "address": "localhost:9092"}
    call = begin(call_uuid, cast.alpha)
    assert (call.tenant, call.phone_number, call.data) == (cast.alpha.tenant, "+33612345678", extra)
    with pytest.raises(services.CallRefused, match="used"):
        begin(call_uuid, cast.alpha)
    assert announce_json(client, cast.alpha, uuid=str(call_uuid)).status_code == 409


def test_a_dialplan_writes_its_data_as_text(cast: Cast, client: Client) -> None:
    call_uuid = uuid.uuid4()
    assert announce(client, bearer(cast.alpha), uuid=str(call_uuid), extra='{"queue": "sales"}').status_code == 200
    assert begin(call_uuid, cast.alpha).data == {"queue": "sales"}


@pytest.mark.parametrize(
    "extra", ["text", [1], 7, {"a": "x" * 8192}, {"a": "\x00"}, {"a": "\ud800"}, '{"a": NaN}', "[" * 5000]
)
def test_data_that_cannot_be_kept_is_refused(cast: Cast, client: Client, extra: Any) -> None:
    answer = announce_json(client, cast.alpha, uuid=str(uuid.uuid4()), extra=extra)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["extra"]


def test_an_announcement_is_short_lived(cast: Cast, client: Client) -> None:
    call_uuid = uuid.uuid4()
    announce_json(client, cast.alpha, uuid=str(call_uuid), extra={"a": 1})
    with acting_for(cast.alpha.tenant):
        Announcement.objects.update(created_at=timezone.now() - services.ANNOUNCEMENT_LIFETIME)
    assert begin(call_uuid, cast.alpha).data == {}


def test_of_several_servers_one_is_named(cast: Cast, client: Client) -> None:
    with acting_for(cast.alpha.tenant):
        second = AsteriskServer.objects.create(name="Second", network="192.0.2.128/28")
    call_uuid = str(uuid.uuid4())
    for name in (None, "Bravo Asterisk", "nobody"):
        answer = announce_json(client, cast.alpha, uuid=call_uuid, **({"server": name} if name else {}))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "server")
        assert "Second" in answer.json()["detail"]
        assert "Bravo Asterisk" not in answer.json()["detail"]
    assert announce_json(client, cast.alpha, uuid=call_uuid, server="Second").status_code == 200
    with acting_for(cast.alpha.tenant):
        assert Announcement.objects.get(call_uuid=call_uuid).server == second


def test_whoever_announced_a_call_has_it_where_an_asterisk_is_shared(cast: Cast, client: Client) -> None:
    share(cast)
    for house in (cast.bravo, cast.alpha):
        by_token, by_key = uuid.uuid4(), uuid.uuid4()
        assert announce(client, bearer(house), uuid=str(by_token)).status_code == 200
        assert announce_json(client, house, uuid=str(by_key)).status_code == 200
        for call_uuid in (by_token, by_key):
            call = begin(call_uuid, cast.alpha)
            with acting_for(house.tenant):
                assert (call.tenant, call.server) == (house.tenant, house.server)


def test_a_shared_asterisk_hands_over_nothing_that_nobody_announced(cast: Cast, client: Client) -> None:
    share(cast)
    with pytest.raises(services.CallRefused, match="shared"):
        begin(uuid.uuid4(), cast.alpha)
    elsewhere = uuid.uuid4()  # announced for a server that is not at this address
    with acting_for(cast.bravo.tenant):
        AsteriskServer.objects.update(network="203.0.113.9")
    announce(client, bearer(cast.bravo), uuid=str(elsewhere))
    with pytest.raises(services.CallRefused, match="shared"):
        begin(elsewhere, cast.alpha)


def test_an_asterisk_is_shared_only_where_all_of_its_companies_say_so(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        AsteriskServer.objects.update(is_shared=True)
    with acting_for(cast.bravo.tenant):
        mine = AsteriskServer(name="Shared", network=cast.alpha.server.network)
        with pytest.raises(ValidationError):
            mine.full_clean()
        mine.is_shared = True
        mine.full_clean()
    with acting_for(cast.alpha.tenant):
        AsteriskServer.objects.update(is_shared=False)
    with acting_for(cast.bravo.tenant), pytest.raises(ValidationError):
        mine.full_clean()


def share(cast: Cast) -> None:
    """Both companies' calls come from Alpha's network."""
    for house in (cast.alpha, cast.bravo):
        with acting_for(house.tenant):
            AsteriskServer.objects.update(is_shared=True, network=cast.alpha.server.network)
            house.server.refresh_from_db()


def test_announcing_needs_the_right(cast: Cast, client: Client) -> None:
    with acting_for(cast.alpha.tenant):
        ApiKey.objects.update(scopes=["calls:read"])
    assert announce_json(client, cast.alpha, uuid=str(uuid.uuid4())).status_code == 403
    answer = client.get(
        f"/api/v1/calls/{cast.alpha.call.uuid}/result", headers={"Authorization": f"Bearer {secret_of('Alpha')}"}
    )
    assert answer.status_code in {401, 403}


def test_a_call_announced_twice_with_the_same_idempotency_key_is_announced_once(cast: Cast, client: Client) -> None:
    headers = {"Authorization": f"Bearer {secret_of('Alpha')}", "Idempotency-Key": "k"}
    body = json.dumps({"uuid": str(uuid.uuid4())})
    for replayed in (None, "true"):
        answer = client.post(URL, body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.get("Idempotency-Replayed")) == (200, replayed)
