"""The description is what the API does: its own rules hold, and thousands of odd requests find no gap in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.cast import Cast, secret_of
from voicebot_site.api.schema import Generator

# Imported where they are used: schemathesis and the validator take seconds, in each process that collects this file.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "4"))


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Of the test's transaction: a server would close it around each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return json.loads(json.dumps(Generator().get_schema(public=True), default=str))  # type: ignore[no-any-return]


def test_the_description_is_openapi_3_1(client: Client, db: None) -> None:
    from drf_spectacular.validation import validate_schema

    answer = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    described = json.loads(answer.content)
    assert described["openapi"] == "3.1.0"
    validate_schema(described)


def test_the_description_is_made_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS

    with GENERATOR_STATS.silence():
        Generator().get_schema(public=True)
        assert not GENERATOR_STATS


def test_every_operation_is_told_with_its_errors(description: dict[str, Any]) -> None:
    names = []
    for path, item in description["paths"].items():
        for method, operation in item.items():
            names.append(operation["operationId"])
            assert operation.get("summary") or path == "/api/v1/", path
            if operation["tags"] == ["api"]:
                continue
            assert {"400", "401", "403", "429"} <= operation["responses"].keys(), path
            if "{" in path:
                assert "404" in operation["responses"]
            if method in ("post", "patch", "delete"):
                assert {"409", "413", "415", "422"} <= operation["responses"].keys()
    assert len(names) == len(set(names))
    assert len(names) >= 35


@pytest.mark.timeout(240)  # all of it is work for the processor: a busy machine takes its time
@pytest.mark.usefixtures("_one_connection")
def test_odd_requests_find_no_error_of_ours_and_no_answer_that_is_not_told(
    cast: Cast, description: dict[str, Any], settings: Settings
) -> None:
    import schemathesis
    from schemathesis import GenerationMode, checks
    from schemathesis.specs.openapi import checks as openapi_checks

    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    told = [
        checks.not_a_server_error,
        openapi_checks.status_code_conformance,
        openapi_checks.content_type_conformance,
        openapi_checks.response_headers_conformance,
        openapi_checks.response_schema_conformance,
        openapi_checks.unsupported_method,
    ]
    application = get_wsgi_application()
    schema = schemathesis.openapi.from_dict(description)
    schema.app = application
    headers = {"Authorization": f"Bearer {secret_of('Alpha')}", "If-Match": "*"}
    house = cast.alpha
    own = {
        "companies": house.company.pk,
        "customers": house.customer.pk,
        "tickets": house.ticket.pk,
        "phrases": house.phrase.pk,
        "keywords": house.keyword.pk,
        "calls": str(house.call.uuid),
    }
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @seed(1)
        @hypothesis_settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
        def ask(case: Any) -> None:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = own[case.path.split("/")[3]]  # ids that are none are tried elsewhere
            case.call_and_validate(headers=headers, checks=told)

        ask()
    cache.clear()
