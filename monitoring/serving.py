"""A /metrics port for a service of several processes.

Each process counts into files of its own, and one of them serves the sums: a scrape
must not depend on which process it meets. To count is a write to mapped memory.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock, Thread
from typing import Any, Final, cast
from wsgiref.simple_server import make_server

_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own; read when it is imported
_ENDED: Final = "ended"  # in place of the process id of those that have


def prepare() -> None:
    """Have the processes that begin from now on count into files. Before any of them imports prometheus_client."""
    if _DIRECTORY not in os.environ:
        os.environ[_DIRECTORY] = directory = mkdtemp(prefix="voicebot-metrics-")  # they inherit it
        atexit.register(_remove, directory, os.getpid())


def _remove(directory: str, owner: int) -> None:
    if os.getpid() == owner:  # and not a fork of it
        shutil.rmtree(directory, ignore_errors=True)


def serve(host: str, port: int, *own: Any, readiness: Callable[[], tuple[bool, Any]] | None = None) -> int:
    """Serve the sums over all processes and what the collectors `own` know; returns the port. Raises OSError.

    With `readiness`, /readyz answers 200 or 503, and with what it says, as JSON.
    """
    from prometheus_client import CollectorRegistry, make_wsgi_app
    from prometheus_client.exposition import ThreadingWSGIServer, _SilentHandler

    registry = CollectorRegistry()
    for collector in (*own, _Sums()):
        registry.register(collector)
    metrics = make_wsgi_app(registry)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if readiness is None or environ.get("PATH_INFO") != "/readyz":
            return cast(Iterable[bytes], metrics(environ, start_response))
        is_ready, details = readiness()
        start_response("200 OK" if is_ready else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [json.dumps(details).encode()]

    server = make_server(host, port, application, ThreadingWSGIServer, handler_class=_SilentHandler)
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server.server_port


class _Sums:
    """A collector over the files of all processes."""

    def __init__(self) -> None:
        self._lock = Lock()  # no scrape may see a count both where it was and where it is added

    def collect(self) -> Iterable[Any]:
        from prometheus_client.multiprocess import MultiProcessCollector

        directory = Path(os.environ[_DIRECTORY])
        with self._lock:
            for path in directory.glob("*_*.db"):
                process = path.stem.rpartition("_")[2]
                if process != _ENDED and not _lives(int(process)):
                    _keep_counts(path)
            found: Iterable[Any] = MultiProcessCollector(None, str(directory)).collect()  # type: ignore[no-untyped-call]
            return found

    def describe(self) -> Iterable[Any]:
        return []


def _lives(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's by now
        return False
    return True


def _keep_counts(path: Path) -> None:
    """Of a process that has ended, gauges end; what it counted is kept, in one file for all such."""
    from prometheus_client.mmap_dict import MmapedDict

    kind = path.stem.rpartition("_")[0]
    if not kind.startswith("gauge"):
        kept = MmapedDict(str(path.with_name(f"{kind}_{_ENDED}.db")))  # type: ignore[no-untyped-call]
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            kept.write_value(key, kept.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
        kept.close()  # type: ignore[no-untyped-call]
    path.unlink()
