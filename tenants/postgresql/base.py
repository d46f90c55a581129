"""PostgreSQL that hears with each statement for whom it is: what its policies ask (`tenants.row_security`).

`SET LOCAL` travels in front of the statement, in the same message: no further round trip, and
nothing stays on a connection that a pool, a rollback or another thread could hand on. A
statement that is not recognised here goes without, and then finds no rows.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any, Final, Self

import psycopg
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django_prometheus.db.backends.postgresql import base
from psycopg.client_cursor import ClientCursorMixin

logger = logging.getLogger(__name__)

#: What meets rows; transactions are steered, and databases tended, without.
_MEETS_ROWS: Final = re.compile(
    r"(?:[\s(]|--.*\n)*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|EXPLAIN|ALTER TABLE)\b", re.IGNORECASE
)


def _said() -> str:
    from tenants.scope import whose_rows  # has models; Django opens this module before there are any

    return f"SET LOCAL voicebot.tenant = '{whose_rows()}'"


class SaysForWhom(psycopg.ClientCursor[Any]):
    """In front of Django's own class, to which it hands on."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        if not isinstance(query, str) or not _MEETS_ROWS.match(query):
            return super().execute(query, params, **options)
        super().execute(f"{_said()}; {query}", params, **options)
        self.nextset()
        return self


class ServerSideCursor(ClientCursorMixin[psycopg.Connection[Any], Any], psycopg.ServerCursor[Any]):
    """As Django's: rows in portions. PostgreSQL asks its policies when it fetches the first of them."""

    _for_whom = ""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        self._for_whom = _said()
        if self.connection.autocommit:
            with self.connection.transaction():  # at its end all rows are fetched, and kept for us
                self.connection.execute(self._for_whom)
                return super().execute(query, params, **options)
        self.connection.execute(self._for_whom)
        return super().execute(query, params, **options)

    def fetchmany(self, size: int = 0) -> list[Any]:
        if not self.connection.autocommit:
            self.connection.execute(self._for_whom)
        return super().fetchmany(size)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["cursor_factory"] = type("Cursor", (SaysForWhom, params["cursor_factory"]), {})
        return params

    def get_new_connection(self, params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(params)
        if settings.SERVES and settings.ROW_LEVEL_SECURITY and connection.info.parameter_status("is_superuser") == "on":
            _warn(connection.info.user)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if name is None:
            return super().create_cursor()
        held = self.connection.autocommit
        cursor: Any = ServerSideCursor(self.connection, name=name, scrollable=False, withhold=held)
        register_tzloader(self.timezone, cursor)
        return cursor


@cache
def _warn(user: str) -> None:
    """Once for each process."""
    logger.warning("%s is a superuser: row-level security does not hold for it (docs/postgresql/roles.sql)", user)
