"""What vendors were asked and what that cost, added up over a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate, TruncMonth
from django.utils import timezone

from calls.models import Call, Usage
from calls.pricing import within
from providers.prices import SMALLEST

Row = dict[str, Any]

#: What a summary may be grouped by.
KEYS: Final = ("day", "month", "kind", "provider", "model", "tenant")
_AMOUNTS: Final = ("audio_seconds", "characters", "input_tokens", "output_tokens")
_LANGUAGE_MODEL: Final = Q(kind=Usage.Kind.LANGUAGE_MODEL)
_FIGURES: Final[Row] = {
    "messages": Count("pk", filter=_LANGUAGE_MODEL),
    "calls": Count("call", distinct=True),
    "input_tokens": Sum("input_tokens", default=0),
    "cached_tokens": Sum("cached_tokens", default=0),
    "output_tokens": Sum("output_tokens", default=0),
    "audio_seconds": Sum("audio_seconds", default=Decimal(0)),
    "characters": Sum("characters", default=0),
    "cost": Sum("cost_eur", default=Decimal(0)),
    "unpriced": Count("pk", filter=Q(cost_eur=None)),
    "estimated": Count("pk", filter=Q(is_estimated=True)),
}


def summary(*, since: date, until: date, by: Sequence[str] = ("provider", "model"), tenant: str = "") -> Row:
    """{"from", "to", "total", "groups"} of whoever is acted for; both days are included.

    Each row has messages (requests to a language model), calls, tokens, audio_minutes,
    characters, cost_eur, and how many usages are unpriced (their cost is in no sum) and
    estimated. `by` holds KEYS, which are in the rows of "groups" too; `tenant` is a short name.
    """
    zone = timezone.get_default_timezone()
    usages = within(since, until).order_by()
    if tenant:
        usages = usages.filter(tenant__slug=tenant)
    keys = {
        "day": TruncDate("created_at", tzinfo=zone),
        "month": TruncMonth("created_at", tzinfo=zone),
        "tenant": "tenant__slug",
    }
    grouped = usages.values(**{f"by_{key}": _expression(keys.get(key, key)) for key in by}).annotate(**_FIGURES)
    return {
        "from": since,
        "to": until,
        "total": _row(usages.aggregate(**_FIGURES), ()),
        "groups": [_row(dict(row), by) for row in grouped.order_by(*(f"by_{key}" for key in by))] if by else [],
    }


def _expression(key: Any) -> Any:
    return F(key) if isinstance(key, str) else key


def _row(figures: Row, by: Sequence[str]) -> Row:
    keys = {key: figures[f"by_{key}"] for key in by}
    if "month" in keys:
        keys["month"] = f"{keys['month']:%Y-%m}"
    return keys | {
        "messages": figures["messages"],
        "calls": figures["calls"],
        "input_tokens": figures["input_tokens"],
        "cached_tokens": figures["cached_tokens"],
        "output_tokens": figures["output_tokens"],
        "audio_minutes": (figures["audio_seconds"] / 60).quantize(Decimal("0.001")),
        "characters": figures["characters"],
        "cost_eur": figures["cost"].quantize(SMALLEST),
        "unpriced": figures["unpriced"],
        "estimated": figures["estimated"],
    }


@dataclass(slots=True)
class Line:
    """What a call used of one vendor's model: `used` is no row, it holds their sums."""

    used: Usage
    requests: int = 0


@dataclass(frozen=True, slots=True)
class CallCosts:
    """What one call cost; usages without a price are in no sum."""

    lines: list[Line]
    total: Decimal
    has_unpriced: bool


def of_call(call: Call) -> CallCosts:
    """By kind of service and vendor, in the order of first use; one query."""
    lines: dict[tuple[str, str, str], Line] = {}
    total, has_unpriced = Decimal(0), False
    for usage in call.usages.order_by("created_at"):
        key = (usage.kind, usage.provider, usage.model)
        line = lines.setdefault(key, Line(Usage(kind=usage.kind, provider=usage.provider, model=usage.model)))
        line.requests += 1
        for name in _AMOUNTS:
            setattr(line.used, name, getattr(line.used, name) + getattr(usage, name))
        line.used.is_estimated |= usage.is_estimated
        if usage.cost_eur is None:
            has_unpriced = True
        else:
            line.used.cost_eur = (line.used.cost_eur or Decimal(0)) + usage.cost_eur
            total += usage.cost_eur
    return CallCosts(list(lines.values()), total, has_unpriced)
