"""The second wall: PostgreSQL keeps companies apart from whoever is no superuser, whatever SQL is sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import DataError, IntegrityError, connection, connections, transaction
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from calls.models import Turn
from companies.models import Company
from tenants import row_security
from tenants.models import Tenant
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast, house
from tests.tenants.test_wall import OWNED
from voicebot_site.checks import check_row_security

TABLES = [model._meta.db_table for model in OWNED]
each_table = pytest.mark.parametrize("table", TABLES)
ROLES = Path(settings.BASE_DIR, "docs", "postgresql", "roles.sql")


def is_a_superuser() -> bool:
    with psycopg.connect(settings.DATABASE_URL) as server:
        row = server.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    return row == (True,)


pytestmark = [
    pytest.mark.skipif(not settings.DATABASE_URL, reason="needs PostgreSQL: DATABASE_URL is not set"),
    pytest.mark.skipif(
        bool(settings.DATABASE_URL) and is_a_superuser(),
        reason="a superuser passes row-level security: tests/run.py postgresql makes a role that does not",
    ),
    pytest.mark.postgres,
]


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


BOTH = ["Alpha Client", "Bravo Client"]


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
    (message,) = check_row_security(databases=["default"])
    assert (message.id, "postgres is a superuser" in message.msg) == ("voicebot.W031", True)


# --- Raw SQL, from a connection of one's own ----------------------------------------


@pytest.fixture(scope="module")
def houses(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Tenant, Tenant]]:
    """Alpha and Bravo with a row of everything, for whoever connects."""
    with django_db_blocker.unblock():
        alpha = house("Alpha", network="192.0.2.0/28", phone_number="+33612345678")
        bravo = house("Bravo", network="198.51.100.7", phone_number="+33687654321")
        yield alpha.tenant, bravo.tenant
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def stranger(houses: tuple[Tenant, Tenant]) -> Iterator[psycopg.Connection[Any]]:
    """Somebody with the application's password and psql; what is done is undone."""
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(settings.DATABASE_URL, dbname=name) as server:
        yield server
        server.rollback()


def acts_for(server: psycopg.Connection[Any], whom: Tenant | str) -> None:
    value = str(whom.pk) if isinstance(whom, Tenant) else whom
    server.execute("SELECT set_config('voicebot.tenant', %s, true)", [value])


def owners(server: psycopg.Connection[Any], table: str) -> list[int]:
    found = server.execute(sql.SQL("SELECT DISTINCT tenant_id FROM {} ORDER BY 1").format(sql.Identifier(table)))
    return [owner for (owner,) in found]


@each_table
def test_a_row_is_seen_by_its_owner_alone(
    stranger: psycopg.Connection[Any], houses: tuple[Tenant, Tenant], table: str
) -> None:
    alpha, bravo = houses
    assert owners(stranger, table) == []
    acts_for(stranger, "")
    assert owners(stranger, table) == []
    acts_for(stranger, alpha)
    assert owners(stranger, table) == [alpha.pk]
    acts_for(stranger, "*")
    assert owners(stranger, table) == [alpha.pk, bravo.pk]


@each_table
def test_nothing_is_written_for_another_tenant(
    stranger: psycopg.Connection[Any], houses: tuple[Tenant, Tenant], table: str
) -> None:
    alpha, bravo = houses
    acts_for(stranger, alpha)
    columns = stranger.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table]
    )
    names = {"table": sql.Identifier(table), "columns": sql.SQL(", ").join(sql.Identifier(name) for (name,) in columns)}
    theirs = "(SELECT to_jsonb(mine) || jsonb_build_object('id', 0, 'tenant_id', %s) FROM {table} AS mine LIMIT 1)"
    row = f"jsonb_populate_record(NULL::{{table}}, {theirs})"
    copy = sql.SQL(f"INSERT INTO {{table}} ({{columns}}) SELECT {{columns}} FROM {row}").format(**names)
    move = sql.SQL("UPDATE {table} SET tenant_id = %s").format(**names)
    for statement in (copy, move):
        with pytest.raises(InsufficientPrivilege, match="violates row-level security"), stranger.transaction():
            psycopg.ClientCursor(stranger).execute(statement, [bravo.pk])
    touch = sql.SQL("UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = %s").format(**names)
    delete = sql.SQL("DELETE FROM {table} WHERE tenant_id = %s").format(**names)
    for statement in (touch, delete):
        assert stranger.execute(statement, [bravo.pk]).rowcount == 0
    assert stranger.execute(touch, [alpha.pk]).rowcount > 0


def test_a_join_from_rows_that_nobody_owns_does_not_cross(
    stranger: psycopg.Connection[Any], houses: tuple[Tenant, Tenant]
) -> None:
    join = "SELECT slug FROM tenants_tenant JOIN companies_company ON tenant_id = tenants_tenant.id"
    assert stranger.execute(join).fetchall() == []
    acts_for(stranger, houses[0])
    assert stranger.execute(join).fetchall() == [("alpha",)]


def test_what_is_no_tenant_shows_nothing(stranger: psycopg.Connection[Any]) -> None:
    acts_for(stranger, "0")
    assert owners(stranger, "companies_company") == []
    acts_for(stranger, "1 OR true")
    with pytest.raises(psycopg.DataError):
        owners(stranger, "companies_company")


@pytest.fixture
def application(houses: tuple[Tenant, Tenant]) -> Iterator[tuple[str, str]]:
    """(URL of the owner, URL of the role that `docs/postgresql/roles.sql` makes, as operators do)"""
    name = connections["default"].settings_dict["NAME"]
    owner = psycopg.conninfo.make_conninfo(settings.DATABASE_URL, dbname=name)
    who = sql.Identifier(f"{name}_app")
    command = [
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        f"--set=app={name}_app",
        "--set=password=secret",
    ]
    subprocess.run([*command, f"--file={ROLES}", owner], check=True, timeout=20)
    yield owner, psycopg.conninfo.make_conninfo(owner, user=f"{name}_app", password="secret")
    with psycopg.connect(owner) as server:
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(who))
        server.execute(sql.SQL("DROP OWNED BY {}").format(who))
        server.execute(sql.SQL("DROP ROLE {}").format(who))


def test_the_application_s_role_reads_and_writes_its_own_and_owns_nothing(
    application: tuple[str, str], houses: tuple[Tenant, Tenant]
) -> None:
    with psycopg.connect(application[1]) as server:
        assert owners(server, "companies_company") == []
        acts_for(server, houses[0])
        assert owners(server, "companies_company") == [houses[0].pk]
        server.execute("SELECT nextval('companies_company_id_seq'), setval('companies_company_id_seq', 100000)")
        server.execute("DELETE FROM django_session")
        for statement in (
            "ALTER TABLE companies_company DISABLE ROW LEVEL SECURITY",
            "CREATE POLICY open ON companies_company USING (true)",
            "TRUNCATE companies_company CASCADE",
            "DROP TABLE companies_company",
            "CREATE TABLE of_mine (id bigint)",
        ):
            with pytest.raises(InsufficientPrivilege), server.transaction():
                server.execute(statement)


def test_the_application_s_role_is_given_tables_to_come_and_those_of_a_restore(application: tuple[str, str]) -> None:
    with psycopg.connect(application[0]) as server:
        server.execute("CREATE SCHEMA again CREATE TABLE of_a_later_migration (id bigint)")
    try:
        with psycopg.connect(application[1]) as server:
            assert server.execute("SELECT * FROM again.of_a_later_migration").fetchall() == []
    finally:
        with psycopg.connect(application[0]) as server:
            server.execute("DROP SCHEMA again CASCADE")


def test_the_application_s_role_backs_up_everybody_s_rows(application: tuple[str, str]) -> None:
    options = os.environ | {"PGOPTIONS": f"-c {row_security.FOR_EVERYONE}"}
    command = ["pg_dump", "--enable-row-security", application[1]]
    dump = subprocess.run(command, env=options, check=True, timeout=20, capture_output=True, text=True).stdout
    assert [name in dump for name in BOTH] == [True, True]


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
