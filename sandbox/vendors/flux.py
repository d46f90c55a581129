"""Deepgram's Flux (listen v2): the recogniser's events told as turns.

https://developers.deepgram.com/reference/speech-to-text/listen-flux. Known from the SDK:
messages and parameters. Assumed: texts of errors, how confidence grows with silence, how
often updates come.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.vendors import deepgram
from sandbox.vendors.recognizer import Event, Recognizer, Result, SpeechStarted, Word
from sandbox.vendors.wire import Receive, Request, Send

MODELS = {"flux-general-en", "flux-general-multi"}
OF_LISTEN_V1 = {"language", "endpointing", "interim_results", "vad_events", "smart_format", "keywords"}
EAGER_SECONDS, END_SECONDS = 0.2, 0.5  # of silence, until a turn is perhaps over, and over


async def listen(request: Request, receive: Receive, send: Send) -> None:
    await deepgram.serve(request, receive, send, _refusal, FluxListener)


def _refusal(request: Request) -> str:
    """What is wrong with the parameters, or nothing."""
    if request.first("model") not in MODELS:
        return "model must be flux-general-en or flux-general-multi."
    encodings = ("linear16", "mulaw", "alaw")
    if request.first("encoding", "linear16") not in encodings or request.first("sample_rate") != "8000":
        return "The sandbox hears linear16, mulaw and alaw at sample_rate=8000."
    if unknown := sorted(OF_LISTEN_V1 & set(request.query)):
        return f"Unknown parameters: {', '.join(unknown)}."
    if not 0.3 <= float(request.first("eager_eot_threshold", "0.5")) <= 0.9:
        return "eager_eot_threshold must be between 0.3 and 0.9."
    if not 500 <= int(request.first("eot_timeout_ms", "5000")) <= 60_000:
        return "eot_timeout_ms must be between 500 and 60000."
    if "language_hint" in request.query and request.first("model") != "flux-general-multi":
        return "language_hint is only supported with flux-general-multi."
    return ""


class FluxListener(deepgram.Listener):
    def __init__(self, request: Request, receive: Receive, send: Send, request_id: str) -> None:
        super().__init__(request, receive, send, request_id)
        self._recognizer = Recognizer(endpointing=EAGER_SECONDS, utterance_end=END_SECONDS)
        self._is_eager = "eager_eot_threshold" in request.query
        self._sequence = self._turn = 0
        self._turn_start = 0.0
        self._words: list[Word] = []  # of this turn, of results that are final
        self._state = "idle"  # "turn", "eager"

    async def run(self) -> None:
        await self._tell({"type": "Connected"})
        await super().run()

    async def _obey(self, text: str) -> bool:
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            kind = None
        match kind:
            case "CloseStream":
                return True
            case "ForceEndTurn":
                await self._end_turn("manual")
            case "Configure":
                await self._configure(message.get("keyterms"))
            case _:
                await self._error("Could not parse the message.", text)
        return False

    async def _configured(self, kind: str, **told: Any) -> None:
        await self._tell({"type": kind, **told})

    @property
    def _takes_keyterms(self) -> bool:
        return True

    async def _finish(self) -> None:
        await self._report(self._recognizer.end())
        if self._state != "idle":
            await self._end_turn("model")
        await self._close(1000)

    async def _report(self, events: list[Event]) -> None:
        if self._is_overwhelmed:
            return
        for event in events:
            if isinstance(event, Result):
                await self._hear(event)
            elif not isinstance(event, SpeechStarted) and self._state != "idle":
                await self._end_turn("model")

    async def _hear(self, result: Result) -> None:
        words = [*self._words, *result.words]
        if result.is_final:
            self._words = words
        if not words:
            return
        if self._state == "idle":
            self._state = "turn"
            await self._turn_info("StartOfTurn", words)
        elif result.is_final and result.ends_speech:
            if self._is_eager and self._state == "turn":
                self._state = "eager"
                await self._turn_info("EagerEndOfTurn", words, confidence=0.6)
        elif self._state == "eager":
            self._state = "turn"
            await self._turn_info("TurnResumed", words)
        else:
            await self._turn_info("Update", words)

    async def _end_turn(self, trigger: str) -> None:
        await self._turn_info("EndOfTurn", self._words, confidence=0.9, trigger=trigger)
        self._turn, self._turn_start = self._turn + 1, self._recognizer.seconds
        self._words, self._state = [], "idle"

    async def _turn_info(self, event: str, words: list[Word], *, confidence: float = 0.1, **more: str) -> None:
        told: dict[str, Any] = {
            "type": "TurnInfo",
            "event": event,
            "turn_index": self._turn,
            "audio_window_start": round(self._turn_start, 2),
            "audio_window_end": round(self._recognizer.seconds, 2),
            "transcript": " ".join(word.text for word in words),
            "words": [
                {
                    "word": word.text,
                    "confidence": round(word.confidence, 4),
                    "start": round(word.start, 3),
                    "end": round(word.end, 3),
                }
                for word in words
            ],
            "end_of_turn_confidence": confidence,
        }
        await self._tell(told | more)

    async def _error(self, description: str, text: str) -> None:
        await self._tell({"type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE", "description": description})

    async def _tell(self, message: dict[str, Any]) -> None:
        await self._message(message | {"request_id": self._request_id, "sequence_id": self._sequence})
        self._sequence += 1
