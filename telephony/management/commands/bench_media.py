"""Prices the media path beside a bare echo server, in the same run."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand

from telephony import bench


class Command(BaseCommand):
    help = (
        "Measures a worker whose bot always talks, and a bare uvloop echo server beside it. "
        "Uses asbench where ASBENCH names it (the program or asbench.c), else a generator in Python. "
        "The last line is JSON."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=100, help="concurrent calls (%(default)s)")
        parser.add_argument("--seconds", type=float, default=10, help="of each measurement (%(default)s)")
        parser.add_argument("--rounds", type=int, default=1, help="of both servers, in turn (%(default)s)")
        parser.add_argument("--python", action="store_true", help="use the generator in Python in any case")
        parser.add_argument("--echo-port", type=int, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["echo_port"]:
            bench.serve_echo(options["echo_port"])
            return
        asbench = None if options["python"] else bench.find_asbench()
        calls, seconds = options["calls"], options["seconds"]
        self.stdout.write(f"{calls} calls for {seconds:g} s, generator: {'asbench' if asbench else 'Python'}")
        self.stdout.write(bench.HEADER)
        ratios, worker = [], None
        for _ in range(options["rounds"]):
            results = {}
            for name in ("echo", "worker"):
                with bench.serving(name) as (process_id, port):
                    if asbench:
                        result = bench.measure_with_asbench(
                            asbench, process_id, port, calls=calls, seconds=seconds, echo=name == "echo"
                        )
                    else:
                        result = bench.measure_with_python(process_id, port, calls=calls, seconds=seconds)
                results[name] = result
                self.stdout.write(bench.line(name, result))
            worker = results["worker"]
            ratios.append(worker.cpu_ms_per_call_second / (results["echo"].cpu_ms_per_call_second or 0.001))
        ratio = sorted(ratios)[len(ratios) // 2]
        self.stdout.write(f"the worker costs {ratio:.2f} times a bare echo")
        if worker is not None:
            self.stdout.write(
                json.dumps(
                    {
                        "calls": calls,
                        "cpu_ms_per_call_second": round(worker.cpu_ms_per_call_second, 3),
                        "ratio_to_echo": round(ratio, 2),
                        "frame_lateness_p50_ms": round(worker.lateness_p50_ms, 2),
                        "frame_lateness_p99_ms": round(worker.lateness_p99_ms, 2),
                        "frame_lateness_max_ms": round(worker.lateness_max_ms, 2),
                        "remark": worker.remark,
                    }
                )
            )
