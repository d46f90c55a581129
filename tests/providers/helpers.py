"""A vendor of each kind, used to the end, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from providers import registry
from providers.protocols import (
    Choice,
    LanguageModel,
    Message,
    OnUsage,
    SpeechEvent,
    SpeechOptions,
    StreamEnded,
    Transcript,
    UsageReport,
    Voice,
)
from sandbox.voice import render

SENTENCE = "Bonjour, ma connexion ne fonctionne plus."
QUESTION = [Message("system", "Tu es un assistant."), Message("user", "Ma connexion ne fonctionne plus.")]
FRENCH = Voice("fr")
SILENCE = bytes(8_000)  # half a second


class Ear:
    """Listens to a stream; `await ear.until(...)` waits for an event."""

    def __init__(self) -> None:
        self.events: list[SpeechEvent] = []
        self.reports: list[UsageReport] = []
        self._changed = asyncio.Event()

    def on_speech(self, event: SpeechEvent) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(self, condition: Callable[[SpeechEvent], bool]) -> SpeechEvent:
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if condition(event):
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def end(self) -> StreamEnded:
        return cast(StreamEnded, await self.until(lambda event: isinstance(event, StreamEnded)))

    @property
    def text(self) -> str:
        return " ".join(
            event.text for event in self.events if isinstance(event, Transcript) and event.is_final and event.text
        )

    @property
    def report(self) -> UsageReport:
        (only,) = self.reports
        return only


async def listen(pcm: bytes, **options: Any) -> Ear:
    """Open a stream, send everything, and let it end by itself or close it after the last word."""
    ear = Ear()
    stream = await registry.speech_to_text().open(SpeechOptions("fr", **options), ear.on_speech, ear.reports.append)
    for at in range(0, len(pcm), 320):
        stream.send(pcm[at : at + 320])
    await ear.until(
        lambda event: isinstance(event, StreamEnded) or (isinstance(event, Transcript) and event.ends_speech)
    )
    await stream.close()
    return ear


def spoken(text: str = SENTENCE) -> bytes:
    return SILENCE + render(text, "fr") + SILENCE * 4


def language_model(provider: str, **more: str) -> LanguageModel:
    """The platform's client of a vendor, or a company's own."""
    return cast(LanguageModel, registry.vendor("llm", Choice(provider, **more)).client)


async def answer(on_usage: OnUsage, *, provider: str = "groq", timeout: float = 5.0) -> str:
    model = language_model(provider)
    return "".join([piece async for piece in model.stream(QUESTION, on_usage, timeout=timeout)])


async def say(on_usage: OnUsage, text: str = SENTENCE, *, voice: Voice = FRENCH, timeout: float = 5.0) -> bytes:
    return b"".join([piece async for piece in registry.text_to_speech().speak(text, voice, on_usage, timeout=timeout)])


class Relay:
    """Stands before the emulators, and counts the connections that were opened."""

    def __init__(self, url: str) -> None:
        self.opened = 0
        host, port = url.removeprefix("http://").split(":")
        self._far = (host, int(port))

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        far_reader, far_writer = await asyncio.open_connection(*self._far)
        copying = {asyncio.create_task(_copy(reader, far_writer)), asyncio.create_task(_copy(far_reader, writer))}
        _, unfinished = await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
        for task in unfinished:
            task.cancel()
        await asyncio.wait(copying)
        far_writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
