"""Speech to text by Deepgram.

Parameters: https://developers.deepgram.com/reference/speech-to-text/listen-streaming
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

import httpx
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from deepgram.listen.v2.socket_client import AsyncV2SocketClient
from django.conf import settings
from websockets.exceptions import InvalidHandshake, InvalidStatus

from providers import wire
from providers.deepgram import flux
from providers.deepgram.keyterms import Keyterms, fitting
from providers.deepgram.stream import DeepgramStream
from providers.deepgram.transport import Transport
from providers.protocols import (
    Failure,
    OnSpeech,
    OnUsage,
    ProviderError,
    SpeechOptions,
    UsageReport,
)

OPEN_SECONDS: Final = 3.0


class DeepgramSpeechToText:
    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._key, rest = wire.account("deepgram", api_key)
        self._model: str = model or settings.DEEPGRAM_MODEL
        sockets = "ws" + rest.removeprefix("http")
        self._http = httpx.AsyncClient(verify=wire.tls_context())  # the SDK would make one, with its own context
        self._client = AsyncDeepgramClient(
            api_key=self._key,
            environment=DeepgramClientEnvironment(base=rest, production=sockets, agent=sockets, agent_rest=rest),
            httpx_client=self._http,
            transport_factory=Transport,
        )

    async def open(self, options: SpeechOptions, on_speech: OnSpeech, on_usage: OnUsage) -> DeepgramStream:
        leave = AsyncExitStack()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                socket = await self._connect(options, leave)
        except Exception as error:
            await leave.aclose()
            raise self._error(error) from None
        except BaseException:
            await leave.aclose()
            raise
        is_multilingual = options.language == "multi" and not self._is_flux
        report = UsageReport(
            kind="stt",
            provider="deepgram",
            model=f"{self._model}-multilingual" if is_multilingual else self._model,  # priced apart
            latency_seconds=loop.time() - started,
            began_at=time.monotonic(),  # its own time, until it is closed
        )
        keyterms = Keyterms(strongest(options.keyterms)) if self._takes_keyterms else None
        return DeepgramStream(socket, leave, report, on_speech, on_usage, keyterms)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _connect(
        self, options: SpeechOptions, leave: AsyncExitStack
    ) -> AsyncV1SocketClient | AsyncV2SocketClient:
        """The transport connects with the first message."""
        if self._is_flux:
            turns = self._client.listen.v2.connect(**self._flux_parameters(options))
            flux_socket: AsyncV2SocketClient = await leave.enter_async_context(turns)
            await flux_socket.send_media(b"")
            return flux_socket
        results = self._client.listen.v1.connect(**self._parameters(options))
        socket: AsyncV1SocketClient = await leave.enter_async_context(results)
        await socket.send_keep_alive()
        return socket

    @property
    def _is_flux(self) -> bool:
        return self._model.startswith("flux-")

    @property
    def _takes_keyterms(self) -> bool:
        return self._is_flux or self._model.startswith("nova-3")

    def _flux_parameters(self, options: SpeechOptions) -> dict[str, Any]:
        """https://developers.deepgram.com/docs/flux/configuration"""
        longest_silence = max(flux.SHORTEST_TIMEOUT, options.utterance_end_seconds)
        has_hint = self._model.endswith("-multi") and options.language != "multi"
        return {
            "model": self._model,
            "encoding": "linear16",
            "sample_rate": 8000,
            "eager_eot_threshold": flux.EAGER_END,
            "eot_timeout_ms": round(longest_silence * 1000),
            **({"language_hint": [options.language]} if has_hint else {}),
            **self._vocabulary(options.keyterms),
            **({"tag": options.tag} if options.tag else {}),
        }

    def _parameters(self, options: SpeechOptions) -> dict[str, Any]:
        return {
            "model": self._model,
            "language": options.language,
            "encoding": "linear16",
            "sample_rate": 8000,
            "channels": 1,
            "interim_results": True,
            "vad_events": True,
            "smart_format": True,
            "endpointing": round(options.endpointing_seconds * 1000),
            "utterance_end_ms": max(1000, round(options.utterance_end_seconds * 1000)),  # Deepgram's least
            **self._vocabulary(options.keyterms),
            **({"tag": options.tag} if options.tag else {}),
            "request_options": {"additional_query_parameters": {"no_delay": "true"}},
        }

    def _vocabulary(self, keyterms: Mapping[str, int]) -> dict[str, list[str]]:
        """nova-3 and Flux take plain terms, their predecessors words with a boost; each refuses the other's."""
        terms = strongest(keyterms)
        if not terms:
            return {}
        if self._takes_keyterms:
            return {"keyterm": terms}
        return {"keywords": [f"{term}:{keyterms[term]}" for term in terms]}

    def _error(self, error: Exception) -> ProviderError:
        if isinstance(error, InvalidStatus):
            response = error.response
            detail = response.headers.get("dg-error", "")
            return wire.from_status("deepgram", response.status_code, response.headers, detail, secret=self._key)
        if isinstance(error, InvalidHandshake):
            failure = Failure.CUT if isinstance(error.__cause__, EOFError) else Failure.GARBAGE
            return ProviderError("deepgram", failure, "handshake")
        return wire.from_exception("deepgram", error)


def strongest(keyterms: Mapping[str, int]) -> list[str]:
    return fitting(sorted(keyterms, key=lambda term: -keyterms[term]))
