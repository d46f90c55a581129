"""How long the server takes for each page of the company admin, as an owner; the last line is JSON.

In a database that `seed_load` filled. Beside p50 and p95 stand the best time, and the processor time of this
process and of a PostgreSQL on this machine: on one that others use too, the rest is theirs.
"""

from __future__ import annotations

import json
import math
import os
import time
from argparse import ArgumentParser
from pathlib import Path
from statistics import median
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse

from calls.models import Call
from companies.models import Customer
from tenants.models import Membership, Tenant
from tenants.roles import RIGHTS
from tenants.scope import TenantModel, acting_for
from tickets.models import Ticket

LIMIT_MS: Final = 300.0
#: What is looked for: a tenth of all rows has it, a few, none; and two words that are common.
WORDS: Final = ("MOREL", "336399801234", "zzzz", "x", "MOREL+Claire")
#: Beside the list and the last row of each model: what people do to the big lists.
FURTHER: Final = (
    (Call, "?p=100"),
    (Call, "?status__exact=failed"),
    (Call, "?o=7"),
    (Ticket, "?queue=all"),
    (Ticket, "?queue=all&p=100"),
    (Ticket, "?queue=all&sentiment__exact=negative"),
    *((Call, f"?q={word}") for word in WORDS),
    *((Ticket, f"?queue=all&q={word}") for word in WORDS),
    *((Customer, f"?q={word}") for word in WORDS),
)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="load", help="short name of the account (%(default)s)")
        parser.add_argument("--rounds", type=int, default=20, help="how often each page is asked (%(default)s)")
        parser.add_argument("--only", default="", help="pages whose address has this in it")

    def handle(self, *_args: Any, tenant: str, rounds: int, only: str, **_options: Any) -> None:
        settings.DEBUG = False  # that would keep each query, and is no production
        account = Tenant.objects.filter(slug=tenant).first()
        if account is None:
            raise CommandError(f"There is no account {tenant}: manage.py seed_load makes it.")
        owner = User.objects.filter(memberships__tenant=account, memberships__role=Membership.Role.OWNER).first()
        if owner is None:
            raise CommandError(f"{tenant} has no owner.")
        client = Client(headers={"host": "localhost"}, raise_request_exception=True)
        client.force_login(owner, "django.contrib.auth.backends.ModelBackend")
        with acting_for(account):
            addresses = [address for address in _addresses() if only in address]
        self.stdout.write(
            f"{'page':<72} {'best ms':>8} {'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8} {'db cpu':>8} {'queries':>8}"
        )
        slow: list[str] = []
        found: dict[str, dict[str, float]] = {}
        for address in addresses:
            times, cpu, of_database, queries = _measure(client, address, rounds)
            p95 = times[math.ceil(0.95 * len(times)) - 1]
            shown = {"best": times[0], "p50": median(times), "p95": p95, "cpu": cpu, "db": of_database}
            found[address] = {name: round(ms, 1) for name, ms in shown.items()} | {"queries": queries}
            if p95 > LIMIT_MS:
                slow.append(address)
            mark = "  slow" if p95 > LIMIT_MS else ""
            self.stdout.write(f"{address:<72} {' '.join(f'{ms:8.1f}' for ms in shown.values())} {queries:8}{mark}")
        self.stdout.write(json.dumps({"pages": found, "slow": slow}))


def _addresses() -> list[str]:
    """The pages that an owner sees, as far as there are rows."""
    found = [reverse("admin:index"), reverse("admin:live")]
    found += [f"{reverse('admin:search')}?extended=1&s={word}" for word in WORDS]
    for label in RIGHTS:
        model = apps.get_model(label)
        if model not in admin.site._registry or not issubclass(model, TenantModel):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        row = model.objects.order_by("-pk").first()
        if row is not None:
            found.append(reverse(f"{name}_change", args=[row.pk]))
        found += [reverse(f"{name}_changelist") + query for of, query in FURTHER if of is model]
    return found


def _database_cpu() -> float:
    """Milliseconds that this database's processes have had of a processor; 0 where they are not to be seen."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        processes = [Path(f"/proc/{pid}/stat") for (pid,) in cursor.fetchall()]
    stats = [path.read_text().rpartition(")")[2].split() for path in processes if path.exists()]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) * 1000 / os.sysconf("SC_CLK_TCK")


def _measure(client: Client, address: str, rounds: int) -> tuple[list[float], float, float, int]:
    """Milliseconds, shortest first; those of the processor in the median, of the database's on average; the queries."""
    counted = 0

    def count(execute: Any, *args: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*args)

    with connection.execute_wrapper(count):  # and the first time, which loads templates
        response = client.get(address)
    if response.status_code != 200:
        raise CommandError(f"{address} answered {response.status_code}.")
    times, cpu, of_database = [], [], _database_cpu()
    for _ in range(rounds):
        began, began_cpu = time.perf_counter(), time.process_time()
        client.get(address)
        times.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
    return sorted(times), median(cpu), (_database_cpu() - of_database) / rounds, counted
