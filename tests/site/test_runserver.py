"""`manage.py runserver` speaks ASGI, and is the only command that pays for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings

COMMAND = """
import sys
sys.argv = ["manage.py", sys.argv[1]]
import django
from django.core.management import get_commands
django.setup()
print(get_commands()["runserver"], "twisted" in sys.modules)
"""


@pytest.mark.parametrize(
    ("command", "told"), [("runserver", "daphne True"), ("runaudiosocket", "whitenoise.runserver_nostatic False")]
)
def test_only_the_server_for_development_imports_daphne(command: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, command],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip
    assert done.stdout.strip() == told
