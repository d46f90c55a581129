"""The second wall against raw SQL, from a connection of one's own, on every table."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from pytest_django import DjangoDbBlocker

from tenants import row_security
from tenants.models import Tenant
from tests.cast import house
from tests.tenants.second_wall import BOTH, TABLES, needs_row_security
from voicebot_site.checks import rights

pytestmark = needs_row_security
each_table = pytest.mark.parametrize("table", TABLES)
ROLES = Path(settings.BASE_DIR, "docs", "postgresql", "roles.sql")


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


def give_rights(url: str, **variables: str) -> tuple[int, str]:
    """Exit status and complaints of `docs/postgresql/roles.sql`, as operators run it."""
    options = [f"--variable={name}={value}" for name, value in variables.items()]
    command = ["psql", "--no-psqlrc", "--quiet", *options, f"--file={ROLES}", url]
    done = subprocess.run(command, check=False, timeout=20, capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.fixture
def application(houses: tuple[Tenant, Tenant]) -> Iterator[tuple[str, str]]:
    """(URL of the owner, URL of the role that `docs/postgresql/roles.sql` makes, as operators do)"""
    name = connections["default"].settings_dict["NAME"]
    owner = psycopg.conninfo.make_conninfo(settings.DATABASE_URL, dbname=name)
    who = sql.Identifier(f"{name}_app")
    assert give_rights(owner, app=f"{name}_app", password="secret") == (0, "")
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


def test_a_role_that_is_there_gets_its_rights_anew_and_keeps_its_password(application: tuple[str, str]) -> None:
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(application[0]) as server:
        server.execute(sql.SQL("REVOKE SELECT ON companies_company FROM {}").format(sql.Identifier(f"{name}_app")))
    assert give_rights(application[0], app=f"{name}_app") == (0, "")
    with psycopg.connect(application[1]) as server:
        assert owners(server, "companies_company") == []


@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ("INSERT ON companies_company, calls_call", "2 tables: calls_call, companies_company."),
        ("USAGE ON SCHEMA public", "tables: auth_group, auth_group_permissions, auth_permission, …."),
    ],
)
def test_the_check_for_deployment_names_what_a_role_may_not_use(
    application: tuple[str, str], django_db_blocker: DjangoDbBlocker, taken: str, named: str
) -> None:
    name = f"{connections['default'].settings_dict['NAME']}_app"
    with django_db_blocker.unblock(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'GRANT "{name}" TO CURRENT_USER')
        cursor.execute(f'SET LOCAL ROLE "{name}"')
        assert list(rights("default")) == []
        cursor.execute("RESET ROLE")
        cursor.execute(f'REVOKE {taken} FROM PUBLIC, "{name}"')
        cursor.execute(f'SET LOCAL ROLE "{name}"')
        (message,) = rights("default")
        assert (message.id, named in message.msg) == ("voicebot.E009", True), message.msg
        transaction.set_rollback(True)


def test_an_owner_who_may_make_no_role_is_told_once(application: tuple[str, str]) -> None:
    status, complaints = give_rights(application[1], app="nobody_s", password="secret")
    assert (status, complaints.count("ERROR"), "permission denied to create role" in complaints) == (3, 1, True)


def test_the_application_s_role_backs_up_everybody_s_rows(application: tuple[str, str]) -> None:
    options = os.environ | {"PGOPTIONS": f"-c {row_security.FOR_EVERYONE}"}
    command = ["pg_dump", "--enable-row-security", application[1]]
    dump = subprocess.run(command, env=options, check=True, timeout=20, capture_output=True, text=True).stdout
    assert [name in dump for name in BOTH] == [True, True]
