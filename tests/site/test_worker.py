"""Jobs in a real Celery worker, with a real broker and the database of production; workers die in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from celery import Celery

from tenants import row_security

ROOT = Path(__file__).resolve().parents[2]
REDIS = os.environ.get("REDIS_URL", "")
POSTGRES = os.environ.get("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
# As `celery worker`, but whoever vanishes has its tasks given to another after a second.
WORKER = """
from voicebot_site.celery import app
app.conf.broker_transport_options = {"visibility_timeout": 1}
app.worker_main(["worker", "--concurrency=1", "--loglevel=WARNING", "--without-mingle", "--without-gossip"])
"""
CALL = """
import datetime, uuid
from calls.models import Call, Usage
from tenants.models import Tenant
from tenants.scope import acting_for
tenant = Tenant.objects.create(slug="real", name="Real")
with acting_for(tenant):
    began = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.UTC)
    call = Call.objects.create(uuid=uuid.uuid4(), status="completed", is_resolved=True, started_at=began,
                               ended_at=began + datetime.timedelta(minutes=1))
    Usage.objects.create(call=call, kind="llm", provider="groq", model="oss", cost_eur="0.5", created_at=began)
print(tenant.pk)
"""


def no_postgresql() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error:
        return True
    return False


pytestmark = [
    pytest.mark.timeout(300),  # a database is made, and processes come and go
    pytest.mark.redis,
    pytest.mark.skipif(not REDIS, reason="REDIS_URL is not set"),
    pytest.mark.skipif(bool(REDIS) and no_postgresql(), reason="there is no PostgreSQL"),
]


def until(found: Callable[[], Any], seconds: float = 120.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Site:
    """A database and a broker of its own, with one company and one call of 10 March."""

    environment: dict[str, str]
    tenant_id: int
    broker: Celery

    def connect(self) -> psycopg.Connection[Any]:
        """Row-level security lets it see everyone's."""
        options = f"-c {row_security.FOR_EVERYONE}"
        return psycopg.connect(self.environment["DATABASE_URL"], autocommit=True, options=options)

    def ask(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        with self.connect() as connection:
            return connection.execute(sql, values).fetchone()

    def run_of(self, task_id: str) -> tuple[Any, ...] | None:
        return self.ask("SELECT state, attempts FROM tenants_jobrun WHERE task_id = %s", task_id)

    def start(self, name: str) -> str:
        task_id = str(uuid.uuid4())
        self.broker.send_task(name, kwargs={"tenant_id": self.tenant_id}, task_id=task_id)
        return task_id

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-c", WORKER]
        environment = os.environ | self.environment
        with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    name = f"test_worker_{os.getpid()}"
    broker = urlsplit(REDIS)._replace(path=f"/{10 + os.getpid() % 6}").geturl()
    environment = {
        "DATABASE_URL": urlsplit(POSTGRES)._replace(path=f"/{name}").geturl(),
        "REDIS_URL": broker,
        "SECRET_KEY": "w" * 50,
        "DEBUG": "1",
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "DATABASE_STATEMENT_TIMEOUT": "60",
    }
    redis.Redis.from_url(broker).flushdb()
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            manage = [sys.executable, "manage.py"]
            run: dict[str, Any] = {"cwd": ROOT, "env": os.environ | environment, "check": True}
            subprocess.run([*manage, "migrate", "--verbosity", "0", "--skip-checks"], **run)
            made = subprocess.run([*manage, "shell", "--verbosity", "0", "-c", CALL], capture_output=True, **run)
            yield Site(environment, int(made.stdout), Celery(broker=broker))
        finally:
            redis.Redis.from_url(broker).flushdb()
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def child_of(process: subprocess.Popen[bytes]) -> int:
    """The process that runs the tasks."""
    found = subprocess.run(["pgrep", "--parent", str(process.pid)], capture_output=True, text=True, check=False)
    return int(found.stdout.split()[0])


def test_a_job_whose_process_or_whole_worker_is_killed_is_done_once(site: Site) -> None:
    """The day is counted while somebody holds its table, so the job stands in the middle of its work."""

    def counted() -> list[tuple[Any, ...]]:
        with site.connect() as connection:
            return connection.execute("SELECT day::text, calls, resolved, llm_eur FROM tickets_roiday").fetchall()

    with psycopg.connect(site.environment["DATABASE_URL"]) as holder:
        holder.execute("LOCK TABLE tickets_roiday IN EXCLUSIVE MODE")
        with site.worker() as first:
            task_id = site.start("tickets.count_roi")
            until(lambda: site.run_of(task_id) == ("running", 1))
            os.kill(child_of(first), signal.SIGKILL)  # as when memory is short
            until(lambda: site.run_of(task_id) == ("running", 2))
            os.killpg(first.pid, signal.SIGKILL)  # as when the machine vanishes
            first.wait()
        assert counted() == []
        holder.rollback()
    with site.worker():
        until(lambda: site.run_of(task_id) == ("done", 3))
        assert [tuple(map(str, row)) for row in counted()] == [("2026-03-10", "1", "1", "0.50000000")]
        # What was done is not done again, should the broker give it out once more.
        site.broker.send_task("tickets.count_roi", kwargs={"tenant_id": site.tenant_id}, task_id=task_id)
        after = site.start("tickets.erase_old")
        until(lambda: site.run_of(after) == ("done", 1))
        assert site.run_of(task_id) == ("done", 3)
        assert len(counted()) == 1


def test_every_job_that_needs_no_word_runs_in_a_worker(site: Site) -> None:
    with site.worker():
        prefix = uuid.uuid4().hex[:8]
        jobs = ("calls.close_abandoned", "tenants.sweep_webhooks", "tickets.erase_old_of_everyone")
        for name in jobs:
            site.broker.send_task(name, task_id=prefix + name)
        until(lambda: all(site.run_of(prefix + name) == ("done", 1) for name in jobs))
