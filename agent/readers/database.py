"""A SQLite database as text: one row a line, as JSON, with the name of its table.

Opened from a private copy, as if nobody else could change it: nothing is written, no journal is looked for, and what
its owner has not yet moved in from a write-ahead log is not seen. The newest rows come first; of a long table only
they come. Binary values are told by their length.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from agent.readers import TEXT_LIMIT_BYTES, CannotRead

_START = b"SQLite format 3\x00"
_ROWS_LIMIT = 10_000  # of one table
_TIME_LIMIT_SECONDS = 30.0
_LOOK_EVERY_STEPS = 100_000  # of SQLite's virtual machine: some milliseconds
_MEMORY_PAGES_KIBIBYTES = 8192
# https://www.sqlite.org/security.html, "Untrusted SQLite Database Files": no functions out of the schema with side
# effects, a check of every page's cells, and no mapping of the file into memory.
_CAREFUL = (
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA mmap_size=0",
    "PRAGMA query_only=ON",
    f"PRAGMA cache_size=-{_MEMORY_PAGES_KIBIBYTES}",
)


def write_rows(file: Path, out: BinaryIO) -> str:
    """Write the rows of ``file`` to ``out``; return what is left out, in a sentence, or "". Raise ``CannotRead``."""
    with file.open("rb") as stream:
        if stream.read(len(_START)) != _START:
            raise CannotRead("it is no SQLite database")
    end = time.monotonic() + _TIME_LIMIT_SECONDS
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.set_progress_handler(lambda: time.monotonic() > end, _LOOK_EVERY_STEPS)
            return _write_tables(database, out)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # of what is damaged its words may hold bytes that are no text
        if time.monotonic() > end:
            raise CannotRead("the database takes longer to read than is allowed") from error
        raise CannotRead("the database is damaged") from error


def _write_tables(database: sqlite3.Connection, out: BinaryIO) -> str:
    for pragma in _CAREFUL:
        database.execute(pragma)
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    # A virtual table has no root page; to read one is to run code of the program that made it.
    names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name"
    tables = [name for (name,) in database.execute(names)]
    left_bytes, cut = TEXT_LIMIT_BYTES, 0
    for number, table in enumerate(tables):
        share_bytes = left_bytes // (len(tables) - number)  # what short tables leave, long ones get
        written_bytes, whole = _write_table(database, table, out, share_bytes)
        left_bytes -= written_bytes
        cut += not whole
    return f"of {cut:,} of {len(tables):,} tables only the newest rows" if cut else ""


def _write_table(database: sqlite3.Connection, table: str, out: BinaryIO, limit_bytes: int) -> tuple[int, bool]:
    """How many bytes were written, and whether that is the whole table."""
    written_bytes = 0
    for number, row in enumerate(_rows(database, table)):
        line = json.dumps({"table": table, "row": row}, ensure_ascii=False).encode() + b"\n"
        if number == _ROWS_LIMIT or written_bytes + len(line) > limit_bytes:
            return written_bytes, False
        out.write(line)
        written_bytes += len(line)
    return written_bytes, True


def _rows(database: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    columns = [column for _, column, *_ in database.execute(f"PRAGMA table_xinfo({_quoted(table)})")]
    values = ", ".join(map(_value, columns))
    query = f"SELECT {values} FROM {_quoted(table)}"  # noqa: S608 - names are quoted, and the database is a copy
    try:
        found = database.execute(f"{query} ORDER BY rowid DESC")
    except sqlite3.OperationalError:  # a table WITHOUT ROWID is kept in the order of its key
        found = database.execute(query)
    for row in found:
        yield {column: _told(value) for column, value in zip(columns, row, strict=True)}


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _value(column: str) -> str:
    """The column, of which binary values are not even read."""
    name = _quoted(column)
    return f"CASE typeof({name}) WHEN 'blob' THEN '(' || length({name}) || ' bytes)' ELSE {name} END"


def _told(value: object) -> object:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
