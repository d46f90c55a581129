"""Phrases as a sheet, and back as drafts."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tenants import presets
from tests.admin.test_phrases import IMPORT, draft, heard, owner, stored
from tests.cast import Cast

__all__ = ["owner"]


def exported(client: Client, language: str = "fr") -> list[dict[str, str]]:
    response = client.get(reverse("admin:tenants_phrase_export"), headers={"accept-language": language})
    assert "attachment" in response["Content-Disposition"]
    content = response.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content), delimiter=";" if language == "fr" else ","))


def sheet(content: str | bytes) -> dict[str, Any]:
    return {"sheet": SimpleUploadedFile("p.csv", content if isinstance(content, bytes) else content.encode())}


def test_every_phrase_is_exported_as_a_spreadsheet_wants_it(cast: Cast, owner: Client) -> None:
    del owner.cookies["django_language"]
    draft(cast.alpha, '=HYPERLINK("http://evil.example")')
    rows = {(row["langue"], row["clé"]): row for row in exported(owner)}
    assert len(rows) == sum(len(presets.phrases(language)) for language in presets.LANGUAGES)
    assert rows["fr", "welcome"]["texte"] == '\'=HYPERLINK("http://evil.example")'
    assert rows["fr", "welcome"]["entendu aujourd'hui"] == "Bienvenue chez Alpha."
    assert rows["fr", "greet_known"]["valeurs"] == "{first_name}"
    assert exported(owner, "en")[0]["key"] == "greet"


def test_what_was_exported_comes_back_unchanged(cast: Cast, owner: Client) -> None:
    draft(cast.alpha, "=Bienvenue")
    content = owner.get(reverse("admin:tenants_phrase_export")).content
    response = owner.post(reverse(IMPORT), sheet(content))
    assert (response.context["good"], response.context["bad"]) == (0, 0)
    assert len(response.context["rows"]) > 100


GOOD = "key;text\nwelcome;Bienvenue à vous.\nskip_item;Tant pis.\n"


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.encode("cp1252"),
        GOOD.replace(";", ",").encode(),
        GOOD.replace(";", "\t").replace("\n", "\r\n").encode("utf-16"),
        GOOD.replace("key;text", "Clé;Texte").encode(),
    ],
)
def test_a_sheet_is_looked_at_and_then_becomes_drafts(cast: Cast, owner: Client, content: bytes) -> None:
    response = owner.post(reverse(IMPORT), sheet(content))
    assert (response.context["good"], response.context["bad"]) == (2, 0)
    assert stored(cast.alpha.phrase, cast.alpha).draft == ""
    owner.post(reverse(IMPORT), {"rows": response.context["signed"]})
    assert stored(cast.alpha.phrase, cast.alpha).draft == "Bienvenue à vous."
    assert heard(cast.alpha) == "Bienvenue chez Alpha."


def test_bad_rows_say_what_is_wrong_and_good_ones_are_kept(cast: Cast, owner: Client) -> None:
    rows = [
        "key;language;text",
        "welcome;fr;Bienvenue à vous.",
        "welcome;fr;Encore.",
        "no_such;fr;Bonjour",
        "skip_item;de;Schade.",
        "greet_known;fr;Bonjour {prenom}",
        "fixed;fr;",
        f"not_fixed;fr;{'x' * 1001}",
    ]
    response = owner.post(reverse(IMPORT), sheet("\n".join(rows)))
    errors = {row.number: row.error for row in response.context["rows"] if row.error}
    said = ["row 2 already", "no phrase of this key", "de is none of fr, en", "{first_name}", "empty", "1000"]
    assert len(errors) == len(said)
    for error, part in zip(errors.values(), said, strict=True):
        assert part in error
    owner.post(reverse(IMPORT), {"rows": response.context["signed"]})
    assert stored(cast.alpha.phrase, cast.alpha).draft == "Bienvenue à vous."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04\0\0\x81\x8d", "no CSV"),
        ("nom;texte\nx;y\n", "«key»"),
        (b"key;text\n" + b"x;y\n" * 5001, "5,000"),
        (b"x" * (2 * 1024 * 1024 + 1), "2 MB"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(owner: Client, content: bytes, said: str) -> None:
    response = owner.post(reverse(IMPORT), sheet(content))
    assert said in str(response.context["form"].errors)
    assert response.context["rows"] is None


def test_rows_are_taken_over_for_the_company_that_looked_at_them(cast: Cast, owner: Client) -> None:
    signed = owner.post(reverse(IMPORT), sheet(GOOD)).context["signed"]
    outsider = Client()
    outsider.force_login(cast.outsider)
    for rows in (signed, signed + "x", ""):
        outsider.post(reverse(IMPORT), {"rows": rows})
    assert stored(cast.bravo.phrase, cast.bravo).draft == ""
