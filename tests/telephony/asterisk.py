"""The other end of an AudioSocket connection, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from telephony.audiosocket import codec
from telephony.audiosocket.codec import Kind

DEADLINE = 5.0


class Asterisk:
    """A connection as Asterisk makes it; everything the server sends is kept in `frames`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.frames: list[tuple[int, bytes]] = []
        self.was_reset = False
        self._reader = reader
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        decoder = codec.Decoder()
        try:
            while data := await self._reader.read(65536):
                self.frames += decoder.feed(data)
                self._changed.set()
        except ConnectionError:
            self.was_reset = True

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def until(self, true: Callable[[list[tuple[int, bytes]]], object]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not true(self.frames):
                self._changed.clear()
                await self._changed.wait()

    async def until_frames(self, count: int) -> None:
        await self.until(lambda frames: len(frames) >= count)

    async def closed(self) -> list[int]:
        """Wait for the end; the kinds that came, with audio in a row given once."""
        await asyncio.wait_for(asyncio.shield(self._task), DEADLINE)
        kinds = [kind for kind, _ in self.frames]
        return [kind for i, kind in enumerate(kinds) if not (kind == Kind.AUDIO and kinds[i - 1 : i] == [kind])]

    @property
    def is_over(self) -> bool:
        """Whether the other side has closed."""
        return self._task.done()

    def hang_up(self) -> None:
        self.writer.close()


@asynccontextmanager
async def connected(port: int, *, source: str = "127.0.0.1") -> AsyncIterator[Asterisk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    asterisk = Asterisk(reader, writer)
    try:
        yield asterisk
    finally:
        writer.transport.abort()
        await asyncio.wait([asterisk._task])


@asynccontextmanager
async def calling(port: int, call_id: UUID | None = None) -> AsyncIterator[Asterisk]:
    async with connected(port) as asterisk:
        asterisk.send(codec.encode_uuid(call_id or uuid4()))
        yield asterisk
