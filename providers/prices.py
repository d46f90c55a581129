"""What a vendor call cost, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Protocol

from django.utils import timezone

from providers.models import ExchangeRate, Price

Unit = Price.Unit
Key = tuple[str, str, str]  # provider, model, unit
ANY_MODEL: Final = "*"  # of a price: whatever the vendor's model, unless it has a price of its own

_SIZES: Final[Mapping[str, int]] = {
    Unit.AUDIO_MINUTE: 60,
    Unit.THOUSAND_CHARACTERS: 1_000,
    Unit.MILLION_INPUT_TOKENS: 1_000_000,
    Unit.MILLION_CACHED_TOKENS: 1_000_000,
    Unit.MILLION_OUTPUT_TOKENS: 1_000_000,
}
SMALLEST: Final = Decimal("0.00000001")  # euros, as Usage.cost_eur stores them


class Units(Protocol):
    """What is priced: a vendor's report, and the row that was made of it."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def audio_seconds(self) -> Decimal: ...
    @property
    def characters(self) -> int: ...
    @property
    def input_tokens(self) -> int: ...
    @property
    def cached_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...


def billing_day(moment: datetime | None = None) -> date:
    """The day that a moment (now) belongs to: of the platform, whatever time zone a person or tenant is in."""
    return timezone.localdate(moment, timezone.get_default_timezone())


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of one day in euros; once loaded it needs no database."""

    euros: Mapping[Key, Decimal]

    @classmethod
    def load(cls, day: date | None = None) -> PriceBook:
        """The newest price and exchange rate of each kind that is valid on `day` (today).

        A price in a currency without a rate is left out: what it would price is unpriced.
        """
        day = day or billing_day()
        # Oldest first, so that the newest is what stays.
        rates = {"EUR": Decimal(1)}
        for rate in ExchangeRate.objects.filter(valid_from__lte=day).order_by("valid_from"):
            rates[rate.currency] = rate.euros
        euros: dict[Key, Decimal] = {}
        for price in Price.objects.filter(valid_from__lte=day).order_by("valid_from"):
            key = (price.provider, price.model, price.unit)
            euros.pop(key, None)
            if price.currency in rates:
                euros[key] = price.amount * rates[price.currency]
        return cls(euros)


def cost_eur(report: Units, prices: PriceBook) -> Decimal | None:
    """The cost in euros, to eight decimals; None when a unit that was used has no price."""
    total = Decimal(0)
    for unit, amount in _used(report).items():
        price = _price(report, unit, prices)
        if price is None and unit == Unit.MILLION_CACHED_TOKENS:  # no discount for them
            price = _price(report, Unit.MILLION_INPUT_TOKENS, prices)
        if price is None:
            return None
        total += price * amount / _SIZES[unit]
    return total.quantize(SMALLEST, ROUND_HALF_EVEN)


def _price(report: Units, unit: str, prices: PriceBook) -> Decimal | None:
    own = prices.euros.get((report.provider, report.model, unit))
    return own if own is not None else prices.euros.get((report.provider, ANY_MODEL, unit))


def _used(report: Units) -> dict[str, Decimal]:
    """How much of each priced unit; only those of which there is any."""
    amounts = {
        Unit.AUDIO_MINUTE: report.audio_seconds,
        Unit.THOUSAND_CHARACTERS: Decimal(report.characters),
        Unit.MILLION_INPUT_TOKENS: Decimal(report.input_tokens - report.cached_tokens),
        Unit.MILLION_CACHED_TOKENS: Decimal(report.cached_tokens),
        Unit.MILLION_OUTPUT_TOKENS: Decimal(report.output_tokens),
    }
    return {unit.value: amount for unit, amount in amounts.items() if amount}
