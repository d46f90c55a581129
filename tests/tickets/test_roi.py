"""What the bot earned: the same figures from rows by hand, from Python, from SQL and from the command."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from calls.models import Call, Usage
from calls.pricing import reprice
from providers.models import Price
from tenants.models import Tenant
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast
from tickets.models import RoiDay
from tickets.roi import Roi, catch_up, days_between, roi_of, roll_up, so_far
from tickets.tasks import count_roi_of_everyone

SQL = Path(__file__).resolve().parents[2] / "tickets" / "roi.sql"
DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
FORMULAS = ("cost_eur", "savings_eur", "cost_per_call_eur", "resolution_rate", "mean_seconds", "cache_rate")


def call(started_at: datetime = NOON, *, seconds: int | None = 60, **values: Any) -> Call:
    """An ended call of the tenant acted for; `seconds` None: it still goes on."""
    ended_at = None if seconds is None else started_at + timedelta(seconds=seconds)
    values = {"status": Call.Status.COMPLETED, "uuid": uuid.uuid4(), **values}
    return Call.objects.create(started_at=started_at, ended_at=ended_at, **values)


def usage(of: Call | None, cost: str | None, *, at: datetime = NOON, kind: str = "llm", **values: Any) -> Usage:
    values["cost_eur"] = None if cost is None else D(cost)
    return Usage.objects.create(call=of, kind=kind, provider="groq", model="oss", created_at=at, **values)


def figures(roi: Roi) -> dict[str, Any]:
    return asdict(roi) | {name: getattr(roi, name) for name in FORMULAS}


def same(found: Any, expected: Any) -> bool:
    if found is None or expected is None:
        return found is expected
    return bool(float(found) == pytest.approx(float(expected), rel=1e-9, abs=1e-7))


# --- Counting -----------------------------------------------------------------


def test_a_day_is_counted(alpha: Cast) -> None:
    resolved = call(is_resolved=True, cached_characters=120, cached_eur=D("0.006"))
    call(cached_characters=30, cached_eur=None)
    call(status=Call.Status.TRANSFERRED, seconds=120)
    call(status=Call.Status.FAILED)
    call(seconds=None, status=Call.Status.IN_PROGRESS)
    usage(call(is_test=True, is_resolved=True, cached_characters=99), "0.125")
    usage(resolved, "0.5")
    usage(resolved, "0.25", kind="stt")
    usage(resolved, None)
    usage(None, "2", kind="tts", characters=900)  # spoken ahead
    usage(resolved, "0", kind="tts", characters=50)
    roll_up(days=[DAY])
    roi = Roi.of(since=DAY, until=DAY)
    assert (roi.calls, roi.resolved, roi.left_open, roi.transferred, roi.failed, roi.dropped) == (4, 1, 1, 1, 1, 0)
    assert (roi.handled_seconds, roi.cached_characters, roi.cached_eur) == (D("300"), 150, D("0.006"))
    assert (roi.llm_eur, roi.stt_eur, roi.tts_eur, roi.other_eur) == (D("0.5"), D("0.25"), D(0), D("2.125"))
    assert (roi.spoken_characters, roi.cache_rate) == (50, D("0.75"))
    assert roi.unpriced == 1
    assert (roi.human_eur, roi.cost_eur, roi.savings_eur) == (D(15), D("2.875"), D("12.125"))
    assert (roi.resolution_rate, roi.mean_seconds) == (D("0.25"), D(75))
    assert roi_of(RoiDay.objects.get(day=DAY)) == roi == so_far(DAY)


def test_without_calls_there_is_no_rate(alpha: Cast) -> None:
    roi = Roi.of(since=DAY, until=DAY)
    assert (roi.calls, roi.cost_eur, roi.savings_eur) == (0, D(0), D(0))
    assert (roi.cost_per_call_eur, roi.resolution_rate, roi.mean_seconds) == (None, None, None)


def test_counting_again_changes_nothing_and_an_empty_day_goes(alpha: Cast) -> None:
    only = call()
    roll_up(days=[DAY])
    before = figures(Roi.of(since=DAY, until=DAY))
    roll_up(days=[DAY])
    assert figures(Roi.of(since=DAY, until=DAY)) == before
    Call.objects.filter(pk=only.pk).update(started_at=NOON + timedelta(days=1), ended_at=NOON + timedelta(days=1))
    roll_up(days=[DAY, DAY + timedelta(days=1)])
    assert list(Roi.by_day(since=DAY, until=DAY + timedelta(days=1))) == [DAY + timedelta(days=1)]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", date(2026, 3, 29), 23),
        ("Europe/Paris", date(2026, 10, 25), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # its midnight is skipped
        ("America/Havana", date(2026, 11, 1), 25),  # its midnight comes twice
        ("Asia/Kathmandu", date(2026, 6, 1), 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(alpha: Cast, zone: str, day: date, hours: int) -> None:
    Tenant.objects.filter(pk=alpha.alpha.tenant.pk).update(time_zone=zone)
    alpha.alpha.tenant.time_zone = zone
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    expected: Counter[date] = Counter()
    for quarter in range(4 * 72):
        moment = first + timedelta(minutes=15 * quarter)
        call(moment)
        expected[moment.astimezone(ZoneInfo(zone)).date()] += 1
    assert expected[day] == 4 * hours
    catch_up()
    assert {row.day: row.calls for row in RoiDay.objects.filter(day__in=expected)} == expected


def test_random_calls_are_counted_as_by_hand(alpha: Cast) -> None:
    random, zone = Random(6), ZoneInfo("Europe/Paris")
    expected: dict[date, Counter[str]] = {}
    for _ in range(200):
        started = datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=random.randrange(5 * 1440))
        status = random.choice(Call.Status.values)
        made = call(
            started,
            seconds=None if status == "in_progress" else random.randrange(900),
            status=status,
            is_resolved=status == "completed" and random.random() < 0.6,
            cached_characters=random.randrange(500),
        )
        sums = expected.setdefault(started.astimezone(zone).date(), Counter())
        for kind in random.sample(["stt", "llm", "tts"], 2):
            cost = random.randrange(1000)
            usage(made, str(D(cost) / 1000), kind=kind, at=started)
            if made.ended_at:
                sums[f"{kind}_eur"] += cost
        if made.ended_at:
            sums["calls"] += 1
            sums["seconds"] += int((made.ended_at - started).total_seconds())
            sums["characters"] += made.cached_characters
            sums["resolved" if made.is_resolved else "left_open" if status == "completed" else status] += 1
    roll_up(days=days_between(min(expected), max(expected)))
    for day, sums in expected.items():
        row = RoiDay.objects.get(day=day)
        for name in ("calls", "resolved", "left_open", "transferred", "dropped", "failed"):
            assert getattr(row, name) == sums[name], (day, name)
        assert (row.handled_seconds, row.cached_characters) == (D(sums["seconds"]), sums["characters"])
        for kind in ("stt", "llm", "tts"):
            assert getattr(row, f"{kind}_eur") * 1000 == sums[f"{kind}_eur"]


# --- What changes later -------------------------------------------------------


def counted_days() -> dict[date, int]:
    return {row.day: row.calls for row in RoiDay.objects.filter(day__year=2026, day__month=3)}


def test_a_call_that_ended_late_changes_its_day(alpha: Cast) -> None:
    house, now = alpha.alpha, timezone.now()
    call()
    open_call = call(NOON, seconds=None, status=Call.Status.IN_PROGRESS)
    catch_up()
    assert counted_days() == {DAY: 1}
    open_call.status, open_call.ended_at = Call.Status.DROPPED, now
    open_call.save()
    house.tenant.refresh_from_db()
    assert house.tenant.roi_at is not None
    catch_up()
    assert counted_days() == {DAY: 2}


def test_a_usage_that_came_late_changes_the_day_of_its_call(alpha: Cast) -> None:
    ended = call()
    catch_up()
    usage(ended, "0.125", at=timezone.now())
    alpha.alpha.tenant.refresh_from_db()
    catch_up()
    assert RoiDay.objects.get(day=DAY).llm_eur == D("0.125")


def test_a_corrected_price_changes_the_day(alpha: Cast) -> None:
    ended = call()
    row = usage(ended, None)
    Usage.objects.filter(pk=row.pk).update(output_tokens=1_000_000)
    catch_up()
    assert RoiDay.objects.get(day=DAY).unpriced == 1
    Price.objects.create(
        provider="groq", model="oss", unit="million_output_tokens", amount=3, currency="EUR", valid_from=DAY
    )
    reprice(since=DAY, until=DAY)
    day = RoiDay.objects.get(day=DAY)
    assert (day.unpriced, day.llm_eur) == (0, D(3))


def test_every_tenant_is_counted_for_itself(cast: Cast) -> None:
    for house, number in ((cast.alpha, 1), (cast.bravo, 2)):
        with acting_for(house.tenant):
            for _ in range(number):
                call()
    assert count_roi_of_everyone() == 2
    for house, number in ((cast.alpha, 1), (cast.bravo, 2)):
        with acting_for(house.tenant):
            assert counted_days() == {DAY: number}


# --- Python and SQL -----------------------------------------------------------


def by_sql(since: date, until: date) -> dict[str, dict[str, Any]]:
    sql = SQL.read_text().replace(":since", f"'{since}'").replace(":until", f"'{until}'")
    with acting_for(EVERYONE), connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.description is not None
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("tenant"): row for row in rows}


def test_python_and_sql_come_to_the_same(cast: Cast) -> None:
    random = Random(15)
    for house, figure in ((cast.alpha, "15.00"), (cast.bravo, "7.35")):
        Tenant.objects.filter(pk=house.tenant.pk).update(human_call_eur=figure)
        with acting_for(house.tenant):
            for number in range(40):
                names = ("resolved", "left_open", "transferred", "dropped", "failed")
                counts = {name: random.randrange(60) for name in names}
                sums = {
                    f"{name}_eur": D(random.randrange(10**9)).scaleb(-8)
                    for name in ("stt", "llm", "tts", "other", "cached")
                }
                RoiDay.objects.create(
                    day=DAY + timedelta(days=number),
                    calls=sum(counts.values()),
                    handled_seconds=D(random.randrange(10**7)).scaleb(-3),
                    unpriced=random.randrange(3),
                    cached_characters=random.randrange(10**6),
                    spoken_characters=random.randrange(10**6),
                    **counts,
                    **sums,
                )
            RoiDay.objects.create(day=date(2025, 1, 1), other_eur=1)  # a day without calls
    periods = [(DAY, DAY), (DAY, DAY + timedelta(days=39)), (date(2025, 1, 1), date(2025, 1, 1))]
    periods += [(DAY + timedelta(days=first), DAY + timedelta(days=first + 9)) for first in range(0, 30, 7)]
    for since, until in periods:
        found = by_sql(since, until)
        for house in (cast.alpha, cast.bravo):
            with acting_for(house.tenant):
                expected = figures(Roi.of(since=since, until=until))
            row = found[house.tenant.slug]
            assert row.keys() == expected.keys()
            assert not {name: (row[name], expected[name]) for name in row if not same(row[name], expected[name])}


# --- On the command line ------------------------------------------------------


def run(*arguments: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("roi", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_day_is_counted_by_hand(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        call(is_resolved=True)
    (line,) = run("--tenant", "alpha", "--day", "2026-03-10")
    assert (line["tenant"], line["from"], line["to"], line["days_counted"]) == ("alpha", "2026-03-10", "2026-03-10", 1)
    assert (line["calls"], D(line["savings_eur"])) == (1, D(15))
    assert [line["calls"] for line in run("--from", "2026-03-01", "--to", "2026-03-31")] == [1, 0]


def test_without_days_what_changed_is_counted(cast: Cast) -> None:
    assert [line["days_counted"] > 0 for line in run()] == [True, True]


@pytest.mark.parametrize(
    "arguments",
    [("--day", "2026-03-10", "--from", "2026-03-01"), ("--to", "2026-03-01"), ("--tenant", "nobody"),
     ("--from", "2026-03-02", "--to", "2026-03-01")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(cast: Cast, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


# --- By the million -----------------------------------------------------------


@pytest.mark.django_db
def test_the_benchmark_counts_what_it_has_made() -> None:
    if connection.vendor != "postgresql":
        with pytest.raises(CommandError, match="PostgreSQL"):
            call_command("bench_roi")
        return
    out = StringIO()
    call_command("bench_roi", calls=500, stdout=out)
    found = json.loads(out.getvalue())
    assert (found["calls"], found["days"]) == (500, 366)
    with pytest.raises(CommandError, match="not empty"):
        call_command("bench_roi", calls=500)
