"""Everything that people read is in French too, and the compiled catalogue says the same.

django.mo is in the repository, so that a fresh clone needs no gettext. After a change:

    .venv/bin/python manage.py makemessages -l fr --no-wrap --no-location -i '.venv/*' -i 'tests/*' -i 'data/*'
    (translate what is empty) and
    .venv/bin/python manage.py compilemessages -l fr -i '.venv'
"""

from __future__ import annotations

import ast
import gettext
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from tests.cast import Cast

MESSAGES = Path(settings.LOCALE_PATHS[0]) / "fr" / "LC_MESSAGES"


def entries(path: Path) -> Iterator[dict[str, str]]:
    """{"msgid", "msgstr", …} of each text of a .po file; `flags` are its comments."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry, keyword = {"flags": ""}, ""
        for line in block.splitlines():
            if line.startswith("#"):
                entry["flags"] += line
                continue
            if not line.startswith('"'):
                keyword, line = line.split(" ", 1)
            entry[keyword] = entry.get(keyword, "") + ast.literal_eval(line)
        if entry.get("msgid"):
            yield entry


def names(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]", text))


def test_every_text_is_translated_with_the_same_values() -> None:
    for entry in entries(MESSAGES / "django.po"):
        assert "fuzzy" not in entry["flags"], entry["msgid"]
        for keyword, text in entry.items():
            if keyword.startswith("msgstr"):
                assert text, f"not translated: {entry['msgid']!r}"
                original = entry["msgid" if keyword in ("msgstr", "msgstr[0]") else "msgid_plural"]
                assert names(text) == names(original), original


def test_the_compiled_catalogue_is_up_to_date() -> None:
    with (MESSAGES / "django.mo").open("rb") as file:
        compiled: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    compiled.pop("")
    expected: dict[Any, str] = {}
    for entry in entries(MESSAGES / "django.po"):
        if "msgid_plural" in entry:
            expected |= {(entry["msgid"], number): entry[f"msgstr[{number}]"] for number in (0, 1)}
        else:
            context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
            expected[context + entry["msgid"]] = entry["msgstr"]
    assert compiled == expected, "run compilemessages; the docstring of this module says how"


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed: texts cannot be collected")
def test_every_text_of_the_code_is_in_the_catalogue(tmp_path: Path, settings: Any) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    (tmp_path / "fr" / "LC_MESSAGES").mkdir(parents=True)
    # Else it would write into the catalogue that it finds.
    ignored = [".venv/*", "tests/*", "data/*", "staticfiles/*", "voicebot_site/locale"]
    call_command("makemessages", locale=["fr"], ignore_patterns=ignored, verbosity=0)
    found = {entry["msgid"] for entry in entries(tmp_path / "fr" / "LC_MESSAGES" / "django.po")}
    known = {entry["msgid"] for entry in entries(MESSAGES / "django.po")}
    assert found == known, "run makemessages; the docstring of this module says how"


def test_the_admin_speaks_the_language_that_was_chosen(cast: Cast, login: Any) -> None:
    client: Client = login(cast.owner)
    address = reverse("admin:index")
    assert "Tableau de bord" in client.get(address).content.decode()  # French first
    client.post(reverse("set_language"), {"language": "en", "next": address})
    assert "Dashboard" in client.get(address).content.decode()
