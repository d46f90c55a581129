"""What tests of row-level security need, and who is there for them."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings

from tests.tenants.test_wall import OWNED

TABLES = [model._meta.db_table for model in OWNED]
BOTH = ["Alpha Client", "Bravo Client"]


def is_a_superuser() -> bool:
    with psycopg.connect(settings.DATABASE_URL) as server:
        row = server.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    return row == (True,)


needs_row_security = [
    pytest.mark.skipif(not settings.DATABASE_URL, reason="needs PostgreSQL: DATABASE_URL is not set"),
    pytest.mark.skipif(
        bool(settings.DATABASE_URL) and is_a_superuser(),
        reason="a superuser passes row-level security: tests/run.py postgresql makes a role that does not",
    ),
    pytest.mark.postgres,
]
