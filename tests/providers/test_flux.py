"""Deepgram's Flux, which hears for itself where a turn ends."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from providers.deepgram import stream as deepgram_stream
from providers.deepgram.flux import parse
from providers.protocols import Failure, ProviderError, SpeechStarted, StreamEnded, Transcript
from sandbox.voice import render
from tests.providers.conftest import Vendors
from tests.providers.helpers import SENTENCE, SILENCE, Ear, listen, spoken
from tests.providers.test_deepgram import opened, own_deepgram


@pytest.fixture(autouse=True)
def _flux(vendors: Vendors) -> None:
    vendors.settings.DEEPGRAM_MODEL = "flux-general-multi"


def turn(event: str, text: str, **more: Any) -> dict[str, Any]:
    words = [{"word": word, "confidence": 0.9, "start": 0.5, "end": 1.0} for word in text.split()]
    told = {"type": "TurnInfo", "event": event, "transcript": text, "words": words}
    return told | {"audio_window_start": 0.0, "audio_window_end": 2.0, "end_of_turn_confidence": 0.1} | more


async def test_speech_becomes_turns(vendors: Vendors) -> None:
    ear = await listen(spoken())
    assert ear.text == SENTENCE
    assert isinstance(ear.events[0], SpeechStarted)
    assert ear.events[-1] == StreamEnded(None)
    transcripts = [event for event in ear.events if isinstance(event, Transcript)]
    assert SENTENCE.startswith(transcripts[0].text)
    perhaps = next(event for event in transcripts if event.ends_speech)
    assert not perhaps.is_final  # the end is told before it is sure
    (final,) = [event for event in transcripts if event.is_final]
    assert final.ends_speech
    assert final.start == pytest.approx(0.5, abs=0.2)
    assert " ".join(word.text for word in final.words) == SENTENCE
    assert 0 < final.confidence <= 1


async def test_two_turns_are_two_utterances(vendors: Vendors) -> None:
    ear = Ear()
    stream = await opened(ear)
    stream.send(spoken() + render("Elle clignote en rouge.", "fr") + SILENCE * 3)
    await ear.until(lambda event: isinstance(event, Transcript) and event.is_final and "rouge" in event.text)
    await stream.close()
    assert [e.text for e in ear.events if isinstance(e, Transcript) and e.is_final] == [
        SENTENCE,
        "Elle clignote en rouge.",
    ]


async def test_the_seconds_are_those_that_deepgram_bills_though_it_does_not_tell_them(vendors: Vendors) -> None:
    pcm = spoken() + bytes(2 * 37)  # not a whole chunk
    ear = await listen(pcm)
    (billed,) = await vendors.ledger("deepgram")
    assert round(ear.report.audio_seconds, 3) == Decimal(str(billed["seconds"]))
    assert ear.report.audio_seconds == Decimal(len(pcm)) / 16_000
    assert ear.report.request_id == billed["request_id"]
    assert ear.report.model == "flux-general-multi"
    assert not ear.report.estimated


async def test_a_stream_that_breaks_off_is_estimated(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-drop")
    ear = Ear()
    stream = await opened(ear)
    stream.send(bytes(1600 * 20))
    error = (await ear.end()).error
    assert error is not None
    assert error.failure is Failure.CUT
    assert ear.report.estimated
    await stream.close()


@pytest.mark.parametrize(
    ("fault", "failure"), [("401", Failure.REFUSED), ("429", Failure.RATE_LIMITED), ("500", Failure.SERVER)]
)
async def test_a_refusal_has_its_meaning(vendors: Vendors, fault: str, failure: Failure) -> None:
    await vendors.use(key=f"sandbox-{fault}")
    with pytest.raises(ProviderError) as caught:
        await opened(Ear())
    assert caught.value.failure is failure


async def test_garbage_ends_the_stream(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-garbage")
    ear = Ear()
    stream = await opened(ear)
    error = (await ear.end()).error
    assert error is not None
    assert error.failure is Failure.GARBAGE
    await stream.close()


async def test_it_asks_for_what_flux_knows_and_for_nothing_else(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms={"fibre": 0, "Wipple": 4}, utterance_end_seconds=0.2, tag="call 7")
        await server.sockets.get()
        assert server.query == {
            "model": ["flux-general-multi"],
            "encoding": ["linear16"],
            "sample_rate": ["8000"],
            "eager_eot_threshold": ["0.5"],
            "eot_timeout_ms": ["500"],  # less is refused
            "language_hint": ["fr"],
            "keyterm": ["Wipple", "fibre"],
            "tag": ["call 7"],
        }
        stream.send(bytes(1600))
        assert await server.next() == bytes(1600)  # nothing before it: Flux knows no KeepAlive
        await stream.close()


async def test_the_english_model_takes_no_hint(vendors: Vendors) -> None:
    vendors.settings.DEEPGRAM_MODEL = "flux-general-en"
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear())
        await server.sockets.get()
        assert "language_hint" not in server.query
        await stream.close()


async def test_silence_of_ours_is_filled_with_silence(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_stream, "KEEP_ALIVE_SECONDS", 0.05)
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear())
        for _ in range(3):
            assert await server.next() == bytes(1280)
        await stream.close()


async def test_an_error_that_flux_tells_ends_the_stream(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        ear = Ear()
        stream = await opened(ear)
        await (await server.sockets.get()).send('{"type": "Error", "code": "X", "description": "out of GPUs"}')
        error = (await ear.end()).error
        assert error is not None
        assert error.failure is Failure.SERVER
        assert "out of GPUs" in str(error)
        await stream.close()


@pytest.mark.parametrize(
    ("event", "text", "expected"),
    [
        ("StartOfTurn", "oui", [SpeechStarted(0.5), Transcript("oui", False, False, 0.5, 1.0, 0.9)]),
        ("StartOfTurn", "", [SpeechStarted(0.0)]),
        ("Update", "oui", [Transcript("oui", False, False, 0.5, 1.0, 0.9)]),
        ("Update", "", []),
        ("EagerEndOfTurn", "oui", [Transcript("oui", False, True, 0.5, 1.0, 0.9)]),
        ("TurnResumed", "oui", [Transcript("oui", False, False, 0.5, 1.0, 0.9)]),
        ("EndOfTurn", "oui", [Transcript("oui", True, True, 0.5, 1.0, 0.9)]),
        ("EndOfTurn", "", [Transcript("", True, True, 0.0, 2.0, 0.0)]),
    ],
)
def test_each_event_has_its_meaning(event: str, text: str, expected: list[Any]) -> None:
    assert parse(json.dumps(turn(event, text)).encode()) == expected


def test_words_without_times_are_where_the_turn_is() -> None:
    told = turn("Update", "oui") | {"words": [{"word": "oui", "confidence": 0.9}]}
    [heard] = parse(json.dumps(told).encode())
    assert heard == Transcript("oui", False, False, 0.0, 2.0, 0.9)
    assert isinstance(heard, Transcript)
    assert heard.words == ()


@pytest.mark.parametrize("message", ['{"type": "Telepathy"}', '{"type": "Warning"}'])
def test_messages_that_say_nothing_are_passed_over(message: str) -> None:
    assert parse(message.encode()) == []
