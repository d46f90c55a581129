"""Text to speech by ElevenLabs.

https://elevenlabs.io/docs/api-reference/text-to-speech/stream
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, cast
from urllib.parse import urlsplit

from django.conf import settings
from elevenlabs import VoiceSettings
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.api_error import ApiError

from providers import wire
from providers.protocols import Failure, OnUsage, ProviderError, UsageReport, Voice

_UNKNOWN_VOICE: Final = ("voice_not_found", "voice_does_not_exist")  # with status 400 or 404
PIECE: Final = 640  # bytes, 40 ms: the SDK hands nothing on before it has as much


class ElevenLabsTextToSpeech:
    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._key, url = wire.account("elevenlabs", api_key)
        self._model: str = model or settings.ELEVENLABS_MODEL
        self._voices: Mapping[str, str] = settings.ELEVENLABS_VOICES
        # The sandbox's robot must not be found where ElevenLabs' voice is looked for.
        self._host = urlsplit(url).hostname
        self._http = wire.http_client()
        self._client = AsyncElevenLabs(api_key=self._key, base_url=url, httpx_client=self._http)
        self._speech = self._client.text_to_speech.with_raw_response  # imported when first asked for

    def address(self, voice: Voice) -> str:
        return f"{self._host}/{self._model}/{self._voice_id(voice)}/{voice.language}/{voice.speed}"

    async def speak(self, text: str, voice: Voice, on_usage: OnUsage, *, timeout: float = 10.0) -> AsyncIterator[bytes]:
        began = time.monotonic()
        headers: Mapping[str, str] | None = None
        latency: float | None = None
        rest, is_whole = b"", False
        try:
            async with self._speech.stream(self._voice_id(voice), **self._parameters(text, voice, timeout)) as response:
                headers = response.headers
                if headers.get("content-type", "").startswith(("text/", "application/json")):
                    raise ProviderError("elevenlabs", Failure.GARBAGE, "an answer that is no audio")
                async with aclosing(cast(AsyncGenerator[bytes, None], response.data)) as pieces:
                    async for piece in pieces:
                        if latency is None:
                            latency = time.monotonic() - began
                        rest += piece
                        if whole := rest[: len(rest) & ~1]:
                            rest = rest[len(whole) :]
                            yield whole
            if latency is None:
                raise ProviderError("elevenlabs", Failure.GARBAGE, "an answer without audio")
            is_whole = True
        except Exception as error:
            raise self._error(error, voice) from None
        finally:
            if headers is not None:
                on_usage(replace(self._usage(text, headers, latency, is_whole), began_at=began))

    async def aclose(self) -> None:
        await self._http.aclose()

    def _voice_id(self, voice: Voice) -> str:
        return voice.voice_id or self._voices.get(voice.language, self._voices["en"])

    def _parameters(self, text: str, voice: Voice, timeout: float) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "text": text,
            "model_id": self._model,
            "output_format": "pcm_8000",
            # A read of the connection that takes longer is an error of httpx.
            "request_options": {"chunk_size": PIECE, "timeout_in_seconds": timeout},
        }
        if self._model.endswith("_v2_5"):  # the others refuse it
            parameters["language_code"] = voice.language
        if voice.speed != 1.0:
            parameters["voice_settings"] = VoiceSettings(speed=voice.speed)
        return parameters

    def _usage(self, text: str, headers: Mapping[str, str], latency: float | None, is_whole: bool) -> UsageReport:
        cost = headers.get("character-cost", "")
        return UsageReport(
            kind="tts",
            provider="elevenlabs",
            model=self._model,
            request_id=headers.get("request-id", ""),
            characters=len(text),
            credits=int(cost) if cost.isdecimal() else 0,
            latency_seconds=latency,
            estimated=not (is_whole and cost),
        )

    def _error(self, error: Exception, voice: Voice) -> ProviderError:
        if not isinstance(error, ApiError):
            return wire.from_exception("elevenlabs", error)
        status, said = error.status_code or 0, detail(error.body)
        if voice.voice_id and said.startswith(_UNKNOWN_VOICE):
            return ProviderError(
                "elevenlabs", Failure.UNKNOWN_VOICE, wire.redacted(f"{status} {said}", self._key), status=status
            )
        return wire.from_status("elevenlabs", status, error.headers or {}, said, secret=self._key)


def detail(body: Any) -> str:
    """The vendor's own words: {"detail": {"status", "message"}}, or anything else."""
    detail = body.get("detail", body) if isinstance(body, dict) else body
    if isinstance(detail, dict):
        return f"{detail.get('status', '')} {detail.get('message', '')}".strip()
    return str(detail)
