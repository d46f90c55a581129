"""Writes down what a vendor call used and what it cost."""

from __future__ import annotations

import logging
import time
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from prometheus_client import Histogram

from calls import spending
from calls.models import Call, Usage
from monitoring import metrics
from providers.prices import PriceBook, billing_day, cost_eur
from providers.protocols import Choice, UsageReport

logger = logging.getLogger(__name__)

PRICES_SECONDS = 60.0  # how long a price list is used before it is read again


def record(report: UsageReport, *, call: Call | None) -> Usage:
    """Store a usage with its cost, in the tenant's scope and a database thread.

    Without a price the cost is empty, and that is logged and counted, never zero.
    """
    usage = _store(report, call)
    _count(usage)  # what is not stored is tried again
    return usage


@transaction.atomic
def _store(report: UsageReport, call: Call | None) -> Usage:
    now = timezone.now()
    day = billing_day(now)
    usage = Usage(
        call=call,
        kind=report.kind,
        provider=report.provider,
        model=report.model,
        request_id=report.request_id[:100],
        audio_seconds=report.audio_seconds.quantize(Decimal("0.001")),
        characters=report.characters,
        credits=report.credits,
        input_tokens=report.input_tokens,
        output_tokens=report.output_tokens,
        cached_tokens=report.cached_tokens,
        reasoning_tokens=report.reasoning_tokens,
        latency_seconds=report.latency_seconds,
        is_estimated=report.estimated,
        created_at=now,
    )
    # Of what is stored, so that pricing the row again comes to the same.
    usage.cost_eur = cost_eur(usage, _prices_of(day))
    usage.save(force_insert=True)
    if usage.cost_eur:
        spending.add(day, usage.cost_eur)
    return usage


def _count(usage: Usage) -> None:
    """Tell Prometheus: by vendor, and by the names that the vendors of old had."""
    vendor = (usage.provider, usage.model)
    metrics.vendor_requests.labels(usage.kind, *vendor).inc()
    if usage.cost_eur is None:
        metrics.unpriced_usage.labels(*vendor).inc()
        logger.warning("no price for %s %s: its cost is unknown", *vendor)
    else:
        metrics.vendor_cost.labels(usage.kind, *vendor).inc(float(usage.cost_eur))
    if usage.latency_seconds is not None:
        metrics.vendor_latency_seconds.labels(usage.kind, usage.provider).observe(usage.latency_seconds)
        _RESPONSES[usage.kind].observe(usage.latency_seconds)
    if usage.kind == Usage.Kind.LANGUAGE_MODEL:
        for kind, tokens in (
            ("input", usage.input_tokens),
            ("cached", usage.cached_tokens),
            ("output", usage.output_tokens),
        ):
            metrics.vendor_tokens.labels(*vendor, kind).inc(tokens)
    elif usage.kind == Usage.Kind.TEXT_TO_SPEECH:
        metrics.vendor_characters.labels(*vendor).inc(usage.characters)
        if usage.call_id is not None:
            metrics.spoken.labels("vendor").inc(usage.characters)
    else:
        metrics.vendor_audio_seconds.labels(*vendor).inc(float(usage.audio_seconds))
    if usage.provider == "elevenlabs":
        metrics.elevenlabs_requests.labels("api_call").inc()
        metrics.elevenlabs_characters.inc(usage.characters)
    elif usage.provider == "deepgram":
        metrics.deepgram_requests.inc()
        metrics.deepgram_audio_seconds.inc(float(usage.audio_seconds))
    elif usage.provider == "groq":
        metrics.groq_requests.labels(usage.model).inc()
        metrics.groq_tokens_input.inc(usage.input_tokens)
        metrics.groq_tokens_output.inc(usage.output_tokens)


_RESPONSES: dict[str, Histogram] = {
    Usage.Kind.SPEECH_TO_TEXT: metrics.stt_response_seconds,
    Usage.Kind.LANGUAGE_MODEL: metrics.llm_response_seconds,
    Usage.Kind.TEXT_TO_SPEECH: metrics.tts_response_seconds,
}


def speech_cost(characters: int, vendor: Choice) -> Decimal | None:
    """What so many characters cost today in euros; None when no price is known."""
    model = vendor.model or getattr(settings, f"{vendor.provider.upper()}_MODEL", "")
    report = UsageReport(kind="tts", provider=vendor.provider, model=model, characters=characters)
    return cost_eur(report, _prices_of(billing_day()))


_prices: tuple[float, date, PriceBook] | None = None


def _prices_of(day: date) -> PriceBook:
    """The prices of today, read once a minute."""
    global _prices
    if _prices is None or _prices[1] != day or time.monotonic() - _prices[0] > PRICES_SECONDS:
        _prices = (time.monotonic(), day, PriceBook.load(day))
    return _prices[2]


def forget_prices() -> None:
    """Read the prices anew for the next usage."""
    global _prices
    _prices = None
