"""What Deepgram's JSON messages mean.

https://developers.deepgram.com/reference/speech-to-text/listen-streaming
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from providers.protocols import SpeechEvent, SpeechStarted, Transcript, UtteranceEnded, Word


@dataclass(frozen=True, slots=True)
class Metadata:
    """The last message of a stream: what is billed."""

    request_id: str
    duration: Decimal


@dataclass(frozen=True, slots=True)
class Complaint:
    """Deepgram's Error message."""

    text: str


@dataclass(frozen=True, slots=True)
class KeytermsAnswer:
    """What Deepgram says to other keyterms."""

    refusal: str = ""  # why they were not taken


@dataclass(frozen=True, slots=True)
class Connected:
    """Flux's first message."""

    request_id: str


Message = SpeechEvent | Connected | Metadata | Complaint | KeytermsAnswer


def parse(raw: bytes) -> list[Message]:
    """What one message says; nothing for those that say nothing to us, and for kinds of the future.

    Raises ValueError, TypeError or LookupError for what is no message of Deepgram's.
    """
    message: dict[str, Any] = json.loads(raw)
    match message["type"]:
        case "Results":
            return _transcript(message)
        case "SpeechStarted":
            return [SpeechStarted(message["timestamp"])]
        case "UtteranceEnd":
            return [UtteranceEnded(message["last_word_end"])]
        case "Metadata":
            return [Metadata(message.get("request_id", ""), Decimal(str(message["duration"])))]
        case _:
            return parse_control(message)


def parse_control(message: dict[str, Any]) -> list[Message]:
    """What nova models and Flux say alike."""
    code, description = message.get("code"), message.get("description")
    match message["type"]:
        case "ConfigureSuccess":
            return [KeytermsAnswer()]
        case "ConfigureFailure":
            return [KeytermsAnswer(refusal=str(code or description or "no reason given"))]
        case "Error" if code == "KeytermsNotSupported" or '"Configure"' in str(message.get("message")):
            # As servers did that answered nothing else; the message is ours, as one of them did not understand it.
            return [KeytermsAnswer(refusal=str(code or "not understood"))]
        case "Error":
            return [Complaint(str(description or message.get("message") or code or "unknown error"))]
        case _:
            return []


def _transcript(message: dict[str, Any]) -> list[Message]:
    best = message["channel"]["alternatives"][0]
    ends_speech = message["speech_final"]
    if not best["transcript"] and not ends_speech:
        return []  # heard nothing: sent all the time in silence
    words = tuple(
        Word(word.get("punctuated_word") or word["word"], word["start"], word["end"]) for word in best["words"]
    )
    start = words[0].start if words else message["start"]
    end = words[-1].end if words else message["start"] + message["duration"]
    return [Transcript(best["transcript"], message["is_final"], ends_speech, start, end, best["confidence"], words)]
