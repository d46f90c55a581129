"""What Prometheus learns of the telephony.

A worker counts for itself; the supervisor adds its workers up and serves the sums,
because a scrape must not depend on which worker it meets.
"""

from __future__ import annotations

import atexit
import os
import shutil
from tempfile import mkdtemp
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, multiprocess, start_http_server

# Of each process that takes calls.
active_calls = Gauge("voicebot_active_calls", "Calls in progress.", multiprocess_mode="livesum")
refused_connections = Counter(
    "voicebot_refused_connections", "AudioSocket connections that did not become a call.", ["reason"]
)
scanners = Counter("voicebot_scanners", "Connections to the AudioSocket port that spoke something else.", ["kind"])
ignored_frames = Counter("voicebot_ignored_frames", "Caller's frames that could not be used.", ["reason"])
dropped_frames = Counter("voicebot_dropped_frames", "Frames given up on either way, for want of a reader.", ["way"])
late_frames = Counter("voicebot_late_frames", "Frames sent more than 20 ms after they were due.")
schedule_gaps = Counter("voicebot_schedule_gaps", "Calls whose schedule was given up after a stall.")

# Of the supervisor.
supervisor = CollectorRegistry()
unserved_connections = Counter(
    "voicebot_unserved_connections", "Connections refused because no worker could take them.", registry=supervisor
)
lost_workers = Counter("voicebot_lost_workers", "Workers that died or were killed.", registry=supervisor)

_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own; read when it is imported


def serve(port: int) -> int:
    """In the supervisor, before there are workers: serve the sums. Returns the port. Raises OSError."""
    if _DIRECTORY not in os.environ:
        os.environ[_DIRECTORY] = mkdtemp(prefix="voicebot-metrics-")  # the workers inherit it
        atexit.register(shutil.rmtree, os.environ[_DIRECTORY], ignore_errors=True)
    multiprocess.MultiProcessCollector(supervisor, os.environ[_DIRECTORY])  # type: ignore[no-untyped-call]
    server, _ = start_http_server(port, registry=supervisor)
    return server.server_port


def forget_process(process_id: int) -> None:
    """Of a worker that has ended only the counters count on."""
    if _DIRECTORY in os.environ:
        multiprocess.mark_process_dead(process_id, os.environ[_DIRECTORY])  # type: ignore[no-untyped-call]
