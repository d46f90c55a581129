"""A company account with a year of calls, their turns, tickets and costs, to see how pages fare with that many.

    manage.py seed_load                       # 200,000 calls, as many tickets, 3 million turns
    manage.py seed_load --calls 500           # in any database, in a second

Everybody's password is that of seed_demo: `load-owner`, `load-agent`. The same seed gives the same calls.
"""

from __future__ import annotations

import json
import time
import uuid
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from calls.models import Call, SpendDay, Turn, Usage
from companies.models import Company, Customer
from providers.prices import billing_day
from sandbox.management.commands.seed_demo import PASSWORD
from tenants.models import Membership, ProblemType, Tenant
from tenants.scope import EVERYONE, acting_for
from tenants.services import add_member, create_tenant
from tickets.models import Ticket
from tickets.roi import catch_up

DAYS: Final = 365
CALLS_PER_CUSTOMER: Final = 10
BATCH: Final = 2000  # calls
#: How busy each hour of a working day is, and each day of a week from Monday.
HOURS: Final = (1, 1, 1, 1, 1, 2, 6, 14, 40, 70, 80, 72, 40, 45, 70, 76, 74, 60, 38, 20, 12, 7, 4, 2)
WEEKDAYS: Final = (13, 11, 10, 10, 11, 5, 2)
FIRST_NAMES: Final = ("Pierre", "Claire", "Nadia", "Hugo", "Inès", "Louis", "Manon", "Karim", "Julie", "Théo")
LAST_NAMES: Final = ("MARTIN", "BERNARD", "PETIT", "ROBERT", "GARCIA", "NGUYEN", "LEROY", "DIALLO", "MOREL", "FAURE")
PROBLEMS: Final = ("La box ne répond plus", "Pas de tonalité", "Le mobile ne capte pas", "Débit très faible")
BOT: Final = (
    "Bonjour, je suis l'assistant automatique. Que puis-je faire pour vous ?",
    "Pouvez-vous me donner votre nom et votre prénom, s'il vous plaît ?",
    "Merci. Débranchez la box, attendez trente secondes, puis rebranchez-la.",
    "Est-ce que cela fonctionne maintenant ?",
)
CALLER: Final = ("Bonjour, ma box clignote en rouge.", "Oui.", "Non, toujours rien.", "Voilà, c'est fait.")
SCENES: Final = ("opening", "identification", "diagnosis", "remedy", "verification", "closing")
#: (status, end reason, resolved), and how often.
OUTCOMES: Final = {
    (Call.Status.COMPLETED, Call.EndReason.GOODBYE, True): 71,
    (Call.Status.COMPLETED, Call.EndReason.HANGUP, False): 8,
    (Call.Status.COMPLETED, Call.EndReason.SILENCE, False): 2,
    (Call.Status.TRANSFERRED, Call.EndReason.HANDOVER, False): 17,
    (Call.Status.DROPPED, Call.EndReason.DRAIN, False): 1,
    (Call.Status.FAILED, Call.EndReason.ERROR, False): 1,
}
#: kind, vendor, model, and what a usage costs at most.
VENDORS: Final = (
    ("stt", "deepgram", "nova-3", 0.012),
    ("llm", "groq", "openai/gpt-oss-120b", 0.0015),
    ("llm", "groq", "openai/gpt-oss-120b", 0.0015),
    ("tts", "elevenlabs", "eleven_flash_v2_5", 0.03),
)


class Table:
    """Rows of a model for a bulk write: what a row does not say is the model's default."""

    def __init__(self, model: type[models.Model], **same: Any) -> None:
        self._fields = {field.attname: field for field in model._meta.concrete_fields if not field.generated}
        blank = model(**same)
        self._same = {
            name: self._prepared(name, field.pre_save(blank, add=True)) for name, field in self._fields.items()
        }
        self._rows: list[tuple[Any, ...]] = []
        self._table, self._model = model._meta.db_table, model

    def add(self, **values: Any) -> None:
        row = self._same | {name: self._prepared(name, value) for name, value in values.items()}
        self._rows.append(tuple(row.values()))

    def write(self) -> None:
        """By COPY where there is one: into a table of its own, since none with row-level security takes it."""
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column or "") for field in self._fields.values())
        table, heap = quote(self._table), quote(f"load_{self._table}")
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {heap} (LIKE {table}) ON COMMIT DROP")
                with cursor.copy(f"COPY {heap} ({columns}) FROM STDIN") as copy:
                    for row in self._rows:
                        copy.write_row(row)
                cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {heap}")
                cursor.execute(f"TRUNCATE {heap}")
            else:
                marks = ", ".join(["%s"] * len(self._fields))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", self._rows)
        self._rows.clear()

    def next_key(self) -> int:
        # The key is the table's, not the tenant's.
        with acting_for(EVERYONE), connection.cursor() as cursor:
            cursor.execute(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {connection.ops.quote_name(self._table)}")
            return int(cursor.fetchone()[0])

    def _prepared(self, name: str, value: Any) -> Any:
        plain = value is None or type(value) in (bool, int, float, str)
        return value if plain else self._fields[name].get_db_prep_save(value, connection)


class Load:
    """Makes the calls of a year; each has its turns, its costs and its ticket."""

    def __init__(self, tenant: Tenant, calls: int, turns: int) -> None:
        self._random = Random(tenant.slug)
        self._tenant, self._calls, self._turns = tenant, calls, turns
        self._now = timezone.now()
        self._problems: list[int | None] = [*ProblemType.objects.values_list("pk", flat=True)] or [None]
        self._people = list(User.objects.filter(memberships__tenant=tenant).values_list("pk", flat=True))
        self.spent: Counter[date] = Counter()
        self.companies, self.customers = Table(Company, tenant=tenant), Table(Customer, tenant=tenant)
        self.calls, self.tickets = Table(Call, tenant=tenant), Table(Ticket, tenant=tenant)
        self.turns, self.usages = Table(Turn, tenant=tenant), Table(Usage, tenant=tenant)
        self.tables = (self.companies, self.customers, self.calls, self.turns, self.usages, self.tickets)
        self._keys = {table: table.next_key() for table in self.tables}

    def write(self) -> Iterator[int]:
        """How many calls there are so far."""
        self._make_customers()
        for number, moment in enumerate(self._moments()):
            self._make_call(moment)
            if (number + 1) % BATCH == 0 or number + 1 == self._calls:
                for table in self.tables:
                    table.write()
                yield number + 1

    def _key(self, table: Table) -> int:
        self._keys[table] += 1
        return self._keys[table] - 1

    def _moments(self) -> list[datetime]:
        """Of a year that ends now, most in working hours."""
        midnight = timezone.localtime(self._now).replace(hour=0, minute=0, second=0, microsecond=0)
        days = [midnight - timedelta(days=number) for number in range(DAYS)]
        weights = [WEEKDAYS[day.weekday()] for day in days]
        found: list[datetime] = []
        while len(found) < self._calls:
            day = self._random.choices(days, weights)[0]
            hour = self._random.choices(range(24), HOURS)[0]
            moment = day + timedelta(hours=hour, seconds=self._random.randrange(3600))
            if moment < self._now - timedelta(minutes=15):
                found.append(moment)
        return sorted(found)

    def _make_customers(self) -> None:
        count = max(1, self._calls // CALLS_PER_CUSTOMER)
        keys = [self._key(self.companies) for _ in range(max(1, count // 10))]
        for key in keys:
            self.companies.add(id=key, name=f"Société {key}", updated_at=self._now)
        self._people_who_call: list[tuple[int, int, str, str, str]] = []
        for number in range(count):
            first, last = self._random.choice(FIRST_NAMES), self._random.choice(LAST_NAMES)
            key, company = self._key(self.customers), self._random.choice(keys)
            phone = f"+3363998{number:05}"
            self._people_who_call.append((key, company, phone, first, last))
            self.customers.add(
                id=key, company_id=company, phone_number=phone, first_name=first, last_name=last, updated_at=self._now
            )

    def _make_call(self, moment: datetime) -> None:
        random, key = self._random, self._key(self.calls)
        customer, company, phone, first, last = random.choice(self._people_who_call)
        status, reason, is_resolved = random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        problem = random.choice(self._problems)
        ended = moment + timedelta(seconds=min(890.0, 20 + random.gammavariate(2.5, 55)))
        self.calls.add(
            id=key,
            uuid=uuid.UUID(int=random.getrandbits(128), version=4),
            phone_number=phone,
            customer_id=customer,
            status=status.value,
            end_reason=reason.value,
            problem_type_id=problem,
            scene="closing" if is_resolved else random.choice(SCENES),
            started_at=moment,
            heartbeat_at=ended,
            ended_at=ended,
            updated_at=ended,
            is_resolved=is_resolved,
            cached_characters=random.randrange(200, 900),
            cached_eur=Decimal(random.randrange(200, 900)) / 25000,
        )
        self._make_turns(key, (ended - moment).total_seconds())
        self._make_costs(key, ended)
        is_old = ended < self._now - timedelta(days=3)
        done = is_resolved or (is_old and random.random() < 0.995)
        opened = Ticket.Status.TRANSFERRED if status == Call.Status.TRANSFERRED else Ticket.Status.OPEN
        self.tickets.add(
            id=self._key(self.tickets),
            call_id=key,
            customer_id=customer,
            company_id=company,
            phone_number=phone,
            client_name=f"{first} {last}",
            problem_type_id=problem,
            description=random.choice(CALLER),
            summary=random.choice(PROBLEMS),
            status=Ticket.Status.RESOLVED.value if done else opened.value,
            sentiment=random.choices(Ticket.Sentiment.values, (35, 50, 15))[0],
            severity=random.choices(("low", "medium", "high"), (30, 55, 15))[0],
            assigned_to_id=None if is_resolved else random.choice([None, *self._people]),
            due_at=None if done else ended + timedelta(hours=8),
            resolved_at=ended if done else None,
            created_at=ended,
            updated_at=ended,
        )

    def _make_turns(self, call: int, seconds: float) -> None:
        random = self._random
        count = max(2, min(4 * self._turns, round(random.gauss(self._turns, self._turns / 4))))
        step = seconds / count
        for position in range(count):
            is_bot = position % 2 == 0
            self.turns.add(
                id=self._key(self.turns),
                call_id=call,
                position=position + 1,
                speaker="bot" if is_bot else "caller",
                scene=SCENES[position * len(SCENES) // count],
                text=random.choice(BOT if is_bot else CALLER),
                started_at=round(position * step, 2),
                ended_at=round((position + 0.9) * step, 2),
                was_interrupted=is_bot and random.random() < 0.05,
                confidence=None if is_bot else 0.9,
                response_seconds=round(random.uniform(0.6, 1.8), 2) if is_bot and position else None,
            )

    def _make_costs(self, call: int, ended: datetime) -> None:
        for kind, provider, model, most in VENDORS:
            cost = Decimal(f"{self._random.uniform(most / 3, most):.8f}")
            self.spent[billing_day(ended)] += cost  # type: ignore[assignment]
            self.usages.add(
                id=self._key(self.usages),
                call_id=call,
                kind=kind,
                provider=provider,
                model=model,
                characters=self._random.randrange(40, 500) if kind == "tts" else 0,
                latency_seconds=round(self._random.uniform(0.1, 0.6), 3),
                cost_eur=cost,
                created_at=ended,
            )


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="load", help="short name of the account to make (%(default)s)")
        parser.add_argument("--calls", type=int, default=200_000, help="over a year (%(default)s)")
        parser.add_argument("--turns", type=int, default=15, help="of a call, on average (%(default)s)")

    def handle(self, *_args: Any, tenant: str, calls: int, turns: int, **_options: Any) -> None:
        if Tenant.objects.filter(slug=tenant).exists():
            raise CommandError(f"There is an account {tenant} already: give another short name.")
        if calls < 1 or turns < 2:
            raise CommandError("Give at least one call, and two turns a call.")
        began = time.perf_counter()
        with transaction.atomic():
            account = create_tenant(slug=tenant, name=f"Charge {tenant}", language="fr")
            for role in (Membership.Role.OWNER, Membership.Role.AGENT):
                name, password = f"{tenant}-{role}", make_password(PASSWORD)
                person = User.objects.create(username=name, is_staff=True, password=password)
                add_member(tenant=account, user=person, role=role)
            with acting_for(account):
                load = Load(account, calls, turns)
                for made in load.write():
                    if made % (20 * BATCH) == 0:
                        self.stderr.write(f"{made} calls after {time.perf_counter() - began:.0f} s")
                SpendDay.objects.bulk_create([SpendDay(day=day, cost_eur=cost) for day, cost in load.spent.items()])
        with acting_for(account):
            after_bulk(load.tables)
            days = catch_up()
            counts = {model._meta.model_name: model.objects.count() for model in (Call, Ticket, Turn, Usage, Customer)}
        self.stdout.write(json.dumps(counts | {"days": days, "seconds": round(time.perf_counter() - began, 1)}))


def after_bulk(tables: Iterable[Table]) -> None:
    """Keys go on behind those that were given, and the planner knows the new sizes."""
    seeded = [table._model for table in tables]
    with acting_for(EVERYONE), connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), seeded):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            vacuum = "" if connection.in_atomic_block else "VACUUM "
            cursor.execute(f"{vacuum}ANALYZE {', '.join(model._meta.db_table for model in seeded)}")
