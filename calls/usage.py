"""Writes down what a vendor call used and what it cost."""

from __future__ import annotations

import logging
import time
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from calls import metrics, spending
from calls.models import Usage
from providers.prices import PriceBook, billing_day, cost_eur
from providers.protocols import UsageReport

logger = logging.getLogger(__name__)

PRICES_SECONDS = 60.0  # how long a price list is used before it is read again


@transaction.atomic
def record(report: UsageReport, *, call_id: int | None) -> Usage:
    """Store a usage with its cost, in the tenant's scope and a database thread.

    Without a price the cost is empty, and that is logged and counted, never zero.
    """
    now = timezone.now()
    day = billing_day(now)
    usage = Usage(
        call_id=call_id,
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
    if usage.cost_eur is None:
        metrics.unpriced_usage.labels(report.provider, report.model).inc()
        logger.warning("no price for %s %s: its cost is unknown", report.provider, report.model)
    elif usage.cost_eur:
        spending.add(day, usage.cost_eur)
    return usage


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
