"""Speech to text on this machine, through the interface of Vosk's module."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from providers import registry
from providers.protocols import (
    Choice,
    Failure,
    ProviderError,
    SpeechEvent,
    SpeechOptions,
    SpeechStarted,
    StreamEnded,
    Transcript,
    UtteranceEnded,
)
from providers.vosk import VoskSpeechToText, stream
from providers.vosk.results import Hearing
from sandbox.engines import vosk
from tests.providers.helpers import SILENCE, Ear, listen, spoken

HEARD = "bonjour ma connexion ne fonctionne plus"


@pytest.fixture(autouse=True)
async def _vosk(settings: Settings) -> AsyncIterator[None]:
    settings.SPEECH_TO_TEXT = "vosk"
    yield
    await registry.close()


def misbehaves(settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """A path is set, and what would be the real module is the sandbox's."""
    monkeypatch.setitem(sys.modules, "vosk", vosk)
    settings.VOSK_MODEL_PATH = f"/models/vosk-{fault}"


async def opened(ear: Ear) -> stream.VoskStream:
    opened = await registry.speech_to_text().open(SpeechOptions("fr"), ear.on_speech, ear.reports.append)
    assert isinstance(opened, stream.VoskStream)
    return opened


async def test_speech_becomes_text() -> None:
    ear = await listen(spoken())
    assert ear.text == HEARD
    assert isinstance(ear.events[0], SpeechStarted)
    assert ear.events[-1] == StreamEnded(None)
    interim = [event for event in ear.events if isinstance(event, Transcript) and not event.is_final]
    assert HEARD.startswith(interim[0].text)
    final = next(event for event in ear.events if isinstance(event, Transcript) and event.is_final)
    assert final.start == pytest.approx(0.5, abs=0.2)
    assert " ".join(word.text for word in final.words) == HEARD
    assert 0 < final.confidence <= 1


async def test_a_longer_silence_ends_the_utterance() -> None:
    ear = Ear()
    stream = await opened(ear)
    stream.send(spoken() + SILENCE * 2)
    await ear.until(lambda event: isinstance(event, UtteranceEnded))
    await stream.close()
    assert len([event for event in ear.events if isinstance(event, UtteranceEnded)]) == 1


async def test_what_is_still_being_said_at_the_end_is_heard() -> None:
    ear = Ear()
    stream = await opened(ear)
    stream.send(spoken()[: -4 * len(SILENCE)])
    await stream.close()
    assert ear.text == HEARD


async def test_the_seconds_are_counted_to_the_sample(settings: Settings) -> None:
    pcm = spoken() + bytes(2 * 37)
    ear = await listen(pcm)
    assert ear.report.audio_seconds == Decimal(len(pcm)) / 16_000
    assert (ear.report.kind, ear.report.provider, ear.report.model) == ("stt", "vosk", "sandbox")
    assert not ear.report.estimated


async def test_the_loop_never_recognises_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set()

    class Recognizer(vosk.KaldiRecognizer):
        def AcceptWaveform(self, data: bytes) -> int:
            threads.add(threading.current_thread())
            return super().AcceptWaveform(data)

    monkeypatch.setattr(vosk, "KaldiRecognizer", Recognizer)
    await listen(spoken())
    assert threads
    assert threading.current_thread() not in threads


async def test_each_language_has_its_model_which_is_loaded_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehaves(settings, monkeypatch, "{language}")
    loaded = []
    model_of = vosk.Model

    def load(path: str) -> vosk.Model:
        loaded.append(path)
        return model_of(path)

    monkeypatch.setattr(vosk, "Model", load)
    model = VoskSpeechToText()
    for language in ("fr", "en", "fr"):
        ear = Ear()
        await (await model.open(SpeechOptions(language), ear.on_speech, ear.reports.append)).close()
        assert ear.report.model == f"vosk-{language}"
    assert loaded == ["/models/vosk-fr", "/models/vosk-en"]
    await model.aclose()


@pytest.mark.parametrize(
    ("fault", "failure"), [("500", Failure.SERVER), ("drop", Failure.SERVER), ("garbage", Failure.GARBAGE)]
)
async def test_an_engine_that_fails_ends_the_stream_and_says_why(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: str, failure: Failure
) -> None:
    misbehaves(settings, monkeypatch, fault)
    ear = Ear()
    stream = await opened(ear)
    stream.send(spoken())
    error = (await ear.end()).error
    assert error is not None
    assert error.failure is failure
    stream.send(b"\0\0")  # nobody minds
    await stream.close()
    assert len(ear.reports) == 1


async def test_files_that_are_missing_are_named_by_their_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehaves(settings, monkeypatch, "401")
    with pytest.raises(ProviderError, match="check VOSK_MODEL_PATH") as caught:
        await opened(Ear())
    assert caught.value.failure is Failure.REFUSED


async def test_an_engine_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Recognizer(vosk.KaldiRecognizer):
        def AcceptWaveform(self, data: bytes) -> int:
            release.wait(10)
            return 0

    monkeypatch.setattr(vosk, "KaldiRecognizer", Recognizer)
    monkeypatch.setattr(stream, "ANSWER_SECONDS", 0.1)
    ear = Ear()
    hanging = await opened(ear)
    hanging.send(spoken())
    error = (await ear.end()).error
    release.set()
    assert error is not None
    assert error.failure is Failure.TIMEOUT
    await hanging.close()


async def test_a_machine_that_cannot_follow_costs_the_oldest_audio_and_no_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ear = Ear()
    stream = await opened(ear)
    stream.send(bytes(1600 * 250))  # before the loop turns
    await stream.close()
    assert ear.report.audio_seconds == 20
    assert "5.0 s of audio dropped" in caplog.text


async def test_a_listener_that_fails_does_not_end_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()

    def on_speech(event: SpeechEvent) -> None:
        ear.on_speech(event)
        raise LookupError("a bug")

    stream = await registry.speech_to_text().open(SpeechOptions("fr"), on_speech, ear.reports.append)
    stream.send(spoken())
    await stream.close()
    assert ear.text == HEARD
    assert "a listener failed" in caplog.text


def test_a_result_without_words_is_where_the_partial_ones_were() -> None:
    class Recognizer:
        told: list[Any] = [0, {"partial": "oui"}, 1, {"text": "oui"}]

        def AcceptWaveform(self, data: bytes) -> int:
            return int(self.told.pop(0))

        def PartialResult(self) -> str:
            return json.dumps(self.told.pop(0))

        Result = PartialResult

    hearing = Hearing(Recognizer(), 1.0)
    assert hearing.hear(bytes(1600)) == [SpeechStarted(0.1), Transcript("oui", False, False, 0.1, 0.1)]
    assert hearing.hear(bytes(1600)) == [Transcript("oui", True, True, 0.1, 0.2)]


def test_the_library_is_only_needed_with_a_model(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VOSK_MODEL_PATH = "/models/vosk"
    monkeypatch.setitem(sys.modules, "vosk", None)
    with pytest.raises(ImproperlyConfigured, match="install the extra 'vosk'"):
        registry.vendor("stt", Choice("vosk"))
