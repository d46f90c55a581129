"""A new release takes over while callers come and go: docs/upgrading.md, step by step, beside them.

    tests/chaos deploy [--calls 30]

The release before is a copy of this code. The next one is put in its place, changes a table of calls in progress, and
is told by SIGHUP: for a while two versions serve, each its own calls, on one database.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np

from sandbox.caller import End
from sandbox.load.generator import Report
from tests.chaos import stage as stages
from tests.chaos import witness
from tests.chaos.machine import LATENESS_MAX_MS
from tests.chaos.servers import ROOT
from tests.chaos.stage import TAIL_SECONDS, Stage, calling, closed, perform, staged

WORKERS: Final = 2
BEFORE_SECONDS: Final = 20.0
SECONDS: Final = 100.0  # of callers in all
PATIENCE_SECONDS: Final = 12.0  # of callers
SPREAD_SECONDS: Final = 4.0
DRAIN_SECONDS: Final = 60.0
TAKEN_OVER_SECONDS: Final = 60.0  # until new workers have started and the old ones' calls are over
UNSERVED: Final = "voicebot_unserved_connections_total"
NOT_CODE: Final = (".*", "__pycache__", "data")
MIGRATION: Final = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "{last}")]
    operations = [migrations.AddField("call", "next_release", models.TextField(null=True))]
"""


def put_next_release(code: Path) -> None:
    """In place of the release that is there: its calls have a column more, and its witness says who it is."""
    told = code / "tests/chaos/witness.py"
    told.write_text(told.read_text().replace(f'RELEASE: Final = "{witness.RELEASE}"', 'RELEASE: Final = "next"'))
    with (code / "calls/models.py").open("a") as models:
        models.write('\nCall.add_to_class("next_release", models.TextField(null=True))\n')
    last = max(path.stem for path in (code / "calls/migrations").glob("0*.py"))
    (code / "calls/migrations/9999_next_release.py").write_text(MIGRATION.format(last=last))


def rolling(stage: Stage, code: Path) -> None:
    """The next release takes over."""
    unserved = stage.metric(UNSERVED)  # before the first worker was ready
    with calling(stage, SECONDS, longest=PATIENCE_SECONDS, spread=SPREAD_SECONDS) as report:
        time.sleep(BEFORE_SECONDS)
        old, began = stage.worker.workers(), time.time()
        put_next_release(code)
        migrate = [sys.executable, str(code / "manage.py"), "migrate", "--verbosity=0", "--skip-checks"]
        subprocess.run(migrate, cwd=code, env=os.environ | stage.environment, check=True)
        migrated = time.time()
        stage.worker.reload()
        took = stage.until(lambda: not old & stage.worker.workers(), TAKEN_OVER_SECONDS)
        ended = time.time()
    stage.say(f"{migrated - began:.1f} s to migrate; {took:.1f} s after SIGHUP the last old worker had ended")
    stage.must(took <= TAKEN_OVER_SECONDS, "the old workers have not ended")
    for what, since, until in (
        ("before", 0.0, began),
        ("while it migrates", began, migrated),
        ("while workers change", migrated, ended),
        ("afterwards", ended, float("inf")),
    ):
        show_lateness(stage, what, report(), since, until)
    stage.say(f"callers: {dict(report().ends)}")
    stage.must(report().ends.keys() <= {End.CALLER_HANGUP, End.BOT_HANGUP}, "calls were refused or cut")
    unserved = stage.metric(UNSERVED) - unserved
    stage.must(not unserved, f"no worker could take {unserved:.0f} calls")
    taken = [line for line in witness.told(stage.witness) if "taken_by" in line and line["at"] > began]
    stage.say(f"calls by release since then: {dict(Counter(line['taken_by'] for line in taken))}")
    late_comers = {line["taken_by"] for line in taken if line["at"] > ended}
    stage.must(late_comers == {"next"}, f"afterwards calls were taken by {late_comers}")
    stage.until(lambda: closed(stage), TAIL_SECONDS)
    rows = stage.rows()
    stage.must(all(row.status != "dropped" for row in rows), "calls were dropped")
    stage.look(rows, stage.heard(), is_whole=True)


def show_lateness(stage: Stage, what: str, report: Report, since: float, until: float) -> None:
    late = report.lateness[(report.arrivals >= since) & (report.arrivals < until)] * 1000
    p50, p99, most = np.percentile(late, [50, 99, 100])
    stage.say(
        f"{what}: {len(late)} frames, late by {p50:.1f} ms (p50), {p99:.1f} ms (p99), {most:.0f} ms at most; "
        f"{int((late > LATENESS_MAX_MS).sum())} by more than {LATENESS_MAX_MS:.0f} ms"
    )


def play(_name: str, calls: int, cores: list[int]) -> list[str]:
    """What is not as it must be. Raises NotHere."""
    with tempfile.TemporaryDirectory(prefix="chaos-release-") as directory:
        code = Path(shutil.copytree(ROOT, Path(directory, "voicebot"), ignore=shutil.ignore_patterns(*NOT_CODE)))
        with staged(calls, cores, workers=WORKERS, code=code, drain_seconds=DRAIN_SECONDS) as stage:
            return perform(stage, lambda stage: rolling(stage, code))


def main(arguments: list[str]) -> int:
    return stages.main("deploy: a new release takes over under calls", {"rolling": rolling}, play, arguments)
