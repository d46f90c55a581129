"""ElevenLabs' text to speech, whole and streamed, with captioned speech.

https://elevenlabs.io/docs/api-reference/text-to-speech/stream. Known from the SDK:
parameters and formats; from the documentation: headers with the cost. Assumed: texts of
errors, sizes of chunks.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.g711 import ALAW, MULAW
from sandbox.vendors.wire import RETRY_AFTER, SLOW_SECONDS, Request, Response, delay, ledger
from sandbox.vendors.words import language_of
from sandbox.voice import render

FORMATS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "pcm_8000": ("audio/pcm", bytes),
    "ulaw_8000": ("audio/basic", MULAW.encode),
    "alaw_8000": ("audio/x-alaw-basic", ALAW.encode),
}
CHUNK_BYTES = 1600
MAX_TEXT = 5000
MAX_SAMPLES = 120_000_000
CLONED: set[str] = set()
VOICES = {"sandbox-female": "female", "sandbox-male": "male"}


async def text_to_speech(request: Request, response: Response, voice_id: str) -> None:
    body = await request.json()
    if request.asks_for("hang"):
        return await request.hang()
    if request.asks_for("slow"):
        await asyncio.sleep(SLOW_SECONDS)
    output_format = request.first("output_format", "mp3_44100_128")
    if refusal := _refusal(request, body, output_format):
        status, code, message = refusal
        headers = {"retry-after": RETRY_AFTER} if status == 429 else {}
        return await response.json(status, {"detail": {"status": code, "message": message}}, headers)
    if request.asks_for("garbage"):
        return await response.garbage()
    text, model = body["text"], body.get("model_id") or "eleven_multilingual_v2"
    content_type, encode = FORMATS[output_format]
    language = "en" if (body.get("language_code") or language_of(text)) == "en" else "fr"
    speed = (body.get("voice_settings") or {}).get("speed") or 1.0
    # Any id is a voice here; those of the list are a woman's and a man's.
    pcm = await asyncio.to_thread(render, text, language, voice=VOICES.get(voice_id, "female"), speed=speed)
    audio = encode(pcm)
    # A credit for each character; the fast models take half.
    credits = -(-len(text) // 2) if "flash" in model or "turbo" in model else len(text)
    request_id = uuid.uuid4().hex[:20]
    ledger.append(
        {
            "vendor": "elevenlabs",
            "request_id": request_id,
            "model": model,
            "characters": len(text),
            "credits": credits,
            "text": text,
        }
    )
    await asyncio.sleep(delay("TTS"))
    await response.start(200, content_type, {"request-id": request_id, "character-cost": str(credits)})
    if request.asks_for("drop") or request.asks_for("stall"):
        await response.write(audio[: len(audio) // 2 & ~1])
        return await request.hang() if request.asks_for("stall") else None
    for at in range(0, len(audio), CHUNK_BYTES):
        await response.write(audio[at : at + CHUNK_BYTES])
    return await response.end()


async def add_voice(request: Request, response: Response) -> None:
    """Instant cloning: https://elevenlabs.io/docs/api-reference/voices/ivc/create."""
    if request.asks_for("hang"):
        return await request.hang()
    if refusal := _no_service(request):
        status, code, message = refusal
        headers = {"retry-after": RETRY_AFTER} if status == 429 else {}
        return await response.json(status, {"detail": {"status": code, "message": message}}, headers)
    if request.asks_for("garbage"):
        return await response.garbage()
    parts = await request.form(MAX_SAMPLES)
    samples = [content for name, _kind, content in parts if name == "files"]
    if not samples or not any(name == "name" and content for name, _kind, content in parts):
        detail = {"status": "invalid_request", "message": "name and files must be given"}
        return await response.json(422, {"detail": detail})
    voice_id = uuid.uuid4().hex[:20]
    CLONED.add(voice_id)
    return await response.json(200, {"voice_id": voice_id, "requires_verification": False})


async def delete_voice(request: Request, response: Response, voice_id: str) -> None:
    if refusal := _no_service(request):
        status, code, message = refusal
        return await response.json(status, {"detail": {"status": code, "message": message}})
    if voice_id not in CLONED:
        detail = {"status": "voice_does_not_exist", "message": f"A voice with id {voice_id} does not exist."}
        return await response.json(404, {"detail": detail})
    CLONED.remove(voice_id)
    return await response.json(200, {"status": "ok"})


async def voices(request: Request, response: Response) -> None:
    listed = [{"voice_id": voice_id, "name": f"Sandbox, {kind}"} for voice_id, kind in VOICES.items()]
    listed += [{"voice_id": voice_id, "name": "Sandbox, cloned"} for voice_id in sorted(CLONED)]
    await response.json(200, {"voices": listed})


def _no_service(request: Request) -> tuple[int, str, str] | None:
    """Status, code and message, if the key does not do or asks for a fault."""
    if not request.key or request.asks_for("401"):
        return 401, "invalid_api_key", "Invalid API key"
    if request.asks_for("429"):
        return 429, "too_many_concurrent_requests", "Too many concurrent requests."
    if request.asks_for("500"):
        return 500, "internal_server_error", "Internal server error"
    return None


def _refusal(request: Request, body: dict[str, Any], output_format: str) -> tuple[int, str, str] | None:
    """The same, or the request does not do."""
    if refusal := _no_service(request):
        return refusal
    if output_format not in FORMATS:
        return 400, "invalid_output_format", f"The sandbox speaks {', '.join(FORMATS)}."
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        return 400, "input_text_empty", "Input text is empty."
    if len(text) > MAX_TEXT:
        return 400, "max_character_limit_exceeded", f"The text is longer than {MAX_TEXT} characters."
    return None
