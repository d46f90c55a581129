"""PostgreSQL, Redis and processes of the product, a round's own: to be stopped and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from sandbox.load.worker import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30.0


class NotHere(Exception):
    """A program that a round needs is not installed; the text says which."""


class PostgreSQL:
    """A cluster in a directory of its own."""

    def __init__(self, directory: Path, *settings: str) -> None:
        """Make it; `settings` are name=value. Raises NotHere."""
        self._settings = ("fsync=off", *settings)
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
        if self._bin is None:
            raise NotHere("PostgreSQL's server is not installed: apt-get install postgresql")
        self._directory = directory / "postgresql"
        self._directory.mkdir()
        self.port = free_port()
        self.url = f"postgres://voicebot@127.0.0.1:{self.port}/postgres"  # no superuser, as in production
        self._superuser_url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        if os.getuid() == 0:  # as which it does not run
            shutil.chown(self._directory, "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k ''" + "".join(f" -c {each}" for each in self._settings)
        self._run("pg_ctl", "--wait", "--silent", f"--log={self._directory}/log", f"--options={options}", "start")

    def make_owner(self) -> None:
        self.run("CREATE ROLE voicebot LOGIN")
        self.run("ALTER DATABASE postgres OWNER TO voicebot")

    def stop(self) -> None:
        """Connections in use are cut off."""
        self._run("pg_ctl", "--wait", "--silent", "--mode=fast", "stop")

    @property
    def pid(self) -> int:
        """Of the server, whose descendants the others are."""
        return int((self._directory / "postmaster.pid").read_text().split()[0])

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Of everyone, as superuser."""
        with psycopg.connect(self._superuser_url, connect_timeout=5) as connection:
            return connection.execute(query, values).fetchall()

    def run(self, statement: str) -> None:
        with psycopg.connect(self._superuser_url, connect_timeout=5, autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*user, f"{self._bin}/{program}", f"--pgdata={self._directory}", *arguments]
        subprocess.run(command, cwd=self._directory, check=True, stdout=subprocess.DEVNULL, timeout=START_SECONDS * 2)


class Redis:
    def __init__(self, directory: Path) -> None:
        """Raises NotHere."""
        if shutil.which("redis-server") is None:
            raise NotHere("redis-server is not installed: apt-get install redis-server")
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, cwd=self._directory, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                redis.Redis.from_url(self.url).ping()
                return
            except redis.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @property
    def pid(self) -> int:
        """Of the server, while it runs."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def servers(*settings: str) -> Iterator[tuple[PostgreSQL, Redis]]:
    """Both, running; `settings` of PostgreSQL are name=value. Raises NotHere."""
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)  # PostgreSQL runs as another user
        database, broker = PostgreSQL(directory, *settings), Redis(directory)
        try:
            database.start()
            database.make_owner()
            broker.start()
            yield database, broker
        finally:
            broker.stop()
            with contextlib.suppress(subprocess.SubprocessError):
                database.stop()


class Service:
    """A process of the product with its children, to be killed and started again."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        """`command` is a module and its arguments, `environment` is added to ours; it may write to `directory`."""
        self._command = [sys.executable, "-m", *command]
        self._environment = os.environ | environment | {"PYTHONPATH": str(ROOT)}
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Returns its process id."""
        with (self._directory / f"{self._command[2]}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env=self._environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
        return self._process.pid

    def signal(self, number: int) -> None:
        """To all of it."""
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """Ask it to end; its children are told by itself."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """-9, all of it."""
        if self._process is not None:
            self.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    @contextmanager
    def running(self) -> Iterator[int]:
        """Its process id."""
        try:
            yield self.start()
        finally:
            self.kill()


def celery(environment: Mapping[str, str], directory: Path) -> Service:
    """A Celery worker with its clock, as in production but in one process tree."""
    command = ("celery", "-A", "voicebot_site", "worker", "--beat", "--concurrency=1", "--loglevel=ERROR")
    return Service(command, {**environment, "TASKS_METRICS_PORT": "0"}, directory)
