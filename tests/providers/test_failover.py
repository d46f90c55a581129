"""One vendor fails, the next goes on: over real sockets, with the emulators' faults."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import override_settings
from pytest_django import Settings

from providers import registry
from providers.deepgram import DeepgramSpeechToText
from providers.elevenlabs import ElevenLabsTextToSpeech
from providers.failover import FailoverLanguageModel, FailoverSpeechToText, FailoverTextToSpeech
from providers.failover import speech_to_text as stt
from providers.failover.text_to_speech import rest_of
from providers.groq import GroqLanguageModel
from providers.phrases import PhraseStore
from providers.protocols import (
    Choice,
    Failure,
    Kind,
    OnUsage,
    ProviderError,
    SpeechOptions,
    SpeechStream,
    StreamEnded,
    Transcript,
    UsageReport,
    Voice,
)
from sandbox.voice import render, transcript
from tests.providers.conftest import KEY, Vendors
from tests.providers.helpers import QUESTION, SENTENCE, SILENCE, Ear

SCHEMA = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}
LONG = "Bonjour, je vous écoute. Décrivez-moi votre problème en quelques mots, s'il vous plaît."
NAMES: dict[Kind, str] = {"stt": "deepgram", "llm": "groq", "tts": "elevenlabs"}
AT_ONCE = ["401", "429", "500", "garbage", "drop"]
IN_TIME = ["slow", "hang", "stall"]


def chain(kind: Kind, *faults: str) -> tuple[Choice, ...]:
    """The same vendor by several keys, new ones each time; "" is one that works."""
    return tuple(Choice(NAMES[kind], api_key=f"sandbox-{uuid.uuid4().hex}-{fault}") for fault in faults)


def breakers(kind: Kind, choices: Sequence[Choice]) -> list[bool]:
    return [vendor.breaker.is_open for vendor in registry.vendors(kind, choices)]


@pytest.fixture
def nobody_listens(vendors: Vendors, closed_url: str) -> Callable[[type], Any]:
    """A vendor's class whose address is a closed port."""

    def make(cls: type) -> Any:
        def client() -> Any:
            with override_settings(VENDORS={name: {"api_key": KEY, "url": closed_url} for name in NAMES.values()}):
                return cls()

        return client

    return make


# --- Language model ---


@pytest.mark.parametrize("fault", AT_ONCE + IN_TIME)
async def test_another_language_model_decides(vendors: Vendors, fault: str) -> None:
    model, loop = FailoverLanguageModel(chain("llm", fault, "")), asyncio.get_running_loop()
    began = loop.time()
    decision = await model.decide(QUESTION, SCHEMA, lambda report: None)
    assert set(decision) == {"kind"}
    assert loop.time() - began < 3.0


@pytest.mark.parametrize("fault", ["401", "429", "500", "garbage", "hang"])
async def test_another_language_model_tells(vendors: Vendors, fault: str) -> None:
    model = FailoverLanguageModel(chain("llm", fault, ""))
    assert "".join([piece async for piece in model.stream(QUESTION, lambda report: None)])


async def test_an_answer_that_was_begun_is_not_begun_again(vendors: Vendors) -> None:
    model, told = FailoverLanguageModel(chain("llm", "drop", "")), []

    async def listen() -> None:
        async for piece in model.stream(QUESTION, lambda report: None):
            told.append(piece)

    with pytest.raises(ProviderError) as caught:
        await listen()
    assert caught.value.failure is Failure.CUT
    assert told


async def test_the_time_bounds_all_language_models_together(vendors: Vendors) -> None:
    model, loop = FailoverLanguageModel(chain("llm", "hang", "hang", "hang")), asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(ProviderError):
        await model.decide(QUESTION, SCHEMA, lambda report: None, timeout=0.5)
    assert loop.time() - began < 2.0


async def test_a_vendor_that_refuses_us_is_asked_once_by_all_calls(vendors: Vendors) -> None:
    choices = chain("llm", "401", "")
    for _call in range(3):
        await FailoverLanguageModel(choices).decide(QUESTION, SCHEMA, lambda report: None)
        assert breakers("llm", choices) == [True, False]


async def test_when_all_are_left_alone_the_answer_comes_at_once(vendors: Vendors) -> None:
    model = FailoverLanguageModel(chain("llm", "401"))
    for detail in ("401", "left alone"):
        with pytest.raises(ProviderError, match=detail):
            await model.decide(QUESTION, SCHEMA, lambda report: None)


# --- Text to speech ---


async def speak(choices: Sequence[Choice], text: str = SENTENCE, *, on_usage: OnUsage = lambda report: None) -> bytes:
    voice = Voice("fr", vendors=tuple(choices))
    return b"".join([piece async for piece in FailoverTextToSpeech().speak(text, voice, on_usage)])


@pytest.mark.parametrize("fault", ["401", "429", "500", "garbage", "slow", "hang"])
async def test_another_voice_says_what_the_first_did_not(vendors: Vendors, fault: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert transcript(await speak(chain("tts", fault, ""))) == SENTENCE
    assert loop.time() - began < 3.0


@pytest.mark.parametrize("fault", ["drop", "stall"])
async def test_another_voice_says_the_rest_of_a_sentence(vendors: Vendors, fault: str) -> None:
    reports: list[UsageReport] = []
    await speak(chain("tts", fault, ""), LONG, on_usage=reports.append)
    cut, rest = await vendors.ledger("elevenlabs", count=2)
    assert cut["text"] == LONG
    assert LONG.endswith(rest["text"])
    assert 0.2 * len(LONG) < len(rest["text"]) < 0.8 * len(LONG)
    assert rest["text"][0].isalpha()
    assert LONG[-len(rest["text"]) - 1] == " "  # at a word
    assert [report.estimated for report in reports] == [True, False]


async def test_a_voice_that_is_alone_goes_on_itself(vendors: Vendors) -> None:
    await speak(chain("tts", "first-drop"), LONG)
    whole, rest = await vendors.ledger("elevenlabs", count=2)
    assert LONG.endswith(rest["text"])
    assert rest["text"] != whole["text"]


async def test_a_sentence_in_two_voices_is_not_kept(vendors: Vendors) -> None:
    store, voice = PhraseStore(), Voice("fr", vendors=chain("tts", "drop", ""))
    async for _ in store.stream(LONG, voice, lambda report: None):
        pass
    assert store.cached(LONG, voice) is None


async def test_what_the_first_voice_has_said_is_there_when_it_is_gone(vendors: Vendors) -> None:
    store, voice = PhraseStore(), Voice("fr", vendors=chain("tts", "after1-401"))
    for _ in range(2):
        pcm = b"".join([piece async for piece in store.stream(SENTENCE, voice, lambda report: None)])
        assert transcript(pcm) == SENTENCE
    with pytest.raises(ProviderError):
        async for _piece in store.stream(LONG, voice, lambda report: None):
            pass
    assert store.cached(SENTENCE, voice)


async def elevenlabs_with_one_voice(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, voice: str, status: str, code: str
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().partition("content-length:")[2].split()[0])
    await reader.readexactly(length)
    if f"/{voice}/stream" in head:
        status, kind, body = "200 OK", "audio/pcm", render(SENTENCE, "fr")
    else:
        message = "A voice with that voice_id was not found."
        kind, body = "application/json", json.dumps({"detail": {"status": code, "message": message}}).encode()
    answer = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(answer.encode() + body)
    await writer.drain()


@pytest.mark.parametrize(
    ("status", "code"), [("404 Not Found", "voice_not_found"), ("400 Bad Request", "voice_does_not_exist")]
)
async def test_for_a_voice_that_is_gone_the_platforms_speaks(
    vendors: Vendors, serve: Callable[[Any], Awaitable[str]], settings: Settings, status: str, code: str
) -> None:
    settings.ELEVENLABS_VOICES = {"fr": "default", "en": "default"}
    handler = partial(elevenlabs_with_one_voice, voice="default", status=status, code=code)
    await vendors.use(await serve(handler))
    store, gone = PhraseStore(), Voice("fr", "deleted")
    for _ in range(2):
        pcm = b"".join([piece async for piece in store.stream(SENTENCE, gone, lambda report: None)])
        assert transcript(pcm) == SENTENCE
    assert store.cached(SENTENCE, gone) is None  # it is another's voice
    assert store.cached(SENTENCE, Voice("fr"))
    assert breakers("tts", registry.defaults("tts")) == [False]  # to all others it speaks as before


async def test_without_the_platforms_own_voice_the_vendor_is_left_alone(
    vendors: Vendors, serve: Callable[[Any], Awaitable[str]]
) -> None:
    handler = partial(elevenlabs_with_one_voice, voice="none", status="404 Not Found", code="voice_not_found")
    await vendors.use(await serve(handler))
    with pytest.raises(ProviderError) as caught:
        await speak(())
    assert caught.value.failure is Failure.REFUSED
    assert breakers("tts", registry.defaults("tts")) == [True]


def test_the_rest_begins_at_a_mark_near_by_or_at_the_next_word() -> None:
    text = "Bonjour, ma connexion ne fonctionne plus. Pouvez-vous m'aider ?"
    assert rest_of(text, 0) == text
    assert rest_of(text, 5) == "ma connexion ne fonctionne plus. Pouvez-vous m'aider ?"
    assert rest_of(text, 23) == "fonctionne plus. Pouvez-vous m'aider ?"
    assert rest_of(text, 37) == "Pouvez-vous m'aider ?"
    assert rest_of(text, 45) == "Pouvez-vous m'aider ?"
    assert rest_of(text, 200) == ""


def test_the_id_of_a_voice_is_the_first_vendors(vendors: Vendors) -> None:
    from providers.failover.text_to_speech import for_vendor

    first, second = Choice("elevenlabs"), Choice(f"{__name__}.OtherVoice")
    voice = Voice("fr", "marie", vendors=(first, second))
    ids = [for_vendor(voice, vendor).voice_id for vendor in registry.vendors("tts", voice.vendors)]
    assert ids == ["marie", ""]


class OtherVoice(ElevenLabsTextToSpeech):
    pass


# --- Speech to text ---


async def open_stream(choices: Sequence[Choice], ear: Ear) -> SpeechStream:
    return await FailoverSpeechToText(choices).open(SpeechOptions("fr"), ear.on_speech, ear.reports.append)


async def in_real_time(stream: SpeechStream, pcm: bytes) -> None:
    """Faster than that, as the machine allows; a chunk at a time, so that faults come in the middle."""
    for at in range(0, len(pcm), 1600):
        stream.send(pcm[at : at + 1600])
        await asyncio.sleep(0.02)


def is_final_word(event: object) -> bool:
    return isinstance(event, Transcript) and event.ends_speech


@pytest.mark.parametrize("fault", ["401", "429", "500", "slow", "hang"])
async def test_another_vendor_listens(vendors: Vendors, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(stt, "OPEN_SECONDS", 1.0)
    ear = Ear()
    stream = await open_stream(chain("stt", fault, ""), ear)
    await in_real_time(stream, SILENCE + render(SENTENCE, "fr") + SILENCE * 2)
    await ear.until(is_final_word)
    await stream.close()
    assert ear.text == SENTENCE


@pytest.mark.parametrize(
    "fault", ["drop", "error", "garbage", "stall", "words-drop", "words-error", "words-garbage", "words-stall"]
)
async def test_another_vendor_hears_what_the_first_did_not_finish(vendors: Vendors, fault: str) -> None:
    ear = Ear()
    stream = await open_stream(chain("stt", fault, ""), ear)
    spoken = render(SENTENCE, "fr")
    speaking = asyncio.create_task(in_real_time(stream, SILENCE * 3 + spoken + SILENCE * 60))
    heard = await ear.until(is_final_word)
    speaking.cancel()
    await stream.close()
    assert ear.text == SENTENCE  # each word once
    assert isinstance(heard, Transcript)
    assert 1.4 < heard.start < 2.2  # on the clock of the call, not of the second stream
    assert (heard.words[0].start, heard.words[-1].end) == (heard.start, heard.end)


@pytest.mark.parametrize("fault", ["401", "429", "500", "hang"])
async def test_a_stream_that_broke_meets_a_vendor_that_is_down(vendors: Vendors, fault: str) -> None:
    """The first vendor drops the stream, does not take it back, and the second one listens."""
    ear = Ear()
    stream = await open_stream(chain("stt", f"words-drop-after1-{fault}", ""), ear)
    speaking = asyncio.create_task(in_real_time(stream, SILENCE + render(SENTENCE, "fr") + SILENCE * 20))
    await ear.until(is_final_word)
    speaking.cancel()
    await stream.close()
    assert ear.text == SENTENCE


async def test_words_that_were_final_are_not_heard_again(vendors: Vendors) -> None:
    ear = Ear()
    stream = await open_stream(chain("stt", "final-drop", ""), ear)
    await in_real_time(stream, SILENCE + render("Bonjour.", "fr") + SILENCE * 2)
    await ear.until(is_final_word)
    await in_real_time(stream, SILENCE + render("Ma box ne marche plus.", "fr") + SILENCE * 2)
    await ear.until(lambda event: isinstance(event, Transcript) and "plus" in event.text and event.ends_speech)
    await stream.close()
    assert ear.text == "Bonjour. Ma box ne marche plus."


async def test_when_nobody_listens_the_stream_ends_with_the_reason(vendors: Vendors) -> None:
    ear = Ear()
    stream = await open_stream(chain("stt", "words-drop-after1-401"), ear)
    speaking = asyncio.create_task(in_real_time(stream, SILENCE + render(SENTENCE, "fr") + SILENCE * 20))
    end = await ear.end()
    speaking.cancel()
    await stream.close()
    assert end.error is not None
    assert end.error.failure is Failure.REFUSED


async def test_a_stream_that_is_cut_again_and_again_is_given_up(vendors: Vendors) -> None:
    ear = Ear()
    stream = await open_stream(chain("stt", "drop", "drop"), ear)
    speaking = asyncio.create_task(in_real_time(stream, SILENCE * 200))
    end = await ear.end()
    speaking.cancel()
    await stream.close()
    assert end.error is not None


async def test_a_stream_that_ends_as_asked_ends_once_and_without_error(vendors: Vendors) -> None:
    ear = Ear()
    stream = await open_stream(chain("stt", ""), ear)
    await in_real_time(stream, SILENCE)
    await stream.close()
    assert [event for event in ear.events if isinstance(event, StreamEnded)] == [StreamEnded(None)]


async def test_a_stream_that_cannot_be_opened_again_for_whatever_reason_ends(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the call would be deaf, and not know it."""
    ear = Ear()
    stream = await open_stream(chain("stt", "words-drop"), ear)
    monkeypatch.setattr(stt, "Candidates", Mock(side_effect=RuntimeError("a bug")))
    speaking = asyncio.create_task(in_real_time(stream, SILENCE + render(SENTENCE, "fr") + SILENCE * 20))
    end = await ear.end()
    speaking.cancel()
    await stream.close()
    assert end.error is not None
    assert end.error.failure is Failure.GARBAGE


# --- All kinds ---


async def use_stt(choices: Sequence[Choice]) -> None:
    ear = Ear()
    await (await open_stream(choices, ear)).close()


async def use_llm(choices: Sequence[Choice]) -> None:
    await FailoverLanguageModel(choices).decide(QUESTION, SCHEMA, lambda report: None)


async def use_tts(choices: Sequence[Choice]) -> None:
    await speak(choices)


@pytest.mark.parametrize(
    ("kind", "cls", "use"),
    [
        ("stt", DeepgramSpeechToText, use_stt),
        ("llm", GroqLanguageModel, use_llm),
        ("tts", ElevenLabsTextToSpeech, use_tts),
    ],
)
async def test_nobody_listens_at_the_first_vendor(
    nobody_listens: Callable[[type], Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    cls: type,
    use: Callable[[Sequence[Choice]], Awaitable[None]],
) -> None:
    monkeypatch.setitem(globals(), "nowhere", nobody_listens(cls))
    choices = (Choice(f"{__name__}.nowhere"), Choice(NAMES[kind]))
    for _ in range(2):
        await use(choices)
    assert breakers(kind, choices) == [True, False]  # two tries each time


class Buggy:
    """Whatever it is asked, its SDK fails in a way of its own."""

    async def open(self, *args: Any) -> Any:
        raise RuntimeError("a bug")

    async def decide(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a bug")

    async def speak(self, *args: Any) -> Any:
        for piece in await self.decide():
            yield piece


@pytest.mark.parametrize(("kind", "use"), [("stt", use_stt), ("llm", use_llm), ("tts", use_tts)])
async def test_the_first_vendors_sdk_has_a_bug(
    vendors: Vendors, caplog: pytest.LogCaptureFixture, kind: Kind, use: Callable[[Sequence[Choice]], Awaitable[None]]
) -> None:
    choices = (Choice(f"{__name__}.Buggy"), Choice(NAMES[kind]))
    for _ in range(3):
        await use(choices)
    assert breakers(kind, choices) == [True, False]
    assert "RuntimeError: a bug" in caplog.text


@pytest.mark.parametrize("kind", ["stt", "llm", "tts"])
def test_a_vendor_that_cannot_be_made_is_passed_over(
    vendors: Vendors, caplog: pytest.LogCaptureFixture, kind: Kind
) -> None:
    choices = (Choice("nobody"), Choice("tests.nowhere.Vendor"), Choice(NAMES[kind]))
    for _ in range(2):
        assert [vendor.choice.provider for vendor in registry.vendors(kind, choices)] == [NAMES[kind]]
    assert caplog.text.count("Traceback") <= 4  # told once each
    assert "calls do without: nobody" in caplog.text


async def test_without_any_voice_nothing_is_cached_and_nothing_breaks(vendors: Vendors) -> None:
    store, voice = PhraseStore(), Voice("fr", vendors=(Choice("nobody"),))
    assert store.cached(SENTENCE, voice) is None
    assert await store.load([SENTENCE], voice) == [SENTENCE]
    with pytest.raises(ProviderError, match="left alone"):
        await anext(aiter(store.stream(SENTENCE, voice, lambda report: None)))
