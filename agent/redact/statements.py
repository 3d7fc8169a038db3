"""What a statement of SQL says of the columns of its rows: in an INSERT, above its rows, and above those of a COPY.

The list of columns heads a table whose rows are written otherwise: as ``(1, 'a')`` behind the word VALUES or in the
lines below it, and as text between tabs below COPY, as pg_dump(1) writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ROWS = b"("
"""Stands for the separator of a table whose rows are those of an INSERT."""
_LONGEST_COLUMNS_BYTES = 4000
# INSERT INTO t (a, b) VALUES (1, 2), and what PostgreSQL says of a key: Key (a, lower(b::text))=(1, x) already exists.
_COLUMNS = re.compile(
    rb"\((?:[^()\r\n]|\([^()\r\n]{0,200}\)){1,4000}\)(?:\s{0,3}values?\s{0,3}|=)(?=\()", re.IGNORECASE
)
_VALUE = re.compile(
    rb"\s*+(?:[NnEe]?'(?P<quoted>(?:[^'\\\r\n]|\\.|'')*+)'|\"(?P<named>[^\"\r\n]*+)\"|"
    rb"(?P<value>[^,()'\"\r\n]*+(?:\([^()\r\n]*+\))?+))\s*+(?P<sign>[,)])"
)
_NEXT_ROW = re.compile(rb"\s*+,\s*+(?=\()")
_ROW = re.compile(rb"\s{0,40}\(")
_BELOW = re.compile(
    rb"(?:[^()\r\n]{0,400}\b(?i:into)\b[^()\r\n]{1,200}\((?P<inserted>[^()\r\n]{1,4000})\)\s{0,3}(?i:values?)\s*+|"
    rb"\s{0,40}(?i:copy)\s[^()\r\n]{1,200}\((?P<copied>[^()\r\n]{1,4000})\)\s{1,3}(?i:from\s{1,3}stdin)\b"
    rb"(?P<options>[^\r\n]{0,200}))\Z"
)
_DELIMITER = re.compile(rb"(?i:delimiters?)\s{1,3}(?:(?i:as)\s)?[Ee]?'(?P<sign>[,;|\t]|\\t)'")
_CSV = re.compile(rb"\b(?i:csv)\b")


def headings_at(line: bytes, start: int) -> tuple[bytes, list[bytes], int] | None:
    """Of a statement whose rows stand below ``line``: what parts their cells, its columns, and which ``start`` is in.

    ``None`` if the line is none, or ``start`` is not in its list of columns.
    """
    found = _BELOW.match(line)
    if found is None:
        return None
    group = "inserted" if found["copied"] is None else "copied"
    first, end = found.span(group)
    if not first <= start <= end:
        return None
    separator = ROWS if group == "inserted" else _separator(found["options"])
    return separator, [column.strip() for column in found[group].split(b",")], line.count(b",", first, start)


def _separator(options: bytes) -> bytes:
    told = _DELIMITER.search(options)
    if told is not None:
        return b"\t" if told["sign"] == b"\\t" else told["sign"]
    return b"," if _CSV.search(options) is not None else b"\t"


def cell_in_row(line: bytes, cells: int, column: int) -> re.Match[bytes] | None:
    """The cell in this column of the row that ``line`` begins with; ``None`` if it has not as many cells."""
    row = _ROW.match(line)
    found = [*_row(line, row.end())] if row is not None else []
    return found[column] if len(found) == cells else None


def cells_behind(line: bytes, heading: re.Match[bytes]) -> Iterator[re.Match[bytes]]:
    """The cells of the column ``heading`` in the rows behind its list of columns; none, if it is in no such list."""
    row = _columns(line, heading)
    column = line.count(b",", row.start(), heading.start()) if row is not None else 0
    while row is not None:
        at = row.end() + 1
        for number, cell in enumerate(_row(line, at)):
            at = cell.end()
            if number == column:
                yield cell
        row = _NEXT_ROW.match(line, at)


def _columns(line: bytes, heading: re.Match[bytes]) -> re.Match[bytes] | None:
    """The list of columns that ``heading`` is in: around it, or around the call it stands in (``lower(name)``)."""
    first = max(0, heading.start() - _LONGEST_COLUMNS_BYTES)
    begin = line.rfind(b"(", first, heading.start())
    for _ in range(2):
        columns = _COLUMNS.match(line, begin) if begin >= 0 else None
        if columns is not None and columns.end() >= heading.end():
            return columns
        begin = line.rfind(b"(", first, begin) if begin >= 0 else -1
    return None


def _row(line: bytes, start: int) -> Iterator[re.Match[bytes]]:
    """The cells of the row whose first cell begins at ``start``."""
    at = start
    while (cell := _VALUE.match(line, at)) is not None:
        yield cell
        at = cell.end()
        if cell["sign"] == b")":
            return
