"""When somebody is there: opening hours and holidays, asked and said.

`Schedule` is pure; `load` and `load_target` read it from the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from tenants import spoken_hours
from tenants.models import Holiday, OpeningHours, Tenant, TransferTarget
from tenants.scope import current_tenant

MIDNIGHT = time()
#: How far ahead the next opening is looked for.
HORIZON_DAYS = 366


@dataclass(frozen=True, slots=True)
class Schedule:
    """Weekly hours by the clocks of a place, and the days without any.

    `hours` holds (weekday as `date.weekday()`, opens, closes); closing at 00:00 is the
    end of the day, and the minute of closing is closed. Without hours it is always open,
    but for the holidays. `yearly_holidays` holds (month, day).
    """

    time_zone: str
    hours: tuple[tuple[int, time, time], ...] = ()
    holidays: frozenset[date] = frozenset()
    yearly_holidays: frozenset[tuple[int, int]] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Raises ValueError for a datetime without time zone."""
        local = self._local(at)
        clock = local.time()
        return any(opens <= clock and (clock < closes or closes == MIDNIGHT) for opens, closes in self._spans(local))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment from `at` on when it is open, on the place's clocks; None: not within a year."""
        local = self._local(at)
        if self.is_open(local):
            return local
        for days in range(HORIZON_DAYS + 1):
            moments = (moment for moment in self._beginnings(local.date() + timedelta(days)) if moment > at)
            if found := min(filter(self.is_open, moments), default=None):
                return self._local(found)
        return None

    def after(self, at: datetime, duration: timedelta) -> datetime | None:
        """The moment at which it has been open for `duration` since `at`; None: not within a year."""
        for opens, closes in self._open_from(at):
            if closes - opens >= duration:
                return opens + duration
            duration -= closes - opens
        return None

    def open_time(self, since: datetime, until: datetime) -> timedelta:
        """For how long it is open between two moments, at most a year apart."""
        spans = takewhile(lambda span: span[0] < until, self._open_from(since))
        return sum((min(closes, until) - opens for opens, closes in spans), timedelta())

    def _open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans (UTC) in which it is open, from `at` on, for a year."""
        zone, today = ZoneInfo(self.time_zone), self._local(at).date()
        for day in (today + timedelta(days) for days in range(HORIZON_DAYS + 1)):
            for opens, closes in self._spans(day):
                last = day + timedelta(days=1) if closes == MIDNIGHT else day
                begins = max(at.astimezone(UTC), datetime.combine(day, opens, zone).astimezone(UTC))
                ends = datetime.combine(last, closes, zone).astimezone(UTC)
                if begins < ends:
                    yield begins, ends

    def spoken(self, language: str) -> str:
        """The weekly hours as one says them: «du lundi au vendredi, de neuf heures à midi».

        Holidays are left out. Raises ValueError for a language other than fr and en.
        """
        always = ((MIDNIGHT, MIDNIGHT),)
        week = {day: tuple(self._weekly(day)) for day in range(7)} if self.hours else dict.fromkeys(range(7), always)
        return spoken_hours.sentence(week, language)

    def _weekly(self, weekday: int) -> Iterator[tuple[time, time]]:
        return ((opens, closes) for day, opens, closes in sorted(self.hours) if day == weekday)

    def _spans(self, day: date) -> Iterator[tuple[time, time]]:
        day = date(day.year, day.month, day.day)  # a datetime is never equal to a date
        if day in self.holidays or (day.month, day.day) in self.yearly_holidays:
            return
        if self.hours:
            yield from self._weekly(day.weekday())
        else:
            yield MIDNIGHT, MIDNIGHT

    def _beginnings(self, day: date) -> Iterator[datetime]:
        """The moments (UTC) of a day at which it may become open."""
        zone = ZoneInfo(self.time_zone)
        for opens, _closes in self._spans(day):
            for fold in (0, 1):  # when clocks are put back, an hour comes twice
                yield datetime.combine(day, opens, zone).replace(fold=fold).astimezone(UTC)
        # When clocks are changed, it may be open at once: the hour that is skipped held
        # the opening, or the hour that comes again is one of those with somebody there.
        first, last = (
            datetime.combine(date_, MIDNIGHT, zone).astimezone(UTC) for date_ in (day, day + timedelta(days=1))
        )
        offset = first.astimezone(zone).utcoffset()
        if last.astimezone(zone).utcoffset() != offset:
            while last - first > timedelta(seconds=1):
                middle = first + (last - first) // 2
                if middle.astimezone(zone).utcoffset() == offset:
                    first = middle
                else:
                    last = middle
            yield last.replace(microsecond=0)

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone: when it is depends on where")
        return at.astimezone(ZoneInfo(self.time_zone))


def load(tenant: Tenant) -> Schedule:
    """The company's own hours and holidays; in its scope, in a database thread."""
    holidays = list(Holiday.objects.all())
    return Schedule(
        time_zone=tenant.time_zone,
        hours=_weekly_hours(None),
        holidays=frozenset(holiday.date for holiday in holidays),
        yearly_holidays=frozenset((h.date.month, h.date.day) for h in holidays if h.every_year),
    )


def load_target(target: TransferTarget) -> Schedule:
    """When a transfer target takes calls; as `load`.

    Without holidays: on those the company is closed, and who is on call then is on call.
    """
    tenant = current_tenant() or target.tenant  # the one acted for is at hand, without a query
    return Schedule(time_zone=tenant.time_zone, hours=_weekly_hours(target))


def _weekly_hours(target: TransferTarget | None) -> tuple[tuple[int, time, time], ...]:
    rows = OpeningHours.objects.filter(transfer_target=target)
    return tuple(rows.values_list("weekday", "opens", "closes"))
