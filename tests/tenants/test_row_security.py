"""The second wall: PostgreSQL keeps companies apart from whoever is no superuser, whatever SQL is sent."""

from __future__ import annotations

import json
import re
from threading import Thread
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import DataError, IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from calls.models import Turn
from companies.models import Company
from tenants import row_security
from tenants.models import Tenant
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast
from tests.tenants.second_wall import BOTH, TABLES, needs_row_security
from voicebot_site.checks import row_level_security

pytestmark = needs_row_security


def names() -> list[str]:
    """Whose companies raw SQL sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM companies_company ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def names_in_a_thread() -> list[str]:
    found: list[str] = []

    def look() -> None:
        try:
            found.extend(names())
        finally:
            connection.close()

    thread = Thread(target=look)
    thread.start()
    thread.join(timeout=10)
    return found


# --- Which tables have it -------------------------------------------------------


@pytest.mark.django_db
def test_every_table_with_a_tenant_has_its_policy_and_only_that() -> None:
    """Asked of the database, not of the list that the policies were made from."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT relname, relrowsecurity, relforcerowsecurity,
                (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid)
            FROM pg_class JOIN pg_constraint ON conrelid = pg_class.oid
            WHERE contype = 'f' AND confrelid = 'tenants_tenant'::regclass
        """)
        found = {table: state for table, *state in cursor.fetchall()}
    assert found.pop("tenants_membership") == [False, False, 0]
    assert {table: state for table, state in found.items() if state != [True, True, 1]} == {}
    assert set(found) == {*TABLES, "tenants_jobrun"}
    assert row_security.unguarded() == []


@pytest.mark.django_db
def test_no_table_without_a_tenant_hangs_on_rows_that_have_one() -> None:
    """Such as those between many and many: they would tell of rows that a policy hides."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
            WHERE contype = 'f' AND confrelid::regclass::text = ANY(%(walled)s)
                AND NOT conrelid::regclass::text = ANY(%(walled)s)
            """,
            {"walled": TABLES},
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_a_table_without_its_policy_is_found_and_gets_it_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE companies_company DISABLE ROW LEVEL SECURITY")
        cursor.execute("CREATE POLICY wide_open ON calls_call USING (true)")
        cursor.execute("ALTER TABLE tickets_ticket NO FORCE ROW LEVEL SECURITY")
    assert row_security.unguarded() == ["calls_call", "companies_company", "tickets_ticket"]
    row_security.enforce()
    assert row_security.unguarded() == []
    with CaptureQueriesContext(connection) as queries:
        row_security.enforce()
    assert [query["sql"] for query in queries if "POLICY" in query["sql"] or "ALTER" in query["sql"]] == []


@pytest.mark.django_db
def test_it_is_taken_away_only_where_somebody_says_so(settings: Any, cast: Cast) -> None:
    connection.check_constraints()  # what waits for the end of the transaction keeps tables from being altered
    settings.ROW_LEVEL_SECURITY = False
    row_security.enforce()
    assert names() == BOTH
    settings.ROW_LEVEL_SECURITY = True
    row_security.enforce()
    assert names() == []


@pytest.mark.django_db
def test_the_check_for_deployment_names_what_is_missing() -> None:
    def found() -> list[str]:
        messages = run_checks(tags=[Tags.database], include_deployment_checks=True, databases=["default"])
        return [message.msg for message in messages]

    assert found() == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE companies_company DISABLE ROW LEVEL SECURITY")
    assert found() == ["Tables without their row-level security: companies_company."]


def test_the_check_for_deployment_names_a_user_that_it_does_not_hold_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_security, "is_passed_by", lambda *, using: "postgres")
    monkeypatch.setattr(row_security, "unguarded", lambda *, using: [])
    (message,) = row_level_security("default")
    assert (message.id, "postgres is a superuser" in message.msg) == ("voicebot.W031", True)


# --- From Django, inside a scope ------------------------------------------------


def test_raw_sql_follows_the_scope(cast: Cast) -> None:
    assert names() == []
    with acting_for(EVERYONE):
        assert names() == BOTH
        with acting_for(cast.alpha.tenant):
            assert names() == ["Alpha Client"]
        assert names() == BOTH
    assert names() == []


@pytest.mark.parametrize(
    "before", ["", "\n  ", "(", "-- Why.\n-- And how.\n", "WITH all_of AS (SELECT 1) ", "EXPLAIN ANALYZE "]
)
def test_a_statement_is_recognised_however_it_begins(cast: Cast, before: str) -> None:
    after = ")" if before == "(" else ""
    with acting_for(cast.alpha.tenant), connection.cursor() as cursor:
        cursor.execute(f"{before}select 4711 from companies_company{after}")
        assert re.search(r"4711|rows=1 ", str(cursor.fetchall()))


def test_what_starts_from_the_tenant_does_not_cross(cast: Cast) -> None:
    theirs = Tenant.objects.filter(company__name="Bravo Client")
    mine = Tenant.objects.filter(company__name="Alpha Client")
    with acting_for(cast.alpha.tenant):
        assert (theirs.exists(), mine.exists()) == (False, True)
    with acting_for(EVERYONE):
        assert theirs.exists()
    assert not mine.exists()


def test_models_as_migrations_know_them_do_not_cross(cast: Cast) -> None:
    companies: Any = ProjectState.from_apps(apps).apps.get_model("companies", "Company")
    assert companies.objects.count() == 0
    with acting_for(cast.alpha.tenant):
        assert [row.name for row in companies.objects.all()] == ["Alpha Client"]


def divide_by_zero() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / (SELECT count(*) FROM companies_company WHERE name = 'nobody')")


@pytest.mark.django_db(transaction=True)
def test_it_follows_through_transactions_and_their_undoing(cast: Cast) -> None:
    seen: list[list[str]] = []

    @transaction.atomic
    def fail_as_bravo() -> None:
        with acting_for(cast.bravo.tenant):
            seen.append(names())
            with pytest.raises(DataError):
                divide_by_zero()  # back to a savepoint
            seen.append(names())
        seen.append(names())
        divide_by_zero()

    with acting_for(cast.alpha.tenant):
        with pytest.raises(DataError):
            fail_as_bravo()
        assert seen == [["Bravo Client"], ["Bravo Client"], ["Alpha Client"]]
        assert names() == ["Alpha Client"]
    with transaction.atomic():
        with acting_for(EVERYONE):
            assert names() == BOTH
        assert names() == []
    assert names() == []


@pytest.mark.django_db(transaction=True)
def test_nothing_stays_on_a_connection_that_is_handed_on(cast: Cast) -> None:
    with acting_for(EVERYONE):
        assert names() == BOTH
        with transaction.atomic():
            assert names() == BOTH
        raw = connection.connection.cursor()
        raw.execute("TABLE companies_company")  # not recognised, so nothing was said
        assert raw.fetchall() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("held", [True, False], ids=["outside", "in a transaction"])
def test_rows_that_come_in_portions_are_those_of_the_scope_they_were_asked_in(cast: Cast, held: bool) -> None:
    with acting_for(cast.alpha.tenant):
        Company.objects.bulk_create(Company(name=f"Alpha {number}") for number in range(5))
        if held:
            rows = Company.objects.order_by("pk").iterator(chunk_size=2)
            first = next(rows)
            with acting_for(cast.bravo.tenant):
                rest = list(rows)
        else:
            with transaction.atomic():
                rows = Company.objects.order_by("pk").iterator(chunk_size=2)
                first = next(rows)
                with acting_for(cast.bravo.tenant):
                    assert names() == ["Bravo Client"]
                    rest = list(rows)
    assert [row.name for row in (first, *rest)] == ["Alpha Client", *(f"Alpha {number}" for number in range(5))]


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_its_own_sees_nothing(cast: Cast) -> None:
    with acting_for(EVERYONE):
        assert names() == BOTH
        assert names_in_a_thread() == []


@pytest.mark.django_db(transaction=True)
def test_references_and_unique_keys_are_held_behind_the_policies(cast: Cast) -> None:
    """PostgreSQL looks at all rows for these, whoever acts."""
    own, theirs = cast.alpha.company, cast.bravo.call
    with acting_for(cast.alpha.tenant), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="foreign key"):
            cursor.execute("DELETE FROM companies_company")  # customers refer to it
        with pytest.raises(IntegrityError, match="foreign key"):
            cursor.execute("UPDATE companies_customer SET company_id = 0")
        with pytest.raises(IntegrityError, match="unique"):
            cursor.execute("UPDATE calls_call SET uuid = %s", [theirs.uuid])
        cursor.execute("UPDATE companies_customer SET company_id = %s", [own.pk])
        cursor.execute("SELECT id FROM companies_company FOR UPDATE SKIP LOCKED")
        assert cursor.fetchall() == [(own.pk,)]
        cursor.execute("UPDATE companies_customer SET company_id = %s", [cast.bravo.company.pk])
        assert cursor.rowcount == 1, "a reference into another tenant is the first wall's to refuse"


@pytest.mark.django_db(transaction=True)
def test_what_it_costs_is_measured_and_undone(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_load", calls=20, turns=2)
    capsys.readouterr()
    call_command("bench_row_security", rounds=1)
    found = json.loads(capsys.readouterr().out)
    assert {len(ways) for ways in found.values()} == {3}
    assert all(microseconds > 0 for ways in found.values() for microseconds in ways.values())
    assert row_security.unguarded() == []
    with acting_for(EVERYONE):
        assert not Turn.objects.filter(text="Au revoir.", position=30000).exists()


@pytest.mark.django_db(transaction=True)
def test_a_tenant_goes_with_all_its_rows_and_no_others(cast: Cast) -> None:
    with acting_for(EVERYONE):
        cast.alpha.tenant.delete()
        assert names() == ["Bravo Client"]
