"""Thousands of short calls through one worker: what does it keep of them?

    tests/chaos soak [--minutes 20] [--at-once 10]

Callers come and go in every way, as fast as they are answered. Memory may grow by so much for a thousand calls; when
nobody calls, there are as many descriptors, threads and tasks as after the first minutes. `--minutes 1440` is a day.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import statistics
import struct
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

import numpy as np
import uvloop

from sandbox.caller import FRAME_BYTES, FRAME_SECONDS
from sandbox.load.call import framed
from sandbox.load.generator import SPEECH, Generator
from sandbox.load.worker import own_worker
from sandbox.stubs import is_loud
from sandbox.voice import render
from telephony.audiosocket.codec import Kind, encode, encode_uuid
from telephony.media import SILENCE
from tests.chaos import witness
from tests.chaos.servers import servers

READY_SECONDS: Final = 90.0
WARM_UP: Final = 0.2  # of the time; until every pool has all its threads, and each its connection
SETTLE_SECONDS: Final = 75.0  # what a call leaves behind has ended by then
SAMPLE_SECONDS: Final = 5.0
LONGEST_CALL: Final = 6.0
MOST_KB_PER_CALL: Final = 2.0
MOST_MORE: Final = {"descriptors": 8, "threads": 4, "tasks": 2}  # a pool's size may change
STALL_SECONDS: Final = 0.05  # of its own; others' work on the same core is not counted
RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER
ENDS: Final = ("hang-up", "close", "reset", "half-close", "silence")


@dataclass
class Sample:
    calls: int  # so far
    memory_kb: float
    descriptors: int
    threads: int


@dataclass
class Soak:
    host: str
    port: int
    pid: int  # of the worker
    witness: Path
    seen: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(1))
    speech: list[bytes] = field(default_factory=lambda: framed(render(SPEECH, "fr", voice="male", captions=False)))

    @property
    def calls(self) -> int:
        return self.seen["talked"] + self.seen["silent"]

    async def call(self) -> None:
        """One, from somewhere in its greeting to somewhere in its first answer."""
        end, frames = self.random.choice(ENDS), int(self.random.uniform(0.2, LONGEST_CALL) / FRAME_SECONDS)
        speaks_at = self.random.randrange(frames)
        try:
            async with asyncio.timeout(LONGEST_CALL * 3):
                reader, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError):
            self.seen["not connected"] += 1
            return
        heard = asyncio.create_task(self._listen(reader))
        try:
            writer.write(encode_uuid(uuid4()))
            due = asyncio.get_running_loop().time()
            for number in range(frames):
                spoken = number - speaks_at
                writer.write(self.speech[spoken] if 0 <= spoken < len(self.speech) else encode(Kind.AUDIO, SILENCE))
                due += FRAME_SECONDS
                await asyncio.sleep(due - asyncio.get_running_loop().time())
            if end == "hang-up":
                writer.write(encode(Kind.HANGUP))
            elif end == "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            elif end == "half-close":
                writer.write_eof()
            if end in ("hang-up", "half-close"):
                await asyncio.wait([heard], timeout=LONGEST_CALL)
        except (OSError, RuntimeError):  # uvloop's, for a connection that is closed
            self.seen["cut off"] += 1
        finally:
            heard.cancel()
            writer.transport.abort() if end == "reset" else writer.close()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                self.seen["talked" if await heard else "silent"] += 1

    async def _listen(self, reader: asyncio.StreamReader) -> bool:
        """Until the other side ends; whether the bot has said something."""
        has_spoken = False
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                kind, *length = await reader.readexactly(3)
                payload = await reader.readexactly(int.from_bytes(bytes(length), "big"))
                if kind == Kind.ERROR:
                    self.seen["refused"] += 1
                has_spoken = has_spoken or (len(payload) == FRAME_BYTES and is_loud(payload))
        return has_spoken

    async def callers(self, at_once: int, seconds: float) -> None:
        until = time.monotonic() + seconds

        async def caller() -> None:
            while time.monotonic() < until:
                await self.call()

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(caller())
            while time.monotonic() < until:
                await asyncio.sleep(SAMPLE_SECONDS)
                self.samples.append(self.sample())

    def sample(self) -> Sample:
        process = Path(f"/proc/{self.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        memory = float(status["RssAnon"].split()[0])
        return Sample(self.calls, memory, len(list((process / "fd").iterdir())), int(status["Threads"]))

    def idle(self) -> Counter[str]:
        """What there is when nobody calls, once that is so."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            time.sleep(witness.COUNT_SECONDS + 2)
            counts = [line for line in witness.told(self.witness) if "tasks" in line][-1]
            if not counts["calls"] or time.monotonic() > deadline:
                break
        sample = self.sample()
        print(f"tasks: {counts['names']}", flush=True)
        return Counter({"tasks": counts["tasks"], "descriptors": sample.descriptors, "threads": sample.threads})


def kb_per_call(samples: list[Sample]) -> float:
    """The slope of the memory over the calls; Theil and Sen's, which a few outliers do not move."""
    points = samples[:: max(1, len(samples) // 200)]
    slopes = [
        (later.memory_kb - sample.memory_kb) / (later.calls - sample.calls)
        for number, sample in enumerate(points)
        for later in points[number + 1 :]
        if later.calls > sample.calls
    ]
    return statistics.median(slopes)


def verdict(soak: Soak, before: Counter[str], after: Counter[str], since: float) -> list[str]:
    slope = kb_per_call(soak.samples)
    stalls = [line for line in witness.told(soak.witness) if "stall" in line and line["at"] > since]
    own = [round(line["stall"] - line["without_cpu"], 3) for line in stalls]
    memory = np.array([sample.memory_kb for sample in soak.samples]) / 1024
    print(f"calls: {dict(soak.seen)}")
    print(f"memory: {memory[0]:.1f} MB, then {memory[-1]:.1f} MB; {slope:.2f} KB for each call")
    print(f"when nobody calls: {dict(before)}, then {dict(after)}")
    longest = max((line["stall"] for line in stalls), default=0.0)
    print(f"{len(stalls)} stalls over 50 ms, the longest {longest * 1000:.0f} ms;", end=" ")
    print(f"without what others used of the core: {sum(each > STALL_SECONDS for each in own)}", flush=True)
    more = {name: after[name] - before[name] for name in MOST_MORE}
    found = [f"{name}: {more[name]} more" for name in more if more[name] > MOST_MORE[name]]
    if slope > MOST_KB_PER_CALL:
        found.append(f"memory: {slope:.2f} KB more for each call")
    if any(each > STALL_SECONDS for each in own):
        found.append(f"the loop stood still for {max(own) * 1000:.0f} ms")
    if lost := soak.seen["not connected"] + soak.seen["refused"]:
        found.append(f"{lost} calls were not taken")
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/chaos soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=20, help="(%(default)s)")
    parser.add_argument("--at-once", type=int, default=10, help="calls (%(default)s)")
    chosen = parser.parse_args(arguments)
    mine, *others = sorted(os.sched_getaffinity(0))
    seconds = chosen.minutes * 60
    with servers() as (database, broker), tempfile.TemporaryDirectory(prefix="chaos-witness-") as directory:
        told = Path(directory, "witness")
        environment = {
            "DATABASE_URL": database.url,
            "REDIS_URL": broker.url,
            "SECRET_KEY": "c" * 50,
            "DEBUG": "0",
            "SPEECH_TO_TEXT": "tests.chaos.witness.WitnessSpeechToText",
            "CHAOS_WITNESS": str(told),
            "LOG_LEVEL": "ERROR",
        }
        with own_worker(1, [others[0] if others else mine], environment) as worker:
            uvloop.run(Generator(worker.host, worker.port, calls=1, seconds=1).wait_until_ready(READY_SECONDS))
            soak = Soak(worker.host, worker.port, witness.told(told)[0]["pid"], told)
            uvloop.run(soak.callers(chosen.at_once, seconds * WARM_UP))
            before, since = soak.idle(), time.time()
            soak.samples.clear()
            print(f"warmed up by {soak.calls} calls", flush=True)
            uvloop.run(soak.callers(chosen.at_once, seconds * (1 - WARM_UP)))
            found = verdict(soak, before, soak.idle(), since)
            if said := worker.last_words():
                print(f"The worker complained:\n{said}")
    for problem in found:
        print(f"!! {problem}")
    return int(bool(found))
