"""Files of customers and companies: good rows are kept, bad ones say why, nothing is half done silently."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.utils.translation import override
from kombu.exceptions import OperationalError

from companies import imports, tasks
from companies.models import Company, Customer, Import
from tests.cast import Cast
from voicebot_site import sheets

CUSTOMERS, COMPANIES = Import.Kind.CUSTOMERS, Import.Kind.COMPANIES
EXCEL = "Téléphone;Prénom;Nom;E-mail;Société;Remarque\r\n"


def looked_at(text: str, kind: Import.Kind = CUSTOMERS, encoding: str = "cp1252") -> Import:
    return imports.look_at(kind=kind, content=text.encode(encoding), file_name="clients.csv", by=None)


def imported(text: str, kind: Import.Kind = CUSTOMERS, encoding: str = "cp1252") -> Import:
    run = looked_at(text, kind, encoding)
    Import.objects.filter(pk=run.pk).update(state=Import.State.RUNNING)
    run.refresh_from_db()
    imports.take_over(run=run)
    run.refresh_from_db()
    return run


def test_it_works_with_what_french_excel_writes(alpha: Cast) -> None:
    run = imported(EXCEL + "06 99 88 77 66;Élodie;PETIT;elodie@example.com;Vetodok;VIP\r\n")
    assert (run.state, run.created, run.refused, run.rows) == (Import.State.DONE, 1, [], [])
    customer = Customer.objects.get(phone_number="+33699887766")
    assert (customer.full_name, customer.email, str(customer.company)) == (
        "Élodie PETIT",
        "elodie@example.com",
        "Vetodok",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encodings_and_separators_are_told_by_themselves(alpha: Cast, encoding: str, separator: str) -> None:
    text = f"telephone{separator}nom\n0699887766{separator}CHÂTEAU\n"
    assert imported(text, encoding=encoding).created == 1
    assert Customer.objects.get(phone_number="+33699887766").last_name == "CHÂTEAU"


def test_good_rows_are_kept_and_bad_ones_say_why(alpha: Cast) -> None:
    known = alpha.alpha.customer
    rows = [
        "0699887766;Zoé;PETIT;zoe@example.com;;",
        "douze;A;B;;;",
        f"{known.phone_number};;;pierre@example.com;;",
        f"{known.phone_number};;;pierre@example.com;;",
        "06 99 88 77 66;Zoé;LEGRAND;zoe@example.com;;",
        "0699887767;A;B;no address;;",
        f"0699887768;{'x' * 101};B;;;",
    ]
    run = imported(EXCEL + "\r\n".join(rows))
    assert (run.done, run.created, run.updated, run.unchanged) == (7, 1, 1, 1)
    assert [(line, why.split(":")[0].strip()) for line, _cells, why in run.refused] == [
        (3, "Téléphone"),
        (6, "Téléphone"),
        (7, "E-mail"),
        (8, "Prénom"),
    ]
    assert Customer.objects.get(phone_number="+33699887766").last_name == "PETIT"
    known.refresh_from_db()
    assert (known.first_name, known.email) == ("Pierre", "pierre@example.com"), "an empty cell removes nothing"


def test_looking_writes_nothing(alpha: Cast) -> None:
    run = looked_at(EXCEL + "0699887766;Zoé;PETIT;;Nouvelle;\r\n12;A;B;;;\r\n")
    tried = imports.try_first(run)
    assert [(row.line, str(row.state)) for row in tried] == [(2, "created"), (3, "failed")]
    assert "+33612345678" in tried[1].message
    assert not Customer.objects.filter(phone_number="+33699887766").exists()
    assert not Company.objects.filter(name="Nouvelle").exists()


def test_looking_tells_what_would_change_and_from_what(alpha: Cast) -> None:
    known = alpha.alpha.customer
    run = looked_at(EXCEL + f"{known.phone_number};Paul;;;Nouvelle;\r\n")
    with override("fr"):
        [row] = imports.try_first(run)
    assert str(row.state) == "updated"
    assert row.changes == [("Prénom", "Pierre", "Paul"), ("Entreprise", str(known.company), "Nouvelle")]


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (CUSTOMERS, "telephone;nom\n0699887766;PETIT\n+33 6 99 88 77 66;LEGRAND\n", "Téléphone : La ligne 2"),
        (CUSTOMERS, "telephone;identifiant\n0699887766;C-1\n0699887767;C-1\n", "La ligne 2"),
        (COMPANIES, "nom;identifiant\nVetodok;C-1\nVETODOK;C-1\n", "La ligne 2"),
    ],
)
def test_two_rows_that_disagree_about_one_are_told(alpha: Cast, kind: Import.Kind, text: str, said: str) -> None:
    tried = imports.try_first(looked_at(text, kind))
    assert [str(row.state) for row in tried] == ["created", "failed"]
    assert said in imported(text, kind).refused[0][2]


def test_whoever_goes_on_after_a_worker_died_goes_on_where_it_was(alpha: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 2)
    run = looked_at("telephone\n" + "\n".join(f"069988770{digit}" for digit in range(5)))
    Import.objects.filter(pk=run.pk).update(state=Import.State.RUNNING, done=4, created=4)
    run.refresh_from_db()
    assert imports.take_over(run=run) == 1
    assert (run.state, run.done, run.created) == (Import.State.DONE, 5, 5)
    assert imports.take_over(run=run) == 0


def test_a_long_import_gives_others_their_turn(alpha: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 2)
    monkeypatch.setattr(tasks, "TURN_SECONDS", 1e-9)
    pieces: list[int] = []
    take_over = imports.take_over

    def piece(**given: Any) -> int:
        pieces.append(take_over(**given))
        return pieces[-1]

    monkeypatch.setattr(imports, "take_over", piece)
    run = looked_at("telephone\n" + "\n".join(f"069988770{digit}" for digit in range(5)))
    Import.objects.filter(pk=run.pk).update(state=Import.State.RUNNING)
    tasks.import_rows.delay(import_id=run.pk, tenant_id=run.tenant_id)
    run.refresh_from_db()
    assert (run.state, run.created) == (Import.State.DONE, 5)
    assert sorted(pieces) == [1, 2, 2]


def test_an_import_goes_on_where_the_broker_is_away(alpha: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_given: Any) -> None:
        raise OperationalError("the broker is away")

    monkeypatch.setattr(imports, "AT_ONCE", 2)
    monkeypatch.setattr(tasks, "TURN_SECONDS", 1e-9)
    monkeypatch.setattr(tasks.import_rows, "delay", away)
    run = looked_at("telephone\n" + "\n".join(f"069988770{digit}" for digit in range(5)))
    Import.objects.filter(pk=run.pk).update(state=Import.State.RUNNING)
    assert tasks.import_rows(import_id=run.pk, tenant_id=run.tenant_id) == 5
    run.refresh_from_db()
    assert run.state == Import.State.DONE


def test_an_import_begins_once(alpha: Cast) -> None:
    run = looked_at("telephone\n0699887766\n")
    assert imports.start(run=run)
    assert not imports.start(run=run)


def test_companies_are_imported_too(alpha: Cast) -> None:
    run = imported("Raison sociale;Identifiant externe\nVetodok;C-1\nalpha client;C-2\n;\n", COMPANIES)
    assert (run.created, run.updated, run.total) == (1, 1, 2)
    assert Company.objects.get(external_id="C-2") == alpha.alpha.company


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "header"),
        (b"a;b\n1;2\n", "header"),
        (b"PK\x03\x04\x00\x00", "text"),
        (b"telephone\n" + b"1\n" * 20_001, "rows"),
        (b"telephone\n" + b"1" * (10 * 1024 * 1024), "large"),
    ],
)
def test_what_is_no_table_is_told(alpha: Cast, content: bytes, code: str) -> None:
    with pytest.raises(sheets.NotATable) as refusal:
        imports.look_at(kind=CUSTOMERS, content=content, file_name="x.csv", by=None)
    assert refusal.value.code == code
    assert Import.objects.count() == 1  # the cast's


def test_an_export_is_no_formula_and_comes_back_as_it_was(alpha: Cast) -> None:
    Customer.objects.filter(pk=alpha.alpha.customer.pk).update(last_name='=HYPERLINK("http://x")')
    content = imports.everything(CUSTOMERS, language="fr")
    text = content.decode("utf-8-sig")
    assert "'+33612345678;" in text
    assert '"\'=HYPERLINK(""http://x"")"' in text
    run = imports.look_at(kind=CUSTOMERS, content=content, file_name="export.csv", by=None)
    Import.objects.filter(pk=run.pk).update(state=Import.State.RUNNING)
    run.refresh_from_db()
    imports.take_over(run=run)
    assert (run.unchanged, run.refused) == (1, [])


FORMULAS = [
    "=1+1",
    "+33612345678",
    "-2+3",
    "@SUM(A1)",
    "  =1",
    "\u00a0=1",
    "\t=1",
    "\r\n=1",
    "\n1",
    "＝1",
    "=a|'/C b'!A0",
]


def test_no_cell_is_a_formula() -> None:
    content = sheets.write(["a"], [[cell] for cell in FORMULAS], language="fr").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))
    assert rows == [["a"], *(["'" + cell] for cell in FORMULAS)]


@pytest.mark.parametrize("cell", ["Zoé", "12", "l'eau", "a=b", "", "06 12", "'"])
def test_what_is_none_stays_as_it_is(cell: str) -> None:
    assert sheets.harmless(cell) == cell


def test_refused_rows_can_be_mended_and_sent_again(alpha: Cast) -> None:
    run = imported(EXCEL + "douze;Zoé;PETIT;;;\r\n")
    again = imports.refused_sheet(run, language="fr").decode("utf-8-sig").replace("douze", "0699887766")
    assert imported(again, encoding="utf-8").created == 1
