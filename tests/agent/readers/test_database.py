"""Databases become one line of JSON for each row."""

import io
import json
import math
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.readers import CannotRead
from agent.readers import database as reader


@pytest.fixture
def made(tmp_path):
    """A database that these statements make, each with its values."""

    def run(*statements, name="a.db"):
        file = tmp_path / name
        file.unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as database:
            for statement, *values in statements:
                database.execute(statement, values)
            database.commit()
        return file

    return run


def read(file):
    out = io.BytesIO()
    left_out = reader.write_rows(file, out)
    return [json.loads(line) for line in out.getvalue().splitlines()], left_out


def test_each_row_is_a_line_with_its_table_and_columns(made):
    file = made(
        ("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, score REAL, photo BLOB, gone)",),
        ("INSERT INTO users VALUES (1, 'jsmith', 0.5, x'00ff', NULL)",),
        ("CREATE TABLE empty (id)",),
    )
    row = {"id": 1, "name": "jsmith", "score": 0.5, "photo": "(2 bytes)", "gone": None}
    assert read(file) == ([{"table": "users", "row": row}], "")


def test_the_newest_rows_come_first_and_of_a_long_table_only_they(made, monkeypatch):
    file = made(
        ("CREATE TABLE events (text)",),
        *(("INSERT INTO events VALUES (?)", f"line {number}") for number in range(9)),
        ("CREATE TABLE short (text)",),
        ("INSERT INTO short VALUES ('x')",),
    )
    monkeypatch.setattr(reader, "_ROWS_LIMIT", 3)
    rows, left_out = read(file)
    assert [row["row"]["text"] for row in rows] == ["line 8", "line 7", "line 6", "x"]
    assert left_out == "of 1 of 2 tables only the newest rows"


def test_a_large_table_leaves_room_for_the_others(made, monkeypatch):
    file = made(
        ("CREATE TABLE a_large_one (text)",),
        *(("INSERT INTO a_large_one VALUES (?)", "x" * 100) for _ in range(100)),
        ("CREATE TABLE z_small_one (text)",),
        ("INSERT INTO z_small_one VALUES ('x')",),
    )
    monkeypatch.setattr(reader, "TEXT_LIMIT_BYTES", 2000)
    rows, _ = read(file)
    assert 3 < len(rows) < 15
    assert rows[-1]["table"] == "z_small_one"


def test_tables_of_every_kind_are_read_and_views_are_not(made):
    file = made(
        ("CREATE TABLE keyed (name TEXT PRIMARY KEY) WITHOUT ROWID",),
        ("INSERT INTO keyed VALUES ('b'), ('a')",),
        ("CREATE TABLE computed (a, b GENERATED ALWAYS AS (a * 2))",),
        ("INSERT INTO computed (a) VALUES (21)",),
        ('CREATE TABLE "odd ""name\'; --" ("a ""column", "rowid")',),
        ('INSERT INTO "odd ""name\'; --" VALUES (1, 2)',),
        ("CREATE VIEW seen AS SELECT * FROM keyed",),
    )
    assert [row["row"] for row in read(file)[0]] == [
        {"a": 21, "b": 42},
        {"name": "a"},
        {"name": "b"},
        {'a "column': 1, "rowid": 2},
    ]


def test_the_words_of_a_full_text_index_are_read_from_its_table(made):
    file = made(("CREATE VIRTUAL TABLE notes USING fts5(text)",), ("INSERT INTO notes VALUES ('from jsmith')",))
    tables = {row["table"]: row["row"] for row in read(file)[0]}
    assert tables["notes_content"] == {"id": 1, "c0": "from jsmith"}
    assert "notes" not in tables


def test_a_database_of_a_program_that_runs_is_read_as_it_was_last_written(tmp_path):
    file = tmp_path / "live.db"
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE events (text)")
        writer.execute("INSERT INTO events VALUES ('checkpointed')")
        writer.commit()
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writer.execute("INSERT INTO events VALUES ('in the log')")
        writer.commit()
        copy = tmp_path / "copy.db"
        copy.write_bytes(file.read_bytes())
    assert [row["row"]["text"] for row in read(copy)[0]] == ["checkpointed"]
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]


def test_an_encoding_that_is_broken_is_no_obstacle(made):
    file = made(("CREATE TABLE t (a)",), ("INSERT INTO t VALUES (CAST(x'61ff62' AS TEXT))",))
    assert read(file)[0][0]["row"] == {"a": "a\ufffdb"}


@pytest.mark.parametrize("data", [b"", b"a text\n" * 100, b"SQLite format 3", b"SQLite format 3\x00" + b"\x07" * 500])
def test_what_is_no_database_is_refused(tmp_path, data):
    file = tmp_path / "a.db"
    file.write_bytes(data)
    with pytest.raises(CannotRead, match=r"no SQLite database|damaged"):
        read(file)


def test_a_database_that_takes_too_long_is_refused(made, monkeypatch):
    file = made(
        ("CREATE TABLE t (a)",),
        ("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) SELECT i FROM n",),
    )
    monkeypatch.setattr(reader, "_TIME_LIMIT_SECONDS", -1.0)
    monkeypatch.setattr(reader, "_LOOK_EVERY_STEPS", 10)
    with pytest.raises(CannotRead, match="longer"):
        read(file)


def test_a_table_that_needs_its_own_program_is_refused(made):
    """Functions that a program adds may stand in the schema; none is there to be called, whatever its name."""
    file = made(("CREATE TABLE t (a, b GENERATED ALWAYS AS (upper(a)))",), ("INSERT INTO t (a) VALUES ('x')",))
    file.write_bytes(file.read_bytes().replace(b"upper(a)", b"shell(a)"))
    with pytest.raises(CannotRead, match="damaged"):
        read(file)


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=8))
def test_every_value_comes_out_as_it_went_in(rows, made):
    file = made(("CREATE TABLE t (a, b)",), *(("INSERT INTO t VALUES (?, ?)", *row) for row in rows))
    told = [(row["row"]["a"], row["row"]["b"]) for row in read(file)[0]]
    assert told == [tuple(map(written, row)) for row in reversed(rows)]


def written(value):
    return str(value) if isinstance(value, float) and math.isinf(value) else value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(changes=[(4057, 128)])
@given(changes=st.lists(st.tuples(st.integers(16, 8191), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_database_is_refused_or_read(changes, made, tmp_path):
    file = made(
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b)",), *(("INSERT INTO t VALUES (NULL, 'abc')",) for _ in range(50))
    )
    data = bytearray(file.read_bytes())
    for place, byte in changes:
        data[place % len(data)] = byte
    data[:16] = b"SQLite format 3\x00"
    (tmp_path / "damaged.db").write_bytes(data)
    try:
        rows, _ = read(tmp_path / "damaged.db")
    except CannotRead:
        return
    assert all(row.keys() == {"table", "row"} for row in rows)
