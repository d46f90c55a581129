"""Writes down what a vendor call used and what it cost."""

from __future__ import annotations

import logging
import time
from decimal import Decimal

from calls import metrics
from calls.models import Usage
from providers.prices import PriceBook, cost_eur
from providers.protocols import UsageReport

logger = logging.getLogger(__name__)

PRICES_SECONDS = 60.0  # how long a price list is used before it is read again


def record(report: UsageReport, *, call_id: int | None) -> Usage:
    """Store a usage with its cost, in the tenant's scope and a database thread.

    Without a price the cost is empty, and that is logged and counted, never zero.
    """
    cost = cost_eur(report, _current_prices())
    if cost is None:
        metrics.unpriced_usage.labels(report.provider, report.model).inc()
        logger.warning("no price for %s %s: its cost is unknown", report.provider, report.model)
    return Usage.objects.create(
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
        cost_eur=cost,
        is_estimated=report.estimated,
    )


_prices: tuple[float, PriceBook] | None = None


def _current_prices() -> PriceBook:
    global _prices
    if _prices is None or time.monotonic() - _prices[0] > PRICES_SECONDS:
        _prices = (time.monotonic(), PriceBook.load())
    return _prices[1]


def forget_prices() -> None:
    """Read the prices anew for the next usage."""
    global _prices
    _prices = None
