"""The migrations make what the models say; other tests take the models' word, which is quicker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.skipif(not settings.DATABASE_URL, reason="needs PostgreSQL: DATABASE_URL is not set")

COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, is_identity
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"

POLICIES = """
    SELECT tablename, policyname, qual, relrowsecurity, relforcerowsecurity
    FROM pg_policies JOIN pg_class ON relname = tablename WHERE schemaname = 'public'
"""

OURS = ("calls_", "companies_", "providers_", "tenants_", "tickets_")


def ours(rows: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {row for row in rows if row[0].startswith(OURS)}


@pytest.fixture
def migrated() -> Iterator[str]:
    """The URL of a database that the migrations made."""
    name = f"{connection.settings_dict['NAME']}_migrated"
    url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
            subprocess.run(command, cwd=settings.BASE_DIR, env={"DATABASE_URL": url}, check=True, timeout=120)
            yield url
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.postgres
@pytest.mark.timeout(150)
@pytest.mark.django_db
def test_the_migrations_make_the_tables_of_the_models(migrated: str) -> None:
    with psycopg.connect(migrated) as other, connection.cursor() as cursor:
        for what in (COLUMNS, CONSTRAINTS, INDEXES, POLICIES):
            cursor.execute(what)
            assert ours(other.execute(what)) == ours(cursor.fetchall())
