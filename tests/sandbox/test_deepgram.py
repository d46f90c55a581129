"""Deepgram's emulator, driven by Deepgram's SDK over a real WebSocket."""

import asyncio
import functools
import itertools
from contextlib import asynccontextmanager

import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types import ListenV1Configure
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.legacy.client import connect
from websockets.legacy.exceptions import InvalidStatusCode

from sandbox.g711 import MULAW
from sandbox.vendors import deepgram, wire
from sandbox.voice import render

pytestmark = pytest.mark.filterwarnings("ignore:.*websockets.legacy.*:DeprecationWarning")

TEXT = "Bonjour, ma box ne s'allume plus."
OPTIONS = {
    "model": "nova-3",
    "language": "fr",
    "encoding": "linear16",
    "sample_rate": 8000,
    "interim_results": "true",
    "endpointing": 300,
    "utterance_end_ms": 1000,
    "vad_events": "true",
    "smart_format": "true",
    "tag": "call-42",
}
CALL = bytes(8000) + render(TEXT, "fr", voice="male") + bytes(32000)


@pytest.fixture(autouse=True)
def without_compression(monkeypatch):
    monkeypatch.setattr(
        "deepgram.listen.v1.client.websockets_client_connect", functools.partial(connect, compression=None)
    )


@asynccontextmanager
async def listening(vendors, key="sandbox", **options):
    address = f"ws{vendors.url.removeprefix('http')}/deepgram"
    environment = DeepgramClientEnvironment(base="", production=address, agent="", agent_rest="")
    client = AsyncDeepgramClient(api_key=key, environment=environment)
    options = {name: value for name, value in (OPTIONS | options).items() if value is not None}
    async with client.listen.v1.connect(**options) as socket:
        yield socket


async def transcribe(vendors, audio, packet=1600, **options):
    """All messages about a piece of audio, up to the vendor's close."""
    async with listening(vendors, **options) as socket:
        for at in range(0, len(audio), packet):
            await socket.send_media(audio[at : at + packet])
        await socket.send_close_stream()
        messages = []
        async with asyncio.timeout(10):
            try:
                while True:
                    messages.append(await socket.recv())
            except ConnectionClosedOK:
                return messages


def finals(messages):
    texts = [m.channel.alternatives[0].transcript for m in messages if m.type == "Results" and m.is_final]
    return [text for text in texts if text]


async def test_it_hears_captioned_speech(vendors):
    messages = await transcribe(vendors, CALL)
    assert finals(messages) == [TEXT]
    assert [m.type for m in messages if m.type != "Results"] == ["SpeechStarted", "UtteranceEnd", "Metadata"]
    onset = next(m for m in messages if m.type == "SpeechStarted")
    assert 0.5 <= onset.timestamp <= 0.8
    spoken = next(m for m in messages if m.type == "Results" and m.speech_final)
    words = spoken.channel.alternatives[0].words
    assert [word.punctuated_word for word in words] == TEXT.split()
    assert words[0].word == "bonjour"
    assert 0.5 <= words[0].start < words[-1].end < len(CALL) / 16000


async def test_interim_results_grow_into_the_final_one(vendors):
    messages = await transcribe(vendors, CALL)
    interims = [m.channel.alternatives[0].transcript for m in messages if m.type == "Results" and not m.is_final]
    grown = [text for text in interims if text]
    assert len(grown) >= 2
    assert all(longer.startswith(shorter) for shorter, longer in itertools.pairwise(grown))
    assert grown[-1] == TEXT


async def test_without_interim_results_there_are_only_final_ones(vendors):
    messages = await transcribe(vendors, CALL, interim_results=None, utterance_end_ms=None, vad_events=None)
    assert {m.type for m in messages} == {"Results", "Metadata"}
    assert all(m.is_final for m in messages if m.type == "Results")


async def test_mulaw_and_small_packets_do_as_well(vendors):
    assert finals(await transcribe(vendors, MULAW.encode(CALL), packet=160, encoding="mulaw")) == [TEXT]


async def test_text_is_formatted_only_when_asked(vendors):
    assert finals(await transcribe(vendors, CALL, smart_format=None)) == ["bonjour ma box ne s'allume plus"]


async def test_damaged_audio_is_speech_without_words(vendors):
    messages = await transcribe(vendors, b"\0" + CALL[:-1])
    assert finals(messages) == []


async def test_speech_that_is_cut_off_ends_all_the_same(vendors):
    cut = render(TEXT, "fr", voice="male")
    messages = await transcribe(vendors, cut[: len(cut) // 2 & ~1] + bytes(32000))
    assert len(finals(messages)) == 1
    assert TEXT.startswith(finals(messages)[0])
    assert any(m.type == "Results" and m.speech_final for m in messages)


async def test_a_pause_ends_one_utterance_and_begins_another(vendors):
    second = "Elle clignote en rouge."
    audio = CALL + render(second, "fr", voice="male") + bytes(16000)
    assert finals(await transcribe(vendors, audio)) == [TEXT, second]


async def test_finalize_gives_what_was_heard_at_once(vendors):
    async with listening(vendors, interim_results=None, utterance_end_ms=None, vad_events=None) as socket:
        await socket.send_media(render(TEXT, "fr") + bytes(1600))
        await socket.send_finalize()
        result = await asyncio.wait_for(socket.recv(), 5)
    assert result.from_finalize
    assert result.channel.alternatives[0].transcript == TEXT


async def configured(socket, *keyterms):
    await socket.send_configure(ListenV1Configure(keyterms=[*keyterms]))
    return await asyncio.wait_for(socket.recv(), 5)


async def test_keyterms_may_change_in_the_stream(vendors):
    async with listening(vendors, keyterm=["box"]) as socket:
        await socket.send_keep_alive()
        for terms in (["Élodie", "Haïti"], []):
            answer = await configured(socket, *terms)
            assert (answer.type, answer.keyterms) == ("ConfigureSuccess", terms)
        await socket.send_close_stream()
        assert (await socket.recv()).type == "Metadata"
        with pytest.raises(ConnectionClosedOK):
            await socket.recv()
    assert wire.ledger[-1]["keyterms"] == [["box"], ["Élodie", "Haïti"], []]


@pytest.mark.parametrize("options", [{"key": "sandbox-regional"}, {"model": "nova-2"}])
async def test_keyterms_that_may_not_change_leave_the_stream_as_it_was(vendors, options):
    async with listening(vendors, **options, interim_results=None, utterance_end_ms=None, vad_events=None) as socket:
        answer = await configured(socket, "Élodie")
        assert (answer.type, answer.code) == ("ConfigureFailure", "CONFIGURE_KEYTERMS_NOT_SUPPORTED")
        await socket.send_media(render(TEXT, "fr") + bytes(1600))
        await socket.send_finalize()
        result = await asyncio.wait_for(socket.recv(), 5)
    assert result.channel.alternatives[0].transcript == TEXT


async def test_too_many_keyterms_in_the_stream_silence_it_and_end_it_later(vendors, monkeypatch):
    monkeypatch.setattr(deepgram, "OVERWHELMED_SECONDS", 0.3)
    async with listening(vendors) as socket:
        await socket.send_configure(ListenV1Configure(keyterms=["x" * 40] * 51))
        await socket.send_media(CALL)
        with pytest.raises(ConnectionClosedError) as closed:
            await asyncio.wait_for(socket.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert "net0000" in closed.value.rcvd.reason


async def test_the_ledger_counts_seconds_of_audio(vendors):
    messages = await transcribe(vendors, CALL)
    (entry,) = wire.ledger
    assert entry["seconds"] == pytest.approx(len(CALL) / 16000, abs=0.02)
    assert messages[-1].duration == pytest.approx(entry["seconds"])
    assert messages[-1].request_id == entry["request_id"]
    assert entry["tag"] == "call-42"


async def test_silence_on_the_line_to_the_vendor_closes_it(vendors, monkeypatch):
    monkeypatch.setattr(deepgram, "IDLE_SECONDS", 0.2)
    async with listening(vendors) as socket:
        with pytest.raises(ConnectionClosedError) as closed:
            await asyncio.wait_for(socket.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert "net0001" in closed.value.rcvd.reason


@pytest.mark.parametrize(
    ("key", "options", "status"),
    [
        ("sandbox-401", {}, 401),
        ("sandbox-429", {}, 429),
        ("sandbox-500", {}, 500),
        ("sandbox", {"model": "nova-9"}, 400),
        ("sandbox", {"language": "tlh"}, 400),
        ("sandbox", {"model": "nova-2", "keyterm": ["box"]}, 400),
        ("sandbox", {"keywords": ["box:2"]}, 400),
        ("sandbox", {"keyterm": ["x" * 40] * 51}, 400),
        ("sandbox", {"interim_results": "false"}, 400),
        ("sandbox", {"sample_rate": 44100}, 400),
    ],
)
async def test_a_wrong_key_or_parameter_is_refused_at_the_handshake(vendors, key, options, status):
    with pytest.raises(ApiError) as refused:
        async with listening(vendors, key=key, **options):
            pass
    assert refused.value.status_code == status
    assert isinstance(refused.value.__context__, InvalidStatusCode)
    assert "dg-error" in refused.value.__context__.headers


async def test_nova_2_takes_keywords_and_nova_3_takes_keyterms(vendors):
    for options in ({"model": "nova-2", "keywords": ["box:2"]}, {"keyterm": ["box", "Élodie"]}):
        async with listening(vendors, **options) as socket:
            await socket.send_close_stream()


async def test_a_dropped_connection_ends_without_a_close(vendors):
    async with listening(vendors, key="sandbox-drop") as socket:
        await socket.send_media(bytes(32000))
        await asyncio.wait_for(socket.start_listening(), 5)
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()
    assert closed.value.rcvd is None


async def test_garbage_is_no_json(vendors):
    async with listening(vendors, key="sandbox-garbage") as socket:
        await socket.send_finalize()
        assert "Bad Gateway" in await asyncio.wait_for(socket._websocket.recv(), 5)


async def test_a_hanging_vendor_never_answers_the_handshake(vendors):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5), listening(vendors, key="sandbox-hang"):
            pass
