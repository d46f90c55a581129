"""A bot of the load test's own: a temporary database, vendors that cost nothing, its CPU measured."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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

    def said(self) -> str:
        """All of its log."""
        return self._log.read_text(errors="replace")

    def last_words(self) -> str:
        return "\n".join(self.said().splitlines()[-15:])


@contextmanager
def own_worker(workers: int, cores: Sequence[int], **changed: str) -> Iterator[OwnWorker]:
    """`runaudiosocket` for the demo tenants, on these cores; `changed` in its environment. Raises WorkerFailed."""
    with tempfile.TemporaryDirectory(prefix="loadtest-") as directory:
        environment = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in _OUTSIDE}
        environment |= STUBS | {"DATA_DIR": directory, "LOG_LEVEL": "ERROR"}
        environment["MOST_LATENESS_SECONDS"] = "5"  # lateness is measured here, and no reason to refuse
        environment["METRICS_PORT"] = "0"
        environment |= dict.fromkeys(_OUTSIDE, "") | changed  # set: a .env file must not fill them in
        for command in (["migrate", "--verbosity=0"], ["seed_demo", "--force"]):
            done = subprocess.run(
                _manage(*command), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
            )
            if done.returncode:
                raise WorkerFailed(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')}")
        port, log = free_port(), Path(directory, "worker.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                _manage(
                    "runaudiosocket",
                    "--host=127.0.0.1",
                    f"--port={port}",
                    f"--workers={workers}",
                    "--drain=2",
                ),
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        try:
            yield OwnWorker(process, "127.0.0.1", port, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                for pid in Processes(process.pid).members():
                    os.kill(pid, signal.SIGKILL)
                process.wait()


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
