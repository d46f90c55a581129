"""`manage.py plan_capacity`: how many cores, connections and vendor slots so many calls need."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitoring.capacity import erlang, tables
from monitoring.capacity.figures import FIGURES, Figures, FiguresWrong
from monitoring.capacity.plan import SIZES, Plan, Rehearsal, ceilings, plan, rehearse
from monitoring.capacity.simulation import Balance, Platform
from monitoring.capacity.traffic import Traffic

REHEARSED = (100, 500, 2_000)  # lines: what is larger is several cells


class Command(BaseCommand):
    help = (
        "What calls need of each resource, and what is full first, by the figures that were measured "
        "(docs/scaling.md); then a busy hour call by call, as it should be and when a worker or a host dies. "
        "Without --calls-an-hour: for 20 to 20,000 calls at once."
    )
    requires_system_checks = []  # nothing of this installation matters

    def add_arguments(self, parser: CommandParser) -> None:
        own = parser.add_argument_group("your traffic")
        own.add_argument("--calls-an-hour", type=above_zero, help="that are expected in the busy hour")
        own.add_argument("--mean-seconds", type=above_zero, default=180.0, help="length of a call (default 180)")
        own.add_argument("--deviation", type=number, default=1.0, help="of the length, over its mean (default 1)")
        own.add_argument(
            "--lengths", type=Path, metavar="FILE", help="lengths of calls of yours, a number of seconds a line"
        )
        own.add_argument(
            "--peak", type=above_zero, default=1.0, help="times as many callers in the middle of the hour …"
        )
        own.add_argument("--peak-minutes", type=number, default=0.0, help="… for so long")
        own.add_argument("--companies", type=whole, default=1, help="that are called (default 1)")
        own.add_argument(
            "--skew", type=number, default=0.0, help="0: all as often; 1: the second half as often as the first …"
        )
        goal = parser.add_argument_group("your goal")
        goal.add_argument(
            "--blocking", type=number, default=0.001, help="share of callers who may find no line (default 0.001)"
        )
        goal.add_argument("--company-calls", type=whole, help="calls at once of a company")
        goal.add_argument("--cell", type=whole, default=2_000, help="calls at once of one installation (default 2000)")
        goal.add_argument(
            "--balance", type=Balance, choices=list(Balance), default=Balance.LEAST, help="who chooses a host"
        )
        goal.add_argument("--figures", type=Path, default=FIGURES, metavar="FILE", help="your own measurements")
        goal.add_argument("--seed", type=int, default=1, help="of the simulation")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["blocking"] < 1:
            raise CommandError("--blocking: a share between 0 and 1, such as 0.001")
        try:
            figures = Figures.load(options["figures"])
        except (OSError, FiguresWrong) as error:
            raise CommandError(f"--figures: {error}") from None
        if options["lengths"]:
            options["sample"] = lengths(options["lengths"])
            options["mean_seconds"] = sum(options["sample"]) / len(options["sample"])
        lines = self.of_sizes(figures, options) if options["calls_an_hour"] is None else self.of_hour(figures, options)
        for line in lines:
            self.stdout.write(line)

    def of_sizes(self, figures: Figures, options: dict[str, Any]) -> Iterator[str]:
        plans = [self.plan(figures, calls, options) for calls in SIZES]
        yield from self.told(figures, plans, options)
        some = [self.plan(figures, calls, options) for calls in REHEARSED]
        yield from self.rehearsed(figures, some, options, calls_an_hour=None)

    def of_hour(self, figures: Figures, options: dict[str, Any]) -> Iterator[str]:
        load = options["calls_an_hour"] * options["mean_seconds"] / 3600 * max(options["peak"], 1)
        wanted = self.plan(figures, erlang.lines_for(load, options["blocking"]), options)
        yield f"{load:.1f} erlangs: with {wanted.calls} lines (MAX_CALLS) at most {options['blocking']:.2%} find none."
        yield ""
        yield from self.told(figures, [wanted], options)
        yield from self.rehearsed(figures, [wanted], options, calls_an_hour=options["calls_an_hour"] / wanted.cells)

    def plan(self, figures: Figures, calls: int, options: dict[str, Any]) -> Plan:
        return plan(
            figures, calls, mean_seconds=options["mean_seconds"], blocking=options["blocking"], cell=options["cell"]
        )

    def told(self, figures: Figures, plans: list[Plan], options: dict[str, Any]) -> Iterator[str]:
        yield from tables.of_plans(plans)
        yield ""
        yield from tables.of_ceilings(ceilings(figures, options["mean_seconds"]))
        yield ""

    def rehearsed(
        self, figures: Figures, plans: list[Plan], options: dict[str, Any], *, calls_an_hour: float | None
    ) -> Iterator[str]:
        """One cell of each plan: its queues, and its busy hour."""
        yield from tables.of_waits(figures, plans)
        yield ""
        played = []
        for each in plans:
            traffic = Traffic(
                calls=calls_an_hour or each.per_hour / each.cells,
                mean_seconds=options["mean_seconds"],
                deviation=options["deviation"],
                sample=options.get("sample", ()),
                companies=ceil(options["companies"] / each.cells),
                skew=options["skew"],
                peak=options["peak"],
                peak_minutes=options["peak_minutes"],
            )
            platform = Platform(
                hosts=each.hosts // each.cells,
                workers=each.workers,
                calls_per_worker=int(figures.units["calls_per_worker"].value),
                calls_per_company=options["company_calls"],
                calls=each.calls_of_cell,
                balance=options["balance"],
            )
            played.append(
                Rehearsal(
                    lines=each.calls_of_cell,
                    blocked=erlang.blocked(each.calls_of_cell, traffic.load),
                    scenarios=list(rehearse(figures, traffic, each, platform, options["seed"])),
                )
            )
        yield from tables.of_rehearsals(played)


def lengths(path: Path) -> list[float]:
    """Raises CommandError."""
    try:
        found = [float(line) for line in path.read_text().split()]
    except (OSError, ValueError) as error:
        raise CommandError(f"--lengths: {error}") from None
    if not found or min(found) <= 0:
        raise CommandError("--lengths: seconds above 0 are wanted, a number a line")
    return found


def number(text: str) -> float:
    """From 0 up."""
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return found


def above_zero(text: str) -> float:
    if not (found := number(text)):
        raise ArgumentTypeError("a number above 0 is wanted")
    return found


def whole(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)
