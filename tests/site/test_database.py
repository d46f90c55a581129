"""PostgreSQL is asked with patience that ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.skipif(not settings.DATABASE_URL, reason="needs PostgreSQL: DATABASE_URL is not set")


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_connection_gives_up_a_host_that_vanished_and_a_query_that_lasts() -> None:
    connection.ensure_connection()
    raw: Any = connection.connection
    parameters = raw.info.get_parameters()
    assert {name: parameters[name] for name in ("connect_timeout", "tcp_user_timeout", "keepalives_idle")} == {
        "connect_timeout": "3",
        "tcp_user_timeout": "5000",
        "keepalives_idle": "5",
    }
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("8s",)
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
