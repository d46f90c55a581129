"""HAProxy in front of hosts of one's own, as docs/examples/haproxy.cfg has it but for addresses."""

from __future__ import annotations

import csv
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.load.worker import free_port
from tests.chaos.servers import ROOT, NotHere

EXAMPLE: Final = ROOT / "docs/examples/haproxy.cfg"
ADDRESS: Final = "127.0.0.9"  # from which it connects: what AUDIOSOCKET_PROXIES says
HOSTS: Final = {"one": "127.0.0.2", "two": "127.0.0.3"}
MISSING: Final = "" if shutil.which("haproxy") else "haproxy is not installed: apt-get install haproxy"


@dataclass(frozen=True)
class Seen:
    """What the balancer says of a host."""

    is_up: bool
    connections: int  # now
    retries: int
    redispatches: int


class Balancer:
    def __init__(self, directory: Path, address: str = "127.0.0.1") -> None:
        """To be called at `address`. Raises NotHere."""
        if MISSING:
            raise NotHere(MISSING)
        self.port = free_port()
        self.hosts_port, self.metrics_port = free_port(), free_port()  # of all hosts
        self._socket = directory / "haproxy.sock"
        self._configuration = directory / "haproxy.cfg"
        text = EXAMPLE.read_text()
        for documented, ours in (
            ("/run/haproxy/admin.sock", str(self._socket)),
            ("bind :9092", f"bind {address}:{self.port}\n    source {ADDRESS}"),
            ("port 9091", f"port {self.metrics_port}"),
            ("10.0.0.11:9092", f"{HOSTS['one']}:{self.hosts_port}"),
            ("10.0.0.12:9092", f"{HOSTS['two']}:{self.hosts_port}"),
        ):
            assert documented in text, documented
            text = text.replace(documented, ours)
        self._configuration.write_text(text)

    @contextmanager
    def running(self) -> Iterator[None]:
        with (self._configuration.parent / "haproxy.log").open("wb") as log:
            process = subprocess.Popen(["haproxy", "-f", str(self._configuration)], stdout=log, stderr=log)
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def seen(self) -> dict[str, Seen]:
        """By host; empty while it starts."""
        try:
            rows = csv.DictReader(self._ask("show stat").removeprefix("# ").splitlines())
        except OSError:
            return {}
        return {
            row["svname"]: Seen(row["status"] == "UP", int(row["scur"]), int(row["wretr"]), int(row["wredis"]))
            for row in rows
            if row["svname"] in HOSTS
        }

    def up(self) -> set[str]:
        return {name for name, host in self.seen().items() if host.is_up}

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._socket))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
