"""Text to speech on this machine, through the interface of Piper's module."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any, cast

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from providers import registry
from providers.protocols import Choice, Failure, ProviderError, UsageReport, Voice
from sandbox.engines import piper
from sandbox.voice import transcript
from tests.providers.helpers import FRENCH, SENTENCE, say

TWO = "Bonjour. Ma connexion ne fonctionne plus."


@pytest.fixture(autouse=True)
async def _piper(settings: Settings) -> AsyncIterator[None]:
    settings.TEXT_TO_SPEECH = "piper"
    yield
    await registry.close()


def real_path(settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A path is set, and what would be the real module is the sandbox's."""
    monkeypatch.setitem(sys.modules, "piper", piper)
    settings.PIPER_VOICE_PATH = f"/voices/{name}"


async def failure(**more: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await say(lambda report: None, TWO, **more)
    return caught.value


async def test_text_is_spoken_at_the_telephones_rate_and_counted() -> None:
    reports: list[UsageReport] = []
    pcm = await say(reports.append)
    assert transcript(pcm) == SENTENCE
    assert 1.5 < len(pcm) / 16_000 < 5
    (report,) = reports
    assert (report.kind, report.provider, report.model) == ("tts", "piper", "sandbox")
    assert report.characters == len(SENTENCE)
    assert report.latency_seconds is not None
    assert not report.estimated


async def test_each_sentence_is_heard_when_it_is_ready() -> None:
    pieces = [piece async for piece in registry.text_to_speech().speak(TWO, FRENCH, lambda report: None)]
    assert [transcript(piece) for piece in pieces] == ["Bonjour.", "Ma connexion ne fonctionne plus."]


async def test_speed_shortens() -> None:
    slow, fast = [await say(lambda report: None, voice=Voice("fr", speed=speed)) for speed in (0.8, 1.3)]
    assert len(fast) < len(slow)


async def test_a_caller_who_interrupts_stops_it_after_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = []

    class Piper(piper.PiperVoice):
        def synthesize(self, text: str, syn_config: piper.SynthesisConfig | None = None) -> Iterable[piper.AudioChunk]:
            for chunk in super().synthesize(text, syn_config):
                spoken.append(threading.current_thread())
                yield chunk

    monkeypatch.setattr(piper.PiperVoice, "load", lambda path: Piper(path))
    reports: list[UsageReport] = []
    speech = cast(AsyncGenerator[bytes, None], registry.text_to_speech().speak(TWO, FRENCH, reports.append))
    async with aclosing(speech) as pieces:
        await anext(pieces)
    assert len(spoken) == 1
    assert threading.current_thread() not in spoken  # the loop does not speak by itself
    assert reports[0].characters == len(TWO)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("401", Failure.REFUSED),
        ("500", Failure.SERVER),
        ("drop", Failure.SERVER),
        ("garbage", Failure.GARBAGE),
    ],
)
async def test_an_engine_that_fails_says_why(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: str, expected: Failure
) -> None:
    real_path(settings, monkeypatch, f"fr-{fault}")
    error = await failure()
    assert error.failure is expected
    assert ("check PIPER_VOICE_PATH" in str(error)) is (fault == "401")


async def test_an_engine_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(piper.PiperVoice, "synthesize", lambda self, text, syn_config=None: iter([release.wait(10)]))
    error = await failure(timeout=0.1)
    release.set()
    assert error.failure is Failure.TIMEOUT


async def test_each_language_has_its_voice_which_is_loaded_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_path(settings, monkeypatch, "{language}-siwis.onnx")
    loaded: list[str] = []
    load_voice = piper.PiperVoice.load

    def load(path: str) -> piper.PiperVoice:
        loaded.append(path)
        return load_voice(path)

    monkeypatch.setattr(piper.PiperVoice, "load", load)
    reports: list[UsageReport] = []
    for language in ("fr", "en", "fr"):
        await say(reports.append, "Hello.", voice=Voice(language))
    assert loaded == ["/voices/fr-siwis.onnx", "/voices/en-siwis.onnx"]
    assert [report.model for report in reports] == ["fr-siwis", "en-siwis", "fr-siwis"]


async def test_the_address_tells_apart_whatever_sounds_different() -> None:
    address = registry.text_to_speech().address
    assert address(Voice("fr")) == address(Voice("fr", "marie"))
    assert len({address(voice) for voice in (Voice("fr"), Voice("en"), Voice("fr", speed=1.1))}) == 3


def test_the_library_is_only_needed_with_a_voice(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real_path(settings, monkeypatch, "fr.onnx")
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(ImproperlyConfigured, match="install the extra 'piper'"):
        registry.vendor("tts", Choice("piper"))
