"""A caller who dials the bot over AudioSocket, as an Asterisk would, and follows a script.

It speaks captioned speech and reads the captions of what it hears: what it reports is
what really came over the line, not what somebody meant to say. The protocol is spoken
here on its own, so that a fault in the product's codec cannot hide in its own mirror.
https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from calls.scenarios.script import HangUp, Press, Say, StaySilent, Step
from sandbox.ears import TURN_GAP, Ears, Utterance
from sandbox.voice import SAMPLE_RATE, render

FRAME_SECONDS = 0.02
FRAME_BYTES = 320
SILENCE = bytes(FRAME_BYTES)
CONNECT_SECONDS = 5.0
PATIENCE = 12.0  # seconds without an answer, until the caller says the next thing all the same


class Kind(IntEnum):
    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO = 0x10
    ERROR = 0xFF


class End(StrEnum):
    BOT_HANGUP = "bot_hangup"  # kind 0x00
    REFUSED = "refused"  # kind 0xff
    CALLER_HANGUP = "caller_hangup"  # the script said so
    EOF = "eof"  # the connection was closed without a word
    LOST = "lost"  # it was reset
    PROTOCOL_ERROR = "protocol_error"  # what came is not AudioSocket
    TIMEOUT = "timeout"  # the longest duration was reached


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """A call that is over. Times are seconds since the connection; audio is 8 kHz PCM."""

    call_uuid: uuid.UUID
    end: End
    duration: float
    heard: Sequence[Utterance]
    said: Sequence[Utterance]
    response_latencies: Sequence[float]
    bot_audio: bytes = field(repr=False)


OnUtterance = Callable[[str, Utterance], None]


class Caller:
    """One call. `on_utterance` gets "bot" or "caller" and what was said: the bot's words
    when they have been heard, the caller's when they begin."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        script: Sequence[Step] = (),
        call_uuid: uuid.UUID | None = None,
        source: str | None = None,
        language: str = "fr",
        max_seconds: float = 180.0,
        on_utterance: OnUtterance | None = None,
    ) -> None:
        """`source` is the address to call from; any 127.x.y.z will do on Linux."""
        self.call_uuid = call_uuid or uuid.uuid4()
        self._address, self._source = (host, port), source
        self._script, self._language = script, language
        self._max_seconds = max_seconds
        self._on_utterance: OnUtterance = on_utterance or (lambda _side, _utterance: None)
        self._ears = Ears(lambda utterance: self._on_utterance("bot", utterance))
        self._said: list[Utterance] = []
        self._frames: deque[bytes] = deque()  # of the line that is being spoken
        self._keys: deque[str] = deque()
        self._finished_speaking = float("-inf")
        self._hung_up = False
        self._now = 0.0

    async def run(self) -> CallResult:
        """Place the call and stay until it ends. Raises OSError when nobody answers."""
        await asyncio.to_thread(self._rehearse)
        loop = asyncio.get_running_loop()
        local = (self._source, 0) if self._source else None
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(*self._address, local_addr=local)
        self._began = loop.time()
        listening = asyncio.create_task(self._listen(reader))
        try:
            writer.write(_frame(Kind.UUID, self.call_uuid.bytes))
            end = await self._talk(writer, listening)
        finally:
            duration = loop.time() - self._began
            listening.cancel()
            writer.close()
            with suppress(OSError):  # nothing is lost if the other side is slow, or gone
                async with asyncio.timeout(1):
                    await writer.wait_closed()
        self._ears.close()
        return CallResult(
            call_uuid=self.call_uuid,
            end=end,
            duration=duration,
            heard=self._ears.heard,
            said=self._said,
            response_latencies=self._ears.response_latencies,
            bot_audio=bytes(self._ears.audio),
        )

    async def _talk(self, writer: asyncio.StreamWriter, listening: asyncio.Task[End]) -> End:
        """Send a frame every 20 ms on an absolute clock until either side ends the call."""
        loop = asyncio.get_running_loop()
        script = self._perform()
        number = 0
        while not listening.done():
            self._now = loop.time() - self._began
            next(script, None)
            if self._hung_up:
                return End.CALLER_HANGUP
            if self._now >= self._max_seconds:
                return End.TIMEOUT
            if self._keys:
                writer.write(_frame(Kind.DTMF, self._keys.popleft().encode()))
            writer.write(_frame(Kind.AUDIO, self._next_frame()))
            number += 1
            await asyncio.wait([listening], timeout=self._began + number * FRAME_SECONDS - loop.time())
        return listening.result()

    def _next_frame(self) -> bytes:
        if not self._frames:
            return SILENCE
        frame = self._frames.popleft()
        if not self._frames:
            self._finished_speaking = self._now
            self._ears.expect_answer(self._now)
        return frame

    async def _listen(self, reader: asyncio.StreamReader) -> End:
        loop = asyncio.get_running_loop()
        try:
            while True:
                header = await reader.readexactly(3)
                payload = await reader.readexactly(int.from_bytes(header[1:], "big"))
                match header[0]:
                    case Kind.AUDIO if payload:
                        self._ears.hear(payload, loop.time() - self._began)
                    case Kind.HANGUP:
                        return End.BOT_HANGUP
                    case Kind.ERROR:
                        return End.REFUSED
                    case _:
                        return End.PROTOCOL_ERROR
        except asyncio.IncompleteReadError as error:
            return End.PROTOCOL_ERROR if error.partial else End.EOF
        except OSError:
            return End.LOST

    # --- The script: a generator that goes on a frame at a time -------------------

    def _perform(self) -> Iterator[None]:
        for step in self._script:
            match step:
                case Say():
                    yield from self._wait_for_bot(step.interrupt_after)
                    yield from self._say(step)
                case StaySilent(seconds):
                    yield from self._wait_for_bot()
                    until = self._now + seconds
                    while self._now < until:
                        yield
                case Press(keys):
                    yield from self._wait_for_bot()
                    for key in keys:
                        self._keys.append(key)
                        for _ in range(10):  # a key is pressed for a while
                            yield
                    self._finished_speaking = self._now
                case HangUp():
                    self._hung_up = True

    def _say(self, step: Say) -> Iterator[None]:
        pcm = self._render(step)
        frames = [pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for at in range(0, len(pcm), FRAME_BYTES)]
        end = self._now + len(frames) * FRAME_SECONDS
        utterance = Utterance(step.text, round(self._now, 2), round(end, 2))
        self._said.append(utterance)
        self._on_utterance("caller", utterance)
        self._frames.extend(frames)
        while self._frames:
            yield

    def _wait_for_bot(self, interrupt_after: float | None = None) -> Iterator[None]:
        """Until the bot has answered and is silent, or has spoken for so long that it is interrupted."""
        waiting_since = max(self._finished_speaking, 0.0)
        while True:
            ears = self._ears
            has_answered = ears.last_sound > self._finished_speaking
            quiet_since = max(ears.last_sound, waiting_since)
            if has_answered and self._now - ears.last_sound >= TURN_GAP:
                return
            if (
                interrupt_after is not None
                and ears.turn_began > self._finished_speaking
                and self._now - ears.turn_began >= interrupt_after
            ):
                return
            if self._now - quiet_since >= PATIENCE:
                return
            yield

    def _rehearse(self) -> None:
        """Speak every line once: from now on they come from the cache."""
        for step in self._script:
            if isinstance(step, Say):
                self._render(step)

    def _render(self, step: Say) -> bytes:
        return b"".join(
            render(part, self._language, voice="male")
            if isinstance(part, str)
            else bytes(round(part * SAMPLE_RATE) * 2)
            for part in step.parts
        )


def _frame(kind: Kind, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload
