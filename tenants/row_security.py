"""The second wall: PostgreSQL's row-level security on every table with a tenant's rows.

The managers of `tenants.scope` add their predicate to what goes through them; the policies
here stand behind whatever reaches the database: raw SQL, joins from rows that nobody owns,
models as migrations know them. They are generated from the models after each `migrate`, and
ask for `voicebot.tenant`, which `tenants.postgresql` says in front of each statement:
a tenant's key, `*` for EVERYONE, nothing for nobody, who then finds no rows.

The owner of the tables is subject to them too (FORCE); superusers and roles with BYPASSRLS are
not, whatever one does. SQLite has no such thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

#: Models with a tenant's key whose rows are for all, and why.
OPEN: Final = {"tenants.Membership": "signing in comes before it is known for whom"}

#: A parameter for programs of PostgreSQL that must see all rows.
FOR_EVERYONE: Final = "voicebot.tenant=*"

# Within a SELECT of its own PostgreSQL works it out once for a statement, and not for each row.
_MINE: Final = (
    "(SELECT current_setting('voicebot.tenant', true) = '*') OR {column} ="
    " (SELECT NULLIF(NULLIF(current_setting('voicebot.tenant', true), ''), '*')::bigint)"
)
_MINE_OR_NOBODYS: Final = "{column} IS NULL OR " + _MINE

_STATES: Final = """
    SELECT relname, relrowsecurity, relforcerowsecurity,
        ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = pg_class.oid ORDER BY 1)
    FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::text::regnamespace
"""


# Without USAGE of the schema its tables are not found at all.
_UNGRANTED: Final = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname = ANY(%s)
        AND NOT (has_schema_privilege(relnamespace, 'USAGE')
            AND has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    ORDER BY relname
"""


class _State(NamedTuple):
    is_on: bool
    is_forced: bool
    policies: list[str]


def conditions() -> dict[str, str]:
    """By table: of which rows its policy is true."""
    tenants = apps.get_model("tenants", "Tenant")
    return {
        model._meta.db_table: (_MINE_OR_NOBODYS if field.null else _MINE).format(column=field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is tenants and model._meta.label not in OPEN
    }


def enforce(*, using: str = DEFAULT_DB_ALIAS, **_of_a_signal: Any) -> None:
    """Bring the tables' policies to what the models say; touches no table that has what it should have.

    With ROW_LEVEL_SECURITY off it takes them away.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for table, state, wanted in list(_differences(cursor)):
            for name in state.policies:
                cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            for name in wanted.policies:
                cursor.execute(f'CREATE POLICY "{name}" ON "{table}" USING ({conditions()[table]})')
            on, forced = ("ENABLE", "FORCE") if wanted.is_on else ("DISABLE", "NO FORCE")
            cursor.execute(f'ALTER TABLE "{table}" {on} ROW LEVEL SECURITY, {forced} ROW LEVEL SECURITY')


def unguarded(*, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Tables whose policies are not what ROW_LEVEL_SECURITY and the models say: `migrate` was not run."""
    with connections[using].cursor() as cursor:
        return sorted(table for table, _state, _wanted in _differences(cursor))


def is_passed_by(*, using: str = DEFAULT_DB_ALIAS) -> str:
    """The database's user, if row-level security is nothing to it; else empty."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def ungranted(*, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Tables of the models that the database's user may not read and write: roles.sql was not run in here."""
    tables = connections[using].introspection.django_table_names(only_existing=False, include_views=False)
    with connections[using].cursor() as cursor:
        cursor.execute(_UNGRANTED, [tables])
        return [table for (table,) in cursor.fetchall()]


def _differences(cursor: Any) -> Iterator[tuple[str, _State, _State]]:
    """Table, how it is, and how it should be."""
    cursor.execute(_STATES)
    found = {table: _State(*state) for table, *state in cursor.fetchall()}
    for table, condition in conditions().items():
        # The name holds the policy's content: PostgreSQL gives that back in words of its own.
        policy = f"tenant_{sha256(condition.encode()).hexdigest()[:8]}"
        is_on = settings.ROW_LEVEL_SECURITY
        wanted = _State(is_on, is_on, [policy] if is_on else [])
        if table in found and found[table] != wanted:  # of an app that is not migrated yet there is none
            yield table, found[table], wanted
