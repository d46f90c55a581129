"""Which room may know which."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = ("calls", "companies", "monitoring", "providers", "telephony", "tenants", "tickets", "voicebot_site")


@pytest.mark.parametrize("room", PRODUCTION)
def test_production_imports_nothing_of_the_sandbox(room: str) -> None:
    for path in Path(settings.BASE_DIR, room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("sandbox", "tests")], path
