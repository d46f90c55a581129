"""When a company answers: by the clocks of its place, and in words."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from datetime import UTC, date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tenants import hours
from tenants.hours import Schedule
from tenants.models import Holiday, OpeningHours, TransferTarget
from tests.cast import Cast

PARIS = ZoneInfo("Europe/Paris")
MIDNIGHT = time()
OFFICE = tuple(
    (day, opens, closes) for day in range(5) for opens, closes in ((time(9), time(12)), (time(14), time(18)))
)
NIGHT = ((4, time(20), MIDNIGHT), (5, MIDNIGHT, time(6)))


def paris(text: str, fold: int = 0) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)


def schedule(
    *spans: tuple[int, time, time], holidays: str = "", yearly: str = "", zone: str = "Europe/Paris"
) -> Schedule:
    return Schedule(
        zone,
        spans,
        frozenset(date.fromisoformat(day) for day in holidays.split()),
        frozenset((int(day[:2]), int(day[3:])) for day in yearly.split()),
    )


# --- Asked --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-20 08:59:59", False),  # a Friday
        ("2026-11-20 09:00", True),
        ("2026-11-20 11:59:59.999999", True),
        ("2026-11-20 12:00", False),
        ("2026-11-20 14:00", True),
        ("2026-11-20 18:00", False),
        ("2026-11-21 10:00", False),
        ("2026-11-23 10:00", True),
    ],
)
def test_it_opens_with_the_minute_and_closes_with_it(at: str, is_open: bool) -> None:
    assert schedule(*OFFICE).is_open(paris(at)) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-20 19:59", False),
        ("2026-11-20 23:59:59", True),
        ("2026-11-21 00:00", True),
        ("2026-11-21 06:00", False),
        ("2026-11-20 00:00", False),
    ],
)
def test_closing_at_midnight_is_the_end_of_the_day(at: str, is_open: bool) -> None:
    assert schedule(*NIGHT).is_open(paris(at)) is is_open


def test_without_hours_it_is_always_open_but_for_holidays() -> None:
    always = schedule(holidays="2026-11-11", yearly="12-25")
    assert always.is_open(paris("2026-11-12 03:00"))
    assert not always.is_open(paris("2026-11-11 00:00"))
    assert not always.is_open(paris("2031-12-25 23:59"))
    assert always.is_open(paris("2027-11-11 12:00"))


def test_the_clocks_are_those_of_the_place() -> None:
    moment = datetime.datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert schedule(*OFFICE).is_open(moment)  # half past nine in Paris
    assert not schedule(*OFFICE, zone="Europe/London").is_open(moment)
    assert not schedule(holidays="2026-11-21", zone="Asia/Tokyo").is_open(moment.replace(hour=15))


def test_a_time_of_nowhere_is_refused() -> None:
    for ask in (schedule().is_open, schedule().next_opening):
        with pytest.raises(ValueError, match="no time zone"):
            ask(datetime.datetime(2026, 11, 20, 9))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-20 10:00", "2026-11-20 10:00"),
        ("2026-11-20 08:00", "2026-11-20 09:00"),
        ("2026-11-20 12:00", "2026-11-20 14:00"),
        ("2026-11-20 18:00", "2026-11-23 09:00"),
        ("2026-12-24 20:00", "2026-12-28 09:00"),  # Christmas is a Friday
        ("2026-11-10 18:30", "2026-11-12 09:00"),  # the eleventh is a holiday
    ],
)
def test_the_next_opening_is_found_beyond_nights_and_holidays(at: str, opens: str) -> None:
    office = schedule(*OFFICE, holidays="2026-11-11", yearly="12-25")
    assert office.next_opening(paris(at)) == paris(opens)


def test_who_never_opens_has_no_next_opening() -> None:
    days = [date(2028, 1, 1) + timedelta(n) for n in range(366)]
    never = schedule(yearly=" ".join(f"{day:%m-%d}" for day in days))
    assert never.next_opening(paris("2026-11-20 10:00")) is None


def test_the_hour_that_is_skipped_opens_when_the_clocks_are_changed() -> None:
    assert schedule((6, time(2, 30), time(4))).next_opening(paris("2026-03-29 01:00")) == paris("2026-03-29 03:00")
    inside = schedule((6, time(2, 15), time(2, 45)))
    assert inside.next_opening(paris("2026-03-29 01:00")) == paris("2026-04-05 02:15")


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    early = schedule((6, time(1), time(2, 30)))
    assert early.is_open(paris("2026-10-25 02:10"))
    assert early.is_open(paris("2026-10-25 02:10", fold=1))
    again = early.next_opening(paris("2026-10-25 02:45"))
    assert again is not None
    assert again.astimezone(UTC) == datetime.datetime(2026, 10, 25, 1, tzinfo=UTC)


def test_a_day_that_begins_at_one_in_the_morning_opens_then() -> None:
    # In Santiago the clocks go from 23:59:59 to 01:00.
    santiago = ZoneInfo("America/Santiago")
    sunday = schedule((6, MIDNIGHT, time(9)), zone="America/Santiago")
    opens = sunday.next_opening(datetime.datetime(2026, 9, 5, 12, tzinfo=santiago))
    assert opens == datetime.datetime(2026, 9, 6, 1, tzinfo=santiago)


times = st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
spans = st.tuples(st.integers(0, 6), times, times | st.just(MIDNIGHT)).filter(
    lambda span: span[2] == MIDNIGHT or span[1] < span[2]
)
zones = st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Africa/Casablanca"])
schedules = st.builds(
    Schedule,
    time_zone=zones,
    hours=st.lists(spans, max_size=8).map(tuple),
    holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)
moments = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2026, 12, 31), timezones=st.just(UTC))


@given(schedules, moments)
def test_it_is_open_at_the_next_opening_and_not_before(hours: Schedule, at: datetime.datetime) -> None:
    opens = hours.next_opening(at)
    assert opens is not None
    assert opens >= at
    assert hours.is_open(opens)
    if opens > at:
        assert not hours.is_open(at)
        assert not hours.is_open(opens.astimezone(UTC) - timedelta(microseconds=1))
        wait = opens.astimezone(UTC) - at
        assert not any(hours.is_open(at + wait * part / 40) for part in range(40))


@given(schedules, st.sampled_from(["fr", "en"]))
def test_any_hours_can_be_said(hours: Schedule, language: str) -> None:
    words = hours.spoken(language)
    assert words
    assert not any(character.isdigit() for character in words)


# --- Said ---------------------------------------------------------------------

WEEK = tuple((day, time(9), time(18)) for day in range(7))


@pytest.mark.parametrize(
    ("spans", "french", "english"),
    [
        (
            OFFICE,
            "du lundi au vendredi, de neuf heures à midi et de quatorze heures à dix-huit heures",
            "from Monday to Friday, from nine in the morning to noon and from two in the afternoon to six in the "
            "evening",
        ),
        ((), "tous les jours, vingt-quatre heures sur vingt-quatre", "every day, around the clock"),
        (
            WEEK,
            "tous les jours, de neuf heures à dix-huit heures",
            "every day, from nine in the morning to six in the evening",
        ),
        (
            (*WEEK[:5], (5, time(9), time(12, 30))),
            "du lundi au vendredi, de neuf heures à dix-huit heures, et le samedi, de neuf heures à midi trente",
            "from Monday to Friday, from nine in the morning to six in the evening, and on Saturday, from nine in the "
            "morning to twelve thirty in the afternoon",
        ),
        (
            (WEEK[0], WEEK[2], WEEK[4]),
            "le lundi, le mercredi et le vendredi, de neuf heures à dix-huit heures",
            "on Monday, on Wednesday and on Friday, from nine in the morning to six in the evening",
        ),
        (
            (WEEK[5], WEEK[6]),
            "le samedi et le dimanche, de neuf heures à dix-huit heures",
            "on Saturday and on Sunday, from nine in the morning to six in the evening",
        ),
        (
            (*WEEK[:3], WEEK[4]),
            "du lundi au mercredi et le vendredi, de neuf heures à dix-huit heures",
            "from Monday to Wednesday and on Friday, from nine in the morning to six in the evening",
        ),
        (
            NIGHT,
            "le vendredi, de vingt heures à minuit, et le samedi, de minuit à six heures",
            "on Friday, from eight in the evening to midnight, and on Saturday, from midnight to six in the morning",
        ),
        (
            ((0, time(1), time(21, 5)),),
            "le lundi, d'une heure à vingt et une heures cinq",
            "on Monday, from one at night to nine oh five in the evening",
        ),
        (
            ((0, time(9), time(12)), (0, time(12), time(14, 45)), (0, time(14, 45), MIDNIGHT)),
            "le lundi, de neuf heures à minuit",
            "on Monday, from nine in the morning to midnight",
        ),
    ],
)
def test_hours_are_said_in_words(spans: tuple[tuple[int, time, time], ...], french: str, english: str) -> None:
    assert schedule(*spans).spoken("fr") == french
    assert schedule(*spans).spoken("en") == english


def test_hours_are_said_in_two_languages_only() -> None:
    with pytest.raises(ValueError, match="'de', only in fr, en"):
        schedule().spoken("de")


# --- Stored -------------------------------------------------------------------


def span(opens: time, closes: time, **values: object) -> OpeningHours:
    return OpeningHours(weekday=0, opens=opens, closes=closes, **values)


@pytest.mark.parametrize(
    ("opens", "closes", "message"),
    [
        (time(12), time(9), "closes before it opens"),
        (time(9), time(9), "closes before it opens"),
        (time(11, 59), time(13), "Monday 11:59–13:00 and Monday 09:00–12:00 overlap."),
        (time(8), MIDNIGHT, "overlap"),
        (time(10), time(11), "overlap"),
    ],
)
def test_spans_that_make_no_sense_are_refused(alpha: Cast, opens: time, closes: time, message: str) -> None:
    span(time(9), time(12)).save()
    with translation.override("en"):
        with pytest.raises(ValidationError) as refusal:
            span(opens, closes).full_clean()
        assert message in str(refusal.value.messages)


def test_spans_may_touch_and_targets_have_their_own(alpha: Cast) -> None:
    span(time(9), time(12)).save()
    span(time(12), MIDNIGHT).full_clean()
    span(time(9), time(12), transfer_target=alpha.alpha.transfer_target).full_clean()


def test_the_database_refuses_a_span_that_closes_before_it_opens(alpha: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        span(time(12), time(9)).save()


def test_a_schedule_is_loaded_of_the_company_and_of_each_target(
    alpha: Cast, django_assert_num_queries: Callable[[int], object]
) -> None:
    span(time(9), time(12)).save()
    Holiday.objects.create(date=date(2026, 12, 25), every_year=True)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        company = hours.load(alpha.alpha.tenant)
    assert company == Schedule(
        "Europe/Paris",
        ((0, time(9), time(12)),),
        frozenset({date(2000, 1, 1), date(2026, 12, 25)}),
        frozenset({(12, 25)}),
    )
    target = TransferTarget.objects.get(pk=alpha.alpha.night_target.pk)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        night = hours.load_target(target)
    assert night == Schedule("Europe/Paris", ((0, time(20), MIDNIGHT),))
    assert hours.load_target(alpha.alpha.transfer_target) == Schedule("Europe/Paris")


# --- Counting hours in which somebody is there --------------------------------------


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, "2026-03-02 10:00"),  # a Monday
        (2, "2026-03-02 12:00"),
        (3, "2026-03-02 15:00"),  # over lunch
        (7, "2026-03-03 10:00"),
        (35, "2026-03-09 10:00"),  # over the weekend
    ],
)
def test_so_many_opening_hours_later(hours: int, expected: str) -> None:
    office, begin = schedule(*OFFICE), paris("2026-03-02 10:00")
    later = office.after(begin, timedelta(hours=hours))
    assert later == paris(expected)
    assert later is not None
    assert office.open_time(begin, later) == timedelta(hours=hours)


def test_hours_that_a_change_of_clocks_skips_do_not_count() -> None:
    begin = paris("2026-03-29 00:00")  # at two it becomes three
    assert schedule().after(begin, timedelta(hours=24)) == paris("2026-03-30 01:00")


def test_a_company_that_is_closed_for_a_year_has_no_hours_to_count() -> None:
    begin = paris("2026-03-02 10:00")
    every_day = frozenset((begin + timedelta(days)).date() for days in range(-1, 400))
    closed = Schedule("Europe/Paris", (), every_day)
    assert closed.after(begin, timedelta(hours=1)) is None
    assert closed.open_time(begin, begin + timedelta(days=300)) == timedelta()
