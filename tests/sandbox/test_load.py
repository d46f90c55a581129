"""The load generator against a small bot, and its arithmetic."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest

from sandbox.caller import End
from sandbox.load import generator
from sandbox.load.generator import Generator, NotReady, lateness
from sandbox.load.processes import Processes
from tests.sandbox.bot import serve_bot

GRID = 100 + 0.02 * np.arange(500)


def test_frames_on_a_grid_are_not_late():
    assert lateness(GRID).max() == pytest.approx(0, abs=1e-6)


def test_a_late_frame_is_late_by_what_it_missed():
    arrivals = GRID.copy()
    arrivals[250] += 0.03
    late = lateness(arrivals)
    assert late[250] == pytest.approx(0.03)
    assert np.delete(late, 250).max() == pytest.approx(0, abs=1e-6)


def test_after_a_stall_the_new_grid_counts_three_seconds_later():
    arrivals = GRID.copy()
    arrivals[200:] += 0.1
    late = lateness(arrivals)
    assert late[200:349] == pytest.approx(0.1)
    assert late[350:] == pytest.approx(0, abs=1e-6)


def test_no_frames_have_no_lateness():
    assert len(lateness([])) == 0


async def test_it_holds_calls_and_measures_answers():
    async def converse(bot):
        while not bot.reading.done():
            await bot.say("Oui ?")
            await asyncio.wait([bot.reading], timeout=3)

    async with serve_bot(converse) as (port, bots):
        report = await Generator("127.0.0.1", port, calls=3, seconds=5, cpu=lambda: 1.0).run()
    assert len(bots) == 3
    assert report.ends == {End.CALLER_HANGUP: 3}
    assert len(report.lateness) > 500
    assert len(report.latencies) >= 3
    assert report.as_json() == {
        "calls_completed": 3,
        "calls_failed": 0,
        "cpu_ms_per_call_second": 0.0,
        "frame_lateness_p50_ms": pytest.approx(0, abs=1000),
        "frame_lateness_p99_ms": pytest.approx(0, abs=1000),
        "frame_lateness_max_ms": pytest.approx(0, abs=5000),
        "response_latency_p50_ms": pytest.approx(1000, abs=3000),
        "response_latency_p95_ms": pytest.approx(1000, abs=3000),
    }


async def test_a_call_that_the_bot_ends_is_followed_by_another():
    async def leave(bot):
        await asyncio.sleep(0.1)
        await bot.hang_up()

    async with serve_bot(leave) as (port, _):
        report = await Generator("127.0.0.1", port, calls=1, seconds=2).run()
    assert report.ends[End.BOT_HANGUP] >= 2
    assert report.as_json()["cpu_ms_per_call_second"] is None


async def test_callers_say_their_lines_in_order_and_call_again_when_they_have_had_enough():
    texts: list[list[str]] = []

    async def converse(bot):
        texts.append(bot.texts)
        while not bot.reading.done():
            await bot.say("Oui ?")
            await asyncio.wait([bot.reading], timeout=2)

    async with serve_bot(converse) as (port, _):
        lines = ("Bonjour.", "Merci.")
        report = await Generator("127.0.0.1", port, calls=1, seconds=8, lines=lines, longest=6).run()
    assert report.ends == {End.CALLER_HANGUP: 2}
    assert " ".join(texts[0]).startswith("Bonjour. Merci.")


def test_processes_that_have_ended_keep_what_they_used():
    code = "print(sum(i * i for i in range(10**6)), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        processes = Processes(process.pid)
        assert process.pid in processes.members()
        assert processes.cpu_seconds() > 0
        assert processes.memory() > 1_000_000
        assert processes.descriptors() >= 3
        assert processes.waited_seconds() >= 0
        spent = processes.cpu_seconds()
        process.communicate(b"\n")
    assert processes.members() == []
    assert processes.cpu_seconds() >= spent
    assert processes.memory() == processes.descriptors() == 0


async def test_callers_come_from_where_they_are_told():
    sources = set()

    async def greet(bot):
        sources.add(bot.writer.get_extra_info("peername")[0])
        await bot.say("Oui ?")
        await bot.caller_is_gone()

    async with serve_bot(greet) as (port, _):
        report = await Generator("127.0.0.1", port, calls=1, seconds=4, source="127.0.0.5", longest=1, spread=0.3).run()
    assert report.ends.keys() == {End.CALLER_HANGUP}
    assert report.ends[End.CALLER_HANGUP] >= 2
    assert sources == {"127.0.0.5"}
    assert len(report.greetings) >= 2
    assert len(report.arrivals) == len(report.lateness)


async def test_refused_calls_have_failed():
    async def refuse(bot):
        bot.send(0xFF)
        await bot.caller_is_gone()

    async with serve_bot(refuse) as (port, _):
        report = await Generator("127.0.0.1", port, calls=2, seconds=2).run()
        assert report.ends.keys() == {End.REFUSED}
        with pytest.raises(NotReady):
            await Generator("127.0.0.1", port, calls=1, seconds=1).wait_until_ready(0.3)
    assert report.as_json()["calls_failed"] == report.ends[End.REFUSED]
    assert report.as_json()["frame_lateness_max_ms"] is None


async def test_it_waits_for_the_bot_to_be_ready(monkeypatch, unused_tcp_port):
    monkeypatch.setattr(generator, "WARM_UP_SECONDS", 0.2)
    waiting = asyncio.create_task(Generator("127.0.0.1", unused_tcp_port, calls=1, seconds=1).wait_until_ready(10))

    async def murmur(bot):
        await bot.caller_is_gone()

    async with serve_bot(murmur, unused_tcp_port):
        await waiting
