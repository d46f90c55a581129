"""Alpha's key reaches nothing of Bravo, on any route, whatever ids it names.

The routes are those of the description: one that nobody thought about is tried as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from calls.models import Call
from tenants.models import Membership
from tenants.scope import EVERYONE, TenantModel, acting_for
from tests.admin.pages import text
from tests.api.client import Crm, address
from tests.cast import Cast, House, person
from voicebot_site.api.schema import Generator

METHODS = ("get", "post", "patch", "delete")


DESCRIPTION: dict[str, Any] = Generator().get_schema(public=True)


def routes() -> Iterator[tuple[str, str]]:
    for path, item in DESCRIPTION["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path.removeprefix("/api/v1/")


ROUTES = list(routes())
ROWS = [route for route in ROUTES if "{" in route[1]]


def of(house: House, path: str) -> str:
    """`path` with the house's own row in place of its parameter."""
    resource = path.partition("/")[0]
    row = getattr(house, {"companies": "company"}.get(resource, resource.removesuffix("s")))
    for name in ("id", "uuid", "call_uuid"):
        path = path.replace(f"{{{name}}}", str(getattr(row, name, "") or getattr(row, "uuid", "")))
    assert "{" not in path
    return path


def fields(method: str, path: str) -> set[str]:
    """What a body of the route may hold."""
    content = DESCRIPTION["paths"][f"/api/v1/{path}"][method.lower()].get("requestBody", {}).get("content", {})
    names = {each["schema"]["$ref"].rpartition("/")[2] for each in content.values()}
    return {field for name in names for field in DESCRIPTION["components"]["schemas"][name]["properties"]}


def body_of(house: House, method: str, path: str) -> dict[str, Any]:
    return {name: value for name, value in bodies(house).items() if name in fields(method, path)}


def bodies(house: House) -> dict[str, Any]:
    """What Alpha would write of Bravo's rows: references and identifiers, forged."""
    refers = {"company": house.company.pk, "customer": house.customer.pk, "text": "taken", "name": "taken"}
    return {**refers, "uuid": str(house.call.uuid), "rows": [{"external_id": house.customer.external_id or "C-1"}]}


def stored(house: House) -> list[dict[str, Any]]:
    with acting_for(EVERYONE):
        return [
            {field.attname: getattr(fresh, field.attname) for field in fresh._meta.concrete_fields}
            for row in house.rows
            for fresh in [type(row)._base_manager.get(pk=row.pk)]
        ]


def count(house: House) -> int:
    with acting_for(house.tenant):
        return sum(model._default_manager.count() for model in {type(row) for row in house.rows})


def assert_silent(answer: Any, where: str) -> None:
    body = text(answer).lower()
    for secret in ("bravo", "33687654321", "198.51.100.7", "outsider"):
        assert secret not in body, f"{where} tells {secret!r}: {body[:300]}"


def test_the_routes_are_found() -> None:
    assert {("GET", "customers"), ("PATCH", "tickets/{id}"), ("GET", "calls/{call_uuid}/recording")} <= set(ROUTES)
    assert len(ROWS) >= 20


def test_no_route_tells_or_changes_anything_of_another_company(cast: Cast, crm: Crm) -> None:
    with acting_for(cast.bravo.tenant):
        cast.bravo.call.recording.name = "recordings/bravo.wav"
        cast.bravo.call.save()
    before, rows = stored(cast.bravo), count(cast.bravo)
    for method, path in ROUTES:
        here = of(cast.bravo, path) if "{" in path else path
        answer = crm.send(
            method, here, body_of(cast.bravo, method, path) if method in ("POST", "PATCH") else None, If_Match="*"
        )
        assert answer.status_code in {200, 201, 204, 400, 401, 404, 409}, f"{method} {here}: {answer.content!r}"
        assert_silent(answer, f"{method} {here}")
        assert stored(cast.bravo) == before, f"{method} {here}"
        assert count(cast.bravo) == rows, f"{method} {here}"


def test_a_foreign_row_answers_like_an_absent_one(cast: Cast, crm: Crm) -> None:
    for method, path in ROWS:
        foreign, absent = of(cast.bravo, path), of(cast.bravo, path).replace(f"/{_pk(cast.bravo, path)}", "/999999")
        if "calls/" in path:
            absent = foreign.replace(str(cast.bravo.call.uuid), "00000000-0000-4000-8000-000000000000")
        body = body_of(cast.alpha, method, path) if method in ("POST", "PATCH") else None
        answers = [crm.send(method, each, body, If_Match="*") for each in (foreign, absent)]
        assert [answer.status_code for answer in answers] in ([404, 404], [401, 401]), f"{method} {foreign}"
        assert answers[0].json() == answers[1].json()


def _pk(house: House, path: str) -> str:
    return of(house, path).split("/")[1]


#: The list of routes, and sums.
OPEN = {"", "costs/summary"}


def test_staff_outside_any_company_are_refused_every_route(cast: Cast, login: Callable[[User], Client]) -> None:
    client = login(cast.staff)
    for method, path in ROUTES:
        answer = client.generic(method, address(of(cast.bravo, path) if "{" in path else path))
        assert path in OPEN or answer.status_code in {401, 403}, f"{method} {path}: {answer.content!r}"


def test_a_viewer_s_session_reads_no_number_on_any_route(cast: Cast, login: Callable[[User], Client]) -> None:
    client = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER))
    with acting_for(cast.alpha.tenant):
        Call.objects.update(data={"callback": cast.alpha.customer.phone_number})
    seen = 0
    for path in [path for method, path in ROUTES if method == "GET"]:
        answer = client.get(address(of(cast.alpha, path) if "{" in path else path))
        body = text(answer)
        assert cast.alpha.customer.phone_number.lstrip("+") not in body, path
        seen += "••" in body
    assert seen >= 6
    for resource in ("customers", "tickets", "calls"):
        for query in ({"phone_number": cast.alpha.customer.phone_number}, {"email": "a@alpha.example"}):
            answer = client.get(address(resource), query)
            assert answer.status_code == 400, f"{resource} by {query}"


def test_no_filter_finds_a_foreign_row(cast: Cast, crm: Crm) -> None:
    house = cast.bravo
    for query in (
        {"customer": house.customer.pk},
        {"company": house.company.pk},
        {"call": house.call.uuid},
        {"phone_number": "+33687654321"},
        {"external_id": "Bravo-0"},
    ):
        for resource in ("customers", "companies", "tickets", "calls", "deletions"):
            answer = crm.get(resource, **query)
            assert answer.status_code == 400 or answer.json()["results"] == [], f"{resource} {query}"


@pytest.mark.parametrize(("path", "field"), [("customers", "company"), ("tickets", "company"), ("tickets", "customer")])
def test_a_forged_reference_is_refused(cast: Cast, crm: Crm, path: str, field: str) -> None:
    foreign: TenantModel = getattr(cast.bravo, field)
    body = {"phone_number": "+33699999999", field: foreign.pk}
    assert body.keys() <= fields("POST", path)
    assert crm.post(path, body).json()["errors"][0]["field"] == field


def test_a_cursor_of_another_company_s_page_shows_the_own_rows(cast: Cast, crm: Crm) -> None:
    bravo = Crm(cast.bravo)
    for number in range(2):
        bravo.post("companies", {"name": f"Bravo {number}"})
    query = bravo.get("companies", limit=1).json()["next"].partition("?")[2]
    assert_silent(crm.get(f"companies?{query}"), "a foreign cursor")


def test_an_idempotency_key_of_another_company_tells_nothing(cast: Cast, crm: Crm) -> None:
    Crm(cast.bravo).post("companies", {"name": "Bravo 2"}, Idempotency_Key="k")
    answer = crm.post("companies", {"name": "Bravo 2"}, Idempotency_Key="k")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer
