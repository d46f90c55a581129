"""A server over real sockets, and a small application that keeps what its calls got."""

import asyncio
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY

from telephony.audiosocket.server import AudioSocketServer
from telephony.media import SILENCE
from tests.telephony.asterisk import DEADLINE

SPEECH = bytes(range(160)) * 2


class Echo:
    """A session that hears into a list and says what it is told to."""

    def __init__(self):
        self.heard = []
        self.says = SILENCE

    def hear(self, pcm):
        self.heard.append(pcm)

    def skip(self, frames):
        pass

    def speak(self):
        return self.says


class Application:
    """Keeps what each call got; a call ends when its `over` is set or the caller is gone."""

    def __init__(self):
        self.calls = []
        self.began = asyncio.Event()

    async def __call__(self, scope, receive, send):
        call = Call(scope, send)
        self.calls.append(call)
        self.began.set()
        await call.serve(receive)

    async def call(self, number=0):
        async with asyncio.timeout(DEADLINE):
            while len(self.calls) <= number:
                self.began.clear()
                await self.began.wait()
        return self.calls[number]


class Call:
    def __init__(self, scope, send):
        self.scope = scope
        self.send = send
        self.line = scope["line"]
        self.session = Echo()
        self.events = []
        self.ended = asyncio.Event()
        self.end_at = {"audiosocket.hangup"}

    async def serve(self, receive):
        try:
            while not self.events or self.events[-1]["type"] not in self.end_at:
                self.events.append(await receive())
        finally:
            self.ended.set()

    async def until(self, true):
        async with asyncio.timeout(DEADLINE):
            while not true():  # noqa: ASYNC110  a list that grows signals nothing
                await asyncio.sleep(0.005)

    async def until_event(self, kind):
        await self.until(lambda: kind in self.types)
        return next(event for event in self.events if event["type"] == kind)

    @property
    def types(self):
        return [event["type"] for event in self.events]


@asynccontextmanager
async def serving(application, *, max_calls=10, **options):
    options.setdefault("allowed", lambda address: True)
    server = AudioSocketServer(application, max_calls=max_calls, **options)
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await asyncio.wait_for(server.stop(0), DEADLINE)
        assert not server.open
        assert not server.calls
        assert len(server.metronome) == 0


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"voicebot_{name}_total", labels) or 0
