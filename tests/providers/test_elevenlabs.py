from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import pytest

from providers import registry
from providers.protocols import Failure, ProviderError, UsageReport, Voice
from tests.providers.conftest import Handler, Vendors, http_answer
from tests.providers.helpers import FRENCH, SENTENCE, say

Serve = Callable[[Handler], Awaitable[str]]


class ElevenLabs:
    """Sends the given pieces, and notes the request."""

    def __init__(self, *pieces: bytes, hangs: bool = False) -> None:
        self._pieces = pieces
        self._hangs = hangs
        self.path = ""
        self.request: dict[str, Any] = {}
        self.gone = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.path = head.split()[1].decode()
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        self.request = json.loads(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm\r\ncharacter-cost: 21\r\nconnection: close\r\n\r\n")
        for piece in self._pieces:
            writer.write(piece)
            await writer.drain()
        if self._hangs:
            await reader.read()  # until the client has gone
            self.gone.set()


async def test_text_is_spoken_in_even_pieces_and_counted_as_elevenlabs_counts(vendors: Vendors) -> None:
    reports: list[UsageReport] = []
    vendor = registry.text_to_speech()
    pieces = [piece async for piece in vendor.speak(SENTENCE, FRENCH, reports.append)]
    assert len(pieces) > 10
    assert all(piece and len(piece) % 2 == 0 for piece in pieces)
    assert 1.5 < len(b"".join(pieces)) / 16_000 < 5
    (report,) = reports
    (billed,) = await vendors.ledger("elevenlabs")
    assert (report.kind, report.provider, report.model) == ("tts", "elevenlabs", "eleven_flash_v2_5")
    assert report.characters == billed["characters"] == len(SENTENCE)
    assert report.credits == billed["credits"]
    assert report.request_id == billed["request_id"]
    assert not report.estimated
    assert report.latency_seconds is not None


async def test_a_caller_who_interrupts_stops_the_vendor(vendors: Vendors, serve: Serve) -> None:
    elevenlabs = ElevenLabs(bytes(6400), hangs=True)
    await vendors.use(await serve(elevenlabs))
    reports: list[UsageReport] = []
    stream = cast(AsyncGenerator[bytes, None], registry.text_to_speech().speak(SENTENCE, FRENCH, reports.append))
    async with aclosing(stream) as pieces:
        assert await anext(pieces)
    async with asyncio.timeout(5):
        await elevenlabs.gone.wait()  # the vendor sees it
    (report,) = reports
    assert report.estimated
    assert (report.characters, report.credits) == (len(SENTENCE), 21)


async def test_half_samples_never_come_out(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(ElevenLabs(b"\1" * 1001, b"\2" * 2, b"\3" * 998)))
    vendor = registry.text_to_speech()
    pieces = [piece async for piece in vendor.speak("Oui.", FRENCH, lambda report: None)]
    assert all(len(piece) % 2 == 0 for piece in pieces)
    assert b"".join(pieces) == b"\1" * 1001 + b"\2" * 2 + b"\3" * 997


async def test_no_audio_is_no_answer(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(ElevenLabs()))
    with pytest.raises(ProviderError) as caught:
        await say(lambda report: None)
    assert caught.value.failure is Failure.GARBAGE


async def test_a_vendor_that_falls_silent_in_the_middle(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(ElevenLabs(bytes(3200), hangs=True)))
    reports: list[UsageReport] = []
    with pytest.raises(ProviderError) as caught:
        await say(reports.append, timeout=0.2)
    assert caught.value.failure is Failure.TIMEOUT
    assert reports[0].estimated


async def test_a_cost_that_is_not_told_is_an_estimate(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(http_answer("200 OK", bytes(640), "content-type: audio/pcm")))
    reports: list[UsageReport] = []
    await say(reports.append)
    assert reports[0].estimated
    assert reports[0].characters == len(SENTENCE)


async def test_it_asks_for_telephone_audio_in_the_language_and_the_voice(vendors: Vendors, serve: Serve) -> None:
    elevenlabs = ElevenLabs(bytes(640))
    await vendors.use(await serve(elevenlabs))
    await say(lambda report: None, "Oui.", voice=Voice("fr", "marie"))
    assert elevenlabs.path == "/v1/text-to-speech/marie/stream?output_format=pcm_8000"
    assert elevenlabs.request == {"text": "Oui.", "model_id": "eleven_flash_v2_5", "language_code": "fr"}


async def test_only_a_speed_of_ones_own_changes_the_voices_settings(vendors: Vendors, serve: Serve) -> None:
    elevenlabs = ElevenLabs(bytes(640))
    await vendors.use(await serve(elevenlabs))
    await say(lambda report: None, "Oui.", voice=Voice("fr", speed=0.9))
    assert elevenlabs.request["voice_settings"] == {"speed": 0.9}


async def test_a_model_that_knows_no_language_code_gets_none(vendors: Vendors, serve: Serve) -> None:
    vendors.settings.ELEVENLABS_MODEL = "eleven_multilingual_v2"
    elevenlabs = ElevenLabs(bytes(640))
    await vendors.use(await serve(elevenlabs))
    await say(lambda report: None, "Oui.")
    assert "language_code" not in elevenlabs.request


async def test_the_address_tells_apart_whatever_sounds_different(vendors: Vendors) -> None:
    vendors.settings.ELEVENLABS_VOICES = {"fr": "marie", "en": "jane"}
    await vendors.use()
    address = registry.text_to_speech().address
    assert address(Voice("fr")) == address(Voice("fr", "marie"))
    voices = [Voice("fr"), Voice("en"), Voice("en", "marie"), Voice("fr", "luc"), Voice("fr", speed=1.1)]
    assert len({address(voice) for voice in voices}) == len(voices)


async def test_audio_of_the_sandbox_is_not_taken_for_the_vendors(vendors: Vendors) -> None:
    in_the_sandbox = registry.text_to_speech().address(FRENCH)
    await vendors.use("https://api.elevenlabs.io")
    assert registry.text_to_speech().address(FRENCH) != in_the_sandbox
