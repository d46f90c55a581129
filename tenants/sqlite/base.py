"""SQLite with django_prometheus' metrics, for development."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django_prometheus.db.backends.sqlite3 import base
from django_prometheus.db.common import ExportingCursorWrapper


class DatabaseWrapper(base.DatabaseWrapper):
    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=self._cursor_class)

    @cached_property
    def _cursor_class(self) -> Any:
        """One for each connection; django_prometheus makes a class for each cursor, 12 objects of garbage."""
        return ExportingCursorWrapper(self.CURSOR_CLASS, self.alias, self.vendor)
