"""A bot of the load test's own: a temporary database, vendors that cost nothing, its CPU measured."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from django.conf import settings

from sandbox.load.processes import Processes

STOP_SECONDS = 10.0
STUBS = {
    "SPEECH_TO_TEXT": "sandbox.stubs.StubSpeechToText",
    "LANGUAGE_MODEL": "sandbox.stubs.StubLanguageModel",
    "TEXT_TO_SPEECH": "sandbox.stubs.StubTextToSpeech",
}
# What would lead out of the test: databases, brokers and clouds.
_OUTSIDE = ("DATABASE_URL", "REDIS_URL", "DEEPGRAM_API_KEY", "GROQ_API_KEY", "ELEVENLABS_API_KEY")


class WorkerFailed(Exception):
    """The bot could not be started; the text holds what it said last."""


class OwnWorker:
    def __init__(self, process: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
        self.host, self.port = host, port
        self.pid = process.pid  # of the supervisor
        self.processes = Processes(process.pid)
        self._log = log

    def cpu_seconds(self) -> float:
        return self.processes.cpu_seconds()

    def waited_seconds(self) -> float:
        return self.processes.waited_seconds()

    def memory(self) -> int:
        return self.processes.memory()

    def workers(self) -> set[int]:
        """The process ids of those that the supervisor has started, whether they are ready or drain."""
        return set(self.processes.members()) - {self.pid}

    def reload(self) -> None:
        """As a deploy does."""
        os.kill(self.pid, signal.SIGHUP)

    def said(self) -> str:
        """All of its log."""
        return self._log.read_text(errors="replace")

    def last_words(self) -> str:
        return "\n".join(self.said().splitlines()[-15:])


@contextmanager
def own_worker(
    workers: int,
    cores: Sequence[int],
    changed: Mapping[str, str] = MappingProxyType({}),
    *,
    code: Path | None = None,
    drain_seconds: float = 2,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[OwnWorker]:
    """`runaudiosocket` for the demo tenants, on these cores; `changed` in its environment. Raises WorkerFailed.

    `code` is a directory with other code than this.
    """
    with tempfile.TemporaryDirectory(prefix="loadtest-") as directory:
        environment = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in _OUTSIDE}
        environment |= STUBS | {"DATA_DIR": directory, "LOG_LEVEL": "ERROR"}
        environment["MOST_LATENESS_SECONDS"] = "5"  # lateness is measured here, and no reason to refuse
        environment["METRICS_PORT"] = "0"
        environment |= dict.fromkeys(_OUTSIDE, "") | dict(changed)  # set: a .env file must not fill them in
        manage = [sys.executable, str((code or settings.BASE_DIR) / "manage.py")]
        for command in (["migrate", "--verbosity=0"], ["seed_demo", "--force"]):
            done = subprocess.run(
                [*manage, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
            )
            if done.returncode:
                raise WorkerFailed(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')}")
        port, log = port or free_port(), Path(directory, "worker.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *manage,
                    "runaudiosocket",
                    f"--host={host}",
                    f"--port={port}",
                    f"--workers={workers}",
                    f"--drain={drain_seconds}",
                ],
                env=environment,
                cwd=code,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        try:
            yield OwnWorker(process, host, port, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                for pid in Processes(process.pid).members():
                    os.kill(pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """A port that no outgoing connection is given until somebody listens there: Linux takes those from 32768 on."""
    for port in random.sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port is free between 20000 and 32000")
