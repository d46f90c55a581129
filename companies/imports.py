"""Files of customers and companies: read, tried, taken over row by row.

A row that is refused does not hold up the others; what became of each is counted and kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext

from companies.models import Company, Customer, Import
from companies.phone import international
from companies.rows import Errors, Outcome, State, upsert_companies, upsert_customers
from voicebot_site import sheets

LARGEST_BYTES: Final = 10 * 1024 * 1024
MOST_ROWS: Final = 20_000
TRIED: Final = 100  # rows that are tried before a person decides
AT_ONCE: Final = 100  # rows between two signs of progress
KEPT: Final = timedelta(days=30)  # refused rows are people's data, too

Row = tuple[int, dict[str, str]]
MODELS: Final[dict[str, type[Model]]] = {Import.Kind.CUSTOMERS: Customer, Import.Kind.COMPANIES: Company}
#: How each column may be headed, in English first, which is the name of the field; the first must be there.
COLUMNS: Final[dict[str, dict[str, Sequence[str]]]] = {
    Import.Kind.CUSTOMERS: {
        "phone_number": (
            *("phone_number", "telephone", "phone", "phone number", "mobile"),
            *("téléphone", "numéro", "numéro de téléphone", "tél", "tel", "portable"),
        ),
        "first_name": ("first_name", "first name", "prénom", "prenom"),
        "last_name": ("last_name", "last name", "name", "nom", "nom de famille"),
        "email": ("email", "e-mail", "mail", "courriel", "adresse e-mail"),
        "company": ("company", "entreprise", "société", "societe"),
        "external_id": ("external_id", "identifier elsewhere", "identifiant externe", "identifiant"),
    },
    Import.Kind.COMPANIES: {
        "name": ("name", "company", "nom", "entreprise", "société", "societe", "raison sociale"),
        "external_id": ("external_id", "identifier elsewhere", "identifiant externe", "identifiant"),
    },
}


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of a row."""

    line: int
    cells: list[str]  # in the order of the file's columns
    state: State
    message: str
    changes: list[tuple[str, str, str]]  # what of it, from which value to which


def look_at(*, kind: Import.Kind, content: bytes, file_name: str, by: User | None) -> Import:
    """Keep what a file holds for a person to look at. Raises sheets.NotATable."""
    rows = sheets.read(content, COLUMNS[kind], largest_bytes=LARGEST_BYTES, most_rows=MOST_ROWS)
    found = {column for _line, cells in rows for column in cells}
    columns = [column for column in COLUMNS[kind] if column in found]
    return Import.objects.create(
        kind=kind, file_name=file_name[:200], columns=columns, rows=rows, total=len(rows), by=by
    )


def forget_old() -> int:
    """Delete the files that the tenant acted for chose long ago, with the rows that were refused; how many."""
    return Import.objects.filter(begun_at__lt=timezone.now() - KEPT).delete()[0]


def try_first(run: Import) -> list[Tried]:
    """What would become of the first rows; nothing is written."""
    tried, first = [], run.rows[:TRIED]
    repeated = _repeated(run.kind, first)
    with transaction.atomic():
        for (line, cells), outcome in zip(first, _take(run.kind, first, repeated), strict=True):
            shown = [cells.get(column, "") for column in run.columns]
            tried.append(Tried(line, shown, outcome.state, message(run.kind, outcome), _changes(run.kind, outcome)))
        transaction.set_rollback(True)
    return tried


def start(*, run: Import) -> bool:
    """Take the rows over in the background; False when that was begun already."""
    from companies.tasks import import_rows  # it needs this module

    if not Import.objects.filter(pk=run.pk, state=Import.State.LOOKED_AT).update(state=Import.State.RUNNING):
        return False
    import_rows.delay_on_commit(import_id=run.pk, tenant_id=run.tenant_id)
    return True


def take_over(*, run: Import, seconds: float = float("inf")) -> int:
    """Take over the rows that are left, for about so long, and say so as it goes on; how many those were.

    Begun again after a worker died it goes on where that one was.
    """
    taken, ends_at = 0, time.monotonic() + seconds
    with translation.override(run.tenant.language):
        repeated = _repeated(run.kind, run.rows)
    while run.state == Import.State.RUNNING and (not taken or time.monotonic() < ends_at):
        piece = run.rows[run.done : run.done + AT_ONCE]
        with transaction.atomic(), translation.override(run.tenant.language):
            for (line, cells), outcome in zip(piece, _take(run.kind, piece, repeated), strict=True):
                _count(run, line, cells, outcome)
            run.done += len(piece)
            written = {"done", "created", "updated", "unchanged", "refused"}
            if run.done >= run.total:
                run.state, run.rows = Import.State.DONE, []
                written |= {"state", "rows"}
            run.save(update_fields=written)
        taken += len(piece)
    return taken


def _repeated(kind: str, rows: Sequence[Row]) -> dict[int, Errors]:
    """By line, what is wrong with rows that say something else of whom an earlier one is about: one must be wrong."""
    earlier: dict[tuple[str, str], Row] = {}
    found: dict[int, Errors] = {}
    for line, cells in rows:
        for column in (next(iter(COLUMNS[kind])), "external_id"):
            text = cells.get(column, "")
            known = (international(text) if column == "phone_number" else " ".join(text.split()).casefold()) or text
            first, said = earlier.setdefault((column, known), (line, cells))
            if known and said != cells:
                why = gettext("Line %d says something else of it already: keep one of them.") % first
                found.setdefault(line, {})[column] = [why]
    return found


def _take(kind: str, rows: Sequence[Row], wrong: Mapping[int, Errors]) -> list[Outcome[Any]]:
    """What became of each. An empty cell says nothing: it removes nothing that is stored."""
    told = [{column: text for column, text in cells.items() if text} for line, cells in rows if line not in wrong]
    done: Iterator[Outcome[Any]] = iter(
        upsert_customers(rows=told) if kind == Import.Kind.CUSTOMERS else upsert_companies(rows=told)
    )
    return [Outcome(State.FAILED, errors=wrong[line]) if line in wrong else next(done) for line, _cells in rows]


def _count(run: Import, line: int, cells: Mapping[str, str], outcome: Outcome[Any]) -> None:
    match outcome.state:
        case State.CREATED:
            run.created += 1
        case State.UPDATED:
            run.updated += 1
        case State.UNCHANGED:
            run.unchanged += 1
        case State.FAILED:
            run.refused.append([line, cells, message(run.kind, outcome)])


def _changes(kind: str, outcome: Outcome[Any]) -> list[tuple[str, str, str]]:
    if outcome.before is None:
        return []
    values = [(name, getattr(outcome.before, name), getattr(outcome.stored, name)) for name in COLUMNS[kind]]
    return [(heading(kind, name), str(old or ""), str(new or "")) for name, old, new in values if old != new]


def message(kind: str, outcome: Outcome[Any]) -> str:
    """Why a row is refused: each field by its name, and what is wrong with it."""
    told = gettext("%(field)s: %(text)s")
    return " ".join(
        told % {"field": heading(kind, name), "text": " ".join(texts)} for name, texts in outcome.errors.items()
    )


def heading(kind: str, column: str) -> str:
    """A column as people read it."""
    if not column:
        return gettext("Row")
    field: Any = MODELS[kind]._meta.get_field(column)
    return capfirst(str(field.verbose_name))


def refused_sheet(run: Import, *, language: str) -> bytes:
    """The rows that were refused, with the reason: to be mended and imported again."""
    header = [*(heading(run.kind, column) for column in run.columns), gettext("Error"), gettext("Line")]
    rows = ([*(cells.get(column, "") for column in run.columns), why, str(line)] for line, cells, why in run.refused)
    return sheets.write(header, rows, language=language)


def everything(kind: Import.Kind, *, language: str) -> bytes:
    """All customers or companies, with the headings that an import knows."""
    columns = list(COLUMNS[kind])
    return sheets.write([heading(kind, column) for column in columns], _exported(kind, columns), language=language)


def _exported(kind: str, columns: Sequence[str]) -> Iterable[list[str]]:
    fields = ["company__name" if column == "company" else column for column in columns]
    for values in MODELS[kind]._default_manager.order_by("pk").values_list(*fields).iterator(2000):
        yield [str(value or "") for value in values]
