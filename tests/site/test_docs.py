"""What the documents name must exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ROOMS = "calls|companies|docs|monitoring|providers|requirements|sandbox|telephony|tenants|tests|tickets|voicebot_site"
named = pytest.mark.parametrize("document", DOCUMENTS, ids=str)


@named
def test_links_lead_somewhere(document: Path):
    links = re.findall(r"\]\(((?!https?://|#)[^)]+)\)", (ROOT / document).read_text())
    broken = [link for link in links if not (ROOT / document.parent / link.partition("#")[0]).exists()]
    assert broken == []


@named
def test_paths_in_code_marks_exist(document: Path):
    paths = re.findall(rf"`((?:{ROOMS})/[\w./-]*)`", (ROOT / document).read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


@named
def test_commands_exist(document: Path):
    text = (ROOT / document).read_text()
    commands = set(re.findall(r"manage\.py (\w+)", text)) - get_commands().keys()
    targets = set(
        re.findall(r"make ([a-z]+)[ `\n]", "\n".join(re.findall(r"`make [^`]*`|^make .*$", text, re.MULTILINE)))
    )
    known = set(re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert (commands, targets - known) == (set(), set())
