"""The vendors in use: one object per process and kind, made when first asked for."""

from __future__ import annotations

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from providers.protocols import LanguageModel, SpeechToText, TextToSpeech


@cache
def _make(path: str) -> object:
    return import_string(path)()


def speech_to_text() -> SpeechToText:
    return cast(SpeechToText, _make(settings.SPEECH_TO_TEXT))


def language_model() -> LanguageModel:
    return cast(LanguageModel, _make(settings.LANGUAGE_MODEL))


def text_to_speech() -> TextToSpeech:
    return cast(TextToSpeech, _make(settings.TEXT_TO_SPEECH))


def forget() -> None:
    """Make new ones when next asked; for another event loop or other settings."""
    _make.cache_clear()
