"""Wrong settings are named, with what to do about them; right ones are not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import CheckMessage
from django.core.checks.registry import registry
from pytest_django import Settings

from voicebot_site.checks import check_settings

VENDORS = ("deepgram", "groq", "elevenlabs")


@pytest.fixture
def production(settings: Settings) -> Settings:
    """Everything as it should be."""
    settings.DATABASE_URL = "postgres://db/voicebot"
    settings.REDIS_URL = "redis://redis:6379/0"
    settings.SECRET_KEY = "k" * 50
    settings.SITE_URL, settings.HTTPS = "https://voicebot.example.com", True
    settings.EMAIL_URL = "smtp+tls://mail.example.com:587"
    settings.VENDORS = {name: {"api_key": "key", "url": f"https://{name}.example.com"} for name in VENDORS}
    return settings


def found() -> dict[str, CheckMessage]:
    return {message.id or "": message for message in check_settings()}


def test_production_as_it_should_be_is_silent(production: Settings) -> None:
    assert found() == {}


def test_embedded_as_it_comes_is_silent(settings: Settings) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = ""
    assert found() == {}


def test_the_checks_are_registered() -> None:
    assert check_settings in registry.get_checks()


@pytest.mark.parametrize(
    ("wrong", "id", "says"),
    [
        ({"SECRET_KEY": "insecure-embedded-key"}, "voicebot.E001", "SECRET_KEY"),
        ({"ENCRYPTION_KEYS": ["short"]}, "voicebot.E002", "key 1"),
        ({"ENCRYPTION_KEYS": [Fernet.generate_key().decode(), "é" * 44]}, "voicebot.E002", "key 2"),
        ({"REDIS_URL": ""}, "voicebot.W002", "REDIS_URL"),
        ({"EMAIL_URL": ""}, "voicebot.W020", "EMAIL_URL"),
        ({"ROW_LEVEL_SECURITY": False}, "voicebot.W030", "ROW_LEVEL_SECURITY"),
        ({"WEBHOOK_ALLOWED_NETWORKS": ["10.0.0.1/8"]}, "voicebot.E020", "10.0.0.1/8"),
        ({"SITE_URL": "http://voicebot.example.com", "HTTPS": False}, "voicebot.W003", "SITE_URL"),
        ({"AUDIOSOCKET_PUBLIC_ADDRESS": "voicebot.example.com"}, "voicebot.E003", "HOST:PORT"),
        ({"AUDIOSOCKET_PUBLIC_ADDRESS": "voicebot.example.com:0"}, "voicebot.E003", "HOST:PORT"),
        ({"AUDIOSOCKET_PUBLIC_ADDRESS": "voicebot.example.com:70000"}, "voicebot.E003", "HOST:PORT"),
        ({"AUDIOSOCKET_PUBLIC_ADDRESS": "http://voicebot.example.com:9092"}, "voicebot.E003", "HOST:PORT"),
        ({"AUDIOSOCKET_PUBLIC_ADDRESS": "2001:db8::7:9092"}, "voicebot.E003", "HOST:PORT"),
        ({"AUDIOSOCKET_PROXIES": ["10.0.0.5/24"]}, "voicebot.E007", "10.0.0.5/24"),
        ({"PLATFORM_DAY_LIMIT_EUR": Decimal("NaN")}, "voicebot.E005", "PLATFORM_DAY_LIMIT_EUR"),
        ({"PLATFORM_MONTH_LIMIT_EUR": Decimal(-1)}, "voicebot.E005", "PLATFORM_MONTH_LIMIT_EUR"),
        ({"PLATFORM_LIMIT_ACTION": "stop"}, "voicebot.E006", "stop"),
    ],
)
def test_a_wrong_setting_is_named_with_a_hint(production: Settings, wrong: dict[str, Any], id: str, says: str) -> None:
    for name, value in wrong.items():
        setattr(production, name, value)
    messages = found()
    assert set(messages) == {id}
    assert says in messages[id].msg
    assert messages[id].hint
    assert messages[id].is_serious() == (".E" in id)


@pytest.mark.parametrize("address", ["voicebot.example.com:9092", "203.0.113.7:9092", "[2001:db8::7]:9092", ""])
def test_an_address_may_be_written_in_these_ways(production: Settings, address: str) -> None:
    production.AUDIOSOCKET_PUBLIC_ADDRESS = address
    assert found() == {}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_without_a_key_is_a_warning(production: Settings, vendor: str) -> None:
    production.VENDORS = production.VENDORS | {vendor: {"api_key": "sandbox", "url": ""}}
    assert f"{vendor.upper()}_API_KEY is not set" in found()["voicebot.W001"].msg


def test_a_vendor_that_is_not_in_use_needs_no_key(production: Settings) -> None:
    production.VENDORS = production.VENDORS | {"deepgram": {"api_key": "sandbox", "url": ""}}
    production.SPEECH_TO_TEXT = "providers.groq.SomethingElse"
    assert found() == {}


@pytest.mark.parametrize("chosen", ["vosk", "deepgram, vosk", "providers.vosk.VoskSpeechToText"])
def test_an_engine_without_its_model_is_a_warning(production: Settings, chosen: str) -> None:
    production.SPEECH_TO_TEXT = chosen
    assert "VOSK_MODEL_PATH is not set" in found()["voicebot.W001"].msg
    production.VOSK_MODEL_PATH = "/models/vosk"
    assert found() == {}


def test_a_data_directory_that_cannot_be_written_to_is_an_error(production: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    production.DATA_DIR = tmp_path / "file" / "data"
    assert "DATA_DIR" in found()["voicebot.E004"].msg


def test_no_check_repeats_a_secret(production: Settings) -> None:
    production.ENCRYPTION_KEYS = ["hunter2"]
    assert "hunter2" not in str(found())
