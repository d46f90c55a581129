"""What holds of every request: keys and rights, writes done once, no lost update, limits, and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from companies.models import Company
from tenants.models import (
    SCOPES,
    ApiKey,
    IdempotentAnswer,
    Membership,
    Tenant,
    Tombstone,
    WebhookEndpoint,
)
from tenants.scope import acting_for
from tenants.tasks import forget_what_was_told
from tests.api.client import Crm, address
from tests.cast import Cast, person

Login = Callable[[User], Client]
PROBLEM = "application/problem+json"


def change_key(cast: Cast, **values: Any) -> None:
    with acting_for(cast.alpha.tenant):
        ApiKey.objects.update(**values)


# --- Keys -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization", ["", "Bearer vbk_wrong", "Bearer nonsense", "Basic eDp5", "Bearer", "Token vbk_alpha"]
)
def test_nobody_gets_in_without_a_key(cast: Cast, client: Client, authorization: str) -> None:
    for path in ("customers", "deletions", "costs/summary", "roi", f"calls/{cast.alpha.call.uuid}/recording"):
        answer = client.get(address(path), headers={"Authorization": authorization})
        assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "values",
    [
        {"is_active": False},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"digest": "another", "old_digest": "", "old_valid_until": None},
    ],
)
def test_a_key_that_works_no_more_opens_nothing(cast: Cast, crm: Crm, values: dict[str, Any]) -> None:
    assert crm.get("customers").status_code == 200
    change_key(cast, **values)
    assert crm.get("customers").status_code == 401


def test_a_company_that_is_switched_off_is_reached_by_no_key(cast: Cast, crm: Crm) -> None:
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(is_active=False)
    assert crm.get("customers").status_code == 401


def test_a_renewed_key_and_the_one_before_work_side_by_side_for_a_while(cast: Cast, crm: Crm) -> None:
    with acting_for(cast.alpha.tenant):
        key = ApiKey.objects.get()
        secret = key.renew(overlap=timedelta(hours=1))
        key.save()
        assert secret not in str(ApiKey.objects.values()), "only the hash is stored"
    renewed = {"Authorization": f"Bearer {secret}"}
    assert crm.get("customers").status_code == 200
    assert Client().get(address("customers"), headers=renewed).status_code == 200
    change_key(cast, old_valid_until=timezone.now())
    assert crm.get("customers").status_code == 401
    assert Client().get(address("customers"), headers=renewed).status_code == 200


def test_that_a_key_was_used_is_written_once_a_minute(cast: Cast, crm: Crm) -> None:
    def used() -> Any:
        with acting_for(cast.alpha.tenant):
            return ApiKey.objects.get().last_used_at

    crm.get("customers")
    first = used()
    crm.get("customers")
    assert used() == first is not None
    change_key(cast, last_used_at=first - timedelta(minutes=1))
    crm.get("customers")
    assert used() >= first


@pytest.mark.parametrize("scope", [scope for scope, _label in SCOPES])
def test_a_key_does_what_its_rights_say_and_nothing_else(cast: Cast, crm: Crm, scope: str) -> None:
    change_key(cast, scopes=[scope])
    uuid = cast.alpha.call.uuid
    reads = {
        **{f"{name}:read": name for name in ("companies", "customers", "tickets", "calls", "phrases", "keywords")},
        "recordings:read": f"calls/{uuid}/recording",
        "costs:read": "costs/summary",
        "roi:read": "roi",
    }
    writes = {f"{name}:write": name for name in ("companies", "customers", "tickets", "phrases", "keywords")}
    for needed, path in reads.items():
        assert (crm.get(path).status_code == 403) is (needed != scope), path
    for needed, path in (writes | {"calls:write": "calls/announce"}).items():
        assert (crm.post(path, {}).status_code == 403) is (needed != scope), path
    for needed, path in (("companies:write", "companies/bulk"), ("customers:write", "customers/bulk")):
        assert (crm.post(path, {}).status_code == 403) is (needed != scope), path
    gone = crm.get("deletions")
    synced = ("companies", "customers", "tickets", "calls", "phrases", "keywords")
    assert (gone.status_code == 200) is (scope in {f"{name}:read" for name in synced})


def test_referred_rows_come_along_for_whoever_may_look_at_them_only(cast: Cast, crm: Crm) -> None:
    row = f"tickets/{cast.alpha.ticket.pk}"
    change_key(cast, scopes=["tickets:read", "tickets:write", "companies:read"])
    for name, status in {"comments": 200, "company": 200, "customer": 403, "call": 403}.items():
        assert crm.get("tickets", expand=name).status_code == crm.get(row, expand=name).status_code == status, name
    assert crm.patch(f"{row}?expand=customer", {"tag": "box"}, If_Match="*").status_code == 403
    assert crm.get(row).json()["tag"] != "box"


@pytest.mark.parametrize("resource", ["companies", "customers", "tickets", "phrases", "keywords"])
def test_a_key_that_only_writes_is_shown_nothing(cast: Cast, crm: Crm, resource: str) -> None:
    house = cast.alpha
    row = getattr(house, {"companies": "company"}.get(resource, resource.removesuffix("s")))
    shown = crm.get(f"{resource}/{row.pk}").json()
    change_key(cast, scopes=[f"{resource}:write"])
    query = "?fields=id,external_id,etag" if resource == "customers" else ""
    answer = crm.patch(f"{resource}/{row.pk}{query}", {}, If_Match="*")
    assert answer.status_code == 200
    assert answer.json() == {name: shown[name] for name in ("id", "updated_at", "etag")}
    if resource == "companies":
        new = crm.post(resource, {"name": "New"})
        assert (new.status_code, set(new.json())) == (201, {"id", "updated_at", "etag"})


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("tickets", {"client_name": "Alpha", "phone_number": "06 12 34 56 78", "status": "open"}),
        ("customers", {"phone_number": "06 12 34 56 78"}),
        ("keywords", {"boost": 2}),
        ("phrases", {"text": "Allô."}),
    ],
)
def test_what_is_there_already_is_no_change(cast: Cast, crm: Crm, resource: str, body: dict[str, Any]) -> None:
    row = f"{resource}/{getattr(cast.alpha, resource.removesuffix('s')).pk}"
    first = crm.patch(row, body, If_Match="*")
    assert first.status_code == 200
    with acting_for(cast.alpha.tenant):
        endpoint = WebhookEndpoint.objects.create(name="CRM", url="https://crm.example.com/hooks")
        made = Tenant.objects.get(pk=cast.alpha.tenant.pk).configuration
    again = crm.patch(row, body, If_Match="*")
    assert (again.status_code, again.json(), again["ETag"]) == (200, first.json(), first["ETag"])
    with acting_for(cast.alpha.tenant):
        assert not endpoint.messages.exists()
        assert Tenant.objects.get(pk=cast.alpha.tenant.pk).configuration == made


def test_deletions_are_told_of_what_may_be_read_only(cast: Cast, crm: Crm) -> None:
    with acting_for(cast.alpha.tenant):
        Tombstone.objects.create(resource="tickets", object_id="9")
    change_key(cast, scopes=["tickets:read"])
    assert [row["resource"] for row in crm.all("deletions")] == ["tickets"]


# --- People ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "customers", "phrases", "added", "costs"),
    [
        (Membership.Role.OWNER, 200, 200, 201, 200),
        (Membership.Role.AGENT, 200, 200, 403, 403),
        (Membership.Role.VIEWER, 200, 200, 403, 403),
    ],
)
def test_people_have_the_rights_of_their_role(
    cast: Cast, login: Login, role: Membership.Role, customers: int, phrases: int, added: int, costs: int
) -> None:
    client = login(person("somebody", cast.alpha.tenant, role))
    assert client.get(address("customers")).status_code == customers
    assert client.get(address("phrases")).status_code == phrases
    phrase = {"key": "goodbye", "language": "fr", "text": "Au revoir."}
    assert client.post(address("phrases"), phrase, "application/json").status_code == added
    assert client.get(address("costs/summary")).status_code == costs


def test_a_browser_gets_pages(cast: Cast, login: Login) -> None:
    client = login(cast.owner)
    for path in ("", "customers", f"customers/{cast.alpha.customer.pk}", "tickets", "deletions", "nothing"):
        page = client.get(address(path), headers={"Accept": "text/html"})
        assert page["Content-Type"].startswith("text/html")
        assert "//" not in "".join(part.split('"')[0] for part in page.content.decode().split('src="')[1:]), "no CDN"


def test_a_session_needs_the_csrf_token_to_write(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    answer = client.post(address("companies"), {"name": "X"}, "application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, PROBLEM)


def test_staff_outside_any_company_read_and_write_nothing(cast: Cast, login: Login) -> None:
    client = login(cast.staff)
    assert client.get(address("customers")).status_code == 403
    assert client.post(address("companies"), {"name": "X"}, "application/json").status_code == 403


# --- Done once ------------------------------------------------------------------


def test_a_write_that_is_sent_twice_is_done_once(cast: Cast, crm: Crm) -> None:
    first = crm.post("companies", {"name": "Once"}, Idempotency_Key="k-1")
    again = crm.post("companies", {"name": "Once"}, Idempotency_Key="k-1")
    assert first.status_code == again.status_code == 201
    assert (again.json(), again["ETag"], again["Location"]) == (first.json(), first["ETag"], first["Location"])
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    path, etag = f"companies/{first.json()['id']}", first["ETag"]
    for _time in range(2):
        assert crm.patch(path, {"name": "Two"}, If_Match=etag, Idempotency_Key="k-2").status_code == 200
    etag = crm.get(path)["ETag"]
    for _time in range(2):
        assert crm.send("DELETE", path, If_Match=etag, Idempotency_Key="k-3").status_code == 204


def test_a_key_for_another_request_is_refused(cast: Cast, crm: Crm) -> None:
    crm.post("companies", {"name": "One"}, Idempotency_Key="k")
    for answer in (
        crm.post("companies", {"name": "Other"}, Idempotency_Key="k"),
        crm.post("customers", {"name": "One"}, Idempotency_Key="k"),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)


def test_what_was_refused_may_be_sent_again_corrected(cast: Cast, crm: Crm) -> None:
    assert crm.post("companies", {"name": ""}, Idempotency_Key="k").status_code == 400
    assert crm.post("companies", {"name": "Right"}, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a" * 101, "é"])
def test_an_idempotency_key_is_plain_text(cast: Cast, crm: Crm, key: str) -> None:
    assert crm.post("companies", {"name": "X"}, Idempotency_Key=key).status_code == 400


def test_two_systems_may_use_the_same_idempotency_key(cast: Cast, crm: Crm) -> None:
    bravo = Crm(cast.bravo)
    assert crm.post("companies", {"name": "Mine"}, Idempotency_Key="k").status_code == 201
    assert bravo.post("companies", {"name": "Mine"}, Idempotency_Key="k").json()["name"] == "Mine"
    assert "Idempotency-Replayed" not in bravo.post("companies", {"name": "More"}, Idempotency_Key="k2")


def test_after_a_day_an_answer_is_forgotten(cast: Cast, crm: Crm) -> None:
    crm.post("companies", {"name": "Old"}, Idempotency_Key="k")
    with acting_for(cast.alpha.tenant):
        IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
        Tombstone.objects.update(deleted_at=timezone.now() - timedelta(days=91))
    assert crm.post("companies", {"name": "New"}, Idempotency_Key="k").status_code == 201
    with acting_for(cast.bravo.tenant):
        Tombstone.objects.update(deleted_at=timezone.now() - timedelta(days=91))
        IdempotentAnswer.objects.all().delete()
    assert forget_what_was_told() == 3
    with acting_for(cast.alpha.tenant):
        assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["k"]


# --- No lost update -------------------------------------------------------------


def test_of_two_who_change_the_same_row_the_second_is_told(cast: Cast, crm: Crm) -> None:
    path = f"customers/{cast.alpha.customer.pk}"
    etag = crm.get(path)["ETag"]
    assert crm.patch(path, {"first_name": "One"}, If_Match=etag).status_code == 200
    late = crm.patch(path, {"first_name": "Two"}, If_Match=etag)
    assert (late.status_code, late["Content-Type"]) == (412, PROBLEM)
    assert crm.send("DELETE", path, If_Match=etag).status_code == 412
    assert crm.get(path).json()["first_name"] == "One"


def test_whoever_changes_a_row_says_which_state_was_read(cast: Cast, crm: Crm) -> None:
    path = f"customers/{cast.alpha.customer.pk}"
    for answer in (crm.patch(path, {"first_name": "X"}), crm.send("DELETE", path)):
        assert (answer.status_code, answer["Content-Type"]) == (428, PROBLEM)
    assert crm.patch(path, {"first_name": "X"}, If_Match="*").status_code == 200


def test_a_proxy_that_compresses_makes_no_other_state_of_it(cast: Cast, crm: Crm) -> None:
    path = f"customers/{cast.alpha.customer.pk}"
    for number in range(2):
        weak = f"W/{crm.get(path)['ETag']}"
        header = ('"another", ' * number) + weak
        assert crm.patch(path, {"first_name": f"P{number}"}, If_Match=header).status_code == 200
        assert crm.patch(path, {"first_name": "late"}, If_Match=header).status_code == 412


@pytest.mark.parametrize("header", ["{bare}", "'{bare}'", '"{bare}', '"{bare}" "x"', 'w/"{bare}"', '"{bare}",'])
def test_what_is_no_etag_is_not_said_to_be_a_state(cast: Cast, crm: Crm, header: str) -> None:
    path = f"customers/{cast.alpha.customer.pk}"
    header = header.format(bare=crm.get(path).json()["etag"].strip('"'))
    answer = crm.patch(path, {"first_name": "X"}, If_Match=header)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["If-Match"])
    assert crm.send("GET", path, If_None_Match=header).status_code == 200


def test_whoever_has_a_row_as_it_is_is_not_sent_it_again(cast: Cast, crm: Crm) -> None:
    path = f"tickets/{cast.alpha.ticket.pk}"
    etag = crm.get(path)["ETag"]
    for header in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = crm.send("GET", path, If_None_Match=header)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    assert crm.send("HEAD", path, If_None_Match=etag).status_code == 304
    assert crm.send("GET", f"{path}?expand=customer", If_None_Match=etag).status_code == 200
    assert crm.patch(path, {"tag": "box"}, If_Match=etag, If_None_Match=etag).status_code == 200
    assert crm.send("GET", path, If_None_Match=etag).json()["tag"] == "box"


# --- Limits ---------------------------------------------------------------------


def test_whoever_asks_too_often_is_told_when_to_come_back(cast: Cast, crm: Crm, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    left = [crm.get("customers")["RateLimit-Remaining"] for _time in range(2)]
    assert left == ["1", "0"]
    answer = crm.get("customers")
    if answer.status_code == 200:  # a new minute began meanwhile
        answer = [crm.get("customers") for _time in range(2)][-1]
    assert (answer.status_code, answer["Content-Type"], answer["RateLimit-Limit"]) == (429, PROBLEM, "2")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert Crm(cast.bravo).get("customers").status_code == 200


def test_what_is_refused_is_counted_too(cast: Cast, crm: Crm, settings: Settings) -> None:
    change_key(cast, scopes=["customers:read"])
    refused = crm.get("tickets")
    assert (refused.status_code, refused["RateLimit-Remaining"]) == (403, str(settings.API_REQUESTS_PER_MINUTE - 1))
    settings.API_REQUESTS_PER_MINUTE = 1
    crm.get("tickets")
    assert crm.get("tickets").status_code == 429


def test_whoever_is_nobody_takes_no_requests_from_others(cast: Cast, client: Client, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    for _time in range(3):
        answer = client.get(address("customers"))
        assert answer.status_code == 401
        assert "RateLimit-Remaining" not in answer


def test_a_cache_that_is_away_lets_requests_pass(cast: Cast, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any, **_kwargs: Any) -> None:
        raise ConnectionError("redis is away")

    monkeypatch.setattr("voicebot_site.api.throttling.cache.incr", away)
    assert crm.get("customers").status_code == 200


# --- Errors ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "nothing/here", b"", "application/json", 404),
        ("GET", "customers/99999999999999999999", b"", "application/json", 404),
        ("GET", "customers/999", b"", "application/json", 404),
        ("GET", "customers/", b"", "application/json", 404),
        ("PUT", "customers", b"{}", "application/json", 405),
        ("OPTIONS", "customers", b"", "application/json", 405),
        ("POST", "calls", b"{}", "application/json", 405),
        ("POST", "customers", b"<xml/>", "application/xml", 415),
        ("POST", "customers", b"{", "application/json", 400),
        ("POST", "customers", b"\xff", "application/json", 400),
        ("POST", "customers", b"[]", "application/json", 400),
        ("POST", "customers", b"[" * 100_000, "application/json", 400),
        ("POST", "customers", b'{"phone_number": NaN}', "application/json", 400),
        ("POST", "customers", b" " * 3_000_000, "application/json", 413),
    ],
)
def test_every_error_is_a_problem_document(
    cast: Cast, client: Client, method: str, path: str, body: bytes, kind: str, status: int
) -> None:
    answer = client.generic(method, address(path), body, kind, headers={"Authorization": "Bearer vbk_alpha"})
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    problem = json.loads(answer.content)
    assert problem["status"] == status
    assert problem["type"].startswith("urn:voicebot:problem:")
    assert problem["title"]
    assert problem["detail"]
    assert answer["Cache-Control"] == "private, no-store"
    if status == 405:
        assert "GET" in answer["Allow"]


def test_a_row_has_one_address(cast: Cast, crm: Crm) -> None:
    arabic = str(cast.alpha.ticket.pk).translate({ord("0") + digit: ord("٠") + digit for digit in range(10)})
    assert crm.get(f"tickets/{arabic}").status_code == 404
    assert crm.send("DELETE", f"tickets/{arabic}", If_Match="*").status_code == 404
    assert crm.get(f"tickets/{arabic}/comments").status_code == 404


def test_what_is_not_json_is_not_spoken(cast: Cast) -> None:
    answer = Crm(cast.alpha, Accept="text/csv").get("customers")
    assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)


def test_who_writes_the_same_at_the_same_time_may_try_again(
    cast: Cast, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clash(*_args: Any, **_kwargs: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(Company, "save", clash)
    assert crm.post("companies", {"name": "X"}).status_code == 409


def test_an_error_of_ours_is_a_problem_document_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Company, "save", broken)
    client = Client(raise_request_exception=False)
    headers = {"Authorization": "Bearer vbk_alpha"}
    answer = client.post(address("companies"), {"name": "X"}, "application/json", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in answer.content


def test_complaints_are_in_the_language_that_is_asked_for(cast: Cast) -> None:
    for language, words in (("fr", "obligatoire"), ("en", "required")):
        answer = Crm(cast.alpha, **{"Accept-Language": language}).post("customers", {})
        assert words in answer.json()["detail"]
