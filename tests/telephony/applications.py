"""ASGI applications for a worker under test, by dotted path."""

import time
from collections import deque

from telephony.media import FRAME_BYTES, SILENCE


class Echo:
    def __init__(self):
        self._frames: deque[bytes] = deque(maxlen=50)

    def hear(self, pcm):
        if len(pcm) == FRAME_BYTES:
            self._frames.append(pcm)

    def skip(self, frames):
        pass

    def speak(self):
        return self._frames.popleft() if self._frames else SILENCE


async def echo(scope, receive, send):
    """Says what it hears until the caller hangs up, also while the worker drains."""
    scope["line"].connect(Echo())
    while (await receive())["type"] != "audiosocket.hangup":
        pass


async def polite(scope, receive, send):
    """The same, but ends when the worker drains."""
    scope["line"].connect(Echo())
    while (await receive())["type"] not in ("audiosocket.hangup", "audiosocket.drain"):
        pass


class Slow(Echo):
    def speak(self):
        time.sleep(0.03)  # and so is late with every frame
        return super().speak()


async def slow(scope, receive, send):
    """As `echo`, and holds up its worker."""
    scope["line"].connect(Slow())
    while (await receive())["type"] != "audiosocket.hangup":
        pass
