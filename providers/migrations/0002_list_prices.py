"""The vendors' list prices, and where they were read. Newer ones are newer rows."""

from datetime import date
from decimal import Decimal

from django.db import migrations

VALID_FROM = date(2026, 1, 1)

DEEPGRAM = "https://deepgram.com/pricing (pay as you go, streaming, August 2026)"
GROQ = "https://groq.com/pricing and console.groq.com/docs/models (May 2026)"
ELEVENLABS = "https://elevenlabs.io/pricing/api (June 2026)"

PRICES = [
    ("deepgram", "nova-3", "audio_minute", "0.0048", DEEPGRAM),
    ("deepgram", "nova-3-multilingual", "audio_minute", "0.0058", DEEPGRAM),
    ("groq", "openai/gpt-oss-20b", "million_input_tokens", "0.075", GROQ),
    ("groq", "openai/gpt-oss-20b", "million_cached_tokens", "0.0375", GROQ),
    ("groq", "openai/gpt-oss-20b", "million_output_tokens", "0.30", GROQ),
    ("groq", "openai/gpt-oss-120b", "million_input_tokens", "0.15", GROQ),
    ("groq", "openai/gpt-oss-120b", "million_cached_tokens", "0.075", GROQ),
    ("groq", "openai/gpt-oss-120b", "million_output_tokens", "0.60", GROQ),
    ("elevenlabs", "eleven_flash_v2_5", "thousand_characters", "0.05", ELEVENLABS),
]


def add_prices(apps, schema_editor):
    Price = apps.get_model("providers", "Price")
    for provider, model, unit, amount, source in PRICES:
        Price.objects.get_or_create(
            provider=provider,
            model=model,
            unit=unit,
            valid_from=VALID_FROM,
            defaults={"amount": Decimal(amount), "currency": "USD", "source": source},
        )
    # The right size, not the day's rate: that goes into a newer row.
    apps.get_model("providers", "ExchangeRate").objects.get_or_create(
        currency="USD", valid_from=VALID_FROM, defaults={"euros": Decimal("0.86")}
    )


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial")]
    operations = [migrations.RunPython(add_prices, migrations.RunPython.noop)]
