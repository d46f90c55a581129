"""The capacity plan: formulas against known values, the simulation against formulas and a real server, the document."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack
from heapq import heappop, heappush
from io import StringIO
from itertools import count
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from monitoring.capacity import erlang
from monitoring.capacity.figures import FIGURES, Figures, FiguresWrong
from monitoring.capacity.plan import ceilings, plan, queues
from monitoring.capacity.simulation import TOLD_SECONDS, Balance, Loss, Platform, Refused, Simulation, waits
from monitoring.capacity.traffic import HOUR, Arrival, Traffic
from sandbox.caller import End
from sandbox.load.arrivals import Callers, Played
from telephony.audiosocket.codec import Kind
from telephony.audiosocket.server import AudioSocketServer
from tests.capacity import document
from tests.capacity.comparison import arrivals, reality, simulated
from tests.telephony.applications import echo
from tests.telephony.asterisk import Asterisk, calling


def arriving(*calls: tuple[float, float], company: int = 0) -> list[Arrival]:
    """(when, for how long)"""
    return [Arrival(at, seconds, company) for at, seconds in calls]


def one_host(workers: int = 1, **changed: int | Balance) -> Platform:
    return Platform(**{"hosts": 1, "workers": workers, "calls_per_worker": 2, **changed})  # type: ignore[arg-type]


# Erlang's formulas


@pytest.mark.parametrize(
    ("lines", "load", "share"), [(1, 1, 0.5), (5, 2, 0.0367), (10, 5, 0.0184), (20, 12, 0.0098), (100, 84, 0.0096)]
)
def test_the_blocked_share_is_that_of_erlangs_table(lines: int, load: float, share: float) -> None:
    assert erlang.blocked(lines, load) == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize(
    ("slots", "load", "share"), [(1, 0.5, 0.5), (2, 1, 1 / 3), (5, 2, 0.0597), (3, 3, 1), (3, 4, 1)]
)
def test_the_share_that_waits_is_that_of_erlangs_formula(slots: int, load: float, share: float) -> None:
    assert erlang.waiting(slots, load) == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize("lines", [1, 7, 40, 2000])
def test_lines_and_load_lead_to_each_other(lines: int) -> None:
    assert erlang.lines_for(erlang.load_of(lines, 0.01) * 0.9999, 0.01) == lines


def test_slots_are_the_fewest_with_which_hardly_any_request_waits() -> None:
    slots = erlang.slots_for(30)
    assert erlang.waiting(slots, 30) <= 0.01 < erlang.waiting(slots - 1, 30)
    assert erlang.queue_load_of(slots) >= 30 > erlang.queue_load_of(slots - 1)


# Traffic


def test_as_many_call_as_are_expected_and_stay_as_long() -> None:
    traffic = Traffic(calls=7200, mean_seconds=100, deviation=1)
    calls = [each for each in traffic.arrivals(Random(1)) if each.at >= 0]
    assert len(calls) == pytest.approx(7200, rel=0.04)
    lengths = [call.seconds for call in calls]
    mean = sum(lengths) / len(lengths)
    assert mean == pytest.approx(100, rel=0.05)
    assert (sum((each - mean) ** 2 for each in lengths) / len(lengths)) ** 0.5 == pytest.approx(100, rel=0.2)


def test_a_peak_brings_more_in_its_minutes_only() -> None:
    traffic = Traffic(calls=3600, mean_seconds=60, peak=3, peak_minutes=10)
    times = [call.at for call in traffic.arrivals(Random(1))]
    assert sum(abs(at - HOUR / 2) < 300 for at in times) == pytest.approx(1800, rel=0.1)
    assert sum(0 <= at < 600 for at in times) == pytest.approx(600, rel=0.15)


def test_some_companies_are_called_more_than_others() -> None:
    calls = list(Traffic(calls=9000, mean_seconds=60, companies=3, skew=1).arrivals(Random(1)))
    first, second = (sum(call.company == number for call in calls) for number in (0, 1))
    assert first == pytest.approx(2 * second, rel=0.1)


def test_lengths_of_a_sample_are_drawn() -> None:
    traffic = Traffic(calls=1000, mean_seconds=60, sample=(30, 90))
    assert {call.seconds for call in traffic.arrivals(Random(1))} == {30, 90}


# The simulation


def test_a_worker_that_is_full_refuses_until_a_call_ends() -> None:
    found = Simulation(one_host()).play(arriving((0, 10), (1, 10), (2, 10), (11, 10), (12, 10)))
    assert (found.offered, found.refused, found.most_calls) == (5, {Refused.WORKER: 1}, 2)


def test_a_host_gives_a_call_to_its_least_loaded_worker() -> None:
    platform = one_host(workers=3, calls_per_worker=5)
    found = Simulation(platform).play(arriving(*((at, 100) for at in range(9))))
    assert (found.most_of_worker, found.refused) == (3, {})


@pytest.mark.parametrize(("balance", "highest"), [(Balance.LEAST, 10), (Balance.TURNS, 10), (Balance.RANDOM, 13)])
def test_chance_fills_hosts_unevenly(balance: Balance, highest: int) -> None:
    platform = Platform(hosts=10, workers=1, calls_per_worker=100, balance=balance)
    found = Simulation(platform).play(arriving(*((at, 1000) for at in range(100))))
    assert found.most_of_worker >= highest
    assert (found.most_of_worker == 10) is (balance is not Balance.RANDOM)


def test_workers_that_listen_for_themselves_fill_unevenly() -> None:
    calls = arriving(*((at, 1000) for at in range(100)))
    by_hand, by_hash = (
        Simulation(one_host(workers=10, calls_per_worker=12, within=within)).play(calls)
        for within in (Balance.LEAST, Balance.RANDOM)
    )
    assert (by_hand.most_of_worker, by_hand.refused) == (10, {})
    assert by_hash.refused[Refused.WORKER] > 0


def test_a_company_at_its_limit_takes_no_line_of_another() -> None:
    flood = [Arrival(at / 10, 100, 0) for at in range(50)]
    others = [Arrival(at + 0.05, 100, 1) for at in range(5)]
    platform = one_host(calls_per_worker=100, calls_per_company=5)
    found = Simulation(platform).play(sorted(flood + others))
    assert found.refused == {Refused.COMPANY: 45}
    assert found.most_calls == 10


def test_who_is_told_that_lines_are_busy_takes_a_place_but_no_line() -> None:
    platform = one_host(calls_per_worker=3, calls=1)
    late = TOLD_SECONDS + 2.5
    found = Simulation(platform).play(arriving((0, 100), (1, 100), (2, 100), (3, 100), (late, 100)))
    assert found.refused == {Refused.PLATFORM: 3, Refused.WORKER: 1}
    assert found.most_calls == 1


def test_without_a_stream_nobody_hears() -> None:
    found = Simulation(one_host(calls_per_worker=9, streams=2)).play(arriving((0, 9), (1, 9), (2, 9)))
    assert found.refused == {Refused.VENDOR: 1}


def test_a_worker_that_dies_takes_its_calls_with_it_and_comes_back() -> None:
    loss = Loss(at=10, worker=0, seconds=5)
    calls = arriving((0, 100), (1, 100), (2, 100), (3, 100), (11, 100), (16, 100), (17, 100))
    found = Simulation(one_host(workers=2), [loss]).play(calls)
    assert found.dropped == 2
    assert found.refused == {Refused.WORKER: 1}  # at 11 the other worker is full
    assert found.most_calls == 4


def test_when_a_host_dies_the_others_take_the_next_calls() -> None:
    platform = Platform(hosts=2, workers=2, calls_per_worker=10)
    calls = arriving(*((at, 1000) for at in range(16)))
    found = Simulation(platform, [Loss(at=7.5)]).play(calls)
    assert (found.dropped, found.refused) == (4, {})
    assert found.most_of_worker == 6


def test_refusals_are_those_of_erlangs_formula() -> None:
    traffic = Traffic(calls=50 / 60 * HOUR, mean_seconds=60, deviation=1.5)  # the formula asks for no distribution
    platform = Platform(hosts=1, workers=4, calls_per_worker=100, calls=45)
    found = Simulation(platform).play(traffic.arrivals(Random(3), until=8 * HOUR))
    assert found.blocked == pytest.approx(erlang.blocked(45, 50), abs=0.015)
    assert found.mean_calls == pytest.approx(50 * (1 - erlang.blocked(45, 50)), rel=0.03)


def test_requests_wait_as_erlangs_formula_says() -> None:
    found = waits(rate=16, seconds=0.5, slots=10)
    assert found.used == pytest.approx(0.8, rel=0.03)
    assert found.wait == pytest.approx(erlang.waiting(10, 8), rel=0.05)
    assert found.longest == pytest.approx(erlang.wait(10, 8, 0.5), rel=0.15)


@pytest.fixture
async def server() -> AsyncIterator[AudioSocketServer]:
    """With six places."""
    server = AudioSocketServer(echo, allowed=lambda address: True, max_calls=6)
    await server.start("127.0.0.1", 0)
    yield server
    await server.stop(1)


async def one_by_one(server: AudioSocketServer, arrivals: Iterable[Arrival]) -> list[Played]:
    """The calls without their seconds: each comes, and ends, as soon as what is before it in time was done."""
    played = []
    talking: list[tuple[float, int, Asterisk]] = []
    async with AsyncExitStack() as connections:
        for number, arrival in enumerate(arrivals):
            while talking and talking[0][0] <= arrival.at:
                heappop(talking)[2].hang_up()
                async with asyncio.timeout(5):
                    while server.load > len(talking):  # noqa: ASYNC110
                        await asyncio.sleep(0)
            caller = await connections.enter_async_context(calling(server.port))
            await caller.until_frames(1)
            until, end = arrival.at, End.REFUSED
            if caller.frames[0][0] == Kind.AUDIO:
                until, end = arrival.at + arrival.seconds, End.CALLER_HANGUP
                heappush(talking, (until, number, caller))
            played.append(Played(arrival, arrival.at, until, end))
    return played


async def test_a_real_server_refuses_whom_the_simulation_refuses(server: AudioSocketServer) -> None:
    callers = arrivals(load=9, mean_seconds=60, seconds=600)
    real = reality(await one_by_one(server, callers))
    model = simulated(Simulation(Platform(hosts=1, workers=1, calls_per_worker=6)).play(callers))
    assert real.callers > 60
    assert real.refused > 0.2
    assert tuple(real) == pytest.approx(tuple(model))


async def test_callers_come_when_they_come_and_stay_for_their_time(server: AudioSocketServer) -> None:
    six = arriving(*((0, 2) for _ in range(6)))
    played = await Callers("127.0.0.1", server.port).play([*six, *arriving((0.5, 30), (3.5, 0.1))])
    assert [each.end for each in played] == [*[End.CALLER_HANGUP] * 6, End.REFUSED, End.CALLER_HANGUP]
    for each in played[:6]:
        assert each.ended - each.began >= 2
    assert played[-1].began >= 3.5


# The plan


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures.load()


def test_ten_times_the_calls_need_about_ten_times_as_much(figures: Figures) -> None:
    small, large = (plan(figures, calls, mean_seconds=180, blocking=0.001, cell=2000) for calls in (1_000, 10_000))
    for name in ("cores", "transactions", "redis_commands", "audio_mbit", "kept_gb_a_day"):
        assert 9 < getattr(large, name) / getattr(small, name) < 12, name
    assert (small.cells, large.cells, large.calls_of_cell) == (1, 5, 2000)


def test_a_host_may_fail_in_each_cell(figures: Figures) -> None:
    per_worker = int(figures.units["calls_per_worker"].value)
    for calls in (20, 500, 2_000, 5_000):
        found = plan(figures, calls, mean_seconds=180, blocking=0.001, cell=2000)
        left = found.hosts - found.cells  # one of each cell is away
        assert left * found.workers * per_worker >= calls


@pytest.mark.parametrize("calls", [20, 2_000, 10_000])
def test_nothing_that_is_waited_for_is_too_small_for_its_requests(figures: Figures, calls: int) -> None:
    wanted = plan(figures, calls, mean_seconds=180, blocking=0.001, cell=2000)
    for queue in queues(figures, wanted):
        assert 0 < queue.rate * queue.seconds < queue.slots * 0.9, queue.name


def test_what_is_full_first_comes_first(figures: Figures) -> None:
    found = ceilings(figures, 180)
    assert found == sorted(found, key=lambda ceiling: ceiling.calls)
    limit = next(each for each in found if each.resource == "call worker: its limit")
    assert limit.calls == settings.MAX_CALLS_PER_WORKER


def without(section: str, text: str) -> str:
    return re.sub(rf"\[{re.escape(section)}\]\n(?:.+\n)*", "", text)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (lambda text: without("cost.statements", text), r"\[cost.statements\] is missing"),
        (lambda text: text + '[unit.lorries]\nvalue = 1\nsource = "x"\n', r"\[unit.lorries\] is known to no plan"),
        (lambda text: text.replace("[unit.streams]\n", "[unit.streams]\nmore = 1\n"), "more is not one of"),
        (lambda text: re.sub(r"(\[unit.streams\]\nvalue =) .*", r"\1 -1", text), "numbers from 0 up"),
        (lambda text: re.sub(r"(\[unit.streams\]\nvalue = .*\n)source = .*", r"\1source = ''", text), "its source"),
        (lambda text: text + "[", "figures.toml"),
    ],
)
def test_a_file_of_figures_that_is_wrong_says_where(changed, complaint: str, tmp_path: Path) -> None:
    own = tmp_path / "figures.toml"
    own.write_text(changed(FIGURES.read_text()))
    with pytest.raises(FiguresWrong, match=complaint):
        Figures.load(own)
    with pytest.raises(CommandError, match="--figures"):
        call_command("plan_capacity", figures=own, stdout=StringIO())


# The command, and the document


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("plan_capacity", *arguments, stdout=out)
    return out.getvalue()


def rows(text: str, first: str) -> Sequence[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith(f"| {first} |")]


def test_the_document_has_what_the_command_prints() -> None:
    assert document.written() == document.tables()  # else: tests/capacity document


def test_traffic_of_ones_own_gets_its_lines_and_its_hour(tmp_path: Path) -> None:
    sample = tmp_path / "lengths"
    sample.write_text("60\n120\n180\n")
    text = printed("--calls-an-hour", "1500", "--lengths", str(sample), "--blocking", "0.01", "--companies", "5")
    assert text.startswith("50.0 erlangs: with 64 lines")
    [planned] = [row for row in rows(text, "64") if row[1] == "as planned"]
    assert planned[3] == "0.84%"
    assert float(planned[4].rstrip("%")) < 3


def test_more_callers_than_planned_are_told_that_lines_are_busy() -> None:
    text = printed("--calls-an-hour", "3000", "--mean-seconds", "60", "--companies", "2", "--company-calls", "20")
    assert "company busy" in text


@pytest.mark.parametrize(
    "arguments",
    [("--blocking", "0"), ("--blocking", "2"), ("--mean-seconds", "0"), ("--calls-an-hour", "-1"), ("--peak", "x"),
     ("--company-calls", "0"), ("--lengths", "/nowhere")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=arguments[0]):
        printed(*arguments)


def test_lengths_must_be_seconds(tmp_path: Path) -> None:
    for number, text in zip(count(), ("", "0\n", "long\n"), strict=False):
        sample = tmp_path / str(number)
        sample.write_text(text)
        with pytest.raises(CommandError, match="--lengths"):
            printed("--lengths", str(sample))
