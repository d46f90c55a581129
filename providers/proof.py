"""Whether a key works: each thing that its vendor does for us is asked for once, as small as can be."""

from __future__ import annotations

import asyncio
from typing import Final

from django.conf import settings

from providers import registry
from providers.protocols import Choice, Failure, Kind, Message, OnUsage, ProviderError, SpeechOptions, Voice

SECONDS: Final = 8.0  # somebody waits at a page
WORD: Final = "Bonjour."
#: Whoever answers this knows the key.
_KNOWS_THE_KEY: Final = (Failure.UNKNOWN_VOICE, Failure.RATE_LIMITED)


def prove(choice: Choice, language: str, on_usage: OnUsage) -> None:
    """In a thread without an event loop; takes seconds. Raises ProviderError."""
    asyncio.run(_prove(choice, language, on_usage))


async def _prove(choice: Choice, language: str, on_usage: OnUsage) -> None:
    for kind in registry.KINDS:
        if kind not in settings.PROVIDERS[choice.provider]:
            continue
        try:
            async with asyncio.timeout(SECONDS):
                await _ask(kind, choice, language, on_usage)
        except TimeoutError:
            raise ProviderError(choice.provider, Failure.TIMEOUT) from None
        except ProviderError as error:
            if error.failure not in _KNOWS_THE_KEY:
                raise


async def _ask(kind: Kind, choice: Choice, language: str, on_usage: OnUsage) -> None:
    if kind == "stt":
        async with registry.own_speech_to_text(choice) as ears:
            stream = await ears.open(SpeechOptions(language), lambda event: None, on_usage)
            await stream.close()
    elif kind == "llm":
        async with registry.own_language_model(choice) as mind:
            async for _words in mind.stream([Message("user", WORD)], on_usage, timeout=SECONDS):
                pass
    else:
        async with registry.own_text_to_speech(choice) as voice:
            async for _sound in voice.speak(WORD, Voice(language), on_usage):
                pass
