"""The vendors in use: one object per process, class, model and key, made when first asked for.

Its connections belong to the event loop of the calls. Work elsewhere, such as a Celery
task, borrows one of its own.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast, runtime_checkable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from providers.breaker import CircuitBreaker
from providers.protocols import Choice, Kind, LanguageModel, SpeechToText, TextToSpeech

logger = logging.getLogger(__name__)

KINDS: Final[tuple[Kind, ...]] = ("stt", "llm", "tts")
_DEFAULTS: Final[dict[Kind, str]] = {"stt": "SPEECH_TO_TEXT", "llm": "LANGUAGE_MODEL", "tts": "TEXT_TO_SPEECH"}


@runtime_checkable
class _Connected(Protocol):
    """A vendor that keeps connections; others need no `aclose`."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Vendor:
    """A client of a vendor, and whether it may be asked."""

    choice: Choice
    client: Any  # of the protocol of its kind
    breaker: CircuitBreaker


_made: dict[tuple[str, Choice], Vendor] = {}
_impossible: set[tuple[str, Choice]] = set()  # an SDK that is not installed, say


def defaults(kind: Kind) -> tuple[Choice, ...]:
    """The platform's vendors, in order of preference."""
    names = getattr(settings, _DEFAULTS[kind]).split(",")
    return tuple(Choice(name.strip()) for name in names if name.strip())


def class_of(kind: Kind, choice: Choice) -> Any:
    """The implementation; imports its SDK. Raises ImproperlyConfigured, and what importing raises."""
    path = choice.provider
    if "." not in path:
        path = settings.PROVIDERS.get(path, {}).get(kind, "")
    if not path:
        raise ImproperlyConfigured(
            f"settings.PROVIDERS has no {kind} by the name of {choice.provider!r}: check {_DEFAULTS[kind]}"
        )
    return import_string(path)


def prepare(kind: Kind, choices: Sequence[Choice]) -> None:
    """Import the SDKs, for half a second each, in a thread that may be kept waiting."""
    for choice in choices:
        with suppress(Exception):  # told when the vendor is made
            class_of(kind, choice)


def vendor(kind: Kind, choice: Choice) -> Vendor:
    if (kind, choice) not in _made:
        breaker = CircuitBreaker(kind, choice.provider)
        _made[kind, choice] = Vendor(choice, _new(kind, choice), breaker)
    return _made[kind, choice]


def vendors(kind: Kind, choices: Sequence[Choice] = ()) -> list[Vendor]:
    """Those of `choices` that can be made, by default the platform's; the others are logged, once."""
    found = []
    for choice in choices or defaults(kind):
        if (kind, choice) in _impossible:
            continue
        try:
            found.append(vendor(kind, choice))
        except Exception:
            _impossible.add((kind, choice))
            logger.exception("a vendor's client could not be made, calls do without: %s", choice.provider)
    return found


def speech_to_text() -> SpeechToText:
    """The platform's preferred one, as are those below."""
    return cast(SpeechToText, vendor("stt", defaults("stt")[0]).client)


def language_model() -> LanguageModel:
    return cast(LanguageModel, vendor("llm", defaults("llm")[0]).client)


def text_to_speech() -> TextToSpeech:
    return cast(TextToSpeech, vendor("tts", defaults("tts")[0]).client)


def forget() -> None:
    """Make new ones when next asked; for another event loop or other settings."""
    for known in _made.values():
        known.breaker.forget()
    _made.clear()
    _impossible.clear()


async def close() -> None:
    """Close all connections, before the event loop ends; new ones are made when next asked."""
    clients = [known.client for known in _made.values()]
    forget()
    for client in clients:
        await _close(client)


def own_speech_to_text(choice: Choice | None = None) -> AbstractAsyncContextManager[SpeechToText]:
    """One for this event loop alone, closed at the end; the platform's by default."""
    return cast("AbstractAsyncContextManager[SpeechToText]", _own("stt", choice))


def own_language_model(choice: Choice | None = None) -> AbstractAsyncContextManager[LanguageModel]:
    """One for this event loop alone, closed at the end; the platform's by default."""
    return cast("AbstractAsyncContextManager[LanguageModel]", _own("llm", choice))


def own_text_to_speech(choice: Choice | None = None) -> AbstractAsyncContextManager[TextToSpeech]:
    """One for this event loop alone, closed at the end; the platform's by default."""
    return cast("AbstractAsyncContextManager[TextToSpeech]", _own("tts", choice))


@asynccontextmanager
async def _own(kind: Kind, choice: Choice | None) -> AsyncIterator[object]:
    client = _new(kind, choice or defaults(kind)[0])
    try:
        yield client
    finally:
        await _close(client)


def _new(kind: Kind, choice: Choice) -> object:
    given = {"model": choice.model, "api_key": choice.api_key}
    client: object = class_of(kind, choice)(**{name: value for name, value in given.items() if value})
    return client


async def _close(client: object) -> None:
    if isinstance(client, _Connected):
        await client.aclose()
