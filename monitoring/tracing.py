"""Traces for OpenTelemetry: one for each call, in it a span for each turn and each vendor request.

Off, and not even imported, unless OTEL_EXPORTER_OTLP_ENDPOINT is set. A span is made when
what it is about is over, from times that were taken anyway: a few µs in the event loop,
and a place in a bounded queue. A thread sends; what it cannot send in time is lost.
No span has a word that somebody said, a number or a name.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from monitoring import logs

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from calls.models import Call
    from calls.scribe import Said
    from providers.protocols import UsageReport

#: The collector that is away: a worker's end must not wait for it for long.
SEND_SECONDS: Final = 5.0
_SECOND: Final = 1_000_000_000  # spans count ns

_provider: TracerProvider | None = None


def start() -> None:
    """Get ready to trace, once in a process, if that is wanted. The imports take 0.3 s: not in a call.

    Raises ImproperlyConfigured without the extra `opentelemetry`.
    """
    global _provider
    if _provider is not None or not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    from django.core.exceptions import ImproperlyConfigured

    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: install voicebot[opentelemetry]."
        ) from error
    exporter = OTLPSpanExporter(
        endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces",
        headers=dict(pair.split("=", 1) for pair in settings.OTEL_EXPORTER_OTLP_HEADERS),
        timeout=SEND_SECONDS,
    )
    _provider = TracerProvider(resource=Resource.create({"service.name": "voicebot"}))
    _provider.add_span_processor(BatchSpanProcessor(exporter))


def stop() -> None:
    """Send what waits, and trace no more."""
    global _provider
    if _provider is not None:
        _provider.shutdown()
        _provider = None


def begin(call: Call) -> CallTrace | None:
    """The trace of a call that begins now; None where nobody traces."""
    return CallTrace(_provider, call) if _provider is not None else None


class CallTrace:
    def __init__(self, provider: TracerProvider, call: Call) -> None:
        from opentelemetry.trace import set_span_in_context

        self._tracer = provider.get_tracer("voicebot")
        self._began = time.time_ns()
        self._epoch = self._began - time.monotonic_ns()  # the wall clock may be set during a call
        self._call = self._tracer.start_span(
            "call",
            start_time=self._began,
            attributes={"voicebot.call": str(call.uuid), "voicebot.tenant": call.tenant.slug},
        )
        self._context = set_span_in_context(self._call)

    def turn(self, said: Said, scene: str) -> None:
        self._add(
            f"turn {said.speaker}",
            self._began + int(said.started_at * _SECOND),
            self._began + int(said.ended_at * _SECOND),
            {
                "voicebot.scene": scene,
                "voicebot.phrase": said.phrase,
                "voicebot.interrupted": said.was_interrupted,
                "voicebot.response_seconds": said.response_seconds,
                "voicebot.text_to_speech_seconds": said.text_to_speech_seconds,
                "voicebot.characters": len(said.text),
            },
        )

    def vendor(self, report: UsageReport) -> None:
        """A request to a vendor that has just ended."""
        now = time.monotonic()
        self._add(
            f"{report.kind} {report.provider}",
            self._epoch + int((report.began_at if report.began_at is not None else now) * _SECOND),
            self._epoch + int(now * _SECOND),
            {
                "gen_ai.provider.name": report.provider,
                "gen_ai.request.model": report.model,
                "gen_ai.usage.input_tokens": report.input_tokens or None,
                "gen_ai.usage.output_tokens": report.output_tokens or None,
                "voicebot.request": report.request_id,
                "voicebot.characters": report.characters or None,
                "voicebot.audio_seconds": float(report.audio_seconds) or None,
                "voicebot.first_answer_seconds": report.latency_seconds,
            },
        )

    def end(self, *, status: str, reason: str, error: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        self._call.set_attributes({"voicebot.status": status, "voicebot.reason": reason})
        if error:
            self._call.set_status(Status(StatusCode.ERROR, logs.neutral(logs.masked(error))))
        self._call.end()

    def _add(self, name: str, begin: int, end: int, attributes: dict[str, Any]) -> None:
        known = {key: value for key, value in attributes.items() if value not in (None, "")}
        span = self._tracer.start_span(name, context=self._context, start_time=begin, attributes=known)
        span.end(end_time=max(begin, end))
