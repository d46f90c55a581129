"""The vendors in use: one object per process and kind, made when first asked for.

Its connections belong to the event loop of the calls. Work elsewhere, such as a Celery
task, borrows one of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, cast, runtime_checkable

from django.conf import settings
from django.utils.module_loading import import_string

from providers.protocols import LanguageModel, SpeechToText, TextToSpeech


@runtime_checkable
class _Connected(Protocol):
    """A vendor that keeps connections; others need no `aclose`."""

    async def aclose(self) -> None: ...


_made: dict[str, object] = {}


def _make(path: str) -> object:
    if path not in _made:
        _made[path] = import_string(path)()
    return _made[path]


def speech_to_text() -> SpeechToText:
    return cast(SpeechToText, _make(settings.SPEECH_TO_TEXT))


def language_model() -> LanguageModel:
    return cast(LanguageModel, _make(settings.LANGUAGE_MODEL))


def text_to_speech() -> TextToSpeech:
    return cast(TextToSpeech, _make(settings.TEXT_TO_SPEECH))


def forget() -> None:
    """Make new ones when next asked; for another event loop or other settings."""
    _made.clear()


async def close() -> None:
    """Close all connections, before the event loop ends; new ones are made when next asked."""
    vendors = list(_made.values())
    _made.clear()
    for vendor in vendors:
        if isinstance(vendor, _Connected):
            await vendor.aclose()


@asynccontextmanager
async def own_text_to_speech() -> AsyncIterator[TextToSpeech]:
    """One for this event loop alone, closed at the end."""
    vendor: object = import_string(settings.TEXT_TO_SPEECH)()
    try:
        yield cast(TextToSpeech, vendor)
    finally:
        if isinstance(vendor, _Connected):
            await vendor.aclose()
