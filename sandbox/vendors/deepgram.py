"""Deepgram's live transcription (listen v1) over its own WebSocket protocol.

https://developers.deepgram.com/reference/speech-to-text/listen-streaming. Known from
the SDK: messages, parameters, header names. Assumed: texts of errors, confidences, how
often interim results come.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.g711 import ALAW, MULAW
from sandbox.vendors.recognizer import Event, Recognizer, Result, SpeechStarted, Word
from sandbox.vendors.wire import GARBAGE, RETRY_AFTER, SLOW_SECONDS, Receive, Request, Send, delay, ledger

IDLE_SECONDS = 10.0
OVERWHELMED_SECONDS = 30.0  # from keyterms over the limit in the stream to the end of it
IDLE_REASON = (
    "Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001"
)
OVERWHELMED_REASON = (
    "The service has not transmitted a Text frame within the timeout window. See https://dpgr.am/net0000"
)
LANGUAGES = {"fr", "en", "multi"}
MAX_KEYTERM_TOKENS = 500
_DECODE: dict[str, Callable[[bytes], bytes]] = {"linear16": bytes, "mulaw": MULAW.decode, "alaw": ALAW.decode}


async def listen(request: Request, receive: Receive, send: Send) -> None:
    """One WebSocket of listen v1."""
    await serve(request, receive, send, _refusal, Listener)


async def serve(
    request: Request,
    receive: Receive,
    send: Send,
    refusal_of: Callable[[Request], str],
    listener: type[Listener],
) -> None:
    """One WebSocket, from the handshake to its end."""
    await receive()
    request_id = str(uuid.uuid4())
    if request.asks_for("hang"):
        return await request.hang()
    if request.asks_for("slow"):
        await asyncio.sleep(SLOW_SECONDS)
    if refusal := _fault(request) or _invalid(refusal_of(request)):
        return await _refuse(request, send, request_id, *refusal)
    await send({"type": "websocket.accept", "headers": [(b"dg-request-id", request_id.encode())]})
    return await listener(request, receive, send, request_id).run()


def _fault(request: Request) -> tuple[int, str, str] | None:
    """Status, code and message, if the key does not do."""
    if not request.key or request.asks_for("401"):
        return 401, "INVALID_AUTH", "Invalid credentials."
    if request.asks_for("429"):
        return 429, "TOO_MANY_REQUESTS", "Too many requests. Please try again later"
    if request.asks_for("500"):
        return 500, "INTERNAL_SERVER_ERROR", "Internal server error."
    return None


def _invalid(problem: str) -> tuple[int, str, str] | None:
    return (400, "INVALID_QUERY_PARAMETER", problem) if problem else None


def _refusal(request: Request) -> str:
    """What is wrong with the parameters, or nothing."""
    model, keyterms = request.first("model"), request.query.get("keyterm", [])
    if not re.match(r"nova-[23](-|$)", model) or request.first("language", "en") not in LANGUAGES:
        problem = "No such model/language/tier combination found."
    elif request.first("encoding", "linear16") not in _DECODE or request.first("sample_rate") != "8000":
        problem = "The sandbox hears linear16, mulaw and alaw at sample_rate=8000."
    elif "utterance_end_ms" in request.query and request.first("interim_results") != "true":
        problem = "utterance_end_ms requires interim_results=true."
    elif keyterms and not model.startswith("nova-3"):
        problem = "Keyterm prompting is only supported with nova-3."
    elif "keywords" in request.query and model.startswith("nova-3"):
        problem = "Keywords are not supported with nova-3, use keyterm."
    elif are_too_many(keyterms):
        problem = "Keyterm limit exceeded. The maximum number of tokens across all keyterms is 500."
    else:
        problem = ""
    return problem


def are_too_many(keyterms: Iterable[str]) -> bool:
    return sum(-(-len(term) // 4) for term in keyterms) > MAX_KEYTERM_TOKENS


async def _refuse(request: Request, send: Send, request_id: str, status: int, code: str, message: str) -> None:
    """Answer the handshake with a status, where the ASGI server can; otherwise it becomes 403."""
    if "websocket.http.response" not in request.extensions:
        return await send({"type": "websocket.close", "code": 1008})
    body = json.dumps({"err_code": code, "err_msg": message, "request_id": request_id}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"dg-request-id", request_id.encode()),
        (b"dg-error", message.encode()),
        *([(b"retry-after", RETRY_AFTER.encode())] if status == 429 else []),
    ]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    return await send({"type": "websocket.http.response.body", "body": body})


class Listener:
    def __init__(self, request: Request, receive: Receive, send: Send, request_id: str) -> None:
        self._request, self._request_id, self._model = request, request_id, request.first("model")
        self._receive, self._send = receive, send
        self._decode = _DECODE[request.first("encoding", "linear16")]
        self._formats = "true" in (request.first("smart_format"), request.first("punctuate"))
        self._shows_interim = request.first("interim_results") == "true"
        self._shows_onset = request.first("vad_events") == "true"
        self._delay = delay("STT")
        self._heard = 0  # bytes of PCM
        self._has_words = self._has_finals = False
        self._ends_at: float | None = None  # of a stream that hears nothing any more, and does not say so
        self._keyterms = [request.query.get("keyterm", [])]  # those of the beginning, then those it was sent
        endpointing, utterance_end = request.first("endpointing", "10"), request.first("utterance_end_ms")
        self._recognizer = Recognizer(
            endpointing=None if endpointing == "false" else _seconds(endpointing, default=0.01),
            utterance_end=_seconds(utterance_end, default=1.0) if utterance_end else None,
        )

    async def run(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS) as idle:
                await self._serve(idle)
        except TimeoutError:
            await self._close(1011, OVERWHELMED_REASON if self._is_overwhelmed else IDLE_REASON)
        finally:
            ledger.append(
                {
                    "vendor": "deepgram",
                    "request_id": self._request_id,
                    "model": self._model,
                    "seconds": self._seconds,
                    "tag": self._request.first("tag"),
                    "keyterms": self._keyterms,
                }
            )

    @property
    def _seconds(self) -> float:
        """What is billed."""
        return round(self._heard / 16_000, 3)

    async def _serve(self, idle: asyncio.Timeout) -> None:
        """Until the client has closed the stream or gone; returning without a close breaks it off."""
        loop = asyncio.get_running_loop()
        while (event := await self._receive())["type"] != "websocket.disconnect":
            idle.reschedule(self._ends_at or loop.time() + IDLE_SECONDS)
            audio = event.get("bytes")
            if audio:
                pcm = self._decode(audio)
                self._heard += len(pcm)
                await self._report(self._recognizer.hear(pcm))
                if self._is_middle and self._request.asks_for("drop"):
                    return
                if self._is_middle and self._request.asks_for("error"):
                    await self._error("Internal server error.", "")
                    await self._close(1011, "Internal server error.")
                    return
            elif audio is not None or await self._obey(event["text"]):
                await self._finish()
                return

    @property
    def _is_middle(self) -> bool:
        """Whether a fault of the middle of a stream is due."""
        if self._request.asks_for("words"):
            return self._has_words
        return self._has_finals if self._request.asks_for("final") else self._recognizer.seconds > 1

    async def _obey(self, text: str) -> bool:
        """Act on a control message; whether it was CloseStream."""
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            await self._error("Could not parse the message.", text)
            return False
        match kind:
            case "CloseStream":
                return True
            case "Finalize":
                await self._report(self._recognizer.finalize())
            case "Configure":
                await self._configure(message.get("keyterms"))
            case "KeepAlive":
                pass
            case _:
                await self._error("Unknown message type.", text)
        return False

    async def _configure(self, keyterms: list[str] | None) -> None:
        """Of an update over the limit nothing is said; known from the changelog of 8 October 2026."""
        if self._request.asks_for("regional") or not self._takes_keyterms:
            code = "CONFIGURE_KEYTERMS_NOT_SUPPORTED"
            description = "Keyterms cannot be updated in this stream."
            return await self._configured("ConfigureFailure", code=code, description=description)
        if keyterms is not None:
            self._keyterms.append(keyterms)
        if are_too_many(self._keyterms[-1]):
            self._ends_at = asyncio.get_running_loop().time() + OVERWHELMED_SECONDS
        if not self._is_overwhelmed:
            await self._configured("ConfigureSuccess", keyterms=self._keyterms[-1])
        return None

    @property
    def _is_overwhelmed(self) -> bool:
        return self._ends_at is not None

    @property
    def _takes_keyterms(self) -> bool:
        return self._model.startswith("nova-3")

    async def _configured(self, kind: str, **told: Any) -> None:
        await self._message({"type": kind, "request_id": self._request_id, **told})

    async def _finish(self) -> None:
        await self._report(self._recognizer.end())
        await self._message(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": self._request_id,
                "sha256": "0" * 64,
                "created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "duration": self._seconds,
                "channels": 1,
            }
        )
        await self._close(1000)

    async def _report(self, events: list[Event]) -> None:
        if self._is_overwhelmed:
            return
        for event in events:
            if isinstance(event, Result) and event.words:
                self._has_words = True
                self._has_finals = self._has_finals or event.is_final
            if (message := self._as_message(event)) is None:
                continue
            if self._is_middle and self._request.asks_for("stall"):
                continue
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._message(message)

    def _as_message(self, event: Event) -> dict[str, Any] | None:
        """None: the client did not ask for this kind."""
        if isinstance(event, Result):
            return self._result(event) if event.is_final or self._shows_interim else None
        if isinstance(event, SpeechStarted):
            onset = {"type": "SpeechStarted", "channel": [0, 1], "timestamp": round(event.at, 3)}
            return onset if self._shows_onset else None
        return {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": round(event.last_word_end, 3)}

    def _result(self, result: Result) -> dict[str, Any]:
        words = [self._word(word) for word in result.words]
        confidence = sum(word.confidence for word in result.words) / max(1, len(words))
        transcript = " ".join(word.get("punctuated_word", word["word"]) for word in words)
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": round(result.start, 3),
            "duration": round(result.end - result.start, 3),
            "is_final": result.is_final,
            "speech_final": result.ends_speech,
            "from_finalize": result.from_finalize,
            "channel": {
                "alternatives": [{"transcript": transcript, "confidence": round(confidence, 4), "words": words}]
            },
            "metadata": {
                "request_id": self._request_id,
                "model_info": {"name": f"sandbox-{self._model}", "version": "2026-01-01.0", "arch": self._model},
                "model_uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, self._model)),
            },
        }

    def _word(self, word: Word) -> dict[str, Any]:
        plain = {
            "word": re.sub(r"[^\w'’-]", "", word.text).lower() or word.text,
            "start": round(word.start, 3),
            "end": round(word.end, 3),
            "confidence": round(word.confidence, 4),
        }
        return plain | {"punctuated_word": word.text} if self._formats else plain

    async def _error(self, description: str, text: str) -> None:
        await self._message({"type": "Error", "variant": "SchemaError", "description": description, "message": text})

    async def _message(self, message: dict[str, Any]) -> None:
        garbled = self._request.asks_for("garbage") and (self._has_words or not self._request.asks_for("words"))
        text = GARBAGE.decode() if garbled else json.dumps(message, ensure_ascii=False)
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: int, reason: str = "") -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


def _seconds(milliseconds: str, *, default: float) -> float:
    return float(milliseconds) / 1000 if milliseconds.isdecimal() else default
