"""The role that tests meet PostgreSQL as: as in production, one that row-level security holds for."""

from __future__ import annotations

from hashlib import sha256
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
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{ROLE}:{quote(password)}@{host}").geturl()
