"""Traces and errors as a collector gets them, over real HTTP."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
import sentry_sdk
from django.conf import settings as django_settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pytest_django import Settings

from calls.models import Turn
from calls.scribe import Said
from monitoring import errors, logs, tracing
from providers.protocols import UsageReport

NUMBER, KEY = "+33 6 12 34 56 78", "sk-abcdefgh12345678"
CALL: Any = SimpleNamespace(uuid=uuid4(), tenant=SimpleNamespace(slug="alpha"))


class Receiver:
    """Takes what is posted; `url` is its address."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.came = Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver.came.set()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def converse() -> None:
    """A call of one turn and one request of 0.3 s to a language model."""
    trace = tracing.begin(CALL)
    assert trace is not None
    said = Said(speaker=Turn.Speaker.CALLER, text=f"mon numéro {NUMBER}", started_at=1.0, ended_at=2.5)
    trace.turn(said, "phone")
    began = time.monotonic() - 0.3
    trace.vendor(
        UsageReport(kind="llm", provider="groq", model="m", input_tokens=7, latency_seconds=0.1, began_at=began)
    )
    trace.vendor(UsageReport(kind="stt", provider="deepgram", model="n", audio_seconds=Decimal("1.5")))
    trace.end(status="failed", reason="error", error=f"ValueError: {NUMBER}\n{KEY}")


def test_a_call_is_one_trace_with_its_turns_and_requests(receiver: Receiver, settings: Settings) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = f"http://{receiver.url}/"
    settings.OTEL_EXPORTER_OTLP_HEADERS = ["authorization=Bearer abc="]
    tracing.start()
    try:
        converse()
    finally:
        tracing.stop()
    (path, headers, body) = receiver.posts[0]
    assert (path, headers["authorization"]) == ("/v1/traces", "Bearer abc=")
    told = ExportTraceServiceRequest.FromString(body)
    spans = {span.name: span for span in told.resource_spans[0].scope_spans[0].spans}
    assert set(spans) == {"call", "turn caller", "llm groq", "stt deepgram"}
    call = spans.pop("call")
    assert {(span.trace_id, span.parent_span_id) for span in spans.values()} == {(call.trace_id, call.span_id)}
    turn, request = spans["turn caller"], spans["llm groq"]
    assert turn.start_time_unix_nano - call.start_time_unix_nano == 1_000_000_000
    assert turn.end_time_unix_nano - turn.start_time_unix_nano == 1_500_000_000
    assert 0.3 <= (request.end_time_unix_nano - request.start_time_unix_nano) / 1e9 < 2
    attributes = {each.key: each.value for each in request.attributes}
    assert attributes["gen_ai.request.model"].string_value == "m"
    assert attributes["gen_ai.usage.input_tokens"].int_value == 7
    assert {each.key: each.value.string_value for each in call.attributes} == {
        "voicebot.call": str(CALL.uuid),
        "voicebot.tenant": "alpha",
        "voicebot.status": "failed",
        "voicebot.reason": "error",
    }
    assert call.status.message.startswith("ValueError: +•• ")
    for secret in (b"mon num", b"34 56", KEY.encode()):
        assert secret not in body


def test_a_collector_that_is_away_costs_a_call_nothing(settings: Settings) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:9"
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    tracing.start()
    try:
        began = time.thread_time()
        for _ in range(500):
            converse()
        assert (time.thread_time() - began) / 500 < 0.005  # four spans; a frame has 0.02
    finally:
        provider, tracing._provider = tracing._provider, None
        assert provider is not None
        provider._active_span_processor._span_processors[0]._batch_processor._shutdown = True  # type: ignore[attr-defined]


def test_nothing_is_made_or_imported_when_nobody_traces() -> None:
    assert tracing.begin(CALL) is None
    code = (
        "import sys, django; django.setup(); import voicebot_site.asgi; "
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'sentry_sdk'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "voicebot_site.settings", "DATA_DIR": str(django_settings.DATA_DIR)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.fixture
def sentry(receiver: Receiver, settings: Settings) -> Iterator[Callable[[], dict[str, Any]]]:
    """What Sentry got of one event, once it came."""
    settings.SENTRY_DSN = f"http://public@{receiver.url}/1"

    def event() -> dict[str, Any]:
        sentry_sdk.flush(5)
        assert receiver.came.wait(5)
        found: dict[str, Any] = json.loads(receiver.posts[0][2].split(b"\n")[2])
        return found

    errors.start()
    yield event
    sentry_sdk.get_client().close(timeout=1)
    sentry_sdk.get_global_scope().set_client(None)


def test_an_error_reaches_sentry_without_what_is_secret(sentry: Callable[[], dict[str, Any]]) -> None:
    said = f"appelez le {NUMBER}"
    token = logs.current_call.set("0f8fad5b-d9cb-469f-a165-70867728950e")
    try:
        logs.conversation.warning("%s %s", logs.CALLER, said)
        logging.getLogger("calls").warning("called by %s", NUMBER)
        raise ValueError(f"{KEY} at {NUMBER}")
    except ValueError:
        logging.getLogger("calls").exception("call of %s failed", NUMBER)
    finally:
        logs.current_call.reset(token)
    event = sentry()
    text = json.dumps(event, ensure_ascii=False)
    for secret in ("12 34 56", KEY, "appelez"):
        assert secret not in text.replace("appelez le {NUMBER}", "")  # the line of this test
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["exception"]["values"][0]["value"].startswith("*** at +•• ")
    assert event["tags"]["call"] == "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert not {"user", "request", "server_name"} & event.keys()
    assert all("vars" not in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"])


def test_of_a_request_only_its_method_leaves() -> None:
    event = {"request": {"method": "POST", "url": f"/x?phone={NUMBER}", "data": {"a": KEY}}, "user": {"id": 1}}
    assert cast(dict[str, Any], errors.scrubbed(event, {}))["request"] == {"method": "POST"}
