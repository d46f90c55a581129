"""What so many calls at once need of each resource, and which of them is full first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from random import Random
from typing import Final, NamedTuple

from monitoring.capacity import erlang
from monitoring.capacity.figures import Figures
from monitoring.capacity.simulation import Balance, Loss, Outcome, Platform, Simulation
from monitoring.capacity.traffic import HOUR, Traffic

SIZES: Final = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
#: A day has so many times the calls of its busy hour.
BUSY_HOURS_A_DAY: Final = 8.0
MOST_WORKERS: Final = 4  # on a host: what one loss takes with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """For so many calls at once; of a whole, which may be several cells of `calls_of_cell`."""

    calls: int
    mean_seconds: float
    cells: int
    calls_of_cell: int
    per_hour: float
    hosts: int
    workers: int  # on each host
    cores: float  # that the calls keep busy
    memory_gb: float
    descriptors: int  # of a worker that is full
    database_cores: int
    statements: float  # a second
    transactions: float  # a second
    log_flushes: float  # a second
    log_mb: float  # a second
    connections: int
    kept_gb_a_day: float
    recorded_gb_a_day: float
    recorded_mb: float  # a second
    redis_commands: float  # a second
    redis_mb: float  # a second, both ways
    redis_core: float  # share of the one that Redis has
    streams: int
    language_model: int  # requests in flight
    text_to_speech: int
    audio_mbit: float  # each way, between the Asterisks and the workers
    ears_mbit: float  # to speech-to-text
    web: int  # processes
    tasks: int  # processes
    other_cores: float  # that web and tasks keep busy
    asterisk_cores: float


def plan(figures: Figures, calls: int, *, mean_seconds: float, blocking: float, cell: int) -> Plan:
    """For `calls` at once; of the callers a share of `blocking` may find no line. In each cell a host may fail."""
    cells = ceil(calls / cell)
    of_cell = ceil(calls / cells)
    load = erlang.load_of(of_cell, blocking)
    rate = load / mean_seconds
    cost, unit = figures.costs, figures.units
    per_worker = int(unit["calls_per_worker"].value)
    workers = min(MOST_WORKERS, ceil(of_cell / per_worker))
    hosts = ceil(of_cell / per_worker / workers) + 1
    web = max(2, ceil(cost["web_cpu_ms"].rate(load, rate) / unit["web_core_ms"].usable))
    tasks = max(2, ceil(figures.requests["task"].load(load, rate) / unit["task_slots"].usable))

    def spent(name: str) -> float:
        return cells * cost[name].rate(load, rate)

    def a_day(name: str) -> float:
        seconds = load * HOUR * BUSY_HOURS_A_DAY
        return cells * (cost[name].call * seconds / mean_seconds + cost[name].second * seconds) / 1e9

    return Plan(
        calls=calls,
        mean_seconds=mean_seconds,
        cells=cells,
        calls_of_cell=of_cell,
        per_hour=cells * rate * HOUR,
        hosts=cells * hosts,
        workers=workers,
        cores=spent("worker_cpu_ms") / 1000,
        memory_gb=cells
        * (hosts * workers * cost["worker_memory_mb"].idle + of_cell * cost["worker_memory_mb"].second)
        / 1000,
        descriptors=ceil(cost["worker_descriptors"].rate(min(per_worker, of_cell), 0)),
        database_cores=cells * max(2, ceil(cost["database_cpu_ms"].rate(load, rate) / unit["database_core_ms"].usable)),
        statements=spent("statements"),
        transactions=spent("transactions"),
        log_flushes=spent("log_flushes"),
        log_mb=spent("log_bytes") / 1e6,
        connections=cells * ceil(hosts * workers * unit["worker_connections"].value + unit["other_connections"].value),
        kept_gb_a_day=a_day("kept_bytes"),
        recorded_gb_a_day=a_day("recorded_bytes"),
        recorded_mb=spent("recorded_bytes") / 1e6,
        redis_commands=spent("redis_commands"),
        redis_mb=spent("redis_bytes") / 1e6,
        redis_core=cost["redis_cpu_ms"].rate(load, rate) / 1000,
        streams=calls,
        language_model=in_flight(figures, "language_model", cells * load, cells * rate),
        text_to_speech=in_flight(figures, "text_to_speech", cells * load, cells * rate),
        audio_mbit=calls * cost["to_worker_bits"].second / 1e6,
        ears_mbit=calls * cost["to_ears_bits"].second / 1e6,
        web=cells * web,
        tasks=cells * tasks,
        other_cores=(spent("web_cpu_ms") + spent("task_cpu_ms")) / 1000,
        asterisk_cores=calls * cost["asterisk_cpu_ms"].second / 1000,
    )


def in_flight(figures: Figures, name: str, calls: float, per_second: float) -> int:
    """Requests to a vendor at once, so that one in a hundred would wait: Little's law, and Erlang C for the rest."""
    return erlang.slots_for(figures.requests[name].load(calls, per_second))


class Ceiling(NamedTuple):
    """The most calls at once that one unit of a resource carries."""

    resource: str
    unit: str
    calls: float
    more: str  # what to do then


def ceilings(figures: Figures, mean_seconds: float) -> list[Ceiling]:
    """What is full first, comes first."""
    unit = figures.units

    def cost(name: str, capacity: float) -> float:
        return figures.costs[name].most_calls(capacity, mean_seconds)

    def asking(name: str, requests_per_second: float) -> float:
        asked = figures.requests[name]
        of_each = asked.call / mean_seconds + asked.second
        return requests_per_second / of_each if of_each else float("inf")

    others = figures.units["other_connections"].value
    workers = (unit["database_connections"].usable - others) // unit["worker_connections"].value
    cores, slots = unit["database_cores"].value, int(unit["text_to_speech_requests"].value)
    # Audio comes in and goes on to speech-to-text, so a host's network is not as busy both ways.
    ways = (("from_worker_bits", "to_ears_bits"), ("to_worker_bits", "from_ears_bits"))
    busier = max(sum(figures.costs[name].second for name in way) for way in ways)
    found = (
        (
            "language model: requests",
            f"{unit['language_model_requests'].value:g} a minute",
            asking("language_model", unit["language_model_requests"].usable / 60),
            "a larger plan, or a second vendor",
        ),
        (
            "text to speech: requests in flight",
            f"{slots} slots",
            asking("text_to_speech", erlang.queue_load_of(slots) / figures.requests["text_to_speech"].takes),
            "a larger plan, or a second vendor",
        ),
        (
            "speech to text: streams",
            f"{unit['streams'].value:g} streams",
            unit["streams"].usable,
            "a larger plan, or a second vendor",
        ),
        ("call worker: its limit", "1 process", unit["calls_per_worker"].value, "workers, then hosts"),
        (
            "call worker: CPU",
            "1 core",
            cost("worker_cpu_ms", unit["worker_core_ms"].usable),
            "workers, then hosts",
        ),
        (
            "call worker: descriptors",
            f"{unit['descriptors'].value:g}",
            (unit["descriptors"].value - figures.costs["worker_descriptors"].idle)
            / figures.costs["worker_descriptors"].second,
            "more of them (LimitNOFILE)",
        ),
        ("web: announcements, results", "1 process", cost("web_cpu_ms", unit["web_core_ms"].usable), "processes"),
        (
            "background jobs",
            "1 process",
            asking("task", unit["task_slots"].usable / figures.requests["task"].takes),
            "processes",
        ),
        (
            "PostgreSQL: CPU",
            f"{cores:g} cores",
            cost("database_cpu_ms", cores * unit["database_core_ms"].usable),
            "cores, then another cell",
        ),
        (
            "PostgreSQL: log flushes",
            f"{unit['log_flushes'].value:g} a second",
            cost("log_flushes", unit["log_flushes"].usable),
            "a faster disk, then another cell",
        ),
        (
            "PostgreSQL: connections",
            f"{unit['database_connections'].value:g}",
            workers * unit["calls_per_worker"].value,
            "max_connections, or PgBouncer",
        ),
        ("Redis: CPU", "its 1 core", cost("redis_cpu_ms", unit["redis_core_ms"].usable), "another cell"),
        (
            "Redis: CPU, every call on a Live page",
            "its 1 core",
            cost("watched_redis_cpu_ms", unit["redis_core_ms"].usable),
            "another cell",
        ),
        (
            "disk of the recordings",
            f"{unit['disk_bytes'].value / 1e6:g} MB a second",
            cost("recorded_bytes", unit["disk_bytes"].usable),
            "a faster disk, then another cell",
        ),
        (
            "network of a host",
            f"{unit['network_bits'].value / 1e9:g} Gbit/s",
            unit["network_bits"].usable / busier,
            "hosts",
        ),
        ("Asterisk: CPU", "1 core", cost("asterisk_cpu_ms", 1000.0), "cores; a company's own"),
    )
    return sorted((Ceiling(*each) for each in found), key=lambda ceiling: ceiling.calls)


class Queue(NamedTuple):
    """Requests that wait for one of some slots."""

    name: str
    rate: float  # a second
    seconds: float  # that each takes
    slots: int


def queues(figures: Figures, wanted: Plan) -> list[Queue]:
    """What may have to wait: for vendors, whom all cells ask, and for what one cell has."""
    load = wanted.per_hour / HOUR * wanted.mean_seconds
    rate = load / wanted.mean_seconds
    of_cell = (load / wanted.cells, rate / wanted.cells)
    thinking, speaking, task = (figures.requests[name] for name in ("language_model", "text_to_speech", "task"))
    transactions = figures.costs["transactions"].rate(*of_cell)
    each = figures.costs["database_cpu_ms"].rate(*of_cell) / transactions / 1000
    return [
        Queue("a slot of the language model", thinking.rate(load, rate), thinking.takes, wanted.language_model),
        Queue("a slot of text to speech", speaking.rate(load, rate), speaking.takes, wanted.text_to_speech),
        Queue("a task process", task.rate(*of_cell), task.takes, wanted.tasks // wanted.cells),
        Queue("a core of PostgreSQL", transactions, each, wanted.database_cores // wanted.cells),
    ]


class Scenario(NamedTuple):
    """An hour that is played."""

    name: str
    outcome: Outcome


class Rehearsal(NamedTuple):
    """The hours of one cell, and what Erlang's formula says of its lines."""

    lines: int
    blocked: float
    scenarios: Sequence[Scenario]


def rehearse(figures: Figures, traffic: Traffic, wanted: Plan, platform: Platform, seed: int = 1) -> Iterator[Scenario]:
    """The hour of one cell as it should be, what may come in its middle, and other ways to share the calls."""
    middle, restart = HOUR / 2, figures.units["worker_start_seconds"].value
    pods = ceil(wanted.calls_of_cell / platform.calls_per_worker)
    by_chance = replace(platform, hosts=pods + 1, workers=1, balance=Balance.RANDOM)
    streams = int(figures.units["streams"].value)
    hours: list[tuple[str, Platform, list[Loss]]] = [
        ("as planned", platform, []),
        ("a worker dies", platform, [Loss(at=middle, worker=0, seconds=restart)]),
        ("a host dies", platform, [Loss(at=middle)]),
        ("pods by chance", by_chance, []),
    ]
    if platform.workers > 1:
        hours.append(("workers by chance (SO_REUSEPORT)", replace(platform, within=Balance.RANDOM), []))
    if pods > 1:
        hours.append(("pods by chance, none to spare", replace(by_chance, hosts=pods), []))
    if streams < wanted.calls_of_cell:
        hours.append((f"{streams} streams", replace(platform, streams=streams), []))
    arrivals = list(traffic.arrivals(Random(seed)))  # noqa: S311
    for name, changed, losses in hours:
        yield Scenario(name, Simulation(changed, losses, seed).play(arrivals))
