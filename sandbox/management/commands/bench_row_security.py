"""What row-level security costs a statement, in microseconds.

    manage.py bench_row_security     # as the owner of the tables, in a database that seed_load filled

Asked without policies and without saying for whom, as before there were any; without policies;
and with them. Each figure is the tenth of the times in order: what else runs on the machine
only ever adds to it. All is undone, but the tables are locked meanwhile.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections import defaultdict
from random import sample
from statistics import quantiles
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from calls.models import Call
from tenants.models import Tenant
from tenants.postgresql.base import SaysForWhom
from tenants.scope import acting_for

TABLES: Final = ("calls_call", "calls_turn", "tickets_ticket")
STATEMENTS: Final = {
    "read a call": "SELECT * FROM calls_call WHERE tenant_id = %(tenant)s AND id = %(call)s",
    "change a call": "UPDATE calls_call SET scene = 'closing' WHERE tenant_id = %(tenant)s AND id = %(call)s",
    "write a turn": """
        INSERT INTO calls_turn (tenant_id, call_id, position, speaker, scene, phrase, text,
            started_at, ended_at, was_interrupted)
        VALUES (%(tenant)s, %(call)s, 30000, 'bot', 'closing', '', 'Au revoir.', 1, 2, false)
        """,
    "list 20 tickets": "SELECT * FROM tickets_ticket WHERE tenant_id = %(tenant)s ORDER BY created_at DESC LIMIT 20",
    "count the tickets": "SELECT count(*) FROM tickets_ticket WHERE tenant_id = %(tenant)s",
}
WAYS: Final = ("nothing said, no policy", "said, no policy", "said, with policies")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="load", help="short name of the account (%(default)s)")
        parser.add_argument("--rounds", type=int, default=10, help="of 200 times each statement (%(default)s)")

    def handle(self, *_args: Any, tenant: str, rounds: int, **_options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("PostgreSQL is measured: set DATABASE_URL.")
        account = Tenant.objects.filter(slug=tenant).first()
        if account is None:
            raise CommandError(f"There is no account {tenant}: manage.py seed_load makes it.")
        took: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in STATEMENTS}
        with acting_for(account):
            calls = [{"tenant": account.pk, "call": key} for key in Call.objects.values_list("pk", flat=True)[:200]]
            for _ in range(rounds):
                for way in sample(WAYS, len(WAYS)):
                    for name, statement in STATEMENTS.items():
                        took[name][way] += _measured(way, statement, calls)
        found = {name: {way: round(quantiles(took[name][way], n=10)[0]) for way in WAYS} for name in STATEMENTS}
        self.stdout.write(json.dumps(found, indent=2))


def _measured(way: str, statement: str, calls: list[dict[str, int]]) -> list[float]:
    """Microseconds of each."""
    times = []
    with transaction.atomic(), connection.cursor() as cursor:
        if way != WAYS[2]:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        raw: Any = cursor.cursor
        execute = super(SaysForWhom, raw).execute if way == WAYS[0] else raw.execute
        execute(statement, calls[0])  # the first one finds the tables' definitions anew
        for values in calls[1:]:
            began = time.perf_counter()
            execute(statement, values)
            if raw.description:
                raw.fetchall()
            times.append((time.perf_counter() - began) * 1e6)
        transaction.set_rollback(True)
    return times
