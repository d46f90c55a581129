"""Each resource is listed, shown, created, changed and deleted; what is asked of it is answered, no more."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from companies.models import Company, Customer
from tenants.models import Keyword, Phrase
from tenants.scope import acting_for
from tests.api.client import Crm, fields_of
from tests.cast import Cast
from tickets.models import Comment, Ticket
from voicebot_site.api.schema import Generator

#: What one can add, and change of it.
NEW: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "companies": ({"name": "Boulangerie", "external_id": "F-1"}, {"name": "Boulangerie Martin"}),
    "customers": ({"phone_number": "06 99 88 77 66", "last_name": "DURAND"}, {"email": "d@example.com"}),
    "tickets": ({"client_name": "Jeanne", "problem_type": "internet"}, {"status": "resolved"}),
    "phrases": ({"key": "goodbye", "language": "fr", "text": "Au revoir."}, {"text": "À bientôt."}),
    "keywords": ({"kind": "hearing", "text": "Wipple", "boost": 3}, {"boost": 1}),
}


@pytest.mark.parametrize("resource", NEW)
def test_a_row_is_created_shown_changed_and_deleted(cast: Cast, crm: Crm, resource: str) -> None:
    new, change = NEW[resource]
    created = crm.post(resource, new)
    assert created.status_code == 201, created.content
    row = created.json()
    path = f"{resource}/{row['id']}"
    assert created["Location"].endswith(f"/api/v1/{path}")
    assert created["ETag"] == row["etag"]
    assert crm.get(path).json() == row
    assert row.get("created_at", "") <= row["updated_at"]
    changed = crm.patch(path, change, If_Match=row["etag"])
    assert changed.status_code == 200, changed.content
    assert changed.json()["etag"] == changed["ETag"] != row["etag"]
    assert crm.get(path).json() == changed.json() == {**row, **change, **_of_change(changed.json())}
    assert row["id"] in {each["id"] for each in crm.all(resource)}
    assert crm.send("DELETE", path, If_Match=changed["ETag"]).status_code == 204
    assert crm.get(path).status_code == 404
    gone = {(each["resource"], each["object_id"]) for each in crm.all("deletions")}
    assert (resource, str(row["id"])) in gone


def _of_change(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("updated_at", "etag")}


def test_a_number_has_one_form_whoever_writes_it(cast: Cast, crm: Crm) -> None:
    answer = crm.post("customers", {"phone_number": "06.11.22.33.44"})
    assert answer.json()["phone_number"] == "+33611223344"
    assert len(crm.all("customers", phone_number="0611223344")) == 1


@pytest.mark.parametrize(
    ("resource", "row", "field"),
    [
        ("customers", {"phone_number": "hello"}, "phone_number"),
        ("customers", {}, "phone_number"),
        ("customers", {"phone_number": "+33611223344", "email": "no"}, "email"),
        ("customers", {"phone_number": "+33611223344", "company": 999999}, "company"),
        ("customers", {"phone_number": "+33611223344", "company": 2**70}, "company"),
        ("companies", {"name": ""}, "name"),
        ("tickets", {"status": "lost"}, "status"),
        ("tickets", {"problem_type": "nothing"}, "problem_type"),
        ("tickets", {"assigned_to": "outsider"}, "assigned_to"),
        ("phrases", {"key": "unheard_of", "language": "fr", "text": "x"}, ""),
        ("phrases", {"key": "goodbye", "language": "fr", "text": "{unknown}"}, "text"),
        ("phrases", {"key": "greet", "language": "fr", "text": "Bonjour, ici Sophie."}, "text"),
        ("keywords", {"kind": "problem", "text": "box"}, "problem_type"),
    ],
)
def test_a_row_that_is_wrong_names_the_field(
    cast: Cast, crm: Crm, resource: str, row: dict[str, Any], field: str
) -> None:
    answer = crm.post(resource, row)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert fields_of(answer) == [field]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("customers", {"phone_number": "+33699999993", "company_external_id": "K1"}, "company_external_id"),
        ("tickets", {"description": "d", "discription": "e"}, "discription"),
        ("companies", {"name": "X", "tenant": 2}, "tenant"),
        ("phrases", {**NEW["phrases"][0], "draft": "x"}, "draft"),
        ("keywords", {**NEW["keywords"][0], "weight": 2}, "weight"),
        ("companies/bulk", {"rows": [{"name": "X"}], "mode": "replace"}, "mode"),
        ("tickets/{ticket}/comments", {"text": "x", "is_public": True}, "is_public"),
        ("calls/announce", {"uuid": str(uuid4()), "phone_number": "0612345678"}, "phone_number"),
    ],
)
def test_a_field_that_does_not_exist_is_told(cast: Cast, crm: Crm, path: str, body: dict[str, Any], field: str) -> None:
    answer = crm.post(path.format(ticket=cast.alpha.ticket.pk), body)
    assert (answer.status_code, fields_of(answer)) == (400, [field])
    if path in NEW:
        row = f"{path}/{getattr(cast.alpha, {'companies': 'company'}.get(path, path.removesuffix('s'))).pk}"
        assert fields_of(crm.patch(row, {field: "x"}, If_Match="*")) == [field]


@pytest.mark.parametrize("resource", NEW)
def test_a_row_may_be_sent_back_as_it_was_shown(cast: Cast, crm: Crm, resource: str) -> None:
    path = f"{resource}/{getattr(cast.alpha, {'companies': 'company'}.get(resource, resource.removesuffix('s'))).pk}"
    shown = crm.get(path, **({"expand": "company"} if resource in ("customers", "tickets") else {})).json()
    answer = crm.patch(path, shown, If_Match=shown["etag"])
    assert (answer.status_code, answer["ETag"]) == (200, shown["etag"])


@pytest.mark.parametrize(
    ("resource", "fields", "said"),
    [
        ("customers", ["phone_number"], "Customer with this Telephone already exists."),
        ("customers", ["external_id"], "This identifier is another's already."),
        ("companies", ["name"], "There is “Boulangerie” already."),
        ("companies", ["external_id"], "This identifier is another's already."),
        ("phrases", ["key", "language"], "Phrase with this Key and Language already exists."),
        ("keywords", ["kind", "text"], "Keyword with this Use and Word or words already exists."),
    ],
)
def test_a_row_that_is_there_already_is_named(
    cast: Cast, crm: Crm, resource: str, fields: list[str], said: str
) -> None:
    row = crm.post(resource, NEW[resource][0] | ({"external_id": "E-1"} if "external_id" in fields else {})).json()
    other = {"customers": {"phone_number": "0655443322"}, "companies": {"name": "Other"}}.get(resource, {})
    double = {**NEW[resource][0], **other, **{field: row[field] for field in fields}}
    refused = [crm.post(resource, double)]
    if resource in ("customers", "companies"):
        one = getattr(cast.alpha, {"companies": "company", "customers": "customer"}[resource]).pk
        refused.append(crm.patch(f"{resource}/{one}", {field: row[field] for field in fields}, If_Match="*"))
    for answer in refused:
        told = answer.json()
        assert (answer.status_code, told["type"], told["id"]) == (409, "urn:voicebot:problem:exists", row["id"])
        assert (fields_of(answer), told["detail"].lower()) == (fields, said.lower())


def test_the_key_of_a_phrase_stays(cast: Cast, crm: Crm) -> None:
    path = f"phrases/{cast.alpha.phrase.pk}"
    answer = crm.patch(path, {"key": "goodbye"}, If_Match="*")
    assert (answer.status_code, fields_of(answer)) == (400, ["key"])
    assert crm.patch(path, {"key": "welcome", "text": "Bonjour."}, If_Match="*").status_code == 200


def test_only_the_fields_that_are_asked_for_are_sent(cast: Cast, crm: Crm) -> None:
    assert crm.get("customers", fields="id, phone_number").json()["results"] == [
        {"id": cast.alpha.customer.pk, "phone_number": "+33612345678"}
    ]
    answer = crm.get("customers", fields="id,colour")
    assert (answer.status_code, fields_of(answer)) == (400, ["fields"])


def test_referred_rows_come_along_when_asked_for(cast: Cast, crm: Crm) -> None:
    house = cast.alpha
    assert "expanded" not in crm.get(f"tickets/{house.ticket.pk}").json()
    shown = crm.get(f"tickets/{house.ticket.pk}", expand="call,customer,company,comments").json()
    assert shown["call"] == shown["expanded"]["call"]["uuid"] == str(house.call.uuid)
    assert shown["expanded"]["customer"]["last_name"] == "MARTIN-Alpha"
    assert shown["expanded"]["company"]["name"] == "Alpha Client"
    assert [comment["text"] for comment in shown["expanded"]["comments"]] == ["Alpha a été rappelé."]
    assert list(crm.get(f"tickets/{house.ticket.pk}", expand="company").json()["expanded"]) == ["company"]
    assert crm.get("tickets", expand="everything").status_code == 400


def test_a_page_of_many_rows_costs_no_more_queries_than_one_of_few(
    cast: Cast, crm: Crm, django_assert_max_num_queries: Any
) -> None:
    with acting_for(cast.alpha.tenant):
        for number in range(20):
            customer = Customer.objects.create(phone_number=f"+3361111{number:04}", company=cast.alpha.company)
            Comment.objects.create(ticket=Ticket.objects.create(customer=customer), text="x")
    crm.get("tickets")  # the key was used just now
    with django_assert_max_num_queries(4):
        assert len(crm.get("tickets", expand="call,customer,company,comments").json()["results"]) == 21


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("customers", {"external_id": "C-1"}, 1),
        ("customers", {"email": "P@EXAMPLE.COM"}, 1),
        ("customers", {"phone_number": "06 12 34 56 78"}, 1),
        ("customers", {"phone_number": "06 12 34 56 79"}, 0),
        ("companies", {"name": "alpha client"}, 1),
        ("companies", {"external_id": "nobody"}, 0),
        ("tickets", {"status": "open", "problem_type": "internet"}, 1),
        ("tickets", {"status": "resolved"}, 0),
        ("tickets", {"created_since": "2000-01-01T00:00:00Z"}, 1),
        ("tickets", {"created_before": "2000-01-01T00:00:00Z"}, 0),
        ("calls", {"status": "in_progress"}, 1),
        ("calls", {"started_before": "2000-01-01T00:00:00Z"}, 0),
        ("phrases", {"key": "welcome", "language": "fr"}, 1),
        ("keywords", {"kind": "problem"}, 1),
        ("keywords", {"problem_type": "phone"}, 0),
    ],
)
def test_lists_are_filtered(cast: Cast, crm: Crm, path: str, query: dict[str, str], found: int) -> None:
    with acting_for(cast.alpha.tenant):
        Customer.objects.update(external_id="C-1", email="p@example.com")
    assert len(crm.get(path, **query).json()["results"]) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "WzEsMiwzXQ"}, "cursor"),
        ({"company": "-1"}, "company"),
        ({"company": str(2**64)}, "company"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(cast: Cast, crm: Crm, query: dict[str, str], field: str) -> None:
    answer = crm.get("customers", **query)
    assert (answer.status_code, fields_of(answer)) == (400, [field])


@pytest.mark.parametrize("path", ["tickets?status=open&status=pending", "deletions?limit=1&limit=2", "roi?to=a&to=a"])
def test_no_parameter_is_given_twice(cast: Cast, crm: Crm, path: str) -> None:
    answer = crm.get(path)
    assert (answer.status_code, fields_of(answer)) == (400, [path.partition("?")[2].partition("=")[0]])


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
@pytest.mark.parametrize(
    ("resource", "row", "field"),
    [
        ("tickets", {"description": "x"}, "problem_type"),
        ("tickets", {"description": "x"}, "assigned_to"),
        ("tickets", {"description": "x"}, "status"),
        ("tickets", {"description": "x"}, "severity"),
        ("phrases", {"key": "goodbye", "text": "x"}, "language"),
        ("keywords", {"text": "x", "kind": "company"}, "problem_type"),
        ("keywords", {"text": "x"}, "kind"),
        ("customers", {"phone_number": "+33611223344"}, "last_name"),
    ],
)
def test_characters_that_are_none_are_told_where_they_stand(
    cast: Cast, crm: Crm, resource: str, row: dict[str, Any], field: str, text: str
) -> None:
    path = f"{resource}/{getattr(cast.alpha, resource.removesuffix('s')).pk}"
    for answer in (crm.post(resource, {**row, field: text}), crm.patch(path, {field: text}, If_Match="*")):
        assert (answer.status_code, fields_of(answer)) == (400, [field])


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_names_of_fields_that_are_none_are_answered_too(cast: Cast, crm: Crm, text: str) -> None:
    bodies: list[Any] = [{text: 1}, {"name": [{text: {}}]}]
    for body in bodies:
        assert crm.post("companies", body).status_code == 400
    answer = crm.post("companies/bulk", {"rows": [{"name": "X", text: "1"}]}, Idempotency_Key="k")
    assert list(answer.json()["results"][0]["errors"]) == [text.replace("\x00", "�").replace("\ud800", "�")]
    assert crm.post("calls/announce", {"uuid": text, "server": text, text: text}).status_code == 400


@pytest.mark.parametrize(
    "path", ["customers", "tickets", "calls", "companies", "phrases", "keywords", "deletions", "costs/summary", "roi"]
)
def test_no_parameter_holds_characters_that_are_none(cast: Cast, crm: Crm, path: str) -> None:
    description = Generator().get_schema(public=True)["paths"][f"/api/v1/{path}"]["get"]
    for parameter in description["parameters"]:
        answer = crm.get(path, **{parameter["name"]: "\x00"})
        assert (answer.status_code, fields_of(answer)) == (400, [parameter["name"]])


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_time_are_out_of_reach(cast: Cast, crm: Crm, moment: str) -> None:
    for path, name in (
        *(("customers", "updated_since"), ("deletions", "updated_since")),
        *(("tickets", "created_since"), ("tickets", "created_before"), ("calls", "started_before")),
    ):
        answer = crm.get(path, **{name: moment})
        assert (answer.status_code, fields_of(answer)) == (400, [name])
    for times in ((moment, "2026-11-20T13:00:00Z"), ("2026-11-20T13:00:00Z", moment)):
        written = json.dumps([times[0], 7, times[1]]).encode()
        answer = crm.get("customers", cursor=base64.urlsafe_b64encode(written).decode())
        assert (answer.status_code, fields_of(answer)) == (400, ["cursor"])


@pytest.mark.parametrize("path", ["costs/summary", "roi"])
@pytest.mark.parametrize(
    ("period", "field"),
    [
        ({"to": "0001-01-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "0001-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "from"),
    ],
)
def test_a_period_is_a_year_at_most(cast: Cast, crm: Crm, path: str, period: dict[str, str], field: str) -> None:
    answer = crm.get(path, **period)
    assert (answer.status_code, fields_of(answer)) == (400, [field])


@pytest.mark.parametrize("edge", ["1900-01-02", "2999-12-30"])
def test_what_is_in_reach_is_answered(cast: Cast, crm: Crm, edge: str) -> None:
    for path in ("costs/summary", "roi"):
        assert crm.get(path, **{"from": edge, "to": edge}).status_code == 200
    for offset in ("", "Z", "+14:00", "-14:00"):
        assert crm.get("customers", updated_since=f"{edge}T00:00:00{offset}").status_code == 200


def test_the_sign_of_an_offset_may_have_become_a_space(cast: Cast, crm: Crm) -> None:
    """As in an address it does: curl sends what it is given."""
    for offset in (" 01:00", " 0100", "+01:00", "Z"):
        answer = crm.get("customers", updated_since=f"2999-01-01T00:00:00.123456{offset}")
        assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert crm.get("customers", updated_since="2026-11-20 14:00").status_code == 200, "a day and a time"


def test_a_ticket_has_its_comments(cast: Cast, crm: Crm) -> None:
    path = f"tickets/{cast.alpha.ticket.pk}/comments"
    since = timezone.now()
    added = crm.post(path, {"text": "Rappelé."})
    assert (added.status_code, added.json()["author"]) == (201, None)
    assert [row["text"] for row in crm.get(path).json()["results"]] == ["Alpha a été rappelé.", "Rappelé."]
    assert [row["id"] for row in crm.get("tickets", updated_since=since.isoformat()).json()["results"]]
    assert fields_of(crm.post(path, {"text": ""})) == ["text"]


def test_the_number_of_a_ticket_is_written_in_any_form_and_answered_in_one(cast: Cast, crm: Crm) -> None:
    new = crm.post("tickets", {"phone_number": "06 37 17 03 07"}).json()
    assert new["phone_number"] == "+33637170307"
    path = f"tickets/{new['id']}"
    changed = crm.patch(path, {"phone_number": "0033 6 37 17 03 08"}, If_Match="*").json()
    assert changed["phone_number"] == "+33637170308"
    assert [row["id"] for row in crm.get("tickets", phone_number="0637170308").json()["results"]] == [new["id"]]
    assert crm.patch(path, {"phone_number": "204"}, If_Match="*").json()["phone_number"] == "204", "an extension"


def test_a_ticket_of_a_customer_has_what_is_known_of_them(cast: Cast, crm: Crm) -> None:
    customer = crm.patch(f"customers/{cast.alpha.customer.pk}", {"email": "p@example.com"}, If_Match="*").json()
    name = f"{customer['first_name']} {customer['last_name']}".strip()
    known = {"phone_number": "+33612345678", "client_name": name, "client_email": "p@example.com"}
    new = crm.post("tickets", {"customer": customer["id"]}).json()
    assert {name: new[name] for name in known} == known
    assert new["company"] == customer["company"] == cast.alpha.company.pk
    given = {"phone_number": "+33699887766", "client_name": "Jeanne", "client_email": "j@example.com"}
    new = crm.post("tickets", {"customer": customer["id"], **given}).json()
    assert {name: new[name] for name in known} == given


@pytest.mark.parametrize("body", [{}, {"status": "open", "tag": "box"}, {"description": "", "customer": None}])
def test_a_ticket_of_nobody_about_nothing_is_none(cast: Cast, crm: Crm, body: dict[str, Any]) -> None:
    answer = crm.post("tickets", body)
    assert (answer.status_code, fields_of(answer)) == (400, [""])


def test_a_ticket_goes_the_ways_that_people_may_take_it(cast: Cast, crm: Crm) -> None:
    assert fields_of(crm.post("tickets", {"client_name": "Jeanne", "status": "failed"})) == ["status"]
    new = crm.post("tickets", {"client_name": "Jeanne", "severity": "high"}).json()
    path = f"tickets/{new['id']}"

    def stored() -> Ticket:
        with acting_for(cast.alpha.tenant):
            return Ticket.objects.get(pk=new["id"])

    assert stored().due_at is not None
    assert fields_of(crm.patch(path, {"status": "transferred"}, If_Match="*")) == ["status"]
    assert crm.patch(path, {"status": "resolved", "tag": "box"}, If_Match="*").status_code == 200
    assert (stored().status, stored().tag, stored().resolved_at is None) == ("resolved", "box", False)
    assert crm.patch(path, {"status": "open"}, If_Match="*").status_code == 200
    assert (stored().resolved_at, stored().reopened_at is None) == (None, False)


def test_a_call_tells_what_was_said(cast: Cast, crm: Crm) -> None:
    house, path = cast.alpha, f"calls/{cast.alpha.call.uuid}"
    shown = crm.get(path, expand="turns,customer").json()
    assert (shown["customer"], shown["ticket"]) == (house.customer.pk, house.ticket.pk)
    assert (shown["problem_type"], shown["duration_seconds"], shown["has_recording"]) == ("internet", None, False)
    assert [turn["text"] for turn in shown["expanded"]["turns"]] == ["Bonjour Alpha, ma box clignote."]
    assert crm.get(f"{path}/turns").json()["results"] == shown["expanded"]["turns"]


def test_a_test_call_is_none(cast: Cast, crm: Crm) -> None:
    with acting_for(cast.alpha.tenant):
        cast.alpha.call.is_test = True
        cast.alpha.call.save()
    assert crm.get("calls").json()["results"] == []
    for path in ("", "/turns", "/recording"):
        assert crm.get(f"calls/{cast.alpha.call.uuid}{path}").status_code == 404


def test_a_recording_is_downloaded_whole_or_in_part(cast: Cast, crm: Crm, settings: Any) -> None:
    path = f"calls/{cast.alpha.call.uuid}/recording"
    assert crm.get(path).status_code == 404
    with acting_for(cast.alpha.tenant):
        cast.alpha.call.recording.name = "recordings/alpha.wav"
        cast.alpha.call.save()
    file = settings.MEDIA_ROOT / "recordings/alpha.wav"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"RIFF and so on")
    answer = crm.get(path)
    assert (answer["Content-Type"], b"".join(answer.streaming_content)) == ("audio/wav", b"RIFF and so on")
    part = Crm(cast.alpha, Range="bytes=0-3", Accept="audio/wav").get(path)
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"RIFF")


def test_what_was_spent_and_earned_is_told(cast: Cast, crm: Crm) -> None:
    assert crm.get("costs/summary").json()["total"]["cost_eur"] == "0.00030000"
    answer = crm.get("roi", **{"from": "2000-01-01", "to": "2000-01-31"}).json()
    assert (answer["total"]["calls"], answer["days"][0]["day"]) == (answer["days"][0]["calls"], "2000-01-01")
    assert fields_of(crm.get("roi", **{"from": "2026-02-02", "to": "2026-02-01"})) == ["from"]


# --- Keeping a copy -------------------------------------------------------------


def test_pages_lead_through_all_rows_once_even_when_many_changed_at_once(cast: Cast, crm: Crm) -> None:
    with acting_for(cast.alpha.tenant):
        Company.objects.bulk_create(Company(name=f"Company {number:03}") for number in range(30))
        Company.objects.update(updated_at=timezone.now())
    names = [row["name"] for row in crm.all("companies", limit=7)]
    assert len(names) == len(set(names)) == 31


def test_a_row_that_changes_between_two_pages_comes_again(cast: Cast, crm: Crm) -> None:
    with acting_for(cast.alpha.tenant):
        for number in range(4):
            Company.objects.create(name=f"Company {number}")
        first = crm.get("companies", limit=2).json()
        Company.objects.filter(name="Alpha Client").update(external_id="F-1")
    query = first["next"].partition("?")[2]
    rest = crm.get(f"companies?{query}").json()["results"]
    rest += crm.get(f"companies?{query.replace('limit=2', 'limit=200')}").json()["results"]
    assert "F-1" in {row["external_id"] for row in rest}


def test_what_changed_since_the_last_time_is_told_and_nothing_is_missed(cast: Cast, crm: Crm) -> None:
    long_ago = timezone.now() - timedelta(days=2)
    with acting_for(cast.alpha.tenant):
        Customer.objects.update(updated_at=long_ago)
        Company.objects.update(updated_at=long_ago)
    since = crm.get("customers").json()["synced_until"]
    assert crm.all("customers", updated_since=since) == []
    gone = str(cast.alpha.company.pk)
    with acting_for(cast.alpha.tenant):
        cast.alpha.company.delete()  # the customer loses it
    assert [row["company"] for row in crm.all("customers", updated_since=since)] == [None]
    assert [row["object_id"] for row in crm.all("deletions", updated_since=since, resource="companies")] == [gone]


def test_who_was_away_for_too_long_copies_everything_anew(cast: Cast, crm: Crm) -> None:
    answer = crm.get("deletions", updated_since=(timezone.now() - timedelta(days=91)).isoformat())
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:voicebot:problem:gone")


# --- Many at once ---------------------------------------------------------------


def test_good_rows_of_many_are_kept_whatever_becomes_of_the_others(cast: Cast, crm: Crm) -> None:
    rows = [
        {"external_id": "C-1", "phone_number": "0612345678"},
        {"external_id": "C-2", "phone_number": "0699887766", "company": "New"},
        {"external_id": "C-3", "phone_number": "nonsense"},
        {"external_id": "C-2", "phone_number": "0699887766"},
        {"phone_number": "\ud800"},
    ]
    answer = crm.post("customers/bulk", {"rows": rows})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    states = [(row["index"], row["state"], list(row["errors"])) for row in body["results"]]
    assert states == [
        (0, "updated", []),
        (1, "created", []),
        (2, "failed", ["phone_number"]),
        (3, "unchanged", []),
        (4, "failed", ["phone_number"]),
    ]
    assert (body["created"], body["updated"], body["unchanged"], body["failed"]) == (1, 1, 1, 2)
    assert body["results"][0]["id"] == cast.alpha.customer.pk
    companies = crm.post("companies/bulk", {"rows": [{"external_id": "F-2", "name": "new"}, {"nom": "x"}]}).json()
    assert [row["state"] for row in companies["results"]] == ["updated", "failed"]


def test_a_thousand_rows_are_taken_and_not_one_more(cast: Cast, crm: Crm) -> None:
    rows = [{"external_id": f"F-{number}", "name": f"Company {number}"} for number in range(1001)]
    refused = crm.post("companies/bulk", {"rows": rows})
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:voicebot:problem:too-large")
    assert crm.post("companies/bulk", {"rows": rows[:1000]}).json()["created"] == 1000


def test_nothing_of_the_phrases_and_keywords_is_left_to_chance(cast: Cast, crm: Crm) -> None:
    """A row that is deleted over the API is gone for calls as well."""
    crm.send("DELETE", f"phrases/{cast.alpha.phrase.pk}", If_Match="*")
    crm.send("DELETE", f"keywords/{cast.alpha.keyword.pk}", If_Match="*")
    with acting_for(cast.alpha.tenant):
        assert not Phrase.objects.exists()
        assert not Keyword.objects.exists()


def test_a_text_that_another_system_changed_can_be_restored(cast: Cast, crm: Crm) -> None:
    phrase = cast.alpha.phrase
    crm.patch(f"phrases/{phrase.pk}", {"text": "Bonjour du CRM."}, If_Match="*")
    with acting_for(cast.alpha.tenant):
        change = phrase.changes.first()
    assert change is not None
    assert (change.before, change.after, change.changed_by) == ("Bienvenue chez Alpha.", "Bonjour du CRM.", None)


@pytest.mark.parametrize("asked", ["0692123456", "+33692123456", "+262692123456"])
def test_an_overseas_number_is_found_in_whatever_form_it_was_stored(cast: Cast, crm: Crm, asked: str) -> None:
    with acting_for(cast.alpha.tenant):
        stored = Customer.objects.create(phone_number="+33692123456")
    found = crm.get("customers", phone_number=asked).json()["results"]
    assert [row["id"] for row in found] == [stored.pk]
