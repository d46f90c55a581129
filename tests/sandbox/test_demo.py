"""What a newcomer sees first: one call, line by line, from the first word to the ticket."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from sandbox.management.commands.demo import SCRIPT


@pytest.mark.realtime
@pytest.mark.timeout(180)
def test_the_demo_prints_every_line_of_its_call_once(tmp_path):
    command = [sys.executable, "manage.py", "demo", "--once", "--json", "--port=0", "--audiosocket-port=0"]
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    said = [line.strip()[2:] for line in lines if line.startswith("  👤 ")]
    answered = [line for line in lines if line.startswith("  🤖 ")]
    assert said == SCRIPT.strip().splitlines()
    assert answered[0].endswith("de Démo Télécom.")
    assert answered[-1].endswith("Au revoir.")
    assert any("sign in as demo-owner" in line for line in lines)  # who may open the call
    assert "👤" not in done.stderr  # the same, a second time, from the log
    ticket = json.loads(lines[-1])
    assert (ticket["status"], ticket["problem_type"]) == ("resolved", "internet")
