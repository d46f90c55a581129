"""What Flux's JSON messages mean: a model that hears for itself where a turn ends.

https://developers.deepgram.com/docs/flux/quickstart,
https://developers.deepgram.com/reference/speech-to-text/listen-flux. The transcript of
a turn is told whole each time.
"""

from __future__ import annotations

import json
from typing import Any, Final

from providers.deepgram.messages import Connected, Message, parse_control
from providers.protocols import SpeechStarted, Transcript, Word

# Moderate confidence that a turn is over: told early, and taken back when speech goes on.
EAGER_END: Final = 0.5
SHORTEST_TIMEOUT: Final = 0.5  # seconds of silence that end any turn; Deepgram's least

_ENDS: Final = {"EagerEndOfTurn", "EndOfTurn"}


def parse(raw: bytes) -> list[Message]:
    """What one message says; nothing for kinds of the future.

    Raises ValueError, TypeError or LookupError for what is no message of Flux's.
    """
    message: dict[str, Any] = json.loads(raw)
    match message["type"]:
        case "Connected":
            return [Connected(message["request_id"])]
        case "TurnInfo":
            return _turn(message)
        case _:
            return parse_control(message)


def _turn(message: dict[str, Any]) -> list[Message]:
    event, text, words = message["event"], message["transcript"], message["words"]
    start = (words[0].get("start") if words else None) or message["audio_window_start"]
    end = (words[-1].get("end") if words else None) or message["audio_window_end"]
    told: list[Message] = [SpeechStarted(start)] if event == "StartOfTurn" else []
    if text or event == "EndOfTurn":
        confidence = sum(word["confidence"] for word in words) / len(words) if words else 0.0
        told.append(Transcript(text, event == "EndOfTurn", event in _ENDS, start, end, confidence, _timed(words)))
    return told


def _timed(words: list[dict[str, Any]]) -> tuple[Word, ...]:
    """None, unless the times of all are told."""
    if any(word.get("start") is None or word.get("end") is None for word in words):
        return ()
    return tuple(Word(word["word"], word["start"], word["end"]) for word in words)
