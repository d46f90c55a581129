from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from prometheus_client import REGISTRY
from pytest_django import Settings

from calls.models import Usage
from calls.usage import forget_prices, record
from providers.models import ExchangeRate, Price
from providers.prices import PriceBook, cost_eur
from providers.protocols import UsageReport
from tests.cast import Cast, list_prices

BOOK = PriceBook(
    {
        ("deepgram", "nova-3", "audio_minute"): Decimal("0.0048"),
        ("groq", "oss", "million_input_tokens"): Decimal("0.075"),
        ("groq", "oss", "million_cached_tokens"): Decimal("0.0375"),
        ("groq", "oss", "million_output_tokens"): Decimal("0.30"),
        ("groq", "plain", "million_input_tokens"): Decimal("1"),
        ("elevenlabs", "flash", "thousand_characters"): Decimal("0.05"),
        ("vosk", "*", "audio_minute"): Decimal("0"),
        ("vosk", "rented", "audio_minute"): Decimal("0.06"),
    }
)


@pytest.fixture(autouse=True)
def _prices_of_its_own() -> Iterator[None]:
    forget_prices()
    yield
    forget_prices()


@pytest.mark.parametrize(
    ("report", "euros"),
    [
        (UsageReport(kind="stt", provider="deepgram", model="nova-3", audio_seconds=Decimal("12.345")), "0.00098760"),
        (UsageReport(kind="stt", provider="deepgram", model="nova-3", audio_seconds=Decimal("0.1")), "0.00000800"),
        (UsageReport(kind="tts", provider="elevenlabs", model="flash", characters=41), "0.00205000"),
        (UsageReport(kind="llm", provider="groq", model="oss", input_tokens=1000, output_tokens=100), "0.00010500"),
        (
            UsageReport(
                kind="llm", provider="groq", model="oss", input_tokens=1000, cached_tokens=800, output_tokens=100
            ),
            "0.00007500",
        ),
        (UsageReport(kind="llm", provider="groq", model="plain", input_tokens=10, cached_tokens=9), "0.00001000"),
        (UsageReport(kind="stt", provider="deepgram", model="nova-3"), "0.00000000"),
        (UsageReport(kind="stt", provider="vosk", model="small-fr", audio_seconds=Decimal(9)), "0.00000000"),
        (UsageReport(kind="stt", provider="vosk", model="rented", audio_seconds=Decimal(1)), "0.00100000"),
    ],
)
def test_a_usage_costs_exactly(report: UsageReport, euros: str) -> None:
    assert cost_eur(report, BOOK) == Decimal(euros)


@pytest.mark.parametrize(
    "report",
    [
        UsageReport(kind="stt", provider="deepgram", model="nova-9", audio_seconds=Decimal(1)),
        UsageReport(kind="llm", provider="groq", model="plain", input_tokens=1, output_tokens=1),
    ],
)
def test_a_usage_without_a_price_is_not_free(report: UsageReport) -> None:
    assert cost_eur(report, BOOK) is None


@pytest.mark.django_db
class TestPriceBook:
    def test_the_newest_price_of_the_day_counts(self) -> None:
        Price.objects.all().delete()
        for amount, day in ((3, date(2026, 3, 1)), (1, date(2026, 1, 1)), (9, date(2027, 1, 1))):
            Price.objects.create(
                provider="x", model="m", unit=Price.Unit.AUDIO_MINUTE, amount=amount, currency="EUR", valid_from=day
            )
        key = ("x", "m", "audio_minute")
        assert PriceBook.load(date(2026, 6, 1)).euros[key] == 3
        assert PriceBook.load(date(2026, 2, 1)).euros[key] == 1
        assert key not in PriceBook.load(date(2025, 1, 1)).euros

    def test_prices_are_in_euros_at_the_rate_of_the_day(self) -> None:
        ExchangeRate.objects.all().delete()
        ExchangeRate.objects.create(currency="XXD", euros=Decimal("0.9"), valid_from=date(2026, 1, 1))
        ExchangeRate.objects.create(currency="XXD", euros=Decimal("0.8"), valid_from=date(2026, 5, 1))
        Price.objects.create(
            provider="x",
            model="m",
            unit=Price.Unit.AUDIO_MINUTE,
            amount=Decimal("0.01"),
            currency="XXD",
            valid_from=date(2026, 1, 1),
        )
        key = ("x", "m", "audio_minute")
        assert PriceBook.load(date(2026, 2, 1)).euros[key] == Decimal("0.009")
        assert PriceBook.load(date(2026, 6, 1)).euros[key] == Decimal("0.008")

    def test_a_price_whose_currency_has_no_rate_prices_nothing(self) -> None:
        Price.objects.create(
            provider="x", model="m", unit=Price.Unit.AUDIO_MINUTE, amount=1, currency="XXD", valid_from=date(2026, 1, 1)
        )
        assert ("x", "m", "audio_minute") not in PriceBook.load().euros

    def test_every_default_model_has_list_prices(self, settings: Settings) -> None:
        list_prices()
        book = PriceBook.load()
        units = Decimal(60)
        for report in (
            UsageReport(kind="stt", provider="deepgram", model="nova-3", audio_seconds=units),
            UsageReport(kind="stt", provider="deepgram", model="nova-3-multilingual", audio_seconds=units),
            UsageReport(
                kind="llm",
                provider="groq",
                model="openai/gpt-oss-20b",
                input_tokens=100,
                output_tokens=100,
                cached_tokens=50,
            ),
            UsageReport(kind="llm", provider="groq", model="openai/gpt-oss-120b", input_tokens=100, output_tokens=1),
            UsageReport(kind="tts", provider="elevenlabs", model="eleven_flash_v2_5", characters=100),
            UsageReport(kind="stt", provider="deepgram", model="flux-general-multi", audio_seconds=units),
            *(
                UsageReport(kind="llm", provider=provider, model=model, input_tokens=100, output_tokens=100)
                for provider, model in (
                    ("openai", settings.OPENAI_MODEL),
                    ("anthropic", settings.ANTHROPIC_MODEL),
                    ("gemini", settings.GEMINI_MODEL),
                )
            ),
        ):
            cost = cost_eur(report, book)
            assert cost is not None
            assert cost > 0
        assert all(price.source for price in Price.objects.all())


def test_a_usage_is_written_down_with_its_cost(alpha: Cast) -> None:
    list_prices()
    report = UsageReport(
        kind="llm",
        provider="groq",
        model="openai/gpt-oss-20b",
        request_id="req_1",
        input_tokens=1_000_000,
        cached_tokens=200_000,
        output_tokens=50_000,
        reasoning_tokens=20_000,
        latency_seconds=0.25,
        estimated=True,
    )
    usage = Usage.objects.get(pk=record(report, call=alpha.alpha.call).pk)
    assert usage.tenant == alpha.alpha.tenant
    assert usage.call == alpha.alpha.call
    dollars = Decimal("0.8") * Decimal("0.075") + Decimal("0.2") * Decimal("0.0375") + Decimal("0.05") * Decimal("0.3")
    assert usage.cost_eur == dollars * ExchangeRate.objects.get(currency="USD").euros
    assert (usage.input_tokens, usage.cached_tokens) == (1_000_000, 200_000)
    assert (usage.output_tokens, usage.reasoning_tokens) == (50_000, 20_000)
    assert (usage.request_id, usage.latency_seconds, usage.is_estimated) == ("req_1", 0.25, True)


def test_a_usage_without_a_price_is_seen(alpha: Cast, caplog: pytest.LogCaptureFixture) -> None:
    def counted() -> float:
        labels = {"provider": "deepgram", "model": "nova-9"}
        return REGISTRY.get_sample_value("voicebot_unpriced_usage_total", labels) or 0.0

    before = counted()
    report = UsageReport(kind="stt", provider="deepgram", model="nova-9", audio_seconds=Decimal("3.00049"))
    usage = record(report, call=None)
    assert usage.cost_eur is None
    assert usage.audio_seconds == Decimal("3.000")
    assert counted() == before + 1
    assert "no price for deepgram nova-9" in caplog.text
