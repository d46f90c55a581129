"""No variable is undocumented, none is documented that nobody reads."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def settings_tree() -> ast.Module:
    return ast.parse((ROOT / "voicebot_site" / "settings.py").read_text())


def calls(tree: ast.Module, function: str) -> list[ast.Call]:
    """Calls of `env.something(…)` for "env", of `vendor(…)` for "vendor"."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(name, ast.Name) and name.id == function:
                found.append(node)
    return found


def read_by_settings() -> set[str]:
    """Names given to env.str(…) and its like; `f"{name.upper()}_URL"` stands for each vendor's."""
    tree = settings_tree()
    vendors = [ast.literal_eval(call.args[0]).upper() for call in calls(tree, "vendor")]
    names: set[str] = set()
    for call in calls(tree, "env"):
        match call.args:
            case [ast.Constant(value=str(name)), *_]:
                names.add(name)
            case [ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(rest))]), *_]:
                names |= {f"{vendor}{rest}" for vendor in vendors}
    return names


def in_example() -> dict[str, str]:
    lines = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    return dict(lines)


def in_documentation() -> dict[str, str]:
    """Variable -> default, of the product's own tables."""
    text = (ROOT / "docs" / "configuration.md").read_text().split("## Sandbox and tests only")[0]
    return dict(re.findall(r"^\| `([A-Z0-9_]+)` \|.*\| (.*) \|$", text, re.MULTILINE))


def test_the_settings_are_found():
    assert {"DATABASE_URL", "DEEPGRAM_API_KEY", "ELEVENLABS_URL", "DRAIN_SECONDS"} <= read_by_settings()


def test_the_example_names_every_variable_and_no_other():
    assert set(in_example()) == read_by_settings()


def test_the_documentation_names_every_variable_and_no_other():
    assert set(in_documentation()) == read_by_settings()


def test_example_and_documentation_give_the_same_plain_defaults():
    documented = in_documentation()
    for name, value in in_example().items():
        plain = re.fullmatch(r"`([^`]*)`", documented[name])
        if plain:
            assert value == plain[1], name


def test_only_tools_read_the_environment_past_the_settings():
    """A variable of the product would escape these tests and X_FILE."""
    tools = (ROOT / "docs" / "configuration.md").read_text().split("## Sandbox and tests only")[1]
    rooms = [path for path in ROOT.iterdir() if path.name != "tests" and (path / "__init__.py").exists()]
    for path in [path for room in rooms for path in room.glob("**/*.py")]:
        for name in re.findall(r"(?:os\.environ(?:\.get\(|\[)|os\.getenv\()\"(\w+)\"", path.read_text()):
            assert f"`{name}`" in tools, f"{path.relative_to(ROOT)} reads {name}"
