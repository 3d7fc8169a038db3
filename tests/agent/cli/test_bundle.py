"""``sendlogs bundle`` makes the archive and sends nothing."""

import errno
import sqlite3
import stat
import sys
from contextlib import closing

import py7zr
import pytest

from agent import finished_file, gate, pipeline


@pytest.fixture
def words(machine):
    return ("bundle", "--profile", "sendlogs", "--output", str(machine / "my bundle.7z"))


def test_the_archive_is_there_owner_only_and_its_hash_is_told(run, words, machine):
    events = run(*words, "--json").events
    file = machine / "my bundle.7z"
    assert next(event for event in events if event["event"] == "bundle")["file"] == str(file)
    assert [event["event"] for event in events][-3:] == ["archived", "gated", "bundle"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("verify", str(file)).code == 0


def test_a_file_that_exists_is_not_overwritten(run, words, machine):
    """Said before anything is gathered, and the file stays as it was."""
    (machine / "my bundle.7z").write_text("mine")
    ended = run(*words)
    assert ended.code == 2
    assert "exists already" in ended.err
    assert (machine / "my bundle.7z").read_text() == "mine"


def test_a_folder_that_is_missing_is_a_sentence(run, machine):
    ended = run("bundle", "--profile", "sendlogs", "--output", str(machine / "no" / "b.7z"))
    assert ended.code == 2
    assert "There is no folder" in ended.err


def test_a_place_where_nothing_may_be_written_is_told_before_anything_is_gathered(run, words, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(finished_file, "new_private_folder", refuse)
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    ended = run(*words)
    assert ended.code == 9
    assert "where you may write" in ended.err
    assert "space" not in ended.err


def test_without_the_rules_that_the_settings_name_nothing_is_gathered(run, words, machine, monkeypatch):
    monkeypatch.setenv("SENDLOGS_REDACTION_FOLDERS", str(machine / "away"))
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    ended = run(*words)
    assert (ended.code, f"{machine / 'away'}: " in ended.err, "mount it" in ended.err) == (3, True, True)


def test_a_name_that_is_no_archives_is_refused(run, machine):
    """A 7z named .zip would be opened by the wrong program."""
    ended = run("bundle", "--profile", "sendlogs", "--output", str(machine / "b.zip"))
    assert ended.code == 2
    assert "b.7z" in ended.err


def test_what_the_gate_refuses_never_stands_under_the_name(run, words, machine, monkeypatch):
    """Until the gate has released it, the archive lies in the private work folder."""
    seen = []

    def scan(file, forbidden):
        seen.extend([file, (machine / "my bundle.7z").exists()])
        find = gate.Find(member="logs/a.log", rule="private-key")
        return gate.GateReport(members=1, scanned_bytes=1, finds=(find,))

    monkeypatch.setattr(gate, "scan", scan)
    ended = run(*words)
    assert ended.code == 8
    assert "--exclude 'a.log'" in ended.err
    assert (machine / "state") in seen[0].parents
    assert seen[1] is False
    assert not (machine / "my bundle.7z").exists()


def test_what_is_taken_out_is_not_in_it(run, words, machine):
    """``--exclude`` is obeyed, and the bundle says that a person took something out."""
    events = run(*words, "--exclude", "operating_system/*", "--json").events
    (archived,) = [event["archive"] for event in events if event["event"] == "archived"]
    assert not [member for member in archived["members"] if member["path"].startswith("operating_system/")]
    assert "taken out by the person" in str(archived["skipped"])


def test_a_pattern_that_fits_nothing_is_told_and_with_yes_ends_it(run, words, machine):
    """Somebody believes that a file stays at home, and nobody would look."""
    out = ("--exclude", "operating_system/*", "--exclude", "logz/**")
    ended = run(*words, *out, "--yes")
    assert (ended.code, "fits --exclude 'logz/**'." in ended.err) == (2, True)
    assert not (machine / "my bundle.7z").exists()
    assert list((machine / "state" / "work").glob("run-*")) == []
    ended = run(*words, *out)
    assert (ended.code, "fits --exclude 'logz/**': what that means may be" in ended.err) == (0, True)
    assert (machine / "my bundle.7z").exists()


def test_nothing_is_left_in_the_state_folder(run, words, machine):
    run(*words)
    assert list((machine / "state" / "work").glob("run-*")) == []


PROFILE = """
product: Example Backup
title: Example Backup, the client of the example company
collectors:
  application_logs:
    globs: ["{folder}/*"]
    databases: ["{folder}/*.db"]
"""


def test_archives_and_what_a_profile_asks_for_come_redacted_through_the_gate(run, machine):
    """Every form that redaction opens is one that the gate opens too."""
    secret, folder = "hunter2-hunter2", machine / "logs"
    folder.mkdir()
    (machine / "config" / "profiles").mkdir(parents=True)
    (machine / "config" / "profiles" / "mine.yaml").write_text(PROFILE.format(folder=folder.as_posix()))
    with closing(sqlite3.connect(folder / "state.db")) as database:
        database.execute("CREATE TABLE t (user, password)")
        database.execute("INSERT INTO t VALUES ('jsmith', ?)", [secret])
        database.commit()
    with py7zr.SevenZipFile(folder / "old.7z", "w") as archive:
        archive.writestr(f"login password={secret}\n", "a.log")
    output = machine / "b.7z"
    assert run("bundle", "--profile", "mine", "--output", str(output)).code == 0
    with py7zr.SevenZipFile(output) as archive:
        archive.extractall(machine / "x")
    [rows] = (machine / "x").rglob("state.db.jsonl")
    [inner] = (machine / "x").rglob("old.7z")
    assert rows.read_text().startswith('{"table": "t", "row": {"user": "user-')
    with py7zr.SevenZipFile(inner) as archive:
        archive.extractall(machine / "y")
    assert not [path for path in (machine / "x").rglob("*.*") if secret.encode() in path.read_bytes()]
    assert (machine / "y" / "a.log").read_text().startswith("login password=[redacted:")
