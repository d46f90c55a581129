"""A plan for people: tables in Markdown, which a terminal shows as well. docs/scaling.md has what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from monitoring.capacity import erlang
from monitoring.capacity.figures import Figures
from monitoring.capacity.plan import Ceiling, Plan, Rehearsal, queues
from monitoring.capacity.simulation import waits

PLAYED: Final = 20_000  # requests
ROWS: Final[Sequence[tuple[str, Callable[[Plan], str]]]] = (
    ("cells", lambda plan: whole(plan.cells)),
    ("calls an hour", lambda plan: whole(plan.per_hour)),
    ("hosts × workers, one host to spare in each cell", lambda plan: f"{plan.hosts} × {plan.workers}"),
    ("cores that calls keep busy", lambda plan: short(plan.cores)),
    ("memory of the workers, GB", lambda plan: short(plan.memory_gb)),
    ("descriptors of a full worker", lambda plan: whole(plan.descriptors)),
    ("PostgreSQL: cores", lambda plan: whole(plan.database_cores)),
    ("PostgreSQL: statements a second", lambda plan: whole(plan.statements)),
    ("PostgreSQL: transactions a second", lambda plan: whole(plan.transactions)),
    ("PostgreSQL: log flushes a second (IOPS)", lambda plan: whole(plan.log_flushes)),
    ("PostgreSQL: log, MB a second", lambda plan: short(plan.log_mb)),
    ("PostgreSQL: connections", lambda plan: whole(plan.connections)),
    ("PostgreSQL: kept, GB a day", lambda plan: short(plan.kept_gb_a_day)),
    ("Redis: commands a second", lambda plan: whole(plan.redis_commands)),
    ("Redis: MB a second", lambda plan: short(plan.redis_mb)),
    ("Redis: of its core, in a cell", lambda plan: f"{plan.redis_core:.1%}"),
    ("recordings, MB a second", lambda plan: short(plan.recorded_mb)),
    ("recordings, GB a day", lambda plan: whole(plan.recorded_gb_a_day)),
    ("speech to text: streams", lambda plan: whole(plan.streams)),
    ("language model: requests in flight", lambda plan: whole(plan.language_model)),
    ("text to speech: requests in flight", lambda plan: whole(plan.text_to_speech)),
    ("audio to and from Asterisk, Mbit/s each way", lambda plan: short(plan.audio_mbit)),
    ("audio to speech to text, Mbit/s", lambda plan: short(plan.ears_mbit)),
    ("web processes", lambda plan: whole(plan.web)),
    ("task processes", lambda plan: whole(plan.tasks)),
    ("cores that web and tasks keep busy", lambda plan: short(plan.other_cores)),
    ("Asterisk: cores, of all companies", lambda plan: short(plan.asterisk_cores)),
)


def whole(number: float) -> str:
    return f"{number:,.0f}"


def short(number: float) -> str:
    """Two digits that count."""
    return whole(number) if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Its lines; all columns but the first to the right."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join(['---', *['---:'] * (len(head) - 1)])} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def of_plans(plans: Sequence[Plan]) -> Iterator[str]:
    head = ["calls at once", *(whole(plan.calls) for plan in plans)]
    yield from table(head, ([name, *map(tell, plans)] for name, tell in ROWS))


def of_ceilings(found: Iterable[Ceiling]) -> Iterator[str]:
    head = ["full first", "one unit", "calls at once", "then"]
    rows = ([each.resource, each.unit, whole(each.calls), each.more] for each in found if each.calls != float("inf"))
    yield from table(head, rows)


def of_rehearsals(played: Iterable[Rehearsal]) -> Iterator[str]:
    def rows() -> Iterator[list[str]]:
        for rehearsal in played:
            for name, found in rehearsal.scenarios:
                yield [
                    whole(rehearsal.lines),
                    name,
                    whole(found.offered),
                    share(rehearsal.blocked),
                    share(found.blocked),
                    ", ".join(f"{why} {share(found.refused[why] / found.offered)}" for why in sorted(found.refused)),
                    whole(found.dropped),
                    f"{found.mean_calls:.0f} / {found.most_calls}",
                    f"{found.utilisation:.0%}",
                    whole(found.most_of_worker),
                ]

    head = ["lines", "the hour", "callers", "refused: Erlang B", "simulated", "why", "cut off", "calls: mean / most",
            "places in use", "most of a worker"]  # fmt: skip
    yield from table(head, rows())


def of_waits(figures: Figures, plans: Sequence[Plan]) -> Iterator[str]:
    """How many requests wait, and how long: by formula, and by playing them."""

    def rows() -> Iterator[list[str]]:
        for plan in plans:
            for queue in queues(figures, plan):
                load = queue.rate * queue.seconds
                found = waits(rate=queue.rate, seconds=queue.seconds, slots=queue.slots, requests=PLAYED)
                yield [
                    whole(plan.calls),
                    queue.name,
                    short(queue.rate),
                    short(1000 * queue.seconds),
                    whole(queue.slots),
                    f"{found.used:.0%}",
                    f"{erlang.waiting(queue.slots, load):.1%}, {found.wait:.1%}",
                    f"{1000 * erlang.wait(queue.slots, load, queue.seconds):.0f}, {1000 * found.longest:.0f}",
                ]

    head = ["lines", "what is waited for", "requests a second", "each takes, ms", "there are", "used",
            "wait: Erlang C, simulated", "99 % within, ms"]  # fmt: skip
    yield from table(head, rows())


def share(number: float) -> str:
    return f"{number:.2%}" if number else "0"
