"""The company's week and holidays, as people fill them in."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls import settings as call_settings
from tenants import public_holidays
from tenants.admin.week import joined, split
from tenants.models import AuditEntry, Holiday, Membership, OpeningHours
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.cast import Cast, person

Login = Callable[[User], Client]
Row = tuple[int, time, time]

PAGE = "admin:tenants_openinghours_changelist"
NOBODY = {"holidays-TOTAL_FORMS": "0", "holidays-INITIAL_FORMS": "0"}


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


def hours(**spans: str) -> dict[str, str]:
    """`d0_0="09:00-12:00"` is Monday's first span."""
    data = {"when": "hours", **NOBODY}
    for name, span in spans.items():
        opens, closes = span.split("-")
        data |= {f"opens_{name[1:]}": opens, f"closes_{name[1:]}": closes}
    return data


def stored(cast: Cast) -> list[Row]:
    with acting_for(cast.alpha.tenant):
        rows = OpeningHours.objects.filter(transfer_target=None)
        return list(rows.values_list("weekday", "opens", "closes"))


def holidays(cast: Cast) -> list[datetime.date]:
    with acting_for(cast.alpha.tenant):
        return list(Holiday.objects.values_list("date", flat=True))


@pytest.mark.parametrize("role", [Membership.Role.OWNER, Membership.Role.ADMIN])
def test_owners_and_administrators_set_the_week(cast: Cast, login: Login, role: Membership.Role) -> None:
    client = login(person("somebody", cast.alpha.tenant, role))
    response = client.post(reverse(PAGE), hours(d0_0="09:00-12:00", d0_1="14:00-18:00", d5_0="10:00-00:00"))
    assert response.status_code == 302
    assert stored(cast) == [(0, time(9), time(12)), (0, time(14), time(18)), (5, time(10), time())]
    cast.alpha.tenant.refresh_from_db()
    with acting_for(cast.alpha.tenant):
        assert OpeningHours.objects.filter(transfer_target=cast.alpha.night_target).count() == 1
        assert len(call_settings.load(cast.alpha.tenant).schedule.hours) == 3  # the next call's
        assert AuditEntry.objects.filter(detail="Changed the opening hours.").count() == 1


@pytest.mark.parametrize("role", [Membership.Role.AGENT, Membership.Role.VIEWER])
def test_others_read_the_week_and_change_nothing(cast: Cast, login: Login, role: Membership.Role) -> None:
    client = login(person("somebody", cast.alpha.tenant, role))
    page = text(client.get(reverse(PAGE)))
    assert "disabled" in page
    assert "Alpha holiday" in page
    for data in (hours(d0_0="09:00-12:00"), {"france": "1"}):
        assert client.post(reverse(PAGE), data).status_code == 403
    assert stored(cast) == []


def test_what_goes_past_midnight_is_one_span_on_the_page(cast: Cast, owner: Client) -> None:
    owner.post(reverse(PAGE), hours(d4_0="20:00-02:00", d6_0="22:00-06:00"))
    assert stored(cast) == [
        (0, time(), time(6)),
        (4, time(20), time()),
        (5, time(), time(2)),
        (6, time(22), time()),
    ]
    form = owner.get(reverse(PAGE)).context["week"]
    assert (form["opens_4_0"].value(), form["closes_4_0"].value()) == ("20:00", "02:00")
    assert (form["opens_6_0"].value(), form["closes_6_0"].value()) == ("22:00", "06:00")
    assert form["opens_0_0"].value() is None


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(day, time(), time()) for day in range(7)],
        [(0, time(9), time(12)), (0, time(14), time())],
        [(4, time(20), time()), (5, time(), time(2)), (5, time(20), time()), (6, time(), time(2))],
        [(0, time(6), time()), (1, time(), time(8))],
    ],
)
def test_a_week_that_is_shown_and_saved_is_the_same(rows: list[Row]) -> None:
    assert sorted(split(joined(rows))) == rows


def test_always_open_is_said_and_not_the_absence_of_rows(cast: Cast, owner: Client) -> None:
    owner.post(reverse(PAGE), hours(d0_0="09:00-12:00"))
    owner.post(reverse(PAGE), {"when": "always", **NOBODY})
    assert stored(cast) == []
    response = owner.post(reverse(PAGE), {"when": "hours", **NOBODY})
    assert "at least, or choose" in text(response)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (hours(d0_0="09:00-12:00", d0_1="11:00-14:00"), "Monday 09:00–12:00 and Monday 11:00–14:00 overlap."),
        (hours(d0_0="20:00-02:00", d1_0="01:00-05:00"), "Tuesday 00:00–02:00 and Tuesday 01:00–05:00 overlap."),
        (hours(d0_0="09:00-"), "Write when it opens and when it closes."),
        (hours(d0_0="-12:00"), "Write when it opens and when it closes."),
        (hours(d0_0="09:00-09:00"), "at the same time"),
        (hours(d0_0="9h-12:00"), "Enter a valid time."),
        ({**NOBODY, "when": "sometimes"}, "not one of the available choices"),
    ],
)
def test_hours_that_make_no_sense_are_refused_and_kept_on_the_page(
    cast: Cast, owner: Client, data: dict[str, str], message: str
) -> None:
    response = owner.post(reverse(PAGE), data)
    assert response.status_code == 200
    assert message in text(response)
    assert stored(cast) == []
    if value := data.get("opens_0_0"):
        assert f'value="{value}"' in text(response)


def test_holidays_are_added_changed_and_deleted_with_the_week(cast: Cast, owner: Client) -> None:
    data: dict[str, Any] = {
        "when": "always",
        "holidays-TOTAL_FORMS": "2",
        "holidays-INITIAL_FORMS": "1",
        "holidays-0-id": str(cast.alpha.holiday.pk),
        "holidays-0-date": "2000-01-02",
        "holidays-1-date": "2026-12-25",
        "holidays-1-name": "Noël",
        "holidays-1-every_year": "on",
    }
    assert owner.post(reverse(PAGE), data).status_code == 302
    assert holidays(cast) == [datetime.date(2000, 1, 2), datetime.date(2026, 12, 25)]
    data |= {"holidays-TOTAL_FORMS": "1", "holidays-0-DELETE": "on"}
    owner.post(reverse(PAGE), data)
    assert holidays(cast) == [datetime.date(2026, 12, 25)]


@pytest.mark.parametrize("dates", [("2000-01-01",), ("2026-05-01", "2026-05-01")])
def test_two_holidays_of_a_date_are_refused(cast: Cast, owner: Client, dates: tuple[str, ...]) -> None:
    data = hours(d0_0="09:00-12:00") | {"holidays-TOTAL_FORMS": str(len(dates))}
    data |= {f"holidays-{number}-date": date for number, date in enumerate(dates)}
    assert "This date is a holiday already." in text(owner.post(reverse(PAGE), data))
    assert holidays(cast) == [datetime.date(2000, 1, 1)]
    assert stored(cast) == []  # not half of the page


def test_nobody_reaches_the_holidays_of_others(cast: Cast, owner: Client) -> None:
    foreign = cast.bravo.holiday
    data = {"holidays-TOTAL_FORMS": "1", "holidays-INITIAL_FORMS": "1", "holidays-0-id": str(foreign.pk)}
    data |= {"when": "always", "holidays-0-date": "2001-01-01", "holidays-0-name": "taken"}
    for deletion in ({}, {"holidays-0-DELETE": "on"}):
        assert "Bravo" not in text(owner.post(reverse(PAGE), data | deletion))
    with acting_for(cast.bravo.tenant):
        foreign.refresh_from_db()
    assert foreign.name == "Bravo holiday"


def test_the_public_holidays_of_france_are_added_once(cast: Cast, owner: Client) -> None:
    for _time in range(2):
        assert owner.post(reverse(PAGE), {"when": "always", **NOBODY, "france": "1"}).status_code == 302
    with acting_for(cast.alpha.tenant):
        names = list(Holiday.objects.filter(every_year=True).values_list("name", flat=True))
        assert sorted(names) == sorted(public_holidays.FIXED.values())
        assert Holiday.objects.filter(name="Ascension").count() in (2, 3)


def test_hours_that_were_typed_are_saved_with_the_public_holidays(cast: Cast, owner: Client) -> None:
    owner.post(reverse(PAGE), hours(d0_0="10:00-12:00") | {"france": "1"})
    assert stored(cast) == [(0, time(10), time(12))]
    assert len(holidays(cast)) > 11
    before = holidays(cast)
    wrong = text(owner.post(reverse(PAGE), hours(d0_0="10:00-", d1_0="14:00-18:00") | {"france": "1"}))
    assert "Nothing was saved yet" in wrong
    assert 'value="14:00"' in wrong
    assert (stored(cast), holidays(cast)) == ([(0, time(10), time(12))], before)


def test_the_holidays_that_move_follow_easter() -> None:
    """Sundays of the Institut de mécanique céleste; Ascension Day of 2027 is on the 6th of May."""
    easters = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2038: (4, 25)}
    assert {year: (public_holidays.easter(year).month, public_holidays.easter(year).day) for year in easters} == easters
    found = {holiday.date: holiday.name for holiday in public_holidays.of_france(datetime.date(2026, 11, 20))}
    assert found[datetime.date(2027, 5, 6)] == "Ascension"
    assert found[datetime.date(2027, 5, 1)] == "Fête du Travail"
    assert datetime.date(2026, 4, 6) not in found  # over


def test_the_page_says_whether_the_company_answers_now(cast: Cast, owner: Client) -> None:
    assert "Open now" in text(owner.get(reverse(PAGE)))
    yesterday = (datetime.datetime.now(datetime.UTC).weekday() - 2) % 7
    owner.post(reverse(PAGE), hours(**{f"d{yesterday}_0": "09:00-09:01"}))
    page = text(owner.get(reverse(PAGE)))
    assert "Closed now" in page
    assert "opens again" in page


def test_the_week_costs_a_bounded_number_of_queries(cast: Cast, owner: Client) -> None:
    owner.post(reverse(PAGE), {"when": "always", **NOBODY, "france": "1"})
    with CaptureQueriesContext(connection) as captured:
        assert owner.get(reverse(PAGE)).status_code == 200
    assert len(captured) <= 16, [query["sql"] for query in captured.captured_queries]
