"""A bot for the simulated caller to call: a coroutine that says, listens and hangs up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from sandbox.voice import Captions, render


class Bot:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.uuid, self.keys, self.texts, self.packets = b"", "", [], 0
        self.heard_something = asyncio.Condition()
        self.saying, self.has_spoken = b"", asyncio.Event()

    async def run(self, behave):
        self.reading, playing = asyncio.create_task(self._read()), asyncio.create_task(self._play())
        try:
            await behave(self)
        finally:
            self.reading.cancel()
            playing.cancel()
            self.writer.close()

    async def say(self, text, language="fr", *, wait=True):
        self.has_spoken.clear()
        self.saying = render(text, language)
        if wait:
            await self.has_spoken.wait()

    async def listen(self, text):
        """Until the caller has said this."""
        async with asyncio.timeout(15), self.heard_something:
            await self.heard_something.wait_for(lambda: text in " ".join(self.texts))

    async def wait_for_keys(self, count):
        async with asyncio.timeout(15), self.heard_something:
            await self.heard_something.wait_for(lambda: len(self.keys) >= count)

    def send(self, kind, payload=b""):
        self.writer.write(bytes([kind]) + len(payload).to_bytes(2, "big") + payload)

    async def hang_up(self):
        self.send(0x00)
        await self.caller_is_gone()

    async def caller_is_gone(self):
        await asyncio.wait([self.reading])

    async def _play(self):
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        while True:
            frame, self.saying = self.saying[:320], self.saying[320:]
            if not self.saying:
                self.has_spoken.set()
            self.send(0x10, frame.ljust(320, b"\0"))
            number += 1
            await asyncio.sleep(began + number * 0.02 - loop.time())

    async def _read(self):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._read_frames()

    async def _read_frames(self):
        captions = Captions()
        while True:
            header = await self.reader.readexactly(3)
            payload = await self.reader.readexactly(int.from_bytes(header[1:], "big"))
            async with self.heard_something:
                match header[0]:
                    case 0x01:
                        self.uuid = payload
                    case 0x03:
                        self.keys += payload.decode()
                    case 0x10:
                        self.packets += 1
                        self.texts += [caption.text for caption in captions.feed(payload)]
                self.heard_something.notify_all()


@asynccontextmanager
async def serve_bot(behave: Callable[[Bot], Awaitable[None]], port: int = 0):
    """Port and the bots of the calls so far; an error of a bot fails the test."""
    bots: list[Bot] = []
    tasks: list[asyncio.Task[None]] = []

    async def answer(reader, writer):
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        bots.append(Bot(reader, writer))
        await bots[-1].run(behave)

    server = await asyncio.start_server(answer, "0.0.0.0", port)
    try:
        yield server.sockets[0].getsockname()[1], bots
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        server.close()
