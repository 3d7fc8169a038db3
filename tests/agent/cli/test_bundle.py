"""``sendlogs bundle`` makes the archive and sends nothing."""

import stat
import sys

import pytest

from agent import gate, priority


@pytest.fixture(autouse=True)
def at_our_own_pace(monkeypatch):
    """The process that runs the tests must not lower its own priority for good."""
    monkeypatch.setattr(priority, "lower", lambda: None)


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


def test_nothing_is_left_in_the_state_folder(run, words, machine):
    run(*words)
    assert list((machine / "state" / "work").glob("run-*")) == []
