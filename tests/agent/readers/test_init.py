"""Binary files are read in a process that is watched, and what they say is redacted as text."""

import io
import json
import sqlite3
import tempfile
import time
from contextlib import closing

import psutil
import pytest

from agent import readers
from agent.events import ignore_progress
from agent.flow import Redacted
from agent.readers import CannotRead, read_as_text
from agent.redact import LocalFacts, Redactor, load_rules, redact
from collectors import Artifact, Origin, Skipped


@pytest.fixture
def database(tmp_path):
    file = tmp_path / "state.db"
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE accounts (user, password, note)")
        made.execute("INSERT INTO accounts VALUES ('jsmith', 'hunter2-hunter2', 'from 203.0.113.9')")
        made.commit()
    return file.read_bytes()


@pytest.fixture(scope="module")
def redactor():
    return Redactor(load_rules(), b"a key", LocalFacts())


@pytest.fixture
def redacted(redactor, tmp_path):
    """What redaction makes of a file that is to be read as something."""

    def run(data, read_as):
        (tmp_path / "work").mkdir()
        artifact = Artifact(
            path="logs/a.jsonl",
            open=lambda: io.BytesIO(data),
            origin=Origin(source="/var/lib/example/a"),
            media_type="application/jsonl",
            read_as=read_as,
        )
        [item] = redact([artifact], redactor, tmp_path / "work", ignore_progress)
        return item

    return run


def test_the_rows_of_a_database_are_redacted_as_text(redacted, database):
    item = redacted(database, "database")
    assert isinstance(item, Redacted)
    row = json.loads(item.file.read_bytes())["row"]
    assert row["user"].startswith("user-")
    assert row["password"].startswith("[redacted:")
    assert row["note"].startswith("from ip-")
    assert (item.path, item.media_type, item.truncated) == ("logs/a.jsonl", "application/jsonl", None)


def test_the_events_of_a_log_are_redacted_as_text(redacted, event_log):
    data = event_log([{"TargetUserName": "jsmith", "Message": "password=hunter2-hunter2"}])
    item = redacted(data, "event-log")
    values = json.loads(item.file.read_bytes())["Event"]["EventData"]
    assert values["TargetUserName"].startswith("user-")
    assert values["Message"].startswith("password=[redacted:")


def test_what_is_left_out_is_told_in_the_manifest(redacted, event_log):
    data = bytearray(event_log([{"text": "first"}], [{"text": "second"}]))
    place = data.index("second".encode("utf-16-le")) - 40
    data[place : place + 30] = b"\xff" * 30
    assert "damaged" in redacted(bytes(data), "event-log").truncated


@pytest.mark.parametrize("read_as", ["database", "event-log"])
def test_a_file_of_another_form_is_withheld_with_a_reason(redacted, read_as):
    item = redacted(b"password=hunter2-hunter2\n", read_as)
    assert isinstance(item, Skipped)
    assert item.reason.startswith("could not be redacted: it is no ")
    assert "hunter2" not in item.reason


def test_without_being_asked_neither_is_read(redacted, database):
    item = redacted(database, None)
    assert item.reason == "could not be redacted: a binary file of a known kind"


def test_a_bomb_is_ended_and_told(event_log, bomb, monkeypatch):
    """Fifty times fifty times fifty, and so on: a template of a template, in two kilobytes."""
    monkeypatch.setattr(readers, "_MEMORY_LIMIT_BYTES", 2**27)
    before = psutil.Process().children()
    with pytest.raises(CannotRead, match="more memory"), read_as_text(io.BytesIO(event_log([bomb])), "event-log"):
        pytest.fail("it was read")
    assert set(psutil.Process().children()) <= set(before)


def test_a_reader_that_takes_too_long_is_ended(event_log, bomb, monkeypatch):
    monkeypatch.setattr(readers, "_TIME_LIMIT_SECONDS", 0.0)
    before, began = psutil.Process().children(), time.monotonic()
    with pytest.raises(CannotRead, match="longer"), read_as_text(io.BytesIO(event_log([bomb])), "event-log"):
        pytest.fail("it was read")
    assert time.monotonic() - began < 5
    assert set(psutil.Process().children()) <= set(before)


def test_a_reader_that_fails_says_nothing_of_the_file(database, monkeypatch):
    monkeypatch.setattr(readers, "EXIT_REFUSED", -1)
    with pytest.raises(CannotRead, match=r"^the database is damaged$"), read_as_text(io.BytesIO(b"x"), "database"):
        pytest.fail("it was read")


@pytest.mark.posix
def test_copies_are_the_owners_alone_and_gone_afterwards(database, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with read_as_text(io.BytesIO(database), "database") as text:
        assert b"jsmith" in text.stream.read()
        assert {path.stat().st_mode & 0o077 for path in place.rglob("*")} == {0}
    assert list(place.iterdir()) == []
