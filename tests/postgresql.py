"""How tests meet PostgreSQL: as one that row-level security holds for, as in production, and not waiting for disks."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

ROLE = "voicebot_tests"


def application_url(url: str) -> str:
    """`url` for a role that is no superuser; where `url`'s own is none, it stays."""
    with psycopg.connect(url, autocommit=True) as server:
        passes = server.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
        if passes != (True,):
            return url
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [ROLE])  # parts of the suite run side by side
        password = sha256(f"{ROLE} of {url}".encode()).hexdigest()  # known to whoever is superuser
        if server.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(ROLE)))
        options = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE PASSWORD {}").format(password)
        server.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(ROLE), options))
        # What a test stored is no loss when the server fails.
        server.execute(sql.SQL("ALTER ROLE {} SET synchronous_commit = off").format(sql.Identifier(ROLE)))
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{ROLE}:{quote(password)}@{host}").geturl()


def rows_deleted(_style: Any, tables: Iterable[str], **_options: Any) -> list[str]:
    """Statements that empty the tables, of a few rows each, after a test that commits; sequences go on.

    Django's TRUNCATE has new files made and synced for all tables and indexes: two seconds, where the disk is shared.
    """
    return ["; ".join(["SET LOCAL voicebot.tenant = '*'", *(f'DELETE FROM "{table}"' for table in tables)])]
