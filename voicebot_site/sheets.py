"""Tables to and from a spreadsheet program: CSV as Excel writes and reads it, in any of its moods."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

LARGEST_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 5_000
_SEPARATORS: Final = ";,\t"
# A cell that begins so is a formula to a spreadsheet program (OWASP, «CSV Injection»), also in full width.
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_STRAY: Final = ("\t", "\r", "\n")


class NotATable(ValueError):
    """The file cannot be read; `code` is "large", "rows", "text" or "header"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def write(header: Sequence[str], rows: Iterable[Sequence[str]], *, language: str) -> bytes:
    """A CSV file that Excel opens without questions; what could be a formula there is made text.

    French Excel expects semicolons, English Excel commas; both take UTF-8 with its mark only.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";" if language == "fr" else ",")
    writer.writerow(header)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STRAY) or cell.lstrip().startswith(_FORMULA) else cell


def read(
    content: bytes,
    columns: Mapping[str, Iterable[str]],
    *,
    largest_bytes: int = LARGEST_BYTES,
    most_rows: int = MOST_ROWS,
) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file: (its line, {column: text}), columns that nobody knows left out.

    `columns` says how each may be headed; the first of them must be there. UTF-8, UTF-16
    and Windows-1252; semicolons, commas or tabs. Raises NotATable.
    """
    if len(content) > largest_bytes:
        raise NotATable("large")
    text = _decode(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    names = {heading.casefold(): column for column, headings in columns.items() for heading in headings}
    header: list[str | None] = []
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [names.get(cell.strip().casefold()) for cell in cells]
                if next(iter(columns)) not in header:
                    raise NotATable("header")
                continue
            if len(rows) >= most_rows:
                raise NotATable("rows")
            values = zip(header, cells, strict=False)
            rows.append((reader.line_num, {name: _plain(cell) for name, cell in values if name}))
    except csv.Error:
        raise NotATable("text") from None
    if not header:
        raise NotATable("header")
    return rows


def _plain(cell: str) -> str:
    """Without the mark that `write` set before what could be a formula."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and harmless(cell[1:]) != cell[1:] else cell


def _decode(content: bytes) -> str:
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotATable("text")
