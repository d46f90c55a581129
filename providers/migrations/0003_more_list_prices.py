"""List prices of the vendors that came later, and where they were read."""

from datetime import date
from decimal import Decimal

from django.db import migrations

VALID_FROM = date(2026, 1, 1)

DEEPGRAM = "https://deepgram.com/pricing (Flux, pay as you go, as quoted in June 2026)"
OPENAI = "https://openai.com/api/pricing (standard, as quoted in June 2026)"
ANTHROPIC = "https://platform.claude.com/docs/en/about-claude/pricing (October 2026)"
GEMINI = "https://ai.google.dev/gemini-api/docs/pricing (paid tier, 7 October 2026)"
OWN = "runs on one's own machine; enter a price where it does not"

PRICES = [
    ("deepgram", "flux-general-en", "audio_minute", "0.0065", "USD", VALID_FROM, DEEPGRAM),
    ("deepgram", "flux-general-multi", "audio_minute", "0.0078", "USD", VALID_FROM, DEEPGRAM),
    ("openai", "gpt-5.4-mini", "million_input_tokens", "0.75", "USD", VALID_FROM, OPENAI),
    ("openai", "gpt-5.4-mini", "million_cached_tokens", "0.075", "USD", VALID_FROM, OPENAI),
    ("openai", "gpt-5.4-mini", "million_output_tokens", "4.50", "USD", VALID_FROM, OPENAI),
    ("openai", "gpt-5.4-nano", "million_input_tokens", "0.20", "USD", VALID_FROM, OPENAI),
    ("openai", "gpt-5.4-nano", "million_cached_tokens", "0.02", "USD", VALID_FROM, OPENAI),
    ("openai", "gpt-5.4-nano", "million_output_tokens", "1.25", "USD", VALID_FROM, OPENAI),
    ("anthropic", "claude-haiku-4-5", "million_input_tokens", "1.00", "USD", VALID_FROM, ANTHROPIC),
    ("anthropic", "claude-haiku-4-5", "million_cached_tokens", "0.10", "USD", VALID_FROM, ANTHROPIC),
    ("anthropic", "claude-haiku-4-5", "million_output_tokens", "5.00", "USD", VALID_FROM, ANTHROPIC),
    ("anthropic", "claude-haiku-5-5", "million_input_tokens", "0.10", "USD", date(2026, 10, 7), ANTHROPIC),
    ("anthropic", "claude-haiku-5-5", "million_cached_tokens", "0.01", "USD", date(2026, 10, 7), ANTHROPIC),
    ("anthropic", "claude-haiku-5-5", "million_output_tokens", "0.50", "USD", date(2026, 10, 7), ANTHROPIC),
    ("gemini", "gemini-3.8-flash", "million_input_tokens", "0.75", "USD", VALID_FROM, GEMINI),
    ("gemini", "gemini-3.8-flash", "million_output_tokens", "3.75", "USD", VALID_FROM, GEMINI),
    ("gemini", "gemini-3.8-flash", "million_input_tokens", "1.50", "USD", date(2027, 1, 1), GEMINI),
    ("gemini", "gemini-3.8-flash", "million_output_tokens", "7.50", "USD", date(2027, 1, 1), GEMINI),
    ("ollama", "*", "million_input_tokens", "0", "EUR", VALID_FROM, OWN),
    ("ollama", "*", "million_output_tokens", "0", "EUR", VALID_FROM, OWN),
    ("vosk", "*", "audio_minute", "0", "EUR", VALID_FROM, OWN),
    ("piper", "*", "thousand_characters", "0", "EUR", VALID_FROM, OWN),
]


def add_prices(apps, schema_editor):
    Price = apps.get_model("providers", "Price")
    for provider, model, unit, amount, currency, valid_from, source in PRICES:
        Price.objects.get_or_create(
            provider=provider,
            model=model,
            unit=unit,
            valid_from=valid_from,
            defaults={"amount": Decimal(amount), "currency": currency, "source": source},
        )


class Migration(migrations.Migration):
    dependencies = [("providers", "0002_list_prices")]
    operations = [migrations.RunPython(add_prices, migrations.RunPython.noop)]
