import pytest

from telephony.media import SILENCE
from telephony.testing import AudioSocketCommunicator

TONE = b"\x01\x02" * 160


class Parrot:
    def __init__(self):
        self.heard = []

    def hear(self, pcm):
        self.heard.append(pcm)

    def skip(self, frames):
        pass

    def speak(self):
        return self.heard.pop(0) if self.heard else SILENCE


async def parrot(scope, receive, send):
    assert (await receive())["type"] == "audiosocket.connect"
    scope["line"].connect(Parrot())
    while (event := await receive())["type"] != "audiosocket.hangup":
        if event["type"] == "audiosocket.dtmf" and event["digit"] == "0":
            raise ValueError("nobody is there")
        await send({"type": "audiosocket.hangup.send"})


async def test_it_works():
    call = AudioSocketCommunicator(parrot)
    call.hear(TONE)
    assert call.speak() == SILENCE
    await call.connect()
    await call.dtmf("1")
    assert await call.ended() == "audiosocket.hangup.send"
    call.hear(TONE * 2)
    assert call.speak(4) == TONE * 3 + SILENCE
    await call.hang_up()


async def test_drain_reaches_the_application():
    call = AudioSocketCommunicator(parrot)
    await call.connect()
    await call.drain()
    assert await call.ended() == "audiosocket.hangup.send"
    await call.hang_up()


async def test_what_the_application_raises_is_raised():
    call = AudioSocketCommunicator(parrot)
    await call.connect()
    await call.dtmf("0")
    with pytest.raises(ValueError, match="nobody"):
        await call.hang_up()
