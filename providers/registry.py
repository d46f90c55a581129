"""The vendors in use: one object per process and kind, made when first asked for.

Its connections belong to the event loop of the calls. Work elsewhere, such as a Celery
task, borrows one of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
        await _close(vendor)


def own_language_model() -> AbstractAsyncContextManager[LanguageModel]:
    """One for this event loop alone, closed at the end."""
    return cast("AbstractAsyncContextManager[LanguageModel]", _own(settings.LANGUAGE_MODEL))


def own_text_to_speech() -> AbstractAsyncContextManager[TextToSpeech]:
    """One for this event loop alone, closed at the end."""
    return cast("AbstractAsyncContextManager[TextToSpeech]", _own(settings.TEXT_TO_SPEECH))


@asynccontextmanager
async def _own(path: str) -> AsyncIterator[object]:
    vendor: object = import_string(path)()
    try:
        yield vendor
    finally:
        await _close(vendor)


async def _close(vendor: object) -> None:
    if isinstance(vendor, _Connected):
        await vendor.aclose()
