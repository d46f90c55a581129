"""Runs an AudioSocket application without a socket, like Channels' WebsocketCommunicator."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from asgiref.testing import ApplicationCommunicator

from telephony.audiosocket.events import AudioSocketScope, HangupReason
from telephony.media import FRAME_BYTES, SILENCE, MediaSession


class TestLine:
    """A `Line` whose audio the test feeds and takes by hand."""

    __test__ = False  # not a test, whatever pytest makes of its name

    def __init__(self) -> None:
        self.late_frames = 0
        self.dropped_frames = 0
        self.session: MediaSession | None = None
        self._early: list[bytes] = []

    def connect(self, session: MediaSession) -> None:
        self.session = session
        for pcm in self._early:
            session.hear(pcm)
        self._early.clear()

    def hear(self, pcm: bytes) -> None:
        if self.session is None:
            self._early.append(pcm)
        else:
            self.session.hear(pcm)

    def speak(self) -> bytes:
        return SILENCE if self.session is None else self.session.speak()


class AudioSocketCommunicator:
    """One call to `application`.

        communicator = AudioSocketCommunicator(CallConsumer.as_asgi(), client=("127.0.0.2", 4000))
        await communicator.connect()
        communicator.hear(pcm)
        assert communicator.speak(5) != SILENCE * 5
        await communicator.dtmf("1")
        assert await communicator.ended() == "audiosocket.hangup.send"
        await communicator.hang_up()

    There is no clock: a frame is played when `speak` asks for it.
    """

    def __init__(
        self,
        application: Any,
        *,
        call_id: UUID | None = None,
        client: tuple[str, int] = ("127.0.0.1", 40000),
        state: dict[str, Any] | None = None,
    ) -> None:
        self.line = TestLine()
        self.call_id = call_id or uuid4()
        scope: AudioSocketScope = {
            "type": "audiosocket",
            "asgi": {"version": "3.0"},
            "call_id": self.call_id,
            "client": client,
            "line": self.line,
            "state": state or {},
        }
        self._asgi: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]

    async def connect(self) -> None:
        await self._asgi.send_input({"type": "audiosocket.connect"})

    async def dtmf(self, digit: str) -> None:
        await self._asgi.send_input({"type": "audiosocket.dtmf", "digit": digit})

    async def drain(self, seconds: float = 120.0) -> None:
        await self._asgi.send_input({"type": "audiosocket.drain", "seconds": seconds})

    async def hang_up(self, reason: HangupReason = "eof", timeout: float = 5) -> None:
        """The caller goes; returns when the application has ended, raises what it raised."""
        await self._asgi.send_input({"type": "audiosocket.hangup", "reason": reason})
        await self._asgi.wait(timeout)

    async def ended(self, timeout: float = 5) -> str:
        """The type of the event by which the application ends the call. Raises TimeoutError."""
        return str((await self._asgi.receive_output(timeout))["type"])

    def hear(self, pcm: bytes) -> None:
        """The caller says `pcm`, in frames of 20 ms; the last may be shorter."""
        for start in range(0, len(pcm), FRAME_BYTES):
            self.line.hear(pcm[start : start + FRAME_BYTES])

    def speak(self, frames: int = 1) -> bytes:
        """What the bot says in the next `frames` times 20 ms."""
        return b"".join(self.line.speak() for _ in range(frames))
