"""Listening in: both sides of a call in one piece of sound, for people at the Live page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from channels.layers import get_channel_layer

from calls.audio import CallAudio
from telephony.media import FRAME_BYTES

MOST_LISTENERS: Final = 3  # to one call
LISTEN_SECONDS: Final = 25.0  # until a listener who says nothing more is taken for gone
MOST_WAITING: Final = 5  # pieces of sound, a second of the call; then the oldest is lost
SEND_SECONDS: Final = 1.0
CHUNK_BYTES: Final = 10 * FRAME_BYTES  # 200 ms of PCM; half of it as µ-law
LATEST_BYTES: Final = 3 * FRAME_BYTES  # what the caller's side may be ahead, before the oldest of it is left out


class Earpiece:
    """Mixes what both sides say; gives away µ-law (G.711) at 8 kHz, 200 ms at a time."""

    def __init__(self, ready: Callable[[bytes], None]) -> None:
        """`ready` is called in the event loop, from the frame clock: it must return at once."""
        self._ready = ready
        self._caller = bytearray()
        self._bot = bytearray()

    def caller(self, pcm: bytes) -> None:
        self._caller += pcm
        del self._caller[: max(0, len(self._caller) - CHUNK_BYTES - LATEST_BYTES)]

    def bot(self, frame: bytes) -> None:
        self._bot += frame
        if len(self._bot) >= CHUNK_BYTES:
            caller = bytes(self._caller[:CHUNK_BYTES]).ljust(CHUNK_BYTES, b"\0")
            del self._caller[:CHUNK_BYTES]
            self._ready(mulaw(caller, bytes(self._bot)))
            self._bot.clear()


class Listeners:
    """The channels that hear a call; while there is none, nothing is mixed and nothing sent."""

    def __init__(self, call_uuid: str, audio: CallAudio) -> None:
        self._call_uuid = call_uuid
        self._audio = audio
        self._until: dict[str, float] = {}  # by channel, by the event loop's clock
        self._sounds: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self._sending: asyncio.Task[None] | None = None

    def add(self, channel: str) -> bool:
        """Let a channel listen, or go on listening; False: too many do."""
        if channel not in self._until and len(self._until) >= MOST_LISTENERS:
            return False
        self._until[channel] = asyncio.get_running_loop().time() + LISTEN_SECONDS
        if self._sending is None or self._sending.done():
            self._audio.tap(Earpiece(self._take))
            self._sending = asyncio.create_task(self._send())
        return True

    def remove(self, channel: str) -> None:
        self._until.pop(channel, None)

    def close(self) -> None:
        self._until.clear()
        self._audio.tap(None)
        if self._sending is not None:
            self._sending.cancel()

    def _take(self, sound: bytes) -> None:
        if self._sounds.full():
            self._sounds.get_nowait()
        self._sounds.put_nowait(sound)

    async def _send(self) -> None:
        layer, loop = get_channel_layer(), asyncio.get_running_loop()
        while self._until and layer is not None:
            message = {"type": "live.sound", "call": self._call_uuid, "sound": await self._sounds.get()}
            for channel, until in list(self._until.items()):
                if until < loop.time():
                    self.remove(channel)
                    continue
                with contextlib.suppress(Exception):  # who is too slow, or out of reach, misses it
                    async with asyncio.timeout(SEND_SECONDS):
                        await layer.send(channel, message)
        self._audio.tap(None)


def mulaw(one: bytes, other: bytes) -> bytes:
    """The sum of two pieces of PCM, as µ-law."""
    both = np.frombuffer(one, "<i2").astype(np.int32) + np.frombuffer(other, "<i2")
    return bytes(_MULAW[np.clip(both, -32768, 32767) + 32768].tobytes())


def _table() -> Any:
    """The µ-law byte of every sample from -32768 on (ITU-T G.711)."""
    samples = np.arange(-32768, 32768)
    magnitude = np.minimum(np.abs(samples), 32635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int64) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return (~((samples < 0) * 0x80 | exponent << 4 | mantissa) & 0xFF).astype(np.uint8)


_MULAW: Final = _table()
