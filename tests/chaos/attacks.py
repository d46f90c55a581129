"""What may come to the AudioSocket port besides calls. Each attack goes on until it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID, uuid4

import uvloop

from telephony.audiosocket import codec
from telephony.audiosocket.codec import Kind, encode
from telephony.supervisor import use_all_descriptors

FRIEND: Final = "127.0.0.2"  # of the demo company's second server; its calls come from the first
STRANGER: Final = "127.0.9.9"
SPEECH: Final = encode(Kind.AUDIO, bytes(range(160)) * 2)
HTTP: Final = b"GET /admin/ HTTP/1.1\r\nHost: voicebot\r\nUser-Agent: \x1b[31mscanner\r\n\r\n"
TLS: Final = bytes.fromhex("1603010200010001fc0303") + bytes(32)
# A reset instead of an end: SO_LINGER of no seconds.
AT_ONCE: Final = struct.pack("ii", 1, 0)
REPLAYED: Final = UUID("9c5b94b1-35ad-49bb-b118-8e8fc24abf80")
DRIP_SECONDS: Final = 0.1
ANSWER_SECONDS: Final = 5.0


@dataclass
class Target:
    """Where it goes, and what it answered. `friend` is an address that may call, `stranger` one that may not."""

    host: str
    port: int
    friend: str = FRIEND
    stranger: str = STRANGER
    per_second: int = 400  # connections
    seen: Counter[str] = field(default_factory=Counter)

    async def connect(self, source: str) -> socket.socket:
        """Raises OSError."""
        connection = socket.socket()
        connection.setblocking(False)
        try:
            connection.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(connection, (self.host, self.port))
        except BaseException:
            connection.close()
            raise
        self.seen["connections"] += 1
        return connection

    async def answer(self, connection: socket.socket) -> None:
        """Read until the other side closes, and count what it said: "refused", "hung up", "closed" or "lost"."""
        loop, heard = asyncio.get_running_loop(), b""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while data := await loop.sock_recv(connection, 65536):
                    heard = (heard + data)[-3:]
            self.seen[{codec.ERROR: "refused", codec.HANGUP: "hung up"}.get(heard, "closed")] += 1
        except TimeoutError:
            self.seen["not closed"] += 1
        except OSError:
            self.seen["refused" if heard == codec.ERROR else "lost"] += 1


Attack = Callable[[Target], Awaitable[None]]


async def _again(target: Target, one: Callable[[], Awaitable[None]], per_second: float) -> None:
    """`one` so many times a second, each beside the others, as long as there are descriptors."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    async with asyncio.TaskGroup() as group:

        async def safely() -> None:
            try:
                await one()
            except OSError:
                target.seen["not connected"] += 1

        while True:
            group.create_task(safely())
            due += 1 / per_second
            await asyncio.sleep(max(due - loop.time(), 0))


async def _send(target: Target, source: str, *pieces: bytes, pause: float = 0.0) -> None:
    """One connection that sends these pieces and then waits for the end."""
    loop = asyncio.get_running_loop()
    with await target.connect(source) as connection:
        with contextlib.suppress(OSError):  # the other side may have had enough
            for piece in pieces:
                await loop.sock_sendall(connection, piece)
                await asyncio.sleep(pause)
        await target.answer(connection)


async def strangers(target: Target) -> None:
    """Calls from outside the allow-list."""
    call = codec.encode_uuid(uuid4()) + SPEECH
    await _again(target, lambda: _send(target, target.stranger, call), target.per_second)


async def half_open(target: Target) -> None:
    """Connections from an allowed address that never say anything."""
    await _again(target, lambda: _send(target, target.friend), target.per_second)


async def slow_loris(target: Target) -> None:
    """Handshakes that come a byte at a time."""
    pieces = [bytes([byte]) for byte in codec.encode_uuid(uuid4())]
    slow = DRIP_SECONDS * 10
    await _again(target, lambda: _send(target, target.friend, *pieces, pause=slow), target.per_second)


async def scanners(target: Target) -> None:
    """HTTP and TLS, from inside and outside."""

    async def one() -> None:
        await _send(target, target.friend, HTTP)
        await _send(target, target.stranger, TLS)

    await _again(target, one, target.per_second / 2)


async def garbage(target: Target) -> None:
    """Random bytes, some of which begin like a call."""
    random = Random(1)

    async def one() -> None:
        await _send(target, target.friend, b"\x01" * random.getrandbits(1), random.randbytes(random.randrange(1, 4000)))

    await _again(target, one, target.per_second)


async def replays(target: Target) -> None:
    """One UUID, over and over."""
    await _again(target, lambda: _send(target, target.friend, codec.encode_uuid(REPLAYED)), target.per_second)


async def resets(target: Target) -> None:
    """Calls that are cut off as soon as they have begun."""

    async def one() -> None:
        with await target.connect(target.friend) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, codec.encode_uuid(uuid4()))
            await asyncio.wait_for(loop.sock_recv(connection, 1), ANSWER_SECONDS)

    await _again(target, one, target.per_second / 40)


def flood(frame: bytes) -> Attack:
    """Calls in which so many of these frames come as the line takes."""

    async def attack(target: Target) -> None:
        async def one() -> None:
            await _send(target, target.friend, codec.encode_uuid(uuid4()), *[frame * 50] * 400)

        await _again(target, one, target.per_second / 100)

    return attack


async def deaf(target: Target) -> None:
    """Calls that talk and never read."""
    loop = asyncio.get_running_loop()

    async def one() -> None:
        with await target.connect(target.friend) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            await loop.sock_sendall(connection, codec.encode_uuid(uuid4()))
            for _ in range(500):
                await loop.sock_sendall(connection, SPEECH)
                await asyncio.sleep(0.02)

    await _again(target, one, 2)


ATTACKS: Final[dict[str, Attack]] = {
    "strangers": strangers,
    "half-open": half_open,
    "slow loris": slow_loris,
    "scanners": scanners,
    "garbage": garbage,
    "replayed UUID": replays,
    "resets": resets,
    "giant frames": flood(encode(Kind.AUDIO, bytes(65535))),
    "frames of 16 KiB": flood(encode(Kind.AUDIO, bytes(16384))),
    "empty frames": flood(encode(Kind.AUDIO)),
    "unknown kinds": flood(encode(0x42, b"future")),
    "deaf calls": deaf,
}


async def run(name: str, target: Target, seconds: float) -> None:
    """One attack, for so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ATTACKS[name](target)


if __name__ == "__main__":
    use_all_descriptors()
    goal = Target("127.0.0.1", int(sys.argv[2]))
    uvloop.run(run(sys.argv[1], goal, float(sys.argv[3])))
    print(json.dumps(goal.seen))
