"""What a log tells, and what it never tells."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from monitoring import logs
from monitoring.logs import JsonFormatter, TerminalFormatter, masked
from tenants.models import ApiKey, Membership
from tenants.scope import EVERYONE, acting_for
from tests.api.client import Crm
from tests.cast import Cast, person


@contextmanager
def logger(formatter: logging.Formatter) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    found = logging.getLogger(f"tests.{uuid.uuid4()}")
    found.addHandler(handler)
    found.propagate = False
    found.setLevel(logging.DEBUG)
    yield found, stream


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call from +33612345678", "call from +•••••••••78"),
        ("call from +33 6 12 34 56 78.", "call from +•• • •• •• •• 78."),
        ("call from 06.12.34.56.78", "call from ••.••.••.••.78"),
        ("call from 0612345678, again", "call from ••••••••78, again"),
        ("call from 0033612345678", "call from •••••••••••78"),
        ("rappelez-moi au 06 12 34 56 78 demain", "rappelez-moi au •• •• •• •• 78 demain"),
        ("ELEVENLABS_API_KEY=abcdef123", "ELEVENLABS_API_KEY=***"),
        ('{"api_key": "abcdef123", "model": "m"}', '{"api_key": "***", "model": "m"}'),
        ("Authorization: Bearer abc.def-ghi", "Authorization: ***"),
        ("sent Bearer abc.def-ghi", "sent Bearer ***"),
        ("Incorrect API key provided: sk-proj-abcdefgh12", "Incorrect API key provided: ***"),
        ("the key vbk_Zm9vYmFyYmF6cXV4 is unknown", "the key *** is unknown"),
        ("postgres://voicebot:hunter2@db:5432/voicebot", "postgres://voicebot:***@db:5432/voicebot"),
        ("https://hooks.example/x?token=abcdef&a=1", "https://hooks.example/x?token=***&a=1"),
        ("Token " + "0a" * 20 + " is invalid", "Token *** is invalid"),
        ("password is wrong", "password is wrong"),
        # What must stay readable.
        ("call 0f8fad5b-d9cb-469f-a165-70867728950e from 192.168.101.102:51234", None),
        ("at 2026-11-20 15:47:24.256831 it took 0.123456789012 s", None),
        ("2026-11-20T14:47:24Z worker 3 (pid 123456) is ready, 12345678 bytes", None),
        ("12 of 1234.56 €", None),
    ],
)
def test_secrets_and_numbers_are_masked_and_nothing_else(text: str, shown: str | None) -> None:
    assert masked(text) == (text if shown is None else shown)


def test_the_platforms_own_secrets_are_masked_wherever_they_stand(settings: Settings) -> None:
    settings.METRICS_TOKEN = "plain-words-as-token"
    settings.VENDORS["groq"]["api_key"] = "q7Zx81mN"
    assert masked("the vendor said: q7Zx81mN is wrong; plain-words-as-token") == "the vendor said: *** is wrong; ***"


INJECTIONS = [
    "ok\n2026-11-20 12:00:00 ERROR calls: all is lost",
    "ok\r\nfake",
    "ok\x1b[2J\x1b[31mred",
    "ok\u2028fake\u202egnirts",
    "ok\x00\x85fake",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("formatter", [JsonFormatter(), TerminalFormatter()], ids=["json", "terminal"])
def test_nothing_from_outside_looks_like_a_line_of_its_own(formatter: logging.Formatter, text: str) -> None:
    with logger(formatter) as (log, stream):
        log.warning("the caller said %s", text)
        written = stream.getvalue()
    assert len(written.splitlines()) == 1
    assert not any(ord(character) < 32 for character in written.removesuffix("\n"))
    assert "\u202e" not in written


@pytest.mark.parametrize("text", INJECTIONS)
def test_nor_does_an_exception(text: str) -> None:
    with logger(TerminalFormatter()) as (log, stream):
        try:
            raise ValueError(f"{text} api_key=abcdef123 +33612345678")
        except ValueError:
            log.exception("it failed")
        first, *trace = stream.getvalue().splitlines()
    assert "it failed" in first
    assert all(line.startswith("    | ") for line in trace)
    assert "abcdef123" not in "".join(trace)
    assert "33612345678" not in "".join(trace)
    with logger(JsonFormatter()) as (log, stream):
        log.error("it failed", exc_info=ValueError(text))
        assert "ValueError" in json.loads(stream.getvalue())["exception"]


@pytest.mark.django_db
def test_a_line_says_which_call_and_which_company_it_is_about(cast: Cast) -> None:
    call = str(uuid.uuid4())
    token = logs.current_call.set(call)
    try:
        with acting_for(cast.alpha.tenant), logger(JsonFormatter()) as (log, stream):
            log.info("hello %d", 5)
            line = json.loads(stream.getvalue())
        with acting_for(cast.alpha.tenant), logger(TerminalFormatter()) as (log, stream):
            log.info("hello")
            assert f"[{cast.alpha.tenant.slug} {call[:8]}]" in stream.getvalue()
    finally:
        logs.current_call.reset(token)
    assert (line["message"], line["call"], line["tenant"], line["level"]) == (
        "hello 5",
        call,
        cast.alpha.tenant.slug,
        "INFO",
    )
    for scope in (None, EVERYONE):
        with logger(JsonFormatter()) as (log, stream):
            if scope is None:
                log.info("nobody")
            else:
                with acting_for(scope):
                    log.info("everyone")
            assert not {"call", "tenant"} & json.loads(stream.getvalue()).keys()


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """What Django's own lines about requests become."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    django = logging.getLogger("django.request")
    django.addHandler(handler)
    yield stream
    django.removeHandler(handler)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "companies?colour=1", 400), ("GET", "roi", 403), ("GET", "companies/999", 404), ("PATCH", "x", 404)],
)
def test_a_request_that_is_refused_is_told_with_its_company_and_key(
    cast: Cast, told: io.StringIO, method: str, path: str, status: int
) -> None:
    with acting_for(cast.alpha.tenant):
        ApiKey.objects.update(name="CRM\nof 0612345678", scopes=["companies:read"])
    assert Crm(cast.alpha).send(method, path).status_code == status
    line = json.loads(told.getvalue())
    assert (line["tenant"], line["api_key"]) == ("alpha", "CRM\\nof ••••••••78")


def test_whoever_is_nobody_is_told_without(told: io.StringIO, client: Client, db: None) -> None:
    client.get("/api/v1/companies")
    assert {"tenant", "api_key"}.isdisjoint(json.loads(told.getvalue()))


def test_a_page_that_is_refused_is_a_line_and_an_error_of_ours_a_traceback(
    cast: Cast, told: io.StringIO, login: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = login(person("agent", cast.alpha.tenant, Membership.Role.AGENT))
    assert client.get("/admin/tenants/apikey/").status_code == 403
    line = json.loads(told.getvalue())
    assert (line["tenant"], "exception" in line) == ("alpha", False)

    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ApiKey, "find", broken)
    crm = Crm(cast.alpha)
    crm._client.raise_request_exception = False
    assert crm.get("companies").status_code == 500
    assert "ZeroDivisionError" in json.loads(told.getvalue().splitlines()[-1])["exception"]


def test_a_conversation_can_be_followed_in_a_terminal() -> None:
    record = logging.LogRecord(logs.conversation.name, logging.INFO, "", 0, "%s %s", (logs.CALLER, "Bonjour !"), None)
    assert TerminalFormatter().format(record).endswith(" 👤 Bonjour !")
