"""The ASGI side of AudioSocket: scope and events. Control only; audio takes the Line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypedDict
from uuid import UUID

from telephony.media import Line

HangupReason = Literal["hangup", "eof", "lost", "idle", "error"]


class AudioSocketScope(TypedDict):
    type: Literal["audiosocket"]
    asgi: dict[str, str]
    call_id: UUID
    client: tuple[str, int]  # address and port of the Asterisk
    line: Line
    state: dict[str, Any]


class Connect(TypedDict):
    """First event of every call."""

    type: Literal["audiosocket.connect"]


class Dtmf(TypedDict):
    """A key was pressed (sent at the key's end)."""

    type: Literal["audiosocket.dtmf"]
    digit: str


class Hangup(TypedDict):
    """Last event of every call: the caller is gone. Sends are ignored from here on.

    An Asterisk that hangs up closes the connection: `eof`, or `lost` when a frame of ours met the closed one before
    we looked.
    """

    type: Literal["audiosocket.hangup"]
    reason: HangupReason


class Drain(TypedDict):
    """The worker is stopping: end soon, politely."""

    type: Literal["audiosocket.drain"]
    seconds: float  # then the application is cancelled


ReceiveEvent = Connect | Dtmf | Hangup | Drain


class SendHangup(TypedDict):
    """End the call with kind 0x00; the dialplan goes on."""

    type: Literal["audiosocket.hangup.send"]


class SendRefuse(TypedDict):
    """Refuse the call with kind 0xff; the dialplan sees a failure."""

    type: Literal["audiosocket.refuse"]


SendEvent = SendHangup | SendRefuse

Receive = Callable[[], Awaitable[ReceiveEvent]]
Send = Callable[[SendEvent], Awaitable[None]]
Application = Callable[[AudioSocketScope, Receive, Send], Awaitable[None]]
