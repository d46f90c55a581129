"""ElevenLabs' emulator, driven by ElevenLabs' SDK over real HTTP."""

import httpx
import pytest
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.api_error import ApiError

from sandbox.g711 import MULAW
from sandbox.vendors import wire
from sandbox.voice import transcript

TEXT = "Bonjour, que puis-je faire pour vous ?"
MODEL = "eleven_flash_v2_5"


@pytest.fixture
async def speak(vendors):
    async with httpx.AsyncClient(timeout=5) as http:

        async def speak(text=TEXT, key="sandbox", voice="sandbox-female", **options):
            """Headers and audio."""
            client = AsyncElevenLabs(api_key=key, base_url=f"{vendors.url}/elevenlabs", httpx_client=http)
            options = {"model_id": MODEL, "output_format": "pcm_8000", "language_code": "fr"} | options
            async with client.text_to_speech.with_raw_response.stream(voice, text=text, **options) as response:
                return response.headers, b"".join([piece async for piece in response.data])

        yield speak


async def test_it_speaks_and_says_what_it_costs(speak):
    headers, audio = await speak()
    assert transcript(audio) == TEXT
    (entry,) = wire.ledger
    assert entry["characters"] == len(TEXT)
    assert headers["character-cost"] == str(entry["credits"]) == "19"
    assert headers["request-id"] == entry["request_id"]


async def test_mulaw_carries_the_text_too(speak):
    _, audio = await speak(output_format="ulaw_8000")
    assert transcript(MULAW.decode(audio)) == TEXT


async def test_english_sounds_english_and_voices_differ(speak):
    text = "Hello, how can I help you?"
    _, english = await speak(text, language_code="en")
    _, unsaid = await speak(text, language_code=None)
    _, french = await speak(text)
    _, man = await speak(text, language_code="en", voice="sandbox-male")
    assert transcript(english) == transcript(french) == transcript(man) == text
    assert english == unsaid
    assert len({english, french, man}) == 3


async def test_speed_is_obeyed(speak):
    (_, slow), (_, fast) = [await speak(voice_settings={"speed": speed}) for speed in (0.8, 1.2)]
    assert len(fast) < len(slow)


async def test_voices_are_listed(vendors):
    async with httpx.AsyncClient() as http:
        client = AsyncElevenLabs(api_key="sandbox", base_url=f"{vendors.url}/elevenlabs", httpx_client=http)
        listed = await client.voices.get_all()
    assert {"sandbox-female", "sandbox-male"} <= {voice.voice_id for voice in listed.voices}


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"key": "sandbox-401"}, 401, "invalid_api_key"),
        ({"key": "sandbox-429"}, 429, "too_many_concurrent_requests"),
        ({"key": "sandbox-500"}, 500, "internal_server_error"),
        ({"output_format": "mp3_44100_128"}, 400, "invalid_output_format"),
        ({"text": " "}, 400, "input_text_empty"),
        ({"text": "a" * 5001}, 400, "max_character_limit_exceeded"),
    ],
)
async def test_a_refusal_names_its_reason(speak, options, status, code):
    with pytest.raises(ApiError) as refused:
        await speak(**options)
    assert (refused.value.status_code, refused.value.body["detail"]["status"]) == (status, code)
    assert not wire.ledger


async def test_a_dropped_stream_breaks_off(speak):
    with pytest.raises(httpx.RemoteProtocolError):
        await speak(key="sandbox-drop")


async def test_garbage_is_no_audio(speak):
    headers, audio = await speak(key="sandbox-garbage")
    assert headers["content-type"] == "text/html"
    assert transcript(audio) == ""


async def test_a_hanging_vendor_runs_into_the_timeout(speak):
    with pytest.raises(httpx.ReadTimeout):
        await speak(key="sandbox-hang", request_options={"timeout_in_seconds": 1})


async def test_the_ledger_can_be_read_and_emptied(speak, vendors):
    await speak()
    async with httpx.AsyncClient(base_url=vendors.url) as http:
        assert [entry["text"] for entry in (await http.get("/sandbox/ledger")).json()] == [TEXT]
        await http.delete("/sandbox/ledger")
        assert (await http.get("/sandbox/ledger")).json() == []
