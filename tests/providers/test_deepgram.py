from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.exceptions import ConnectionClosed

from providers import registry
from providers.deepgram import stream as deepgram_stream
from providers.deepgram.messages import parse
from providers.protocols import (
    Failure,
    SpeechEvent,
    SpeechOptions,
    SpeechStarted,
    StreamEnded,
    Transcript,
    UtteranceEnded,
    Word,
)
from tests.providers.conftest import Vendors
from tests.providers.helpers import SENTENCE, SILENCE, Ear, listen, spoken


class Deepgram:
    """A websocket that notes what it gets and says what the test wants."""

    def __init__(self) -> None:
        self.obeys = True
        self.query: dict[str, list[str]] = {}
        self.headers: dict[str, str] = {}
        self.messages: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.sockets: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.query = parse_qs(urlsplit(socket.request.path).query)
        self.headers = {name.lower(): value for name, value in socket.request.headers.raw_items()}
        self.sockets.put_nowait(socket)
        try:
            async for message in socket:
                self.messages.put_nowait(message)
                if message == '{"type": "CloseStream"}' and self.obeys:
                    await socket.close()
        except ConnectionClosed:
            pass

    async def next(self) -> str | bytes:
        async with asyncio.timeout(5):
            return await self.messages.get()


@asynccontextmanager
async def own_deepgram(vendors: Vendors) -> AsyncIterator[Deepgram]:
    server = Deepgram()
    async with serve_websocket(server.serve, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        await vendors.use(f"http://127.0.0.1:{port}")
        yield server


async def opened(ear: Ear, **options: Any) -> deepgram_stream.DeepgramStream:
    stream = await registry.speech_to_text().open(
        SpeechOptions("fr", **options),
        ear.on_speech,
        ear.reports.append,
    )
    assert isinstance(stream, deepgram_stream.DeepgramStream)
    return stream


RESULT = {
    "type": "Results",
    "start": 0.0,
    "duration": 1.0,
    "is_final": True,
    "speech_final": False,
    "channel": {"alternatives": [{"transcript": "oui", "confidence": 0.9, "words": []}]},
}


async def test_speech_becomes_text(vendors: Vendors) -> None:
    ear = await listen(spoken())
    assert ear.text == SENTENCE
    kinds = [type(event) for event in ear.events]
    assert kinds[0] is SpeechStarted
    assert UtteranceEnded in kinds
    assert kinds[-1] is StreamEnded
    assert ear.events[-1] == StreamEnded(None)
    interim = [event for event in ear.events if isinstance(event, Transcript) and not event.is_final]
    assert SENTENCE.startswith(interim[0].text)


async def test_times_are_those_of_the_words(vendors: Vendors) -> None:
    ear = await listen(spoken())
    final = next(event for event in ear.events if isinstance(event, Transcript) and event.ends_speech)
    words_end = (len(spoken()) - 4 * len(SILENCE)) / 16_000
    assert final.start == pytest.approx(0.5, abs=0.2)
    assert final.end == pytest.approx(words_end, abs=0.3)
    assert 0 < final.confidence <= 1


async def test_the_seconds_are_those_that_deepgram_bills(vendors: Vendors) -> None:
    pcm = spoken() + bytes(2 * 37)  # not a whole chunk
    ear = await listen(pcm)
    (billed,) = await vendors.ledger("deepgram")
    assert ear.report.audio_seconds == Decimal(str(round(billed["seconds"], 3)))
    assert float(ear.report.audio_seconds) == pytest.approx(len(pcm) / 16_000, abs=0.02)
    assert ear.report.request_id == billed["request_id"]
    assert (ear.report.kind, ear.report.provider, ear.report.model) == ("stt", "deepgram", "nova-3")
    assert not ear.report.estimated
    assert ear.report.latency_seconds is not None


async def test_it_asks_for_what_a_conversation_needs(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), endpointing_seconds=0.25, utterance_end_seconds=0.4, tag="call 7")
        assert await server.next() == '{"type": "KeepAlive"}'
        assert server.query == {
            "model": ["nova-3"],
            "language": ["fr"],
            "encoding": ["linear16"],
            "sample_rate": ["8000"],
            "channels": ["1"],
            "interim_results": ["true"],
            "vad_events": ["true"],
            "smart_format": ["true"],
            "endpointing": ["250"],
            "utterance_end_ms": ["1000"],  # less is refused
            "tag": ["call 7"],
            "no_delay": ["true"],
        }
        assert server.headers["authorization"].startswith("Token ")
        assert "sec-websocket-extensions" not in server.headers  # no compression
        await stream.close()


async def test_nova_3_takes_keyterms_the_strongest_first(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms={"fibre": 0, "Wipple": 4, "box internet": 2})
        assert server.query["keyterm"] == ["Wipple", "box internet", "fibre"]
        assert "keywords" not in server.query
        await stream.close()


async def test_nova_2_takes_keywords_with_a_boost(vendors: Vendors) -> None:
    vendors.settings.DEEPGRAM_MODEL = "nova-2"
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms={"fibre": 1, "Wipple": 4})
        assert server.query["keywords"] == ["Wipple:4", "fibre:1"]
        assert "keyterm" not in server.query
        await stream.close()


async def test_a_long_vocabulary_keeps_within_deepgrams_limit(vendors: Vendors) -> None:
    ear = await listen(spoken("Oui."), keyterms={f"mot tout à fait particulier {n}": n % 5 for n in range(300)})
    assert ear.text == "Oui."  # the emulator refuses more than 500 tokens


async def test_audio_goes_in_messages_of_about_100_ms(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear())
        await server.next()
        for number in range(5):
            stream.send(bytes([number]) * 320)
        stream.send(bytes(1600))
        stream.send(bytes(4000))
        assert [len(await server.next()) for _ in range(3)] == [4 * 320, 320 + 1600, 3200]
        closing = asyncio.create_task(stream.close())
        assert len(await server.next()) == 4000 - 3200  # the rest
        assert json.loads(await server.next()) == {"type": "CloseStream"}
        await closing


async def test_silence_of_ours_keeps_the_stream_alive(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_stream, "KEEP_ALIVE_SECONDS", 0.05)
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear())
        for _ in range(3):
            assert await server.next() == '{"type": "KeepAlive"}'
        await stream.close()


async def test_a_vendor_that_does_not_read_costs_the_oldest_audio_and_no_memory(
    vendors: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    stream = await opened(ear)
    stream.send(bytes(1600 * 250))  # before the loop turns: nothing can have been sent
    await stream.close()
    assert ear.report.audio_seconds == 20
    assert "5.0 s of audio dropped" in caplog.text


async def test_messages_of_the_future_are_passed_over(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        ear = Ear()
        stream = await opened(ear)
        socket = await server.sockets.get()
        await socket.send('{"type": "Telepathy", "thought": "?"}')
        await socket.send(json.dumps(RESULT))
        event = await ear.until(lambda event: isinstance(event, Transcript))
        assert isinstance(event, Transcript)
        assert event.text == "oui"
        await stream.close()


async def test_a_listener_that_fails_does_not_end_the_stream(
    vendors: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()

    def on_speech(event: SpeechEvent) -> None:
        ear.on_speech(event)
        raise LookupError("a bug")

    stream = await registry.speech_to_text().open(SpeechOptions("fr"), on_speech, ear.reports.append)
    stream.send(spoken())
    await ear.until(lambda event: isinstance(event, Transcript) and event.ends_speech)
    await stream.close()
    assert ear.text == SENTENCE
    assert "a listener failed" in caplog.text


async def test_a_stream_that_breaks_off_says_so_and_estimates_what_it_used(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-drop")
    ear = Ear()
    stream = await opened(ear)
    stream.send(bytes(1600 * 20))
    ended = await ear.end()
    assert ended.error is not None
    assert ended.error.failure is Failure.CUT
    assert ear.report.estimated
    assert 0 < ear.report.audio_seconds <= 2
    stream.send(b"\0\0")  # nobody minds
    await stream.close()
    assert len(ear.reports) == 1


async def test_garbage_in_the_stream_ends_it(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-garbage")
    ear = Ear()
    stream = await opened(ear)
    stream.send(spoken())
    ended = await ear.end()
    assert ended.error is not None
    assert ended.error.failure is Failure.GARBAGE
    await stream.close()


@pytest.mark.parametrize("message", ["[]", "{}", '{"type": "Results"}', '{"type": "Metadata", "duration": "x"}', "nul"])
async def test_a_message_without_its_shape_ends_the_stream(vendors: Vendors, message: str) -> None:
    async with own_deepgram(vendors) as server:
        ear = Ear()
        stream = await opened(ear)
        await (await server.sockets.get()).send(message)
        ended = await ear.end()
        assert ended.error is not None
        assert ended.error.failure is Failure.GARBAGE
        await stream.close()


async def test_an_error_that_deepgram_tells_ends_the_stream(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        ear = Ear()
        stream = await opened(ear)
        await (await server.sockets.get()).send('{"type": "Error", "description": "out of GPUs"}')
        ended = await ear.end()
        assert ended.error is not None
        assert ended.error.failure is Failure.SERVER
        assert "out of GPUs" in str(ended.error)
        await stream.close()


async def test_a_close_with_a_reason_tells_the_reason(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        ear = Ear()
        stream = await opened(ear)
        await (await server.sockets.get()).close(1011, "NET-0001")
        ended = await ear.end()
        assert ended.error is not None
        assert ended.error.failure is Failure.CUT
        assert "1011 NET-0001" in str(ended.error)
        await stream.close()


async def test_closing_waits_no_longer_than_two_seconds_for_a_vendor_that_says_nothing(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        server.obeys = False
        ear = Ear()
        stream = await opened(ear)
        stream.send(bytes(3200))
        async with asyncio.timeout(5):
            await stream.close()
        assert ear.events == [StreamEnded(None)]
        assert ear.report.estimated
        assert ear.report.audio_seconds == Decimal("0.2")


async def test_closing_twice_is_closing_once(vendors: Vendors) -> None:
    ear = Ear()
    stream = await opened(ear)
    await asyncio.gather(stream.close(), stream.close())
    await stream.close()
    assert ear.events == [StreamEnded(None)]
    assert len(ear.reports) == 1


async def test_the_key_is_not_logged_even_when_everything_is(
    vendors: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    key = vendors.settings.VENDORS["deepgram"]["api_key"]
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "websockets"):
        await listen(spoken("Oui."))
    assert "websockets.client" in {record.name for record in caplog.records}
    assert key not in caplog.text


def test_words_are_told_with_their_times_as_they_are_written() -> None:
    words = [
        {"word": "oui", "punctuated_word": "Oui,", "start": 1.0, "end": 1.2, "confidence": 0.9},
        {"word": "allô", "start": 1.3, "end": 1.6, "confidence": 0.9},
    ]
    told = RESULT | {"channel": {"alternatives": [{"transcript": "Oui, allô", "confidence": 0.9, "words": words}]}}
    [heard] = parse(json.dumps(told).encode())
    assert isinstance(heard, Transcript)
    assert heard.words == (Word("Oui,", 1.0, 1.2), Word("allô", 1.3, 1.6))


def test_silence_says_nothing() -> None:
    nothing = RESULT | {"channel": {"alternatives": [{"transcript": "", "confidence": 0.0, "words": []}]}}
    assert parse(json.dumps(nothing).encode()) == []
    ending = parse(json.dumps(nothing | {"speech_final": True}).encode())
    assert ending == [Transcript("", True, True, 0.0, 1.0, 0.0)]
